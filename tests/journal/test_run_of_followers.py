"""How followers take turns between the feed and a pause, and how far behind they say that they are."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from factcheck.journal import followers
from factcheck.journal.followers import MAX_COUNTED, Lag, LeftOut, lags, run
from factcheck.journal.models import Entry, FollowerCursor
from sources.services import create_source

pytestmark = pytest.mark.django_db(transaction=True)


class Noting:
    def prepare(self):
        self.calls = []

    def follow(self, entries):
        self.calls.append([entry.pk for entry in entries])


@pytest.fixture
def pauses(monkeypatch):
    made = []
    monkeypatch.setattr(followers.time, "sleep", made.append)
    monkeypatch.setattr(followers, "BATCH", 2)
    return made


def add(actor, number):
    for n in range(number):
        create_source(actor=actor, name=f"Source {n}", kind="person")


def rounds(number):
    left = iter([True] * number + [False])
    return lambda: next(left)


def ids():
    return list(Entry.objects.order_by("transaction", "id").values_list("id", flat=True))


def test_it_pauses_only_when_less_than_a_whole_batch_was_there(alice, pauses):
    add(alice, 4 - Entry.objects.count() % 2)
    written, first, second = ids(), Noting(), Noting()
    batches = [written[at : at + 2] for at in range(0, len(written), 2)]
    run({"first": first, "second": second}, is_wanted=rounds(len(batches) + 3))
    assert first.calls == second.calls == [*batches, []]
    assert pauses == [1, 1, 1]
    add(alice, 1)
    run({"first": first, "behind": second}, is_wanted=rounds(1))
    assert (first.calls, second.calls, pauses) == ([ids()[-1:]], batches[:1], [1, 1, 1])


def test_one_with_a_smaller_batch_of_its_own_does_not_wait_for_the_others(alice, pauses):
    add(alice, 3)
    written, small = ids(), Noting()
    small.batch = 1
    run({"small": small, "other": Noting()}, is_wanted=rounds(len(written) + 1))
    assert small.calls == [*([entry] for entry in written), []]
    assert pauses == [1]


def test_what_an_installation_does_without_is_told_and_left_out_only_where_it_may_be(alice, pauses, caplog):
    class Absent(Noting):
        def prepare(self):
            raise LeftOut("Something is not installed.")

    caplog.set_level("INFO")
    other = Noting()
    run({"absent": Absent(), "other": other}, once=True, may_leave_out=True)
    assert other.calls
    assert [record.getMessage() for record in caplog.records] == ["Without absent: Something is not installed."]
    with pytest.raises(LeftOut):
        run({"absent": Absent()}, once=True)


def test_once_ends_when_every_one_has_caught_up(alice, pauses):
    add(alice, 2)
    run({"first": Noting()}, once=True)
    first, second = Noting(), Noting()
    run({"first": first, "second": second}, once=True)
    assert (first.calls, second.calls[-1], pauses) == ([[]], [], [])
    assert list(FollowerCursor.objects.order_by("name").values_list("name", "transaction", "entry")) == [
        (name, Entry.objects.get(pk=ids()[-1]).transaction, ids()[-1]) for name in ("first", "second")
    ]


def test_a_cursor_tells_when_it_was_moved(alice, pauses):
    create_source(actor=alice, name="First", kind="person")
    run({"first": Noting()}, once=True)
    before = FollowerCursor.objects.get().moved_at
    run({"first": Noting()}, once=True)
    assert FollowerCursor.objects.get().moved_at == before
    add(alice, 1)
    run({"first": Noting()}, once=True)
    assert FollowerCursor.objects.get().moved_at > before


def test_each_trouble_is_told_in_one_line_and_again_after_it_was_over(alice, pauses, caplog):
    troubles = iter(["lost\n  DETAIL: gone", "lost\n  DETAIL: gone", "full", None, "full", "full"])

    class Troubled(Noting):
        def follow(self, entries):
            if trouble := next(troubles):
                raise OperationalError(trouble)

    add(alice, 20)
    run({"first": Troubled()}, is_wanted=rounds(6))
    assert [record.getMessage() for record in caplog.records] == [
        "Waiting: lost DETAIL: gone", "Waiting: full", "Waiting: full",
    ]  # fmt: skip
    assert pauses == [1] * 5


def test_the_lag_is_counted_up_to_a_limit_from_the_first_entry_that_was_not_followed(alice, monkeypatch):
    add(alice, 1)
    run({"first": Noting()}, once=True)
    add(alice, 3)
    oldest, waiting = Entry.objects.get(pk=ids()[-3]), Entry.objects.get(pk=ids()[0])

    def clock_at(instant):
        monkeypatch.setattr(followers, "timezone", SimpleNamespace(now=lambda: instant))

    clock_at(oldest.at + timedelta(seconds=90.7))
    assert lags(["first"]) == [Lag("first", 3, 90)]
    clock_at(oldest.at - timedelta(seconds=5))
    assert lags(["first"]) == [Lag("first", 3, 0)]
    clock_at(waiting.at + timedelta(seconds=90.7))
    monkeypatch.setattr(followers, "MAX_COUNTED", 2)
    assert lags(["other", "first"])[0] == Lag("other", 2, 90)
    monkeypatch.undo()
    run({"first": Noting()}, once=True)
    assert lags(["first"]) == [Lag("first", 0, 0)]


def test_a_lag_at_the_limit_may_be_more():
    counted = [Lag("first", number, 0).counted for number in (0, MAX_COUNTED - 1, MAX_COUNTED)]
    assert counted == ["0", "999", "1000 or more"]
