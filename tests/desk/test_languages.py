import html
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils.translation import override

from claims.passages import find_span
from claims.services import create_article, set_article_status, tag_statement
from factcheck.desk.templatetags import desk as filters
from factcheck.errors import Unprocessable
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import article_page, browser_of, page_of, user_with_role

HTML, JSON = "text/html", "application/json"
GERMAN = {"Accept": HTML, "Accept-Language": "de"}


@pytest.fixture
def public(alice, article, statement, settings):
    settings.PUBLIC_READ = True
    set_article_status(article_id=article.pk, versions=None, status="published", reason="Edited.", actor=alice)
    return Client()


def read(client, address, language="", accept=HTML, **headers):
    return client.get(address, headers={"Accept": accept, "Accept-Language": language, **headers})


def test_a_page_is_in_the_first_language_of_the_browser_that_there_is(public, article):
    address = f"/api/v1/articles/{article.pk}/"
    for language, expected in {
        "de": "de",
        "de-AT,de;q=0.9,en;q=0.8": "de",
        "fr;q=0.9,de;q=0.8,en;q=0.1": "de",
        "en-US,en;q=0.9,de;q=0.5": "en-gb",
        "": "en-gb",
        "tlh": "en-gb",
        "*": "en-gb",
        ",;q=,de-\x7f;;x" + "y" * 5000: "en-gb",
    }.items():
        page = read(public, address, language)
        assert page.status_code == 200, language
        assert page["Content-Language"] == expected, language
        assert f'<html lang="{expected}" dir="ltr">' in page.content.decode(), language
        assert {"Accept-Language", "Cookie", "Accept"} <= set(page["Vary"].split(", "))


def test_a_stranger_reads_an_article_in_german(public, article):
    page = read(public, f"/api/v1/articles/{article.pk}/", "de").content.decode()
    assert "unbestätigt" in page


@pytest.mark.parametrize(
    "address", ["/api/v1/articles/", "/api/v1/statements/7/", "/api/v1/statements/?tag=no", "/api/v1/nowhere/", "/no/"]
)
def test_json_is_the_same_in_every_language(public, address):
    english, german = (read(public, address, language, JSON) for language in ("en", "de"))
    assert english.content == german.content
    assert (english.get("ETag"), english["Vary"]) == (german.get("ETag"), german["Vary"])
    assert "Accept-Language" not in english["Vary"]
    assert "Content-Language" not in german


def test_json_that_a_browser_asks_for_is_english_too(public):
    refused = read(public, "/api/v1/statements/?tag=no&format=json", "de", f"{HTML},*/*")
    assert refused.json()["errors"][0]["detail"] == "“no” is not one of asserted, denied, unverified."
    assert "Content-Language" not in refused


def test_an_answer_in_german_leaves_no_german_behind_for_the_next_one(public, article):
    before = read(public, "/api/v1/statements/?tag=no", "", JSON).content
    assert read(public, "/api/v1/statements/?tag=no", "de").headers["Content-Language"] == "de"
    assert read(public, "/no/", "de").headers["Content-Language"] == "de"
    assert read(public, "/api/v1/statements/?tag=no", "", JSON).content == before


def test_a_known_etag_of_json_never_stands_for_a_page(public, article):
    address = f"/api/v1/articles/{article.pk}/"
    tag = read(public, address, "en", JSON)["ETag"]
    assert read(public, address, "de", JSON, **{"If-None-Match": tag}).status_code == 304
    for language in ("en", "de"):
        page = read(public, address, language, HTML, **{"If-None-Match": f"{tag}, *"})
        assert page.status_code == 200
        assert "ETag" not in page


def test_problem_pages_and_the_page_to_log_in_are_german(public):
    assert '<html lang="de"' in read(public, "/no/", "de").content.decode()
    assert '<html lang="de"' in read(public, "/api/v1/nowhere/", "de").content.decode()
    refused = public.post("/login/", {"username": "x", "password": ""}, headers={"Accept-Language": "de"})
    assert refused["Content-Language"] == "de"
    assert "Benutzername" in refused.content.decode()


