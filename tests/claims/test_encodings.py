"""Files as newsrooms have them, in every command and upload: read by their mark, or told by what they are."""

import codecs
import json
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from claims.models import Article, Statement
from factcheck.encodings import NotText, decode
from tests.newsroom import browser_of

pytestmark = pytest.mark.django_db
WORDS = "It’s “over”, said Müller."
DOCUMENT = {
    "format": "factcheck-annotations/1",
    "article": {"title": "A report", "url": "https://news.example/1", "text": WORDS},
    "sources": [{"key": "m", "name": "Müller", "kind": "person"}],
    "statements": [{"key": "s", "text": "“over”", "source": "m"}],
    "disputes": [],
}
MAP = """
[file]
header = true
[article]
url = "https://news.example/set"
[statement]
key = "{Nr}"
text = "{Text}"
[source]
name = "Müller"
"""
MARKED = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
]


class Newsroom(SimpleNamespace):
    """Each way in takes the bytes of a file, and answers "" or why it refused them."""

    def import_article(self, data, *options):
        return self.command("import_article", data, "--title", "A report", *options)

    def import_annotations(self, data, *options):
        return self.command("import_annotations", data, *options)

    def load_statements(self, data, *options):
        (self.folder / "map.toml").write_text(MAP, encoding="utf-8")
        return self.command("load_statements", data, "--map", str(self.folder / "map.toml"), *options)

    def import_page(self, data):
        answer = browser_of(self.alice).post("/import/", {"file": SimpleUploadedFile("a.json", data)})
        return "" if answer.status_code == 303 else answer.content.decode()

    def request_body(self, data, media_type="application/json"):
        path = f"/api/v1/articles/{self.article.pk}/annotations/"
        answer = self.api.generic("put", path, data, media_type, headers={"if-match": "*"})
        return "" if answer.status_code == 200 else answer.json()["detail"]

    def command(self, name, data, *options):
        (self.folder / "file").write_bytes(data)
        try:
            call_command(name, str(self.folder / "file"), *options, stdout=StringIO(), stderr=StringIO())
        except CommandError as error:
            return str(error)
        return ""


CONTENTS = {
    "import_article": WORDS,
    "import_annotations": json.dumps(DOCUMENT, ensure_ascii=False),
    "load_statements": f'Nr,Text\n1,"{WORDS}"\n',
    "import_page": json.dumps(DOCUMENT, ensure_ascii=False),
    "request_body": json.dumps(DOCUMENT, ensure_ascii=False),
}
COMMANDS = ("import_article", "import_annotations", "load_statements")


@pytest.fixture
def newsroom(tmp_path, alice, api, article):
    return Newsroom(folder=tmp_path, alice=alice, api=api, article=article)


@pytest.mark.parametrize("way", CONTENTS)
@pytest.mark.parametrize(("mark", "encoding"), MARKED)
def test_a_file_with_a_byte_order_mark_is_read_by_it_and_the_mark_is_no_part_of_it(newsroom, way, mark, encoding):
    assert getattr(newsroom, way)(mark + CONTENTS[way].encode(encoding)) == ""
    assert Article.objects.latest("pk").text == WORDS
    for statement in Statement.objects.select_related("article"):
        assert statement.article.text[statement.start : statement.end] == statement.text


@pytest.mark.parametrize("way", CONTENTS)
@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("windows-1252", "It may be Windows-1252, and then it reads: “"),
        ("utf-16-le", "This looks like UTF-16 without a byte order mark."),
        ("utf-16-be", "This looks like UTF-16 without a byte order mark."),
    ],
)
def test_a_file_that_is_neither_is_told_by_what_it_looks_like_and_not_read(newsroom, way, encoding, said):
    refusal = getattr(newsroom, way)(CONTENTS[way].encode(encoding))
    assert said in refusal
    if way in COMMANDS:
        assert refusal.endswith(f" Save the file as UTF-8, or add --encoding {encoding}.")
    assert not Statement.objects.exists()
    assert Article.objects.get().text != WORDS


@pytest.mark.parametrize("way", COMMANDS)
@pytest.mark.parametrize("encoding", ["windows-1252", "cp1252", "utf-16-le", "utf-16-be"])
def test_a_command_reads_the_encoding_that_it_is_told(newsroom, way, encoding):
    assert getattr(newsroom, way)(CONTENTS[way].encode(encoding), "--encoding", encoding) == ""
    assert Article.objects.latest("pk").text == WORDS


@pytest.mark.parametrize("way", COMMANDS)
@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("windows-1252", "This is UTF-8, not windows-1252. Leave --encoding out."),
        ("utf-16", "This is UTF-8, not utf-16. Leave --encoding out."),
        ("ascii", "This is UTF-8, not ascii. Leave --encoding out."),
        ("klingon", "There is no encoding of text 'klingon'."),
    ],
)
def test_an_option_that_cannot_be_true_is_refused(newsroom, way, encoding, said):
    assert said in getattr(newsroom, way)(CONTENTS[way].encode(), "--encoding", encoding)
    assert not Statement.objects.exists()
    assert getattr(newsroom, way)(codecs.BOM_UTF8 + CONTENTS[way].encode(), "--encoding", "windows-1252") == ""


def test_a_body_is_read_by_its_charset_but_not_against_what_it_is(newsroom):
    content = CONTENTS["request_body"]
    refusal = newsroom.request_body(content.encode(), "application/json; charset=windows-1252")
    assert refusal == "JSON parse error - This is UTF-8, not windows-1252."
    assert newsroom.request_body(content.encode("windows-1252"), "application/json; charset=windows-1252") == ""
    assert Article.objects.get().text == WORDS


@pytest.mark.parametrize(
    ("data", "said", "encoding"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00\xff", "This is a ZIP archive, as .docx and .xlsx files are, not text.", ""),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "This is a PDF file, not text.", ""),
        (b"One.\nTwo \x81.", "Line 2 is not UTF-8: byte 9 is 0x81.", "NAME"),
        (b"\x01\x02\xff\x03", "Line 1 is not UTF-8, and this does not look like text.", ""),
        (b"a\nb\n" + b"x" * 50 + b" caf\xe9 " + b"y" * 50,
         f"Line 3 is not UTF-8. It may be Windows-1252, and then it reads: “{'x' * 26} café {'y' * 28}”.",
         "windows-1252"),
        (b"\xff\xfea\x00b", "This is not utf-16 from byte 4 on.", "NAME"),
        (b"a\x00b\x00c\x00", "This looks like UTF-16 without a byte order mark.", "utf-16-le"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_told_apart(data, said, encoding):
    with pytest.raises(NotText) as refused:
        decode(data)
    assert (str(refused.value), refused.value.encoding) == (said, encoding)


@pytest.mark.parametrize("data", [b"", b"\x00", b"a\x00b", b"ab\x00d" * 2 + b"e" * 30, "\x00é".encode()])
def test_a_null_character_by_itself_makes_no_utf_16(data):
    assert decode(data) == data.decode()
