"""What counts as a web address: one rule for every field that takes one, for documents and for loaded tables."""

import pytest

from claims import loading
from factcheck.web_addresses import NotAWebAddress, ascii_host, web_address

ADDRESSES = [
    ("https://a_pollett.tripod.example/x", None),
    ("https://_dmarc.news.example/", None),
    ("HTTPS://News.Example:443/A?B=C#D", "https://news.example/A?B=C#D"),
    ("http://news.example:80", "http://news.example"),
    ("http://news.example:443/", None),
    ("http://news.example:/x", "http://news.example/x"),
    ("https://news.example./x", "https://news.example/x"),
    ("https://news.example.:8443/x", "https://news.example:8443/x"),
    ("https://news\u3002example/x", "https://news.example/x"),
    ("https://\u041f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/\u0410",
     "https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/\u0410"),
    ("https://xn--e1afmkfd.xn--p1ai/", None),
    ("https://l\u00b7l.example/", None),
    ("https://news.example/Moore's_law_(1965)", None),
    ("https://news.example/@user/1?to=a@b.example", None),
    ("https://news.example?x=/@/", None),
    ("https://news.example/?", None),
    ("https://news.example/%E2%80%8B", None),
    ("https://news.example/\u4e2d\u6587", None),
    ("http://127.0.0.1:8000/", None),
    ("http://[2001:DB8::1]/", "http://[2001:db8::1]/"),
    ("http://localhost/", None),
]  # fmt: skip
REFUSED = [
    ("https://news.example/a\u200bb", "invalid", "Leave out the character U+200B, or write it as %E2%80%8B."),
    ("https://news.example/\u200d", "invalid", "Leave out the character U+200D, or write it as %E2%80%8D."),
    ("https://news.example/\u202e", "invalid", "Leave out the character U+202E, or write it as %E2%80%AE."),
    ("https://news\u00ad.example/", "invalid", "Leave out the character U+00AD, or write it as %C2%AD."),
    ("\ufeffhttps://news.example/", "invalid", "Leave out the character U+FEFF, or write it as %EF%BB%BF."),
    ("https://news.example/a b", "invalid", "Leave out the character U+0020, or write it as %20."),
    ('https://news.example/"x"', "invalid", 'Leave out the character ", or write it as %22.'),
    ("<https://news.example/>", "invalid", "Leave out the character <, or write it as %3C."),
    ("https://news.example/>", "invalid", "Leave out the character >, or write it as %3E."),
    ("https://jo@news.example/", "invalid", "Leave out the user name and the password before the @."),
    ("https://jo:secret@news.example/", "invalid", "Leave out the user name and the password before the @."),
    ("https://@news.example/", "invalid", "Leave out the user name and the password before the @."),
    ("https://news.example\\@evil.example/", "invalid", "Leave out the user name and the password before the @."),
    ("ftp://news.example/", "scheme", "Give an address that begins with http:// or https://."),
    ("https:/news.example/", "scheme", "Give an address that begins with http:// or https://."),
    ("news.example", "scheme", "Give an address that begins with http:// or https://."),
    ("https://", "invalid", "“” is no name of a server. Give one such as news.example."),
    ("https://news/", "invalid", "“news” is no name of a server. Give one such as news.example."),
    ("https://news..example/", "invalid", "“news..example” is no name of a server. Give one such as news.example."),
    ("https://-news.example/", "invalid", "“-news.example” is no name of a server. Give one such as news.example."),
    ("https://\u201cnews\u201d.example/", "invalid",
     "“\u201cnews\u201d.example” is no name of a server. Give one such as news.example."),
    ("https://300.1.1.1/", "invalid", "“300.1.1.1” is no name of a server. Give one such as news.example."),
    ("http://[::1/", "invalid", "“[:” is no name of a server. Give one such as news.example."),
    ("https://news.example:0/", "invalid", "There is no port 0. Leave it out, or give one from 1 to 65535."),
    ("https://news.example:65536/", "invalid", "There is no port 65536. Leave it out, or give one from 1 to 65535."),
]  # fmt: skip
# Every field that takes an address: where it is sent, and what is sent besides.
FIELDS = [
    ("articles", "url", {"title": "A report", "text": "So."}),
    ("articles", "addresses", {"title": "A report", "text": "So."}),
    ("articles", "media_url", {"title": "A report", "text": "So."}),
    ("evidence", "url", {"stance": "supports"}),
    ("evidence", "archived_url", {"stance": "supports", "title": "A call"}),
    ("sources", "same_as", {"name": "A", "kind": "outlet"}),
    ("webhooks", "url", {}),
]


