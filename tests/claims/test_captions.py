"""A text from captions: its statements have the times of the cues that their passage has a part of."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from claims import services
from claims.models import Article, ArticleRevision, Statement
from factcheck.journal.models import Entry
from tests.newsroom import client_of, user_with_role

pytestmark = pytest.mark.django_db
VTT = """\ufeffWEBVTT

00:01.000 --> 00:04.500
<v Anna>\U0001f600 We will not pay.

00:05.000 --> 00:07.000
<v Anna>Not one cent.

00:08.000 --> 00:09.250
<v Tom>The bridge is closed.
"""
TEXT = "Anna: \U0001f600 We will not pay. Not one cent.\n\nTom: The bridge is closed."
CUES = [[6, 24, 1000, 4500], [25, 38, 5000, 7000], [45, 66, 8000, 9250]]
NO_CUE = "There is no cue: a line such as “00:00:01,000 --> 00:00:04,000” with words below it."
NO_WEB = "Give an address that begins with http:// or https://."
TOO_LONG = "1\n00:00:01,000 --> 00:00:04,000\n" + "word " * 100_001
VIDEO = "https://video.example/watch?v=1"
ANY = {"if-match": "*"}


@pytest.fixture
def talk(api):
    answer = api.post("/api/v1/articles/", {"title": "A talk", "captions": VTT, "media_url": VIDEO})
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def mark(api, talk, minister):
    def mark(text, **fields):
        body = {"article": talk["id"], "source": minister.pk, "text": text, **fields}
        answer = api.post("/api/v1/statements/", body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    return mark


def media(statement):
    return statement["media_start"], statement["media_end"]


def now(api, statement):
    return api.get(f"/api/v1/statements/{statement['id']}/").json()


def cue_times(api, article, number):
    return api.get(f"/api/v1/articles/{article}/revisions/{number}/").json()["cue_times"]


def test_captions_become_the_text_and_keep_the_times_of_their_cues(api, talk):
    assert (talk["text"], talk["media_url"]) == (TEXT, VIDEO)
    assert "captions" not in talk
    assert cue_times(api, talk["id"], 1) == CUES


def test_a_statement_has_the_seconds_of_the_cues_that_its_passage_has_a_part_of(mark):
    first, second, between = mark("not pay"), mark("will not pay. Not one"), mark("Tom:")
    assert (media(first), media(second), media(between)) == ((1, 4.5), (1, 7), (None, None))
    assert media(mark("\n\nTom: The bridge is closed.")) == (8, 9.25)


def test_the_entries_of_a_statement_tell_its_times(mark):
    statement = mark("closed.")
    data = Entry.objects.of("statement", statement["id"]).get().data
    assert (data["media_start"], data["media_end"]) == (8, 9.25)


def test_many_statements_are_marked_at_once(api, talk, minister):
    rows = [{"article": talk["id"], "source": minister.pk, "text": text} for text in ("not pay", "closed")]
    answer = api.post("/api/v1/statements/bulk/", rows)
    assert [media(row) for row in answer.json()] == [(1, 4.5), (8, 9.25)]


def test_in_a_text_without_captions_there_are_none(api, statement, article):
    assert media(now(api, {"id": statement.pk})) == (None, None)
    assert cue_times(api, article.pk, 1) is None


def test_media_times_are_only_read(api, mark):
    statement = mark("closed.")
    path = f"/api/v1/statements/{statement['id']}/"
    assert media(api.patch(path, {"media_start": 0.5, "paraphrase": "Shut."}, headers=ANY).json()) == (8, 9.25)


def test_another_passage_has_other_times(api, mark):
    statement = mark("closed.")
    path = f"/api/v1/statements/{statement['id']}/"
    assert media(api.patch(path, {"text": "one cent"}, headers=ANY).json()) == (5, 7)
    assert media(api.patch(path, {"text": "Tom:"}, headers=ANY).json()) == (None, None)
    assert media(api.post(path + "reanchor/", {"text": "bridge"}, headers=ANY).json()) == (8, 9.25)


def test_when_the_text_is_edited_the_times_stay_with_their_words(api, talk, mark):
    kept, cut = mark("The bridge is closed."), mark("Not one cent.")
    new = "\U0001f600 Corrected.\n\n" + TEXT.replace("will not", "will never").replace(" Not one cent.", "")
    answer = api.patch(f"/api/v1/articles/{talk['id']}/", {"text": new}, headers=ANY)
    assert [anchor["anchor"] for anchor in answer.json()["anchors"]] == ["orphaned", "moved"]
    assert cue_times(api, talk["id"], 2) == [[20, 39, 1000, 4500], [47, 68, 8000, 9250]]
    assert cue_times(api, talk["id"], 1) == CUES
    assert media(now(api, kept)) == (8, 9.25)
    assert media(now(api, cut)) == (5, 7)  # where it was last
    assert media(mark("never pay")) == (1, 4.5)
    assert media(mark("Corrected.")) == (None, None)


def test_a_statement_in_doubt_gets_the_times_of_the_place_that_an_editor_confirms(api, talk, mark):
    statement = mark("The bridge is closed.")
    new = TEXT.replace("The bridge is closed.", "The bridges is closed.")
    api.patch(f"/api/v1/articles/{talk['id']}/", {"text": new}, headers=ANY)
    assert now(api, statement)["anchor"] == "needs_review"
    answer = api.post(f"/api/v1/statements/{statement['id']}/reanchor/", {}, headers=ANY)
    assert (answer.json()["text"], media(answer.json())) == ("The bridges is closed.", (8, 9.25))


def test_corrected_captions_with_the_same_words_are_a_revision_with_other_times(api, talk, mark):
    statement = mark("The bridge is closed.")
    captions = VTT.replace("00:08.000 --> 00:09.250", "00:08.125 --> 00:10.000")
    answer = api.patch(f"/api/v1/articles/{talk['id']}/", {"captions": captions}, headers=ANY).json()
    assert (answer["revision"], answer["sha256"], answer["text"]) == (2, talk["sha256"], TEXT)
    assert answer["anchors"][0]["anchor"] == "anchored"
    assert media(now(api, statement)) == (8.125, 10)
    again = api.patch(f"/api/v1/articles/{talk['id']}/", {"captions": captions}, headers=ANY).json()
    assert (again["revision"], again["version"]) == (2, answer["version"])


def test_a_text_may_get_its_captions_later(api, article, statement):
    captions = "1\n00:00:01,000 --> 00:00:04,000\nThe minister said no.\n"
    answer = api.patch(f"/api/v1/articles/{article.pk}/", {"captions": captions}, headers=ANY)
    assert answer.json()["text"] == "The minister said no."
    assert answer.json()["anchors"][0]["anchor"] == "needs_review"


def test_as_of_an_instant_a_statement_has_the_times_of_then(api, talk, mark):
    statement = mark("The bridge is closed.")
    before = Entry.objects.latest("id").at.isoformat()
    captions = VTT.replace("00:08.000", "00:08.500")
    api.patch(f"/api/v1/articles/{talk['id']}/", {"captions": captions}, headers=ANY)
    then = api.get(f"/api/v1/statements/{statement['id']}/", {"as_of": before}).json()
    assert (media(then), media(now(api, statement))) == ((8, 9.25), (8.5, 9.25))
    document = api.get(f"/api/v1/articles/{talk['id']}/annotations/", {"as_of": before}).json()
    assert document["article"]["cue_times"] == CUES


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({"captions": "No cue."}, "#/captions", NO_CUE),
        ({"captions": "WEBVTT\n\nNOTE nothing"}, "#/captions", NO_CUE),
        ({"captions": VTT, "text": "Both."}, "#/captions", "Send either text or captions."),
        ({}, "#/text", "Give the text, or captions."),
        ({"captions": ""}, "#/text", "Give the text, or captions."),
        ({"captions": TOO_LONG}, "#/captions", "Its words have more than 500000 code points. Make two articles of it."),
        ({"captions": 5}, "#/captions", None),
        ({"captions": VTT + "\0"}, "#/captions", "Null characters are not allowed."),
        ({"captions": VTT, "media_url": "javascript:alert(1)"}, "#/media_url", NO_WEB),
        ({"text": "A.", "media_url": "ftp://a.example/"}, "#/media_url", NO_WEB),
        ({"text": "A.", "media_url": "https://a.example/" + "x" * 2000}, "#/media_url", None),
    ],
)  # fmt: skip
def test_bad_captions_and_addresses_are_named_with_what_to_do(api, body, pointer, detail):
    answer = api.post("/api/v1/articles/", {"title": "A talk", **body})
    errors = answer.json()["errors"]
    assert (answer.status_code, errors[0]["pointer"]) == (400, pointer)
    assert detail is None or errors[0]["detail"] == detail
    assert not Article.objects.exists()


def test_to_replace_an_article_needs_its_text_or_captions(api, talk):
    path = f"/api/v1/articles/{talk['id']}/"
    answer = api.put(path, {"title": "Another"}, headers=ANY)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/text")
    answer = api.put(path, {"title": "Another", "captions": VTT}, headers=ANY)
    assert (answer.json()["text"], answer.json()["media_url"], answer.json()["revision"]) == (TEXT, None, 1)


def test_the_export_has_the_times_in_both_forms(api, mark):
    mark("one cent")
    line = json.loads(b"".join(api.get("/api/v1/statements/export/?format=jsonl").streaming_content))
    assert media(line) == (5, 7)
    table = b"".join(api.get("/api/v1/statements/export/?format=csv").streaming_content).decode()
    assert [media(row) for row in csv.DictReader(StringIO(table, newline=""))] == [("5", "7")]


def recording(t):
    return {
        "type": "SpecificResource",
        "source": VIDEO,
        "selector": {"type": "FragmentSelector", "conformsTo": "http://www.w3.org/TR/media-frags/", "value": t},
    }


def test_a_web_annotation_has_the_part_of_the_recording_as_a_second_target(api, talk, mark):
    statement = mark("will not pay. Not one")
    path = f"/api/v1/statements/{statement['id']}/webannotation/"
    passage, spoken = api.get(path).json()["target"]
    assert passage["selector"][1] == {"type": "TextPositionSelector", "start": 11, "end": 32}
    assert spoken == recording("t=1,7")
    api.patch(f"/api/v1/articles/{talk['id']}/", {"media_url": VIDEO + "#t=99"}, headers=ANY)
    assert api.get(path).json()["target"][1] == recording("t=1,7")
    api.patch(f"/api/v1/articles/{talk['id']}/", {"media_url": ""}, headers=ANY)
    assert api.get(path).json()["target"] == passage


def test_a_document_goes_back_without_a_change_and_elsewhere_brings_its_times(api, talk, mark):
    mark("one cent")
    path = f"/api/v1/articles/{talk['id']}/annotations/"
    exported = api.get(path)
    document = exported.json()
    assert (document["article"]["media_url"], document["article"]["cue_times"]) == (VIDEO, CUES)
    back = api.put(path, document, headers={"if-match": exported["ETag"]})
    assert (back.status_code, back["ETag"]) == (200, exported["ETag"])
    article = services.create_article(actor=user_with_role("erin", "editor"), title="Elsewhere", text="")
    elsewhere = f"/api/v1/articles/{article.pk}/annotations/"
    document["sources"][0].pop("id")
    assert api.put(elsewhere, document, headers=ANY).status_code == 200
    assert cue_times(api, article.pk, 2) == CUES
    statement = Statement.objects.get(article=article)
    assert (statement.media_start, statement.media_end) == (5.0, 7.0)


def test_in_a_document_with_an_edited_text_the_times_that_were_left_alone_move_with_it(api, talk, mark):
    statement = mark("one cent")
    path = f"/api/v1/articles/{talk['id']}/annotations/"
    document = api.get(path).json()
    document["article"]["text"] = "\U0001f600 Corrected.\n\n" + TEXT
    assert api.put(path, document, headers=ANY).status_code == 200
    assert cue_times(api, talk["id"], 2) == [[start + 14, end + 14, *times] for start, end, *times in CUES]
    assert media(now(api, statement)) == (5, 7)


def test_a_document_can_set_other_times_and_none(api, talk, mark):
    statement = mark("one cent")
    path = f"/api/v1/articles/{talk['id']}/annotations/"
    document = api.get(path).json()
    document["article"]["cue_times"] = [[25, 38, 6000, 6001]]
    assert api.put(path, document, headers=ANY).status_code == 200
    assert media(now(api, statement)) == (6, 6.001)
    del document["article"]["cue_times"]
    assert api.put(path, document, headers=ANY).status_code == 200
    assert media(now(api, statement)) == (6, 6.001)
    document["article"]["cue_times"] = None
    assert api.put(path, document, headers=ANY).status_code == 200
    assert media(now(api, statement)) == (None, None)
    assert ArticleRevision.objects.filter(article=talk["id"]).count() == 3


@pytest.mark.parametrize(
    ("times", "pointer"),
    [
        ([[0, 900, 0, 1]], "#/article/cue_times"),
        ([[0, 9, 0, 1], [8, 12, 1, 2]], "#/article/cue_times"),
        ([[5, 5, 0, 1]], "#/article/cue_times"),
        ([[0, 9, 2, 1]], "#/article/cue_times"),
        ([[0, 9, 2]], "#/article/cue_times/0"),
        ([[0, 9, 2, "x"]], "#/article/cue_times/0/3"),
        ([[0, 9, 2, 10**12]], "#/article/cue_times/0/3"),
        ([[-1, 9, 2, 3]], "#/article/cue_times/0/0"),
        ("all", "#/article/cue_times"),
    ],
)
def test_times_that_do_not_fit_the_text_are_named(api, talk, times, pointer):
    path = f"/api/v1/articles/{talk['id']}/annotations/"
    document = api.get(path).json()
    document["article"]["cue_times"] = times
    answer = api.put(path, document, headers=ANY)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert cue_times(api, talk["id"], 1) == CUES
    assert Article.objects.get().revision == 1


def test_the_command_keeps_the_times_and_the_address_of_the_recording(tmp_path, alice):
    file = tmp_path / "talk.vtt"
    file.write_text(VTT)
    out = StringIO()
    call_command("import_article", str(file), "--title", "A talk", "--media-url", VIDEO, stdout=out)
    article = Article.objects.get()
    assert out.getvalue() == f"/api/v1/articles/{article.pk}/\n"
    assert (article.text, article.media_url) == (TEXT, VIDEO)
    assert article.revisions.get().cue_times == CUES


def test_the_command_refuses_an_address_that_is_none(tmp_path, alice):
    file = tmp_path / "talk.vtt"
    file.write_text(VTT)
    with pytest.raises(CommandError, match=r"talk.vtt: media_url: Give an address"):
        call_command("import_article", str(file), "--title", "A talk", "--media-url", "video.mp4")


def test_a_reporter_may_send_captions_and_a_viewer_may_not(db):
    body = {"title": "A talk", "captions": VTT}
    assert client_of(user_with_role("bob", "reporter")).post("/api/v1/articles/", body).status_code == 201
    assert client_of(user_with_role("vera", "viewer")).post("/api/v1/articles/", body).status_code == 403
