"""The pictures of who said it, through whom, and who denies it: on a page of its own for an article, on the pages of a
dispute and of a source, and on paper."""

import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import services
from factcheck.desk.pictures.chains import Denial, Party, Told, chains_of
from factcheck.desk.pictures.layout import drawing_of
from factcheck.desk.pictures.text import in_lines, width_of
from factcheck.journal.models import Entry
from sources.services import create_source, update_source
from tests.newsroom import browser_of, page_of

HOME = Party("The Courier", "/outlet/")


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def visitor(settings):
    settings.PUBLIC_READ = True
    return Client(headers={"Accept": "text/html"})


def svg_of(html):
    """A parser of XML is stricter than a browser: what it reads is whole."""
    return ElementTree.fromstring(re.search(r"<svg viewBox.*?</svg>", html, re.S)[0])


def words(element):
    return " ".join("".join(element.itertext()).split())


def links_of(svg):
    """What a reader reaches by the keyboard: what each is called, and where it leads."""
    found = (link for link in svg.iter("a") if link.get("tabindex") != "-1")
    return [(link.get("aria-label") or words(link.find("title")), link.get("href")) for link in found]


def rows_of(html):
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.S)[1]
    rows = (re.findall(r"<t[dh].*?</t[dh]>", row, re.S) for row in body.split("</tr>")[:-1])
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in rows]


def picture(desk, article, query=""):
    return page_of(desk, f"/api/v1/articles/{article.pk}/?picture=1{query}")


@pytest.fixture
def call(alice, article, minister):
    """An anonymous official told CNN what the minister said; a spokeswoman denies it."""
    official = create_source(actor=alice, name="unnamed official", kind="person", anonymous=True)
    cnn = create_source(actor=alice, name="CNN", kind="outlet")
    spokeswoman = create_source(actor=alice, name="A spokeswoman", kind="person")
    first = services.create_statement(
        article=article, actor=alice, source=minister, via=[official, cnn], start=2, end=23
    )
    second = services.create_statement(article=article, actor=alice, source=spokeswoman, start=24, end=45)
    services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="By name.")
    dispute = services.open_dispute(
        actor=alice, statement=first, raised_by=spokeswoman, counter_statement=second, kind="denial"
    )
    return {"first": first, "second": second, "dispute": dispute, "official": official, "cnn": cnn}


def test_the_picture_of_an_article_has_its_speakers_relays_statements_and_disputes_each_as_a_link(
    desk, article, minister, call
):
    page, first, second = f"/api/v1/articles/{article.pk}/", call["first"].pk, call["second"].pk
    links = links_of(svg_of(picture(desk, article)))
    assert sorted(links) == sorted([
        ("The minister", f"/api/v1/sources/{minister.pk}/"),
        ("A spokeswoman", f"/api/v1/sources/{call['dispute'].raised_by_id}/"),
        ("unnamed official, anonymous", f"/api/v1/sources/{call['official'].pk}/"),
        ("CNN", f"/api/v1/sources/{call['cnn'].pk}/"),
        ("No publisher", page),
        ("Passage 1, denied: The minister said no.", f"{page}?at={first}#statement-{first}"),
        ("Passage 2, unverified: The minister said no.", f"{page}?at={second}#statement-{second}"),
        ("Denial of passage 1 by A spokeswoman, in passage 2: open", f"/api/v1/disputes/{call['dispute'].pk}/"),
    ])  # fmt: skip


def test_an_anonymous_relay_is_told_apart_by_its_line_and_by_a_word(desk, article, call):
    boxes = [link for link in svg_of(picture(desk, article)).iter("a") if link.find("rect[@rx='6']") is not None]
    drawn = {words(box.find("title")): box.find("rect").get("class") for box in boxes}
    assert drawn["unnamed official, anonymous"] == "party nameless"
    assert drawn["CNN"] == "party"
    (box,) = (box for box in boxes if box.find("rect").get("class") == "party nameless")
    assert [line.text for line in box.findall("text")] == ["unnamed official", "anonymous"]