def test_a_refused_form_says_why_in_german_and_to_a_program_in_english(alice, article):
    desk, fields = browser_of(alice), {"title": "", "text": "x"}
    page = desk.post("/api/v1/articles/", fields, headers=GERMAN)
    assert (page.status_code, page["Content-Language"]) == (400, "de")
    told = desk.post("/api/v1/articles/", fields, headers={"Accept": JSON, "Accept-Language": "de"})
    assert told.json()["errors"][0]["detail"] == "This field may not be blank."


def test_the_choice_of_the_account_counts_wherever_it_logs_in(alice):
    alice.set_password("correct horse")
    alice.save()
    own, other = Client(), Client()
    log_in = {"username": "alice", "password": "correct horse"}
    own.post("/login/", log_in)
    assert own.post("/account/", {"language": "de"}).status_code == 303
    assert read(own, "/account/", "en")["Content-Language"] == "de"
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page_of(own, "/account/")

    other.post("/login/", log_in)
    assert read(other, "/", "en")["Content-Language"] == "de"
    other.post("/account/", {"language": ""})
    assert read(other, "/", "en")["Content-Language"] == "en-gb"
    assert read(other, "/", "de")["Content-Language"] == "de"
    assert own.post("/account/", {"language": "tlh"}, headers={"Accept": HTML}).status_code == 404


def test_who_logs_in_after_somebody_else_does_not_inherit_the_language(alice, settings):
    alice.set_password("correct horse")
    alice.save()
    shared = Client()
    shared.post("/language/", {"language": "de"})
    shared.post("/login/", {"username": "alice", "password": "correct horse"})
    assert read(shared, "/", "en")["Content-Language"] == "en-gb"


def test_a_stranger_chooses_a_language_and_stays_on_the_page(public, article):
    address = f"/api/v1/articles/{article.pk}/"
    assert 'action="/language/"' in read(public, address).content.decode()
    chosen = public.post("/language/", {"language": "de"}, headers={"Referer": f"http://testserver{address}"})
    assert (chosen.status_code, chosen["Location"]) == (302, f"http://testserver{address}")
    assert read(public, address, "en")["Content-Language"] == "de"
    public.post("/language/", {"language": "tlh"})
    assert read(public, address, "en")["Content-Language"] == "de"
    abroad = public.post("/language/", {"language": "en-gb"}, headers={"Referer": "https://elsewhere.example/"})
    assert abroad["Location"] == "/"


def test_what_the_service_itself_records_after_a_german_form_is_english(alice, minister):
    twin = create_source(actor=alice, name="The minister herself", kind="person")
    form = {"into": minister.pk, "reason": "Dieselbe.", "version": twin.version}
    merged = browser_of(alice).post(f"/api/v1/sources/{twin.pk}/merge/", form, headers=GERMAN)
    assert merged.status_code == 303, merged.content
    entry = Entry.objects.get(resource="source", resource_id=twin.pk, version=2)
    assert entry.reason == f"Merged into source {minister.pk}. Dieselbe."


@pytest.mark.django_db(transaction=True)
def test_what_is_told_on_an_open_page_is_not_taken_for_known_in_another_language(alice, article, statement):
    desk, bob = browser_of(alice), user_with_role("bob", "editor")
    address = html.unescape(re.search(r'data-address="(/live/[^"]*)"', article_page(desk, article))[1])
    tag_statement(statement_id=statement.pk, versions=None, actor=bob, tag="denied", reason="She denies it.")
    english = read(desk, address, "en")
    for language, status in (("en", 304), ("de", 200)):
        again = read(desk, address, language, **{"If-None-Match": english["ETag"]})
        assert again.status_code == status, language


def test_every_text_is_translated_and_keeps_its_placeholders():
    call_command("translations", "--check")


@pytest.mark.parametrize("address", ["/texts.js", "/choose/sources/?q=minister"])
def test_what_the_scripts_of_a_page_read_differs_by_language_for_every_cache(public, address):
    assert {"Accept-Language", "Cookie"} <= set(read(public, address, "de", "*/*")["Vary"].split(", "))


def test_a_chooser_says_in_german_what_a_source_is(public):
    (choice,) = read(public, "/choose/sources/?q=minister", "de", JSON).json()["results"]
    assert choice["details"] == "Person, Jane Doe"


