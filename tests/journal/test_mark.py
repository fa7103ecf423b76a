"""A mark says exactly what could be read at a moment."""

import pytest

from factcheck.journal.mark import Mark
from factcheck.journal.models import Entry
from tests.journal.test_feed import add, alice, open_transaction  # noqa: F401  alice is a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def names_since(mark):
    return [
        entry.data["name"] for entry in Entry.objects.filter(resource="source").order_by("id") if mark.is_before(entry)
    ]


def test_what_is_written_later_is_after_the_mark_and_what_was_readable_is_not(alice):  # noqa: F811
    add(alice, "Before")
    mark = Mark.now()
    assert names_since(mark) == []
    add(alice, "After")
    assert names_since(Mark.read(str(mark))) == ["After"]


def test_what_was_open_at_the_mark_is_after_it_though_its_ids_are_earlier(alice):  # noqa: F811
    with open_transaction(alice, "commit") as end:
        add(alice, "Quick")
        mark = Mark.now()
        end()
    assert names_since(mark) == ["Slow", "Slow too"]
    assert names_since(Mark.read(str(mark))) == ["Slow", "Slow too"]
    assert names_since(Mark.now()) == []


@pytest.mark.parametrize(
    "text", ["", "1", "0-1-2", "0-1-2-x", "0-1-2-3,", "0-1-2-\u0663", "0-1-2-3\n", "0-1-" + "9" * 19 + "-"]
)
def test_another_text_is_not_a_mark(text):
    with pytest.raises(ValueError, match="not a mark"):
        Mark.read(text)
