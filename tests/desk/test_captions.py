"""Captions in the desk: the import of a text or a file, and the links into the recording."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from claims import services
from claims.media_fragments import address_of_part
from claims.models import Article
from factcheck.desk.templatetags.desk import clock
from tests.claims.test_captions import CUES, TEXT, VIDEO, VTT
from tests.newsroom import article_page, browser_of, page_of, user_with_role

IMPORT = "/import/text/"


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def file_of(content, name="talk.vtt"):
    return SimpleUploadedFile(name, content)


def test_a_file_of_captions_becomes_a_draft(desk):
    body = {"title": "A talk", "url": "", "media_url": VIDEO, "text": "", "file": file_of(VTT.encode())}
    answer = desk.post(IMPORT, body)
    article = Article.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/api/v1/articles/{article.pk}/")
    assert (article.title, article.url, article.media_url, article.text) == ("A talk", None, VIDEO, TEXT)
    assert article.revisions.get().cue_times == CUES


def test_a_text_is_kept_as_it_was_typed_with_plain_line_ends(desk):
    assert desk.post(IMPORT, {"title": "A report", "text": "One. \r\n\r\n Two.\r\n"}).status_code == 303
    assert Article.objects.get().text == "One. \n\n Two.\n"


def test_a_file_of_text_is_kept_with_its_own_line_ends(desk):
    body = {"title": "A report", "text": "", "file": file_of(b"\xef\xbb\xbfOne.\r\nTwo.", "a.txt")}
    assert desk.post(IMPORT, body).status_code == 303
    assert Article.objects.get().text == "One.\r\nTwo."


def test_captions_may_be_pasted(desk):
    assert desk.post(IMPORT, {"title": "A talk", "text": VTT.replace("\n", "\r\n")}).status_code == 303
    assert Article.objects.get().text == TEXT


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"title": "", "text": "A."}, "Title: Fill this in."),
        ({"title": "T", "text": "A.", "media_url": "javascript:alert(1)"}, "Address of the recording (URL): Give an"),
        ({"title": "T", "text": "WEBVTT\n\nNOTE nothing"}, "Captions: There is no cue"),
        ({"title": "T", "text": " \r\n"}, "Text: Give a text, or choose a file."),
        ({"title": "T", "text": "", "file": b""}, "File: It is empty."),
        ({"title": "T", "text": "", "file": b"\xef\xbb\xbf\n"}, "File: It is empty."),
        ({"title": "T", "text": "A.", "file": b"B."}, "File: Give either a text or a file."),
        ({"title": "T", "text": "1\n00:00:0x,000 --> 00:00:02,000\nA."}, "Captions: Line 2 is no time as in"),
        ({"title": "T", "text": "", "file": b"PK\x03\x04\xff"}, "This is a ZIP archive, as .docx and .xlsx files are"),
        ({"title": "T", "text": "", "file": "WEBVTT\n\nÄ".encode("latin-1")}, "Line 3 is not UTF-8. It may be"),
    ],
)
def test_what_is_refused_is_named_and_what_was_typed_is_kept(desk, body, words):
    if "file" in body:
        body = {**body, "file": file_of(body["file"])}
    answer = desk.post(IMPORT, {"url": "https://news.example/?a&b", **body})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert words in html
    assert 'value="https://news.example/?a&amp;b"' in html
    assert not Article.objects.exists()


def test_an_address_that_another_article_has_is_named(desk, article):
    html = desk.post(IMPORT, {"title": "T", "text": "A.", "url": article.url}).content.decode()
    assert f"Address (URL): Article {article.pk} has this address." in html


def test_what_was_typed_beside_a_file_is_kept(desk):
    html = desk.post(IMPORT, {"title": "T", "text": "Typed.", "file": file_of(b"B.")}).content.decode()
    assert "Typed.</textarea>" in html


def test_who_may_not_create_an_article_brings_in_none(db):
    client = browser_of(user_with_role("vera", "viewer"))
    assert client.post(IMPORT, {"title": "T", "text": "A."}).status_code == 403
    assert client.get(IMPORT).status_code == 403
    assert "/import/" not in page_of(client, "/api/v1/articles/")


def test_the_address_opened_alone_leads_to_the_form(desk):
    answer = desk.get(IMPORT)
    assert (answer.status_code, answer["Location"]) == (302, "/import/")


LINK = '<a href="https://video.example/watch?v=1#t=1,7" rel="noopener noreferrer">Recording, 0:01 to 0:07</a>'


@pytest.fixture
def spoken(desk, alice, minister):
    desk.post(IMPORT, {"title": "A talk", "media_url": VIDEO + "#t=99", "text": VTT})
    return services.create_statement(article=Article.objects.get(), actor=alice, source=minister, start=11, end=32)


def test_a_statement_links_to_where_it_is_spoken_on_its_page_and_its_card(desk, spoken):
    assert LINK in page_of(desk, f"/api/v1/statements/{spoken.pk}/")
    assert LINK in article_page(desk, spoken.article)


def test_without_an_address_or_without_times_there_is_no_link(desk, alice, minister, spoken):
    label = services.create_statement(article=spoken.article, actor=alice, source=minister, start=0, end=5)
    assert "Recording, " not in page_of(desk, f"/api/v1/statements/{label.pk}/")
    services.update_article(article_id=spoken.article_id, versions=None, actor=alice, media_url=None)
    assert "Recording, " not in page_of(desk, f"/api/v1/statements/{spoken.pk}/")
    assert "Recording, " not in article_page(desk, spoken.article)


def test_strangers_see_the_link_where_they_may_read(settings, alice, spoken):
    settings.PUBLIC_READ = True
    change = {"article_id": spoken.article_id, "versions": None, "actor": alice}
    services.set_article_status(status="published", reason="Checked.", **change)
    stranger = Client(headers={"Accept": "text/html"})
    assert LINK in page_of(stranger, f"/api/v1/statements/{spoken.pk}/")


def test_the_form_of_an_article_has_the_address_of_the_recording(desk, spoken):
    html = page_of(desk, f"/api/v1/articles/{spoken.article_id}/?form=edit")
    assert f'name="media_url" value="{VIDEO}#t=99"' in html


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [
        (12.5, 17.2, "#t=12.5,17.2"),
        (0, 4, "#t=0,4"),
        (3.0, 3.0, "#t=3"),
        (123456.789, 359999.999, "#t=123456.789,359999.999"),
        (0.001, 0.002, "#t=0.001,0.002"),
    ],
)
def test_a_part_of_a_recording_has_a_media_fragment(start, end, part):
    assert address_of_part("https://v.example/a.mp4", start, end) == "https://v.example/a.mp4" + part


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (59.9, "0:59"), (61.2, "1:01"), (3600, "1:00:00"), (3723.5, "1:02:03")]
)
def test_times_are_shown_as_players_show_them(seconds, shown):
    assert clock(seconds) == shown


@pytest.fixture
def talk(alice):
    desk = browser_of(alice)
    desk.post(IMPORT, {"title": "A talk", "media_url": VIDEO, "text": VTT})
    return Article.objects.get()


def correct(desk, talk, **typed):
    body = {
        "_method": "PATCH",
        "version": talk.version,
        "text": talk.text.replace("\n", "\r\n"),
        "captions": "",
        **typed,
    }
    return desk.post(f"/api/v1/articles/{talk.pk}/", body)


def test_a_text_that_is_corrected_in_the_form_keeps_the_times_of_its_words(desk, alice, talk):
    said = services.create_statement(article=talk, actor=alice, quote_type="narration", text="The bridge is closed")
    assert correct(desk, talk, text="Corrected.\r\n\r\n" + talk.text.replace("\n", "\r\n")).status_code == 303
    said.refresh_from_db()
    assert (said.anchor, said.media_start, said.media_end) == ("moved", 8, 9.25)


def test_corrected_captions_are_pasted_into_the_form_and_bring_their_times(desk, alice, talk):
    said = services.create_statement(article=talk, actor=alice, quote_type="narration", text="The bridge is closed")
    html = page_of(desk, f"/api/v1/articles/{talk.pk}/?form=edit")
    assert '<textarea name="captions"' in html
    captions = VTT.replace("00:08.000 --> 00:09.250", "00:08.125 --> 00:10.000").replace("\n", "\r\n")
    assert correct(desk, talk, captions=captions).status_code == 303
    said.refresh_from_db()
    assert (said.text, said.media_start, said.media_end) == ("The bridge is closed", 8.125, 10)
    assert Article.objects.get().revision == 2


def test_of_a_corrected_text_and_captions_neither_is_taken_and_both_stay(desk, talk):
    answer = correct(desk, talk, text="Other.", captions=VTT)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "Send either text or captions." in html
    assert "Not one cent." in html
    assert ">\nOther.</textarea>" in html
    assert Article.objects.get().text == TEXT


def test_a_text_without_a_recording_is_offered_no_captions(desk, article):
    assert 'name="captions"' not in page_of(desk, f"/api/v1/articles/{article.pk}/?form=edit")