def test_a_filter_says_in_german_which_of_several_rows_may_be_meant(alice, article, statement):
    create_article(title=article.title, text="Another.", actor=alice)
    page = read(browser_of(alice), f"/api/v1/statements/?article={article.title}", "de")
    assert f"Artikel {article.pk}, Entwurf" in page.content.decode()
    with override("de"):
        assert statement.details.startswith(f"Aussage {statement.pk}, unbestätigt")


@pytest.mark.parametrize(
    ("captions", "said"),
    [
        ("WEBVTT\n\nNOTE nothing", "Es gibt keinen Untertitel"),
        ("WEBVTT\n\nEarly\n\n00:01.000 --> 00:02.000\nOne.", "Zeile 3 steht vor dem ersten Untertitel: „Early“"),
        ("1\n00:00:0x,000 --> 00:00:02,000\nA.", "Zeile 2 ist keine Zeit wie in"),
    ],
)
def test_captions_are_refused_in_german(alice, captions, said):
    page = browser_of(alice).post("/import/text/", {"title": "T", "text": captions}, headers=GERMAN)
    assert said in html.unescape(page.content.decode())


def test_a_page_of_a_list_is_refused_in_german(public):
    page = html.unescape(read(public, "/api/v1/articles/?page_size=no", "de").content.decode())
    assert "page_size muss eine ganze Zahl von 1 bis 200 sein." in page


def test_places_that_fit_equally_well_are_told_in_german(alice):
    article = create_article(title="T", text="The bridge opens in May. It rains. The bridge opens in May.", actor=alice)
    with override("de"), pytest.raises(Unprocessable) as refused:
        find_span(article, {"text": "The bridge opened in May."})
    assert "Diese Stellen passen gleich gut: 0, 35." in str(refused.value.detail)


def test_times_and_numbers_are_written_as_in_the_language():
    day, now = datetime(2021, 3, 5, 14, 5, tzinfo=UTC), datetime.now(UTC)
    said = SimpleNamespace(said_on=day, said_on_precision=None)
    words = {}
    for language in ("en-gb", "de"):
        with override(language):
            words[language] = [
                re.sub("<.*?>", "", filters.ago(day)), re.sub("<.*?>", "", filters.ago(now - timedelta(hours=1))),
                filters.when_said(said), filters.date_said("2021-03"), filters.date_said("2021"),
                filters.up_to(12345, 99999), filters.up_to(1001, 1000),
            ]  # fmt: skip
    assert words == {
        "en-gb": ["5 March 2021", "1 hour ago", "on 5 March 2021", "in March 2021", "in 2021", "12,345", "over 1,000"],
        "de": ["5. März 2021", "vor 1 Stunde", "am 5. März 2021", "im März 2021", "2021", "12.345", "über 1.000"],
    }


def test_each_language_is_one_that_django_has_texts_for():
    assert [code for code, _name in settings.LANGUAGES] == ["en-gb", "de"]


def test_the_frame_of_the_api_documentation_is_translated_and_the_schema_is_not(public):
    assert "<title>API-Dokumentation – Factcheck</title>" in read(public, "/api/v1/docs/", "de").content.decode()
    english, german = (read(public, "/api/v1/schema/", language, JSON) for language in ("en", "de"))
    assert english.content == german.content


def test_what_is_refused_in_one_language_is_refused_in_the_next_one_s_own(alice, api):
    browser, address, asked = browser_of(alice), "/api/v1/sources/", {"kind": "person", "name": "x" * 301}
    known_as = {"kind": "person", "name": "Ann", "aliases": [f"alias {n}" for n in range(101)]}
    for _ in range(2):
        page = browser.post(address, asked, headers=GERMAN).content.decode()
        assert "Das ist zu lang: höchstens 300 Zeichen." in page
        detail = api.post(address, asked).json()["errors"][0]["detail"]
        assert detail == "Ensure this field has no more than 300 characters."
        browser.post(address, {**known_as, "aliases": "\n".join(known_as["aliases"])}, headers=GERMAN)
        detail = api.post(address, known_as).json()["errors"][0]["detail"]
        assert detail == "Ensure this field has no more than 100 elements."
