"""How checks are run: by ranges of ids, several at once, from a point on; and what each of them reads."""

import pytest
from django.db import connection

from factcheck.journal.verification.ranges import HIGHEST, LOWEST, Check, Range, Result, verify
from factcheck.journal.verification.tables import plain, unambiguous

IDS = (-5, 1, 2, 3, 7, 14, 2**40)


def sql(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)


def read(part: Range) -> Result:
    with connection.cursor() as cursor:
        return part.read(cursor)


def check(name: str, **fields) -> Check:
    """Of the table `numbers`. Those that 7 divides are faults."""
    rows = (
        f"SELECT '{name}' AS resource, id, 1 AS version, CASE WHEN id %% 7 = 0 THEN ARRAY['seven', id::text] END AS "
        "fault FROM numbers WHERE id BETWEEN %(low)s AND %(high)s"
    )
    return Check(name, rows, **fields)


def fault(name: str, number: int) -> dict:
    return {"code": "seven", "resource": name, "id": number, "version": 1, "detail": f"{number}"}


@pytest.fixture
def numbers(transactional_db):
    """Committed, so that the threads see them. The session looks into another schema first, where there are none."""
    values = ", ".join(f"({number})" for number in IDS)
    sql(f"CREATE TABLE numbers (id bigint); INSERT INTO numbers VALUES {values}")
    sql("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.numbers (id bigint); SET search_path = elsewhere, public")
    yield
    sql("DROP SCHEMA elsewhere CASCADE; DROP TABLE public.numbers")
    connection.close()
    connection.close_pool()  # the connection that looks elsewhere first


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_id_is_in_one_range_and_each_result_says_where_to_go_on(numbers, jobs):
    whole = check("whole")
    pairs = check("pairs", ids=("SELECT id FROM numbers",), size=2)
    both = check("both", ids=("SELECT id FROM numbers WHERE id > 2", "SELECT id FROM numbers WHERE id < 7"), size=3)
    checks = [pairs, whole, both]
    of_whole = Result("whole", 7, [fault("whole", 7), fault("whole", 14)], None)
    of_pairs = [
        Result("pairs", 2, [], "pairs:2"),
        Result("pairs", 2, [], "pairs:4"),
        Result("pairs", 2, [fault("pairs", 7), fault("pairs", 14)], "pairs:15"),
        Result("pairs", 1, [], f"pairs:{2**40 + 1}"),
    ]
    of_both = [
        Result("both", 3, [], "both:3"),
        Result("both", 3, [fault("both", 7), fault("both", 14)], "both:15"),
        Result("both", 1, [], f"both:{2**40 + 1}"),
    ]
    assert list(verify(checks, jobs=jobs)) == [of_whole, *of_pairs, *of_both]
    assert list(verify(checks, jobs=jobs, start=("pairs", LOWEST))) == [of_whole, *of_pairs, *of_both]
    assert list(verify(checks, jobs=jobs, start=("pairs", 4))) == [of_whole, *of_pairs[2:], *of_both]
    assert list(verify(checks, jobs=jobs, start=("both", 3))) == [of_whole, *of_both[1:]]
    assert list(verify(checks, jobs=jobs, start=("both", 2**40 + 1))) == [of_whole]


def test_a_range_reads_the_ids_from_its_first_to_its_last(db):
    sql("CREATE TABLE numbers (id bigint); INSERT INTO numbers VALUES (6), (7), (8)")
    assert read(Range(check("n"), 7, 7)) == ("n", 1, [fault("n", 7)], None)
    assert read(Range(check("n", ids=("SELECT 1",)), 8, 9)) == ("n", 1, [], "n:10")
    assert Range(check("n"))[1:] == (LOWEST, HIGHEST)


def test_faults_come_in_the_order_of_resource_id_version_and_detail_where_what_is_not_there_comes_first(db):
    ordered = [
        ("a", -1, 9, "z"),
        ("a", None, 1, "z"),
        ("a", None, 2, "z"),
        ("a", 1, -1, "z"),
        ("a", 1, None, "z"),
        ("a", 1, 1, None),
        ("a", 1, 1, "A"),
        ("a", 1, 1, "y"),
        ("a", 1, 2, "x"),
        ("a", 2, 1, "a"),
        ("b", None, None, None),
    ]
    names = ("resource", "id", "version", "detail")
    values = ", ".join(str(row).replace("None", "NULL") for row in reversed(ordered))
    rows = f"SELECT r, i, v, ARRAY['c', d] FROM (VALUES {values}) f(r, i, v, d) UNION ALL SELECT 'a', 1, 1, NULL"
    rows = f"SELECT * FROM ({rows}) f(resource, id, version, fault)"
    found = [{"code": "c", **dict(zip(names, row, strict=True))} for row in ordered]
    assert read(Range(Check("order", rows))) == ("order", 12, found, None)


def test_no_setting_of_the_role_changes_what_a_check_reads(db):
    sql("SET LOCAL search_path = pg_catalog; SET LOCAL row_security = on; SET LOCAL jit = on")
    rows = (
        "SELECT current_setting('search_path') AS resource, NULL::bigint AS id, NULL::integer AS version, "
        "ARRAY[current_setting('row_security'), current_setting('jit')] AS fault"
    )
    assert read(Range(Check("settings", rows))).faults == [
        {"code": "off", "resource": "public, pg_temp", "id": None, "version": None, "detail": "off"}
    ]
    assert read(Range(Check("settings", rows, schemas="pg_temp"))).faults[0]["resource"] == "pg_temp"


def test_names_and_tables_are_checked_as_they_are_given(db):
    sql("CREATE TABLE one (id bigint); CREATE VIEW two AS SELECT 1; CREATE SCHEMA elsewhere CREATE TABLE one ()")
    (name, *_), (table, *_) = found = [read(Range(made(["one", "two"]))) for made in (unambiguous, plain)]
    assert (name, table) == ("name", "table")
    assert [[(fault["code"], fault["resource"]) for fault in result.faults] for result in found] == [
        [("name_elsewhere", "one")],
        [("table_replaced", "two")],
    ]