def test_the_table_says_the_same(desk, article, call):
    assert rows_of(picture(desk, article)) == [
        ["The minister", "unnamed official (anonymous) , CNN", "No publisher",
         "− denied Passage 1 “The minister said no.”", "Denial of passage 1 by A spokeswoman, in passage 2 , open"],
        ["A spokeswoman", "nobody", "No publisher", "? unverified Passage 2 “The minister said no.”", ""],
    ]  # fmt: skip


def test_the_article_leads_to_its_picture_and_the_print_version_has_it(desk, article, call):
    page = f"/api/v1/articles/{article.pk}/"
    assert f'<a href="{page}?picture=1">Picture</a>' in page_of(desk, page)
    assert links_of(svg_of(page_of(desk, f"{page}?print=1"))) == links_of(svg_of(picture(desk, article)))


def test_an_article_without_statements_has_no_picture(desk, article):
    html = picture(desk, article)
    assert "No statement is marked yet." in html
    assert "<svg viewBox" not in html


def test_whoever_denies_without_a_marked_statement_is_drawn_beside_those_who_speak(desk, alice, article, minister):
    critic = create_source(actor=alice, name="A critic", kind="person")
    statement = services.create_statement(article=article, actor=alice, source=minister, start=2, end=23)
    services.open_dispute(actor=alice, statement=statement, raised_by=critic, kind="denial")
    links = dict(links_of(svg_of(picture(desk, article))))
    assert links["A critic"] == f"/api/v1/sources/{critic.pk}/"
    assert "Denial of passage 1 by A critic: open" in links


def test_names_of_any_script_are_escaped_cut_and_whole_in_their_title(desk, alice, article, minister, call):
    names = [
        '<script>alert("1")</script> & <b>',
        "وزير الخارجية الأوكراني دميترو كوليبا المتحدث باسم الحكومة",
        "日本経済新聞社の匿名の政府高官による非公式の説明によると",
        "👩‍👩‍👧‍👦 The family account of the astronaut 👩🏽‍🚀 and her crew",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "\u202eBackwards\u0007",
    ]
    version = None
    for name in names:
        update_source(source_id=minister.pk, versions=version, actor=alice, name=name)
        html = picture(desk, article)
        svg = svg_of(html.replace("\u0007", ""))  # XML has no such character; HTML has
        assert "<script>alert" not in html
        shown = name.replace("\u0007", "")
        (box,) = (
            link for link in svg.iter("a") if link.find("title") is not None and words(link.find("title")) == shown
        )
        assert all(width_of(line.text) <= 21 for line in box.findall("text"))
        assert not re.search(r'\sstyle="', html)


def test_a_cut_never_parts_the_signs_of_one_letter_or_emoji():
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert in_lines(family * 4, 5, 1) == [family * 2 + "…"]
    assert in_lines("e\u0301" * 30, 10, 2) == ["e\u0301" * 10, "e\u0301" * 9 + "…"]
    assert in_lines("日本経済新聞", 6, 2) == ["日本経", "済新聞"]
    assert in_lines("unnamed Ukrainian official", 21, 2) == ["unnamed Ukrainian", "official"]
    assert in_lines("a", 21, 2) == ["a"]


def test_visitors_see_what_is_published_and_no_more(visitor, alice, article, minister, call):
    page = f"/api/v1/articles/{article.pk}/"
    assert visitor.get(f"{page}?picture=1").status_code == 404
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="!")
    elsewhere = services.create_article(actor=alice, title="A draft", text="Nothing of it is true.")
    hidden = services.create_statement(article=elsewhere, actor=alice, source=call["cnn"], start=0, end=22)
    dispute = services.open_dispute(
        actor=alice, statement=call["second"], raised_by=call["cnn"], counter_statement=hidden, kind="contradiction"
    )
    html = picture(visitor, article)
    assert "Contradiction of passage 2 by CNN: open" in html
    assert "alice" not in html
    html = page_of(visitor, f"/api/v1/disputes/{dispute.pk}/")
    assert "A draft" not in html
    assert "Nothing of it is true" not in html
    assert f"/api/v1/statements/{hidden.pk}/" not in html
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="All of it is gone.")
    assert "<svg viewBox" not in picture(visitor, article)


