"""Foreign corpora: each row of a table as a statement, once, with its journal entry."""

import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from claims import loading
from claims.models import Article, Evidence, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

pytestmark = pytest.mark.django_db
LIAR = Path(__file__).parents[3] / "shared" / "data" / "liar" / "train.tsv"
ROW = "7.json\thalf-true\t{text}\ttaxes\t{speaker}\tGovernor\tOhio\t{party}\t1\t2\t3\t4\t5\t{context}"


def row(key="7.json", text="Taxes went down.", speaker="jane-doe", party="none", context="a speech") -> str:
    return ROW.replace("7.json", key).format(text=text, speaker=speaker, party=party, context=context)


@pytest.fixture
def table(tmp_path):
    def write(*rows: str, name="train.tsv") -> str:
        (tmp_path / name).write_bytes("".join(f"{line}\n" for line in rows).encode())
        return str(tmp_path / name)

    return write


def run(file, *options, chart="liar") -> str:
    out = StringIO()
    call_command("load_statements", file, "--map", chart, *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def counts() -> list[int]:
    return [model.objects.count() for model in (Article, Statement, Evidence, Source, Entry)]


def test_a_row_becomes_a_statement_with_its_label_as_evidence_and_no_tag(alice, table):
    said = run(table(row(text='He said "no" and" left.')), "--user", "alice")
    assert said == "1 statements loaded, 0 were there; 1 new articles, 1 new sources.\n"
    statement = Statement.objects.get()
    assert (statement.key, statement.text, statement.tag, statement.tagged_by) == (
        "7.json", 'He said "no" and" left.', "unverified", None,
    )  # fmt: skip
    assert (statement.source.name, statement.source.kind) == ("jane-doe", "person")
    evidence = Evidence.objects.get()
    assert (evidence.stance, evidence.url, evidence.title) == (
        "context",
        "https://www.politifact.com/api/v/2/statement/7.json/?format=json",
        "Rated half-true by PolitiFact, says LIAR",
    )
    assert evidence.excerpt.splitlines()[0] == "Said in: a speech"
    article = Article.objects.get()
    assert (article.status, article.title) == ("draft", "LIAR, train.tsv, lines 1 to 1")
    assert article.url == "https://www.cs.ucsb.edu/~william/data/liar_dataset.zip#train.tsv:1-1"
    assert article.text[statement.start : statement.end] == statement.text
    entries = Entry.objects.order_by("resource").values_list("resource", "action", "actor__username", "reason")
    reason = "Loaded from train.tsv with the map liar"
    assert list(entries) == [
        (name, f"{name}.created", "alice", reason) for name in ("article", "evidence", "source", "statement")
    ]


def test_loaded_again_it_changes_nothing_and_after_a_limit_it_loads_the_rest(table):
    file = table(*(row(key=f"{n}.json", text=f"Number {n}.") for n in range(5)))
    assert run(file, "--limit", "2").startswith("2 statements loaded, 0 were there")
    assert run(file) == "3 statements loaded, 2 were there; 1 new articles, 0 new sources.\n"
    before = counts()
    assert run(file) == "0 statements loaded, 5 were there; 0 new articles, 0 new sources.\n"
    assert counts() == before == [2, 5, 5, 1, 13]


def test_many_rows_are_parted_into_articles_by_number_and_by_length(table, monkeypatch):
    monkeypatch.setattr(loading, "BATCH_SIZE", 3)
    monkeypatch.setattr(loading, "MAX_TEXT", 40)
    run(table(*(row(key=f"{n}.json", text="x" * (30 if n == 4 else 5)) for n in range(6))))
    assert [article.statements.count() for article in Article.objects.order_by("id")] == [3, 2, 1]
    for statement in Statement.objects.select_related("article"):
        assert statement.article.text[statement.start : statement.end] == statement.text


def test_every_faulty_line_is_named_and_nothing_is_loaded(table):
    file = table(
        row(),
        row(key="8.json", text=" "),
        "only\ttwo",
        row(),
        row(key="no spaces here"),
        row(key="9.json", speaker=""),
        row(key="10.json", text="a\x00b"),
    )
    with pytest.raises(CommandError) as refused:
        run(file)
    assert str(refused.value).splitlines()[1:] == [
        "line 2: the text is empty or longer than 20000 code points",
        "line 3: 2 columns, not 14",
        "line 4: the key 7.json is in line 1 too",
        "line 5: the key is not 1 to 60 letters, digits, dots, hyphens and underscores",
        "line 6: the source has no name, or one of more than 300 code points",
        "line 7: a null character",
    ]
    assert counts() == [0, 0, 0, 0, 0]


def test_a_source_that_is_there_is_used_and_of_two_none_is_guessed(alice, table):
    known = create_source(actor=alice, name="Jane Doe", kind="person", aliases=["jane-doe"])
    run(table(row(), row(key="8.json", party="organization")))
    assert Statement.objects.get(key="7.json").source == known
    assert Statement.objects.get(key="8.json").source.kind == "organization"
    create_source(actor=alice, name="jane-doe", kind="person")
    with pytest.raises(CommandError, match="More than one source is 'jane-doe'"):
        run(table(row(key="9.json")))


def test_of_namesakes_the_map_says_by_address_which_is_meant(alice, table, tmp_path):
    namesakes = [create_source(actor=alice, name="jane-doe", kind="person") for _ in range(2)]
    with pytest.raises(CommandError) as refused:
        run(table(row()))
    listed = ", ".join(source.address for source in namesakes)
    assert str(refused.value).splitlines()[1:] == [
        f"More than one source is 'jane-doe': {listed}. Say which in the map: id in [source]."
    ]
    liar = (loading.MAPS / "liar.toml").read_text()

    def choose(address):
        chart = tmp_path / "chart.toml"
        choice = f'[source]\nid = {{ column = "speaker", values = {{ jane-doe = {address} }} }}\n'
        chart.write_text(liar.replace("[source]\n", choice))
        return str(chart)

    run(table(row(), row(key="8.json", speaker="john-doe")), chart=choose(f'"{namesakes[1].address}"'))
    run(table(row(key="9.json")), chart=choose(namesakes[0].pk))
    said = dict(Statement.objects.values_list("key", "source"))
    assert (said["7.json"], said["9.json"]) == (namesakes[1].pk, namesakes[0].pk)
    for wrong, words in (
        ('"63@yesterday"', "line 1: the source's id is no address"),
        (10**17, "There is no source 1000"),
    ):
        with pytest.raises(CommandError, match=words):
            run(table(row(key="10.json")), chart=choose(wrong))


def test_a_map_of_ones_own_reads_quoted_csv_with_a_header(table, tmp_path):
    chart = tmp_path / "mine.toml"
    chart.write_text(
        '[file]\nheader = true\n[article]\nurl = "https://c.example/set"\n[statement]\nkey = "c-{no}"\n'
        'text = "{said}"\n'
        'said_on = "{day}"\nquote_type = "direct"\n[source]\nname = "{who}"\nkind = "organization"\n'
    )
    file = table("no,who,said,day", '1,"Doe, Inc.","""No,"" they\nsaid.",2026-01-27', name="mine.csv")
    run(file, chart=str(chart))
    statement = Statement.objects.get()
    assert (statement.key, statement.text, statement.source.name) == ("c-1", '"No," they\nsaid.', "Doe, Inc.")
    assert (str(statement.said_on), statement.quote_type, Evidence.objects.count()) == ("2026-01-27", "direct", 0)


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        ("nothing = 1", "there is no section nothing"),
        ('[statement]\nkey = "{id}"', r"\[statement\] needs text"),
        ("not toml", "map.toml"),
        (
            '[article]\nurl = "https://a.example/"\n[statement]\nkey = "{id}"\ntext = "{missing}"\n'
            '[source]\nname = "{id}"\n[file]\ncolumns = ["id"]',
            "there is no column 'missing'",
        ),
    ],
)
def test_a_map_that_is_none_is_refused_in_words(table, tmp_path, chart, said):
    (tmp_path / "map.toml").write_text(chart)
    with pytest.raises(CommandError, match=said):
        run(table("1"), chart=str(tmp_path / "map.toml"))


def test_a_file_that_is_no_text_and_an_unknown_map_are_refused(table, tmp_path):
    (tmp_path / "bad.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="nothing was loaded"):
        run(str(tmp_path / "bad.tsv"))
    with pytest.raises(CommandError, match=r"nowhere\.toml"):
        run(table("1"), chart="nowhere")


def test_the_whole_of_liar_is_loaded_within_a_minute_and_passes_the_guards():
    if not LIAR.exists():
        pytest.skip("The LIAR set is not beside this checkout (../shared).")
    with connection.cursor() as cursor:  # as manage.py: a connection of its own, without the time limits of a request
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("DISCARD PLANS")  # those of the guards are made for the small tables of the tests before
    began = time.process_time()
    run(str(LIAR))
    assert counts() == [11, 10_269, 10_269, 2_916, 11 + 10_269 * 2 + 2_916]
    assert not Statement.objects.exclude(tag="unverified").exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # every row has its entry
    assert time.process_time() - began < 60
    assert Statement.objects.get(key="2635.json").source.name == "dwayne-bohac"
