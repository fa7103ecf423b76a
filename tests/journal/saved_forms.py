"""What becomes of a signed note where people keep it. Whoever checks one must read them all."""

import json
from email.message import EmailMessage


def mail(encoding: str, body: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "The checkpoint of today"
    message.set_content(body, cte=encoding)
    return message.as_bytes()


def saved_forms(note: str) -> dict[str, bytes]:
    signer = note.splitlines()[-1].split()[1]
    lines = note.splitlines()
    letter = f"Dear Ann,\n\nkeep this:\n\n{note}\n\n-- \nBob\n\n> {note}"
    forms: dict[str, str | bytes] = {
        "as it is": note,
        "CRLF": note.replace("\n", "\r\n"),
        "a BOM": "\ufeff" + note,
        "as PowerShell redirects it": note.encode("utf-16"),
        "no last newline": note.rstrip(),
        "blanks at the ends": note.replace("\n", "  \n"),
        "quoted": "Ann wrote:\n" + "".join(f"> {line}\n" for line in lines) + "\nThank you.\n",
        "quoted twice": "".join(f">> {line}\r\n" for line in lines),
        "wrapped at a blank": note.replace(f"— {signer} ", f"— {signer}\n"),
        "in a letter, twice": letter.replace("\n", "\r\n"),
        "as the API’s JSON": json.dumps({"size": 5, "note": note}),
        "a mail as it is sent": mail("quoted-printable", f"Keep this:\n\n{note}"),
        "a mail in base64": mail("base64", note),
        "a mail of eight bits": mail("8bit", note),
    }
    return {name: form if isinstance(form, bytes) else form.encode() for name, form in forms.items()}
