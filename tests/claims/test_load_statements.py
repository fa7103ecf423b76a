"""Foreign corpora: each row of a table as a statement, once, with its journal entry."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from claims import column_maps, loading
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
    assert article.url == "https://www.cs.ucsb.edu/~william/data/liar_dataset.zip?rows=train.tsv:1-1"
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
    liar = (column_maps.MAPS / "liar.toml").read_text()

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
        ("article = 1", r"\[article\] is a section"),
        ('[statement]\nkey = "{id}"', r"\[statement\] needs text"),
        ("not toml", "map.toml"),
    ],
)
def test_a_map_that_is_none_is_refused_in_words(table, tmp_path, chart, said):
    (tmp_path / "map.toml").write_text(chart)
    with pytest.raises(CommandError, match=said):
        run(table("1"), chart=str(tmp_path / "map.toml"))


MINE = {
    "file": "header = true",
    "article": 'url = "https://desk.example/claims"',
    "statement": 'key = "{No.}"\ntext = "{Claim text}"',
    "source": 'name = "{Fact-checked by}"\nkind = "outlet"',
}
HEAD = "No.,Claim text,Fact-checked by"


@pytest.fixture
def desk(tmp_path):
    """Loads a table of a desk with its own map."""

    def load(data: str | bytes, *options: str, name: str = "desk.csv", **sections: str) -> str:
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        chart = "".join(f"[{section}]\n{lines}\n" for section, lines in {**MINE, **sections}.items())
        (tmp_path / "mine.toml").write_text(chart)
        return run(str(tmp_path / name), *options, chart=str(tmp_path / "mine.toml"))

    return load


def test_columns_are_named_with_spaces_hyphens_and_dots_and_a_brace_is_doubled(desk):
    desk(f"{HEAD} \n1,Taxes fell.,Daily Planet\n", statement='key = "{No.}"\ntext = "{Claim text} {{sic}}"')
    statement = Statement.objects.get()
    assert (statement.key, statement.text, statement.source.name) == ("1", "Taxes fell. {sic}", "Daily Planet")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"statement": 'key = "{No.}"\ntext = "{Claim}"'},
         "mine: there is no column 'Claim' for text. The columns are 'No.', 'Claim text', 'Fact-checked by'."),
        ({"statement": 'key = "{No.}"\ntext = "{Claim text"'},
         "mine: text in [statement] has a brace by itself: '{Claim text'. A brace in the text is doubled."),
        ({"statement": 'key = "No.}"\ntext = "{Claim text}"'},
         "mine: key in [statement] has a brace by itself: 'No.}'. A brace in the text is doubled."),
        ({"statement": 'key = "{}"\ntext = "{Claim text}"'},
         "mine: key in [statement] has a brace by itself: '{}'. A brace in the text is doubled."),
        ({"source": 'name = { column = "Author", values = { } }'}, "mine: [source] needs name."),
        ({"source": 'name = "x"\nkind = { column = "Kind", values = { } }'},
         "mine: there is no column 'Kind' for kind. The columns are 'No.', 'Claim text', 'Fact-checked by'."),
        ({"source": 'name = "x"\nkind = { column = "No.", values = { 1 = "{Kind}" } }'},
         "mine: there is no column 'Kind' for kind. The columns are 'No.', 'Claim text', 'Fact-checked by'."),
        ({"source": 'name = "x"\nkind = { column = "No.", values = { }, default = "{Kind}" }'},
         "mine: there is no column 'Kind' for kind. The columns are 'No.', 'Claim text', 'Fact-checked by'."),
        ({"source": 'name = "x"\nkind = { colunm = "No." }'},
         "mine: kind in [source] is a text, a list of texts, or { column = …, values = … }."),
        ({"source": 'name = "x"\nkind = { column = "No.", values = { }, defualt = "person" }'},
         "mine: kind in [source] is a text, a list of texts, or { column = …, values = … }."),
        ({"source": 'name = "x"\nkind = 5'},
         "mine: kind in [source] is a text, a list of texts, or { column = …, values = … }."),
        ({"evidence": 'stance = "context"\nexcerpt = ["{Claim text}", "{Rating}"]'},
         "mine: there is no column 'Rating' for excerpt. The columns are 'No.', 'Claim text', 'Fact-checked by'."),
        ({"evidence": 'stance = "context"\nadress = "{No.}"'}, "mine: [evidence] has no adress."),
        ({"article": 'url = "https://desk.example/{No.}"'}, "mine: url in [article] cannot have {No.}."),
        (
            {"article": 'url = "https://desk.example/"\ntitle = "{name}"'},
            "mine: title in [article] cannot have {name}.",
        ),
        ({"article": 'url = "https://desk.example/"\nlanguage = 5'}, "mine: language in [article] is no text."),
        ({"article": 'url = "https://desk.example/"\nlanguage = "not a lang !!"'},
         "mine: language in [article] cannot be 'not a lang !!': "),
        ({"article": 'url = "javascript:x"'}, "mine: url in [article] cannot be 'javascript:x': Give an address"),
        ({"article": f'url = "https://desk.example/{"x" * 2_100}"'}, "mine: url in [article] cannot be 'https://desk"),
        ({"article": f'url = "https://desk.example/{"é" * 1_000}"'},
         "This is longer than 2,000 bytes. Leave out what the page does not need."),
        ({"file": ""}, "mine: [file] needs columns, or header = true."),
        ({"file": 'header = true\ndelimiter = ""'},
         "mine: the delimiter in [file] is one character, such as a comma."),
        ({"file": 'columns = ["No.", "Claim text", "Fact-checked by", "No."]'}, "mine: 2 columns are named 'No.'."),
        ({"statement": 'key = "{No.}"\ntext = "x"\nsaid_on_format = "%d.%m."'},
         "mine: said_on_format '%d.%m.' cannot be used: it has no year, or a day without a month."),
        ({"statement": 'key = "{No.}"\ntext = "x"\nsaid_on_format = ["%Y", "%Q"]'},
         "mine: said_on_format ['%Y', '%Q'] cannot be used: 'Q' is a bad directive in format '%Q'"),
        ({"statement": 'key = "{No.}"\ntext = "x"\nsaid_on_format = 5'},
         "mine: said_on_format 5 cannot be used: 'int' object is not iterable"),
    ],
)  # fmt: skip
def test_what_a_map_cannot_mean_is_an_error_and_nothing_is_stored_literally(desk, sections, said):
    with pytest.raises(CommandError) as refused:
        desk(f"{HEAD}\n1,Taxes fell.,Daily Planet\n", **sections)
    assert said in str(refused.value)
    assert counts() == [0, 0, 0, 0, 0]


def test_a_value_that_is_not_translated_may_be_kept_as_it_is(desk):
    desk(
        f"{HEAD}\n1,One.,DP\n2,Two.,Gazette\n",
        source='name = "{who}"\nkind = "outlet"'.replace("{who}", "{Fact-checked by}"),
        evidence='stance = "context"\n'
        'title = { column = "Fact-checked by", values = { DP = "Daily Planet, {No.}" }, '
        'default = "{Fact-checked by}" }',
    )
    assert [row.title for row in Evidence.objects.order_by("id")] == ["Daily Planet, 1", "Gazette"]


def test_blank_rows_are_passed_over_and_a_row_is_named_by_its_first_line(desk):
    table = f'\n{HEAD}\r\n1,"One,\r\nand one.",DP\r\n\r\n,,\r\n2,"Two\nof\nthem.",\r\n3,Three.,DP,4\r\n  \r\n\r\n'
    with pytest.raises(CommandError) as refused:
        desk(table)
    assert str(refused.value).splitlines()[1:] == [
        "line 7: the source has no name, or one of more than 300 code points",
        "line 10: 4 columns, not 3",
    ]
    desk(table.replace("3,Three.,DP,4\r\n", "").replace('them.",', 'them.",DP'))
    article = Article.objects.get()
    assert article.url == "https://desk.example/claims?rows=desk.csv:3-7"
    assert article.text == "One,\r\nand one.\n\nTwo\nof\nthem."


def test_quotation_marks_that_are_never_closed_are_named_by_the_line_where_the_row_begins(desk):
    with pytest.raises(CommandError, match=r"\nline 3: unexpected end of data$"):
        desk(f'{HEAD}\n1,One.,DP\n2,"Two.\n\nThree.\n')


def test_a_file_without_quoting_may_have_blank_lines_too(table):
    assert run(table(row(), "", row(key="8.json"), "\t" * 13, "")).startswith("2 statements loaded")


def test_the_number_of_the_line_is_a_key_within_its_file(desk):
    by_line = 'key = "row-{line}"\ntext = "{Claim text}"'
    table = f"{HEAD}\n1,One.,DP\n\n2,Two.,DP\n"
    desk(table, statement=by_line)
    assert list(Statement.objects.order_by("id").values_list("key", flat=True)) == ["row-2", "row-4"]
    assert desk(table, statement=by_line).startswith("0 statements loaded, 2 were there")
    assert desk(table + "3,Three.,DP\n", statement=by_line).startswith("1 statements loaded, 2 were there")
    assert desk(table, name="other.csv", statement=by_line).startswith("2 statements loaded, 0 were there")
    before = counts()
    with pytest.raises(CommandError) as refused:
        desk(table.replace("1,", "0,Zero.,DP\n1,"), statement=by_line)
    assert str(refused.value).splitlines()[1:] == [
        "line 2: the key row-2 was loaded with another text",
        "line 5: the key row-5 was loaded with another text",
    ]
    assert counts() == before


def test_a_column_named_line_is_a_column(desk):
    desk("line,Claim text,Fact-checked by\n77,One.,DP\n", statement='key = "{line}"\ntext = "{Claim text}"')
    assert Statement.objects.get().key == "77"


@pytest.mark.parametrize(
    ("day", "form", "said_on"),
    [
        ("2017-08-25", "", "2017-08-25"),
        ("2017/08/25", "", "2017-08-25"),
        ("2017/8/5", "", "2017-08-05"),
        ("2017-08", "", "2017-08"),
        ("2017/8", "", "2017-08"),
        (" 2017 ", "", "2017"),
        ("", "", None),
        ("25.08.2017", '"%d.%m.%Y"', "2017-08-25"),
        ("5.8.2017", '["%d.%m.%Y", "%m.%Y", "%Y"]', "2017-08-05"),
        ("08.2017", '["%d.%m.%Y", "%m.%Y", "%Y"]', "2017-08"),
        ("2017", '["%d.%m.%Y", "%m.%Y", "%Y"]', "2017"),
        ("August 25, 2017", '"%B %d, %Y"', "2017-08-25"),
        ("08/25/17", '"%m/%d/%y"', "2017-08-25"),
        ("2017-08-25T23:30:00Z", '"%Y-%m-%dT%H:%M:%SZ"', "2017-08-25"),
    ],
)
def test_a_day_is_read_in_the_form_that_the_map_says_and_keeps_its_precision(desk, day, form, said_on):
    more = f"\nsaid_on_format = {form}" if form else ""
    desk(
        f'{HEAD},Date\n1,One.,DP,"{day}"\n',
        statement='key = "{No.}"\ntext = "{Claim text}"\nsaid_on = "{Date}"' + more,
    )
    assert Statement.objects.get().date_said == said_on


@pytest.mark.parametrize(
    ("day", "form", "said"),
    [
        ("25.08.2017", "", "'25.08.2017' is no day, month or year"),
        ("08/25/2017", "", "'08/25/2017' is no day, month or year"),
        ("2017-02-30", "", "day is out of range for month"),
        ("2017/13", "", "'2017-13' is no day, month or year"),
        ("20170825", "", "'20170825' is no day, month or year"),
        ("0000", "", "year 0 is out of range"),
        ("2017-08-25", '"%d.%m.%Y"', "'2017-08-25' is no date in the form %d.%m.%Y"),
    ],
)
def test_a_day_in_another_form_is_never_guessed(desk, day, form, said):
    more = f"\nsaid_on_format = {form}" if form else ""
    with pytest.raises(CommandError) as refused:
        desk(f"{HEAD},Date\n1,One.,DP,{day}\n",
             statement='key = "{No.}"\ntext = "{Claim text}"\nsaid_on = "{Date}"' + more)  # fmt: skip
    assert str(refused.value).splitlines()[1:] == [f"line 2: {said}"]


def test_evidence_without_an_address_is_named_by_its_title_and_a_row_may_have_none(desk):
    desk(
        f"{HEAD},Link,What\n1,One.,DP,https://dp.example/1,\n2,Two.,DP,,Call with the ministry\n3,Three.,DP,,\n",
        evidence='stance = "context"\nurl = "{Link}"\ntitle = "{What}"',
    )
    assert list(Evidence.objects.order_by("id").values_list("statement__key", "url", "title")) == [
        ("1", "https://dp.example/1", ""),
        ("2", None, "Call with the ministry"),
    ]
    with pytest.raises(CommandError) as refused:
        desk(f"{HEAD},Link\n4,Four.,DP,\n5,Five.,DP,see below\n",
             evidence='stance = "context"\nurl = "{Link}"\nexcerpt = "It is so."')  # fmt: skip
    assert str(refused.value).splitlines()[1:] == [
        "line 2: the evidence has neither an address nor a title",
        "line 3: the evidence's address is no web address",
    ]


def test_when_and_how_evidence_was_obtained_may_be_columns(desk):
    obtained = 'stance = "context"\ntitle = "{What}"\nobtained_on = "{On}"\nobtained_how = "{How}"'
    head = f"{HEAD},What,On,How\n"
    desk(f"{head}1,One.,DP,A call,2026-03-05,call\n2,Two.,DP,A paper,,\n", evidence=obtained)
    assert list(Evidence.objects.order_by("id").values_list("title", "obtained_on", "obtained_how")) == [
        ("A call", date(2026, 3, 5), "call"),
        ("A paper", None, None),
    ]
    with pytest.raises(CommandError) as refused:
        desk(f"{head}3,Three.,DP,A,5.3.2026,call\n4,Four.,DP,A,,phone\n", evidence=obtained)
    assert str(refused.value).splitlines()[1:] == [
        "line 2: obtained_on '5.3.2026' is no day such as 2021-03-05",
        "line 3: there is no such obtained_how",
    ]


def test_a_map_with_a_byte_order_mark_is_read(table, tmp_path):
    (tmp_path / "liar2.toml").write_bytes(b"\xef\xbb\xbf" + (column_maps.MAPS / "liar.toml").read_bytes())
    assert run(table(row()), chart=str(tmp_path / "liar2.toml")).startswith("1 statements loaded")
    (tmp_path / "latin.toml").write_bytes('[article]\ntitle = "Müller"'.encode("latin-1"))
    with pytest.raises(CommandError, match=r'It may be Windows-1252, and then it reads: “.*Müller"”'):
        run(table(row()), chart=str(tmp_path / "latin.toml"))


def test_a_file_that_is_no_text_and_an_unknown_map_are_refused(table, tmp_path):
    (tmp_path / "bad.tsv").write_bytes(b"\x81\n")
    with pytest.raises(CommandError, match="nothing was loaded"):
        run(str(tmp_path / "bad.tsv"))
    with pytest.raises(CommandError, match=r"nowhere\.toml"):
        run(table("1"), chart="nowhere")


def test_the_whole_of_liar_is_loaded_and_passes_the_guards():
    if not LIAR.exists():
        pytest.skip("The LIAR set is not beside this checkout (../shared).")
    with connection.cursor() as cursor:  # as manage.py: a connection of its own, without the time limits of a request
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("DISCARD PLANS")  # those of the guards are made for the small tables of the tests before
    run(str(LIAR))
    assert counts() == [11, 10_269, 10_269, 2_916, 11 + 10_269 * 2 + 2_916]
    assert not Statement.objects.exclude(tag="unverified").exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # every row has its entry
    assert Statement.objects.get(key="2635.json").source.name == "dwayne-bohac"


def test_a_file_with_a_space_in_its_name_has_an_address_that_can_be_imported_again(desk, api):
    desk(f"{HEAD}\n1,Taxes fell.,Daily Planet\n", name="my claims.csv")
    article = Article.objects.get()
    assert article.url == "https://desk.example/claims?rows=my%20claims.csv:2-2"
    address = f"/api/v1/articles/{article.pk}/annotations/"
    answer = api.put(address, api.get(address).json(), format="json", headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_is_at_least_one_row(table, limit):
    with pytest.raises(CommandError, match="--limit says how many rows to read"):
        run(table(row()), "--limit", limit)
