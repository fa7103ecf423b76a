"""Signed notes and checkpoints, as in C2SP's signed-note and tlog-checkpoint, with Ed25519 keys.

Keys are written as by Go's golang.org/x/mod/sumdb/note: `NAME+ID+BASE64`, and a private one with `PRIVATE+KEY+` before
it. Each function that reads something raises NoteError.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
NAME = r"[^\s+\ud800-\udfff]+"
KEY = re.compile(rf"(?P<private>PRIVATE\+KEY\+)?(?P<name>{NAME})\+(?P<id>[0-9a-f]{{8}})\+(?P<key>[A-Za-z0-9+/]+=*)")
SIGNATURE = re.compile(rf"— (?P<name>{NAME}) (?P<signature>[A-Za-z0-9+/]+=*)")
CHECKPOINT = re.compile(r"(?P<origin>.+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:.+\n)*")


class NoteError(ValueError):
    """A key or a note that is malformed."""


class NotSigned(NoteError):
    """A whole note that nobody known has signed, or whose signature is false."""


@dataclass(frozen=True)
class PublicKey:
    name: str
    raw: bytes  # 32 bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.raw)}"


@dataclass(frozen=True)
class SigningKey:
    public: PublicKey
    seed: bytes  # 32 bytes

    def __str__(self) -> str:
        name, key_id = self.public.name, self.public.id.hex()
        return f"PRIVATE+KEY+{name}+{key_id}+{_base64(ED25519 + self.seed)}"

    def __repr__(self) -> str:  # a traceback does not show it
        return f"<the private key of {self.public}>"


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


def make_key(name: str) -> SigningKey:
    if not re.fullmatch(NAME, name):
        raise NoteError("The name of a key has no white space and no plus sign, such as factcheck.example/journal.")
    return _signing_key(name, Ed25519PrivateKey.generate().private_bytes_raw())


def read_signing_key(text: str) -> SigningKey:
    name, key_id, raw = _read_key(text, private=True)
    key = _signing_key(name, raw)
    if key.public.id != key_id:
        raise NoteError("This private key is damaged: its parts do not belong together.")
    return key


def read_public_key(text: str) -> PublicKey:
    name, key_id, raw = _read_key(text, private=False)
    key = PublicKey(name, raw)
    if key.id != key_id:
        raise NoteError("This public key is damaged: its parts do not belong together.")
    return key


def sign(text: str, key: SigningKey) -> str:
    """The note: the text, which ends in a newline, a blank line, and the signature."""
    signature = Ed25519PrivateKey.from_private_bytes(key.seed).sign(text.encode())
    return f"{text}\n— {key.public.name} {_base64(key.public.id + signature)}\n"


def verify(note: str, keys: Iterable[PublicKey]) -> tuple[str, PublicKey]:
    """The note's text, and the first of the keys that signed it. Signatures by other keys count for nothing."""
    if re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise NoteError("This is not a signed note: it has control characters.")
    text, blank, signatures = note.rpartition("\n\n")
    found = [SIGNATURE.fullmatch(line) for line in signatures.removesuffix("\n").split("\n")]
    if not blank or not all(found) or not signatures.endswith("\n"):
        raise NoteError("This is not a signed note: a text, a blank line, and lines that begin with “— ”.")
    text += "\n"
    for key in keys:
        for line in found:
            signature = _from_base64(line["signature"]) if line and line["name"] == key.name else b""
            if signature[:4] == key.id:
                _verify_signature(text, signature[4:], key)
                return text, key
    signers = ", ".join(line["name"] for line in found if line)
    raise NotSigned(f"No key that is known here has signed this note. It names {signers}.")


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{_base64(root)}\n"


def read_checkpoint(text: str) -> Checkpoint:
    match = CHECKPOINT.fullmatch(text)
    if not match:
        raise NoteError("This note is not a checkpoint: an origin, a size and a root, each on a line.")
    return Checkpoint(match["origin"], int(match["size"]), _from_base64(match["root"]))


def _verify_signature(text: str, signature: bytes, key: PublicKey) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, text.encode())
    except InvalidSignature:
        raise NotSigned(f"The signature of {key.name} does not belong to this text.") from None


def _read_key(text: str, *, private: bool) -> tuple[str, bytes, bytes]:
    match = KEY.fullmatch(text)
    raw = _from_base64(match["key"]) if match else b""
    if not match or bool(match["private"]) != private or raw[:1] != ED25519 or len(raw) != 33:
        shape = "PRIVATE+KEY+NAME+ID+BASE64" if private else "NAME+ID+BASE64"
        raise NoteError(f"This is not an Ed25519 key in the form {shape}.")
    return match["name"], bytes.fromhex(match["id"]), raw[1:]


def _signing_key(name: str, seed: bytes) -> SigningKey:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SigningKey(PublicKey(name, public), seed)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise NoteError("This is not base64.") from None