def test_a_picture_of_the_past_leads_to_the_past(desk, alice, article, call):
    marked = Entry.objects.filter(resource="dispute", resource_id=call["dispute"].pk).get()
    services.tag_statement(statement_id=call["second"].pk, versions=None, actor=alice, tag="asserted", reason="!")
    stamp = marked.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    html = picture(desk, article, f"&as_of={stamp}")
    assert "Passage 2, unverified" in html
    assert "as_of=20" in dict(links_of(svg_of(html)))["Passage 2, unverified: The minister said no."]
    assert "Passage 2, asserted" in picture(desk, article)


def test_a_dispute_shows_both_statements_and_where_they_were_published(desk, alice, article, call):
    courier = create_source(actor=alice, name="The Courier", kind="outlet")
    other = services.create_article(actor=alice, title="Another", text="It is not so.", publisher=courier)
    counter = services.create_statement(article=other, actor=alice, source=call["cnn"], start=0, end=13)
    dispute = services.open_dispute(
        actor=alice, statement=call["first"], raised_by=call["cnn"], counter_statement=counter, kind="correction"
    )
    links = dict(links_of(svg_of(page_of(desk, f"/api/v1/disputes/{dispute.pk}/"))))
    assert links["No publisher: A report"] == f"/api/v1/articles/{article.pk}/"
    assert links["The Courier"] == f"/api/v1/sources/{courier.pk}/"
    statement = f"Statement #{counter.pk}, unverified: It is not so."
    assert links[statement] == f"/api/v1/statements/{counter.pk}/"
    assert f"Correction of statement #{call['first'].pk} by CNN, in statement #{counter.pk}: open" in links


def test_a_source_shows_what_it_said_relayed_and_denied_in_the_order_of_the_days(desk, alice, article, call):
    services.update_statement(statement_id=call["first"].pk, versions=None, actor=alice, said_on=date(2022, 1, 27))
    said = services.create_statement(
        article=article,
        actor=alice,
        source=call["cnn"],
        start=24,
        end=45,
        said_on=date(2021, 3, 1),
        said_on_precision="month",
    )
    services.open_dispute(
        actor=alice, statement=call["second"], raised_by=call["cnn"], counter_statement=said, kind="denial"
    )
    html = page_of(desk, f"/api/v1/sources/{call['cnn'].pk}/")
    assert rows_of(html) == [
        ["2021-03-01, known to the month", "said", "unverified", "The minister said no."],
        ["2021-03-01", "denied", "open", "denial of: The minister said no."],
        ["2022-01-27", "relayed", "denied", "The minister said no."],
    ]
    links = dict(links_of(svg_of(html)))
    relayed = "Relayed, 2022-01-27, denied: The minister said no."
    assert links[relayed] == f"/api/v1/statements/{call['first'].pk}/"


def test_what_a_source_said_on_one_day_becomes_one_mark_for_each_tag_when_it_is_much(desk, alice, article, minister):
    for n in range(6):
        services.create_statement(
            article=article, actor=alice, source=minister, start=2, end=3 + n, said_on=date(2022, 1, 27)
        )
    html = page_of(desk, f"/api/v1/sources/{minister.pk}/")
    assert rows_of(html) == [["2022-01-27", "said", "unverified", "6 of them"]]
    assert dict(links_of(svg_of(html)))["Said, 2022-01-27, unverified: 6 of them"] == (
        f"/api/v1/statements/?source={minister.pk}&tag=unverified"
    )


def test_a_source_that_nothing_is_recorded_of_has_no_picture(desk, minister):
    assert "<svg viewBox" not in page_of(desk, f"/api/v1/sources/{minister.pk}/")


