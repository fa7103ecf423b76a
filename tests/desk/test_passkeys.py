"""Passkeys that no browser would send. tests/e2e/test_factors.py has those of a browser."""

import hashlib
import json
import os
from struct import pack

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

from factcheck.api.models import LoginAttempt, Passkey, Session
from tests.desk.test_factors import PAGE, PASSWORD, is_in, person, secret_on, with_password
from tests.newsroom import page_of

PRESENT, VERIFIED, WITH_CREDENTIAL = 1, 4, 64


@pytest.fixture
def bob(db):
    return person("bob", "editor")


class Device:
    def __init__(self, credential_id=b"of 16 bytes or so"):
        self.id = credential_id
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public = ES256.from_cryptography_key(self.key.public_key())

    def made(self, options):
        credential = bytes(16) + pack(">H", len(self.id)) + self.id + cbor.encode(self.public)
        data = self._data(PRESENT | VERIFIED | WITH_CREDENTIAL) + credential
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer("create", options, attestationObject=attestation)

    def used(self, options, user, counter=0):
        data, client = self._data(PRESENT | VERIFIED, counter), self._client("get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        handle = str(user.pk).encode()
        return self._answer("get", options, authenticatorData=data, signature=signature, userHandle=handle)

    def _data(self, flags, counter=0):
        return hashlib.sha256(b"testserver").digest() + pack(">BI", flags, counter)

    def _client(self, kind, options):
        told = {"type": f"webauthn.{kind}", "challenge": options["challenge"], "origin": "http://testserver"}
        return json.dumps(told).encode()

    def _answer(self, kind, options, **response):
        response["clientDataJSON"] = self._client(kind, options)
        found = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "response": found})


def add(client, device, name="Phone"):
    options = client.post(PAGE, {"act": "passkey"}).json()
    return client.post(PAGE, {"act": "passkey", "credential": device.made(options), "name": name})


def log_in_alone(client, device, user, **given):
    options = client.post("/login/passkey/", {"alone": "1"}).json()
    answer = client.post("/login/passkey/", {"alone": "1", "credential": device.used(options, user, **given)})
    LoginAttempt.objects.all().delete()
    return answer


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (1023, 200), (1024, 400), (3000, 400)])
def test_an_id_is_no_longer_than_webauthn_has_it(bob, length, status):
    assert add(with_password("bob"), Device(os.urandom(length))).status_code == status
    assert Passkey.objects.count() == (status == 200)


@pytest.mark.parametrize("algorithm", [-999, -65535, "x"])
def test_a_key_of_an_algorithm_that_was_not_offered_is_refused(bob, algorithm):
    device = Device()
    device.public = {**device.public, 3: algorithm}
    assert add(with_password("bob"), device).status_code == 400
    assert not Passkey.objects.exists()


def test_the_name_of_a_passkey_writes_no_line_of_the_log(bob, caplog):
    device = Device()
    add(with_password("bob"), device, name="Phone\n2026-01-01 CRITICAL")
    assert log_in_alone(Client(), device, bob, counter=2).status_code == 302
    assert log_in_alone(Client(), device, bob, counter=2).status_code == 403
    said = f"Passkey {Passkey.objects.get().pk} of bob is refused: its counter did not rise. It may be a copy."
    assert [each.getMessage() for each in caplog.records if each.name == "factcheck.api.passkeys"] == [said]


def test_whoever_asks_too_often_makes_no_more_sessions(db, monkeypatch):
    monkeypatch.setattr("factcheck.api.throttles.AddressThrottle.rate", "2/min", raising=False)
    statuses = [Client().post("/login/passkey/", {"alone": "1"}).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert Session.objects.count() == 2


@pytest.mark.parametrize("by_passkey", [False, True])
def test_an_app_that_was_begun_before_the_log_in_is_not_that_of_who_logs_in(bob, settings, by_passkey):
    settings.REQUIRE_MFA = "admin"
    person("root", "admin")
    there = with_password("root")
    known = secret_on(page_of(there, f"{PAGE}?add=app"))
    if by_passkey:
        device = Device()
        add(with_password("bob"), device)
        assert log_in_alone(there, device, bob).status_code == 302
    else:
        there.post("/login/", {"username": "bob", "password": PASSWORD})
    assert is_in(there)
    assert secret_on(page_of(there, f"{PAGE}?add=app")) != known
