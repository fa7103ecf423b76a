"""A page of another server is fetched within limits, and read for its article. The servers here are real ones, on
loopback, which is refused unless a test allows it."""

import gzip
import socket
import ssl
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from claims.fetching.pages import MAX_BYTES, FetchedPage, Reach, fetch_page
from claims.fetching.reading import article_in
from claims.fetching.refusals import NotFetched
from factcheck.outgoing import NotAsked, addresses_of, is_public, place_of
from tests.other_servers import REPORT


class Answers(BaseHTTPRequestHandler):
    """By path: the status, the headers and the body. What was asked is kept."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        answer = self.server.answers[self.path]
        if callable(answer):
            answer(self)
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.answers, running.asked, running.daemon_threads = {}, [], True
        running.port = running.server_address[1]
        running.url = f"http://127.0.0.1:{running.port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def reach(server):
    return Reach(is_allowed=lambda address: address.is_loopback, ports=frozenset({server.port}), seconds=2)


def refused(url, reach=None):
    with pytest.raises(NotFetched) as raised:
        fetch_page(url, reach)
    return raised.value.code, str(raised.value)


def test_a_page_is_fetched_without_cookies_and_compressed_only_as_it_can_be_read(server, reach):
    server.answers["/a%20b?q=%C3%A9"] = (200, {"Set-Cookie": "seen=1"}, REPORT.encode())
    page = fetch_page(f"{server.url}/a b?q=é#part", reach)
    assert page == FetchedPage(f"{server.url}/a%20b?q=%C3%A9", REPORT.encode(), "utf-8")
    ((_, headers),) = server.asked
    assert headers == {
        "Host": f"127.0.0.1:{server.port}", "User-Agent": "Factcheck/1.0 (an editor asked for this page)",
        "Accept": "text/html", "Accept-Encoding": "gzip, deflate", "Connection": "close",
    }  # fmt: skip


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_page_is_unpacked(server, reach, encoding, pack):
    server.answers["/"] = (200, {"Content-Encoding": encoding}, pack(REPORT.encode()))
    assert fetch_page(server.url, reach).content == REPORT.encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_where_it_led_is_told(server, reach, status):
    server.answers["/old"] = (status, {"Location": "../new"}, b"")
    server.answers["/new"] = (200, {"Set-Cookie": "a=b"}, REPORT.encode())
    assert fetch_page(f"{server.url}/old", reach).url == f"{server.url}/new"
    assert not any("Cookie" in headers for _, headers in server.asked)


def test_redirects_without_end_are_given_up(server, reach):
    server.answers["/"] = (302, {"Location": "/"}, b"")
    assert refused(server.url, reach) == (
        "unreachable", "This address leads on more than 5 times. Give the last one.",
    )  # fmt: skip
    assert len(server.asked) == 6


@pytest.mark.parametrize("target", [
    "http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://2130706433/",
])  # fmt: skip
def test_neither_an_address_nor_a_redirect_leads_into_a_network_that_is_not_public(server, target):
    def is_server(address):  # only while it is asked for the first time
        return not server.asked or is_public(address)

    code, detail = refused(target)
    assert code == "forbidden"
    assert detail.endswith("is in a network that is not public, so it is not asked. Paste the text.")
    server.answers["/"] = (302, {"Location": target}, b"")
    assert refused(server.url, Reach(is_server, frozenset({80, server.port})))[0] == "forbidden"
    assert len(server.asked) == 1


@pytest.mark.parametrize(("target", "code"), [
    ("file:///etc/passwd", "invalid"), ("ftp://news.example/", "invalid"), ("gopher://news.example/", "invalid"),
    ("http://127.0.0.1:22/", "forbidden"), ("http://u:p@127.0.0.1/", "invalid"), ("http://[::1", "invalid"),
    ("http://:80/", "invalid"),
])  # fmt: skip
def test_a_redirect_keeps_to_http_and_to_the_ports_of_the_web(server, reach, target, code):
    server.answers["/"] = (302, {"Location": target}, b"")
    assert refused(server.url, reach)[0] == code
    assert len(server.asked) == 1


def test_a_page_is_not_read_at_an_address_that_no_article_can_have(server, reach):
    server.answers["/"] = (302, {"Location": "/" + "\u00e9" * 400}, b"")
    code, detail = refused(server.url, reach)
    assert (code, len(server.asked)) == ("long", 1)
    assert detail == "The address is longer than 2000 characters. Leave out what the page does not need."


@pytest.mark.parametrize("address", [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.16.0.1", "192.168.0.1", "192.0.0.1",
    "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:8.8.8.8", "::ffff:10.0.0.1", "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00::1", "fe80::1", "fec0::1",
    "ff02::1",
])  # fmt: skip
def test_these_addresses_are_never_asked(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::200e"])
def test_public_addresses_are_asked(address):
    assert is_public(ip_address(address))


def resolved(*addresses):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]


def test_a_name_with_one_private_address_among_public_ones_is_not_asked(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: resolved("8.8.8.8", "192.168.0.1"))
    with pytest.raises(NotAsked):
        addresses_of(place_of("http://news.example/", frozenset({80})), is_public)


def test_a_name_is_resolved_once_and_the_connection_goes_to_the_address_that_was_judged(server, reach, monkeypatch):
    """A name that changes its address after it was judged: DNS rebinding."""
    names = [resolved("127.0.0.1"), resolved("10.0.0.1")]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: names.pop(0) if host == "news.example" else real(host, *a, **k)
    )
    server.answers["/"] = (200, {}, REPORT.encode())
    fetch_page(f"http://news.example:{server.port}/", reach)
    assert server.asked[0][1]["Host"] == f"news.example:{server.port}"
    assert len(names) == 1


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_over_https_the_server_is_named_and_its_certificate_judged_by_that_name(server, reach, certificate):
    named = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda connection, name, context: named.append(name)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.answers["/"] = (200, {}, REPORT.encode())
    url = f"https://localhost:{server.port}/"
    assert refused(url, reach) == (
        "unreachable", "localhost has no certificate that can be trusted. Paste the text.",
    )  # fmt: skip
    reach.tls = ssl.create_default_context(cafile=certificate)
    assert fetch_page(url, reach).url == url
    assert named == ["localhost", "localhost"]
    assert refused(f"https://127.0.0.1:{server.port}/", reach)[0] == "unreachable"


@pytest.mark.parametrize(("status", "words"), [
    (404, "127.0.0.1 has no such page (status 404). Paste the text."),
    (403, "127.0.0.1 does not give this page to programs (status 403). Paste the text."),
    (500, "127.0.0.1 does not give this page (status 500). Paste the text."),
    (304, "127.0.0.1 does not give this page (status 304). Paste the text."),
])  # fmt: skip
def test_what_the_other_server_refuses_is_told_in_words(server, reach, status, words):
    server.answers["/"] = (status, {}, b"")
    assert refused(server.url, reach) == ("refused", words)


@pytest.mark.parametrize("kind", ["application/pdf", "text/plain", "application/xhtml+xml", "image/svg+xml"])
def test_only_html_is_read(server, reach, kind):
    server.answers["/"] = (200, {"Content-Type": kind}, b"%PDF-")
    assert refused(server.url, reach) == ("not_html", f"This is {kind}, not a page (text/html). Paste the text.")


@pytest.mark.parametrize(("headers", "body"), [
    ({}, b"x" * (MAX_BYTES + 1)),
    ({"Content-Encoding": "gzip"}, gzip.compress(b"x" * 50 * MAX_BYTES, mtime=0)),
    ({"Content-Encoding": "deflate"}, zlib.compress(b"x" * (MAX_BYTES + 1))),
])  # fmt: skip
def test_more_than_five_megabytes_after_unpacking_are_refused(server, reach, headers, body):
    server.answers["/"] = (200, headers, body)
    assert refused(server.url, reach) == ("too_large", "The page has more than 5 MB. Paste the text.")


def test_five_megabytes_are_taken(server, reach):
    server.answers["/"] = (200, {}, b"x" * MAX_BYTES)
    assert len(fetch_page(server.url, reach).content) == MAX_BYTES


def test_a_compression_that_was_not_asked_for_is_refused(server, reach):
    server.answers["/"] = (200, {"Content-Encoding": "br"}, b"...")
    assert refused(server.url, reach)[0] == "not_html"


@pytest.mark.parametrize(("headers", "body"), [
    ({"Content-Length": "100"}, b"<p>half"),
    ({"Content-Encoding": "gzip"}, gzip.compress(REPORT.encode(), mtime=0)[:-20]),
    ({"Content-Encoding": "gzip"}, b"this is no gzip"),
])  # fmt: skip
def test_half_a_page_is_none(server, reach, headers, body):
    server.answers["/"] = (200, headers, body)
    assert refused(server.url, reach) == ("unreachable", "127.0.0.1 broke off within the page. Try again.")


def drip_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    for n in range(60):
        handler.wfile.write(b"X-%d: 1\r\n" % n)
        time.sleep(0.1)


def drip_body(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(60):
        handler.wfile.write(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize("answer", [drip_headers, drip_body, lambda handler: time.sleep(5)])
def test_a_server_that_sends_a_byte_now_and_then_does_not_get_longer_than_one_that_sends_none(server, reach, answer):
    server.answers["/"] = answer
    reach.seconds = 0.5
    before = threading.active_count()
    assert refused(server.url, reach) == (
        "too_slow", "The page was not there after 0.5 seconds. Try again, or paste the text.",
    )  # fmt: skip
    wait_until(lambda: threading.active_count() <= before + 1)  # the server's own


def wait_until(is_so):
    for _ in range(50):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("It never was.")


def test_a_server_that_does_not_listen_or_is_not_there_is_told_in_words(server, reach):
    server.server_close()
    assert refused(server.url, reach) == (
        "unreachable", "127.0.0.1 does not answer. Try again, or paste the text.",
    )  # fmt: skip
    assert refused("http://no-such-name.invalid/") == (
        "unreachable", "There is no server called no-such-name.invalid. Check the address, or paste the text.",
    )  # fmt: skip


@pytest.mark.parametrize("url", [
    "http://", "http:///x", "http://[", "http://a..b/", "http://news.example:99999/",
    "http://" + "a" * 70 + ".example/", "news.example", "javascript:alert(1)",
])  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused_before_anything_is_asked(url):
    assert refused(url)[0] == "invalid"


def test_an_international_name_is_asked_by_its_ascii_form():
    place = place_of("https://bücher.example/straße?q=ü", frozenset({443}))
    assert (place.host, place.target) == ("xn--bcher-kva.example", "/stra%C3%9Fe?q=%C3%BC")
    assert place.url == "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC"


def read(html, charset="utf-8"):
    return article_in(FetchedPage("https://news.example/a", html.encode(charset or "utf-8"), charset))


def test_title_byline_day_language_and_text_are_read_from_the_page():
    found = read(REPORT)
    assert (found.title, found.byline, found.day, found.language) == (
        "Minister denies it", "Jane Doe", "2022-01-28", "uk-UA",
    )  # fmt: skip
    assert found.text.split("\n\n")[-2:] == [
        "The minister said on Friday that nothing of the kind had been agreed, and that talks would go on next week.",
        "“It is false,” she told reporters in Kyiv — and left the room before anybody could ask her about it again.",
    ]  # fmt: skip
    assert "Politics" not in found.text
    assert "©" not in found.text


@pytest.mark.parametrize(
    "charset", ["undefined", "punycode", "idna", "unicode_escape", "utf-8\0", "no-such", "rot13", "zlib"]
)
def test_a_charset_that_no_page_is_in_is_as_none(charset):
    page = REPORT.replace("</h1>", " \\ud800 xn--a</h1>").encode()
    found = [article_in(FetchedPage("https://news.example/a", page, name)) for name in (charset, None)]
    assert found[0] == found[1]


@pytest.mark.parametrize("charset", ["windows-1252", "utf-8", None])
def test_the_characters_are_those_that_the_server_names(charset):
    page = REPORT.replace("Kyiv", "Zürich")
    assert "Zürich" in read(page, charset).text


def test_what_the_page_does_not_say_is_left_empty_and_no_day_is_guessed_from_the_text():
    paragraph = "<p>On 3 May 1995 the minister said that nothing of the kind had been agreed with anybody at all.</p>"
    found = read(f"<html><body><article>{paragraph * 5}</article></body></html>")
    assert (found.byline, found.day, found.language) == ("", "", "")


@pytest.mark.parametrize("lang", ["", "en_GB.utf8", "x" * 40, "<b>"])
def test_a_language_that_is_no_language_tag_is_left_empty(lang):
    assert read(REPORT.replace("uk-UA", lang)).language == ""


@pytest.mark.parametrize("html", ["", "   ", "<html></html>", "<html><body><img src=x></body></html>", "\x00\x01"])
def test_a_page_without_an_article_says_so(html):
    with pytest.raises(NotFetched) as raised:
        read(html)
    assert raised.value.code in ("no_text", "not_html")


def test_a_page_of_endless_parts_is_not_read():
    with pytest.raises(NotFetched) as raised:
        read(f"<html><body>{'<p>a <b>b</b></p>' * 10_001}</body></html>")
    assert str(raised.value) == "The page has more than 10,000 parts. Paste the text."
