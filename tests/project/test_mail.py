"""EMAIL_URL and EMAIL_FROM."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from factcheck.environment import env_mail


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("", ("", 25, "", "", "")),
        ("smtp://mail.example", ("mail.example", 25, "", "", "smtp")),
        ("smtp+tls://desk%40a.example:p%2Fw@mail.example", ("mail.example", 587, "desk@a.example", "p/w", "smtp+tls")),
        ("smtps://desk:x@mail.example:4650", ("mail.example", 4650, "desk", "x", "smtps")),
    ],
)
def test_the_address_of_a_mail_server_is_read(monkeypatch, address, parts):
    monkeypatch.setenv("EMAIL_URL", address)
    assert tuple(env_mail("EMAIL_URL").values()) == parts


@pytest.mark.parametrize(
    "address", ["mail.example", "http://mail.example", "smtp://", "smtp://u:secret@mail.example:no"]
)
def test_what_is_no_such_address_is_refused_without_showing_the_password(monkeypatch, address):
    monkeypatch.setenv("EMAIL_URL", address)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL cannot be read") as refused:
        env_mail("EMAIL_URL")
    assert "secret" not in str(refused.value)