def ids(rows) -> list[str]:
    return [row[0] for row in rows]


@pytest.mark.parametrize(("given", "stored"), ADDRESSES, ids=ids(ADDRESSES))
def test_an_address_is_stored_with_its_scheme_host_and_port_in_one_form(given, stored):
    assert web_address(given) == (stored or given)
    assert web_address(web_address(given)) == web_address(given)


@pytest.mark.parametrize(("given", "code", "detail"), REFUSED, ids=ids(REFUSED))
def test_what_is_no_address_is_refused_with_what_to_do(api, db, given, code, detail):
    answer = api.post("/api/v1/sources/", {"name": "A", "kind": "outlet", "same_as": [given]})
    assert (answer.status_code, answer.json()["errors"]) == (
        400, [{"pointer": "#/same_as/0", "code": code, "detail": detail}],
    )  # fmt: skip


@pytest.mark.parametrize(("resource", "field", "rest"), FIELDS, ids=[f"{row[0]}.{row[1]}" for row in FIELDS])
def test_every_field_that_takes_an_address_takes_the_same(api, statement, resource, field, rest):
    def send(address):
        value = [address] if field in ("addresses", "same_as") else address
        owner = {"statement": statement.pk} if resource == "evidence" else {}
        return api.post(f"/api/v1/{resource}/", {**rest, **owner, field: value})

    for bad in ("https://news.example/\u200b", 'https://news.example/"', "https://jo@news.example/"):
        answer = send(bad)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"][: len(field) + 2]) == (400, f"#/{field}")
    answer = send("HTTPS://A_Pollett.Tripod.Example:443/X")
    good = "https://a_pollett.tripod.example/X"
    assert (answer.status_code, answer.json()[field]) == (201, [good] if field in ("addresses", "same_as") else good)


def test_a_document_follows_the_same_rule_and_changes_nothing_the_second_time(api, alice, article, statement):
    address = f"/api/v1/articles/{article.pk}/annotations/"
    read = api.get(address)
    document = read.json()
    document["article"]["media_url"] = "https://jo@news.example/"
    refused = api.put(address, document, headers={"If-Match": read["ETag"]})
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["#/article/media_url"]
    document["article"]["media_url"] = "HTTPS://A_Pollett.Example/1"
    versions = []
    for _ in range(2):
        answer = api.put(address, document, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.content
        versions.append(api.get(f"/api/v1/articles/{article.pk}/").json()["version"])
    assert versions[0] == versions[1]
    assert answer.json()["article"]["media_url"] == "https://a_pollett.example/1"


def test_a_source_is_found_by_an_address_in_any_case(api, db):
    made = api.post("/api/v1/sources/", {"name": "A", "kind": "outlet", "same_as": ["https://Wiki.Example/Q1"]}).json()
    found = api.get("/api/v1/sources/", {"same_as": "HTTPS://WIKI.example:443/Q1"}).json()["results"]
    assert [row["id"] for row in found] == [made["id"]]


def test_a_loaded_table_follows_the_same_rule():
    assert loading._address("HTTPS://A_b.example:443/x") == "https://a_b.example/x"
    assert loading._address("https://jo@news.example/") == ""


@pytest.mark.parametrize("host", ["i\u2764.example", "\u201cx\u201d.example", "a\u200cb.example"])
def test_a_host_that_dns_cannot_have_is_none(host):
    with pytest.raises(UnicodeError):
        ascii_host(host)
    with pytest.raises(NotAWebAddress):
        web_address(f"https://{host}/")