def test_a_picture_of_300_statements_takes_no_more_queries_than_one_of_three_and_is_under_200_kilobytes(desk, alice):
    def annotated(count):
        sources = [
            create_source(actor=alice, name=f"The spokesperson number {n} of the ministry", kind="person")
            for n in range(count // 2)
        ]
        article = services.create_article(actor=alice, title="Long", text="word " * count)
        rows = [
            {"article": article, "source": sources[n % len(sources)], "start": 5 * n, "end": 5 * n + 4}
            for n in range(count)
        ]  # fmt: skip
        made = services.create_statements(rows=rows, actor=alice)
        for before, after in pairwise(made):
            services.open_dispute(
                actor=alice, statement=before, raised_by=after.source, counter_statement=after, kind="denial"
            )
        return article

    counts, pages = [], []
    for article in (annotated(3), annotated(300)):
        with CaptureQueriesContext(connection) as captured:
            pages.append(picture(desk, article))
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert len(pages[1].encode()) < 200_000
    assert len(re.findall(r"<tr>", pages[1])) <= 61
    assert "<title>120 other sources</title>" in pages[1]
    listed = re.findall(r'<a href="[^"]*\?at=[0-9]+#statement-[0-9]+">[0-9]+</a>', pages[1].partition("<tbody>")[2])
    assert len(listed) == 300


def told(number, speaker, relays=(), tag="asserted", text="So."):
    parties = [Party(name, f"/{name}/") for name in (speaker, *relays)]
    return Told(number, number, text, tag, f"#{number}", parties[0], tuple(parties[1:]), HOME)


def columns_of(drawing):
    return {(box.party.name, box.x) for box in drawing.boxes}


def test_a_relay_that_is_in_several_chains_is_drawn_once():
    drawing = drawing_of(chains_of([told(1, "A", ["B", "C"]), told(2, "D", ["B", "E", "C"]), told(3, "F", ["C"])], []))
    assert sorted(box.party.name for box in drawing.boxes) == ["A", "B", "C", "D", "E", "F", "The Courier"]
    x = {box.party.name: box.x for box in drawing.boxes}
    assert x["A"] == x["D"] == x["F"] < x["B"] < x["E"] < x["C"] < x["The Courier"]


def test_relays_that_come_one_before_the_other_and_the_other_way_round_are_drawn_in_both_places():
    drawing = drawing_of(chains_of([told(1, "A", ["B", "C"]), told(2, "D", ["C", "B"])], []))
    assert sorted(box.party.name for box in drawing.boxes) == ["A", "B", "B", "C", "C", "D", "The Courier"]
    assert all(int(part) >= 0 for way in drawing.ways for part in re.findall(r"-?[0-9]+", way.d))


def test_no_two_boxes_of_a_picture_lie_over_each_other():
    statements = [told(n, f"S{n % 7}", [f"R{n % 5}", f"Q{n % 3}"][: n % 3], tag="denied") for n in range(1, 41)]
    boxes = drawing_of(chains_of(statements, [])).boxes
    assert [
        (one.party, other.party) for one in boxes for other in boxes
        if one is not other and one.x == other.x and one.y <= other.y < one.y + one.height
    ] == []  # fmt: skip


def test_many_statements_are_folded_by_source_with_a_number_for_each_tag():
    tags = ("asserted", "denied", "unverified")
    chains = chains_of([told(n, f"S{n % 10}", tag=tags[n % 3]) for n in range(300)], [], "/list/?article=1")
    assert [sum(map(len, lane.by_tag.values())) for lane in chains.lanes] == [30] * 10
    chips = drawing_of(chains).chips
    assert len(chips) == 30
    assert (chips[0].label, chips[0].title, chips[0].address) == (
        "10",
        "10 asserted: S0",
        "/list/?article=1&tag=asserted",
    )


@pytest.mark.parametrize("sources", [300, 100, 20])
def test_a_picture_never_has_more_lanes_than_a_reader_can_follow(sources):
    statements = [told(n, f"S{n % sources}", [f"R{n * k % 90}" for k in (3, 7, 11)][: n % 4]) for n in range(1, 1001)]
    chains = chains_of(statements, [])
    assert 10 < len(chains.lanes) <= 60
    assert sum(len(lane.told) for lane in chains.lanes) == 1000
    assert chains.has_short_chains


def test_disputes_between_the_same_two_are_one_sign_with_their_number_and_the_state_of_an_open_one():
    everybody = [told(n, f"S{n % 2}") for n in range(100)]
    disputes = [
        Denial(f"Denial {n}", state, f"/{n}/", everybody[1].speaker, 2 * n, 2 * n + 1)
        for n, state in enumerate(["rejected", "open", "withdrawn"])
    ]
    drawing = drawing_of(chains_of(everybody, disputes, all_disputes="/all/"))
    (arrow,) = drawing.arrows
    assert (arrow.label, arrow.state, arrow.address) == ("3", "open", "/all/")
    assert arrow.title == "3 disputes: Denial 0: rejected. Denial 1: open. Denial 2: withdrawn"
