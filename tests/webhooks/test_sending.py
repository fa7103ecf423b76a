"""What follows a commit reaches its receivers: signed, in order, again after a failure, and once for each entry."""

import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from claims import services
from factcheck.journal.followers import advance
from factcheck.journal.models import Entry
from factcheck.webhooks import exchange, queue, sender
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.sender import delay_after
from factcheck.webhooks.services import ping_webhook, redeliver, rotate_secret, update_webhook
from sources.services import create_source, update_source

pytestmark = pytest.mark.django_db(transaction=True)


def follow():
    call_command("follow", "webhooks", once=True)


def make_due():
    Delivery.objects.update(next_attempt_at=timezone.now())


def rename(actor, source, *names):
    for name in names:
        update_source(source_id=source.pk, versions=None, actor=actor, name=name)


def states():
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def ids_of(*entries):
    return [f"entry-{entry.pk}" for entry in entries]


def written():
    return list(Entry.objects.exclude(resource="user").order_by("transaction", "id"))


def test_an_entry_arrives_as_the_journal_lists_it_signed_as_standard_webhooks_says(api, alice, receiver, subscribe):
    webhook = subscribe(receiver)
    source = create_source(actor=alice, name="Jane Doe", kind="person", reason="She spoke.")
    follow()
    [received] = receiver.received
    [entry] = api.get("/api/v1/journal/?resource=source").json()["results"]
    assert received.verified_by(webhook.secret) == {
        "type": "source.created", "timestamp": entry["at"], "data": entry,
    }  # fmt: skip
    assert entry["resource_id"] == source.pk
    assert received.id == f"entry-{entry['id']}"
    assert received.headers["Content-Type"] == "application/json"
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 60
    [delivery] = Delivery.objects.all()
    [attempt] = delivery.attempts
    assert delivery.state == "delivered"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", attempt.pop("at"))
    assert attempt.pop("milliseconds") < 10_000
    assert attempt == {"status": 200, "answer": "Thank you.", "error": ""}


def test_only_what_a_webhook_wants_is_sent_and_never_what_is_about_users(alice, article, receiver, other, subscribe):
    subscribe(receiver, actions=["article.updated", "statement.created"])
    subscribe(other, article=article.pk)
    services.update_article(article_id=article.pk, versions=None, actor=alice, byline="J. D.")
    another = services.create_article(actor=alice, title="Another", text="No.")
    services.update_article(article_id=another.pk, versions=None, actor=alice, byline="J. D.")
    services.create_note(actor=alice, article=article, text="Ask her.")
    alice.first_name = "Alice"
    alice.save()
    follow()
    assert {(each.message["type"], each.message["data"]["article"]) for each in receiver.received} == {
        ("article.updated", article.pk), ("article.updated", another.pk),
    }  # fmt: skip
    assert sorted(each.message["type"] for each in other.received) == ["article.updated", "note.created"]


def test_what_was_written_before_is_not_sent(alice, receiver, subscribe):
    create_source(actor=alice, name="Before", kind="person")
    subscribe(receiver)
    after = create_source(actor=alice, name="After", kind="person")
    follow()
    assert [each.resource for each in receiver.received] == [("source", after.pk)]


def test_what_commits_after_the_webhook_was_made_is_sent_though_it_began_before(alice, receiver, subscribe):
    began, made = threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            create_source(actor=alice, name="Slow", kind="person")
            began.set()
            made.wait(10)
        connection.close()

    thread = threading.Thread(target=write_slowly)
    thread.start()
    began.wait(10)
    subscribe(receiver)
    made.set()
    thread.join()
    follow()
    assert [each.message["data"]["data"]["name"] for each in receiver.received] == ["Slow"]


def test_the_entries_of_one_row_come_in_their_order_also_after_a_failure(alice, receiver, subscribe):
    subscribe(receiver)
    source = create_source(actor=alice, name="0", kind="person")
    rename(alice, source, "1", "2")
    another = create_source(actor=alice, name="other", kind="person")
    receiver.answer = lambda received: 500 if received.message["data"]["version"] == 1 else 200
    follow()
    assert [each.message["data"]["version"] for each in receiver.received] == [1, 1]
    assert {each.resource[1] for each in receiver.received} == {source.pk, another.pk}
    rename(alice, source, "3")
    receiver.answer = lambda received: 200
    follow()
    assert len(receiver.received) == 2  # all of them wait as long as the first
    assert len(set(Delivery.objects.filter(resource_id=source.pk).values_list("next_attempt_at", flat=True))) == 1
    make_due()
    follow()
    versions = [each.message["data"]["version"] for each in receiver.accepted if each.resource[1] == source.pk]
    assert versions == [1, 2, 3, 4]
    assert states() == ["delivered"] * 5


@pytest.mark.parametrize("batch", [1, 200])
def test_the_version_of_who_began_first_and_wrote_last_comes_last(alice, receiver, subscribe, monkeypatch, batch):
    """The feed has it first, since it is in the order of transactions."""
    monkeypatch.setattr("factcheck.webhooks.follower.Webhooks.batch", batch)
    subscribe(receiver)
    source = create_source(actor=alice, name="0", kind="person")
    begun, goes_on = threading.Event(), threading.Event()

    def begin_and_write_last():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
            begun.set()
            goes_on.wait(10)
            rename(alice, source, "2")
        connection.close()

    thread = threading.Thread(target=begin_and_write_last)
    thread.start()
    begun.wait(10)
    rename(alice, source, "1")
    goes_on.set()
    thread.join()
    assert [entry.version for entry in written()] == [1, 3, 2]
    follow()
    assert [each.message["data"]["version"] for each in receiver.received] == [1, 2, 3]


@pytest.mark.parametrize("status", [300, 301, 307, 400, 404, 429, 500, 503])
def test_every_status_but_a_success_is_a_failure_and_no_redirect_is_followed(alice, receiver, other, subscribe, status):
    subscribe(receiver)
    receiver.more_headers = {"Location": other.url}
    receiver.answer = lambda received: status
    create_source(actor=alice, name="A", kind="person")
    follow()
    [delivery] = Delivery.objects.all()
    assert (delivery.state, delivery.failures, delivery.attempts[0]["status"]) == ("pending", 1, status)
    assert other.received == []


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_status_of_success_is_one(alice, receiver, subscribe, status):
    subscribe(receiver)
    receiver.answer = lambda received: status
    receiver.words = b""
    create_source(actor=alice, name="A", kind="person")
    follow()
    assert states() == ["delivered"]


def test_a_delivery_is_tried_again_later_and_later_for_three_days(monkeypatch):
    monkeypatch.setattr(sender.random, "uniform", lambda low, high: 1)
    delays = [delay_after(failures).total_seconds() for failures in range(24)]
    assert delays[:4] == [10, 20, 40, 80]
    assert delays[12:] == [6 * 3600] * 12
    assert 3 * 86_400 <= sum(delays) < 4 * 86_400
    monkeypatch.undo()
    tried = [delay_after(0).total_seconds() for _ in range(1_000)]
    assert 8 <= min(tried) < 8.5
    assert 11.5 < max(tried) <= 12
    assert delay_after(32_767) <= timedelta(hours=7.2)


def test_after_three_days_the_webhook_is_disabled_with_the_reason(alice, receiver, other, subscribe):
    webhook, well = subscribe(receiver), subscribe(other)
    receiver.answer = lambda received: 503
    create_source(actor=alice, name="A", kind="person")
    create_source(actor=alice, name="B", kind="person")
    follow()
    Delivery.objects.filter(webhook=webhook).update(failing_since=timezone.now() - timedelta(days=3))
    make_due()
    follow()
    webhook.refresh_from_db()
    assert (webhook.active, webhook.version) == (False, 2)
    assert webhook.disabled_reason == "Deliveries have failed for three days. The receiver answered 503."
    assert timezone.now() - webhook.disabled_at < timedelta(minutes=1)
    assert set(Delivery.objects.filter(webhook=webhook).values_list("state", flat=True)) == {"failed"}
    create_source(actor=alice, name="C", kind="person")
    follow()
    assert Delivery.objects.filter(webhook=webhook).count() == 2
    assert len(other.accepted) == 3
    assert Webhook.objects.get(pk=well.pk).active


def test_a_receiver_that_is_gone_is_not_asked_again(alice, receiver, subscribe):
    webhook = subscribe(receiver)
    receiver.answer = lambda received: 410
    create_source(actor=alice, name="A", kind="person")
    follow()
    webhook.refresh_from_db()
    assert (webhook.active, webhook.disabled_reason) == (False, "The receiver answered 410: it wants no more.")
    assert states() == ["failed"]
    make_due()
    follow()
    assert len(receiver.received) == 1


def test_one_that_is_active_again_goes_on_from_then(alice, receiver, subscribe):
    webhook = subscribe(receiver)
    update_webhook(webhook_id=webhook.pk, versions=None, active=False)
    create_source(actor=alice, name="Between", kind="person")
    update_webhook(webhook_id=webhook.pk, versions=None, active=True)
    create_source(actor=alice, name="After", kind="person")
    follow()
    assert [each.message["data"]["data"]["name"] for each in receiver.received] == ["After"]


def test_a_failed_delivery_is_sent_again_with_the_same_id(alice, receiver, subscribe):
    webhook = subscribe(receiver)
    create_source(actor=alice, name="A", kind="person")
    follow()
    [delivery] = Delivery.objects.all()
    redeliver(webhook_id=webhook.pk, delivery_id=delivery.pk)
    follow()
    assert receiver.ids == ids_of(*written()[-1:]) * 2
    assert [attempt["status"] for attempt in Delivery.objects.get().attempts] == [200, 200]


def test_a_pending_one_is_sent_at_once_when_somebody_says_so_and_so_is_what_waits_behind(alice, receiver, subscribe):
    webhook = subscribe(receiver)
    receiver.answer = lambda received: 500
    source = create_source(actor=alice, name="0", kind="person")
    rename(alice, source, "1")
    follow()
    receiver.answer = lambda received: 200
    redeliver(webhook_id=webhook.pk, delivery_id=Delivery.objects.earliest("id").pk)
    follow()
    assert [each.message["data"]["version"] for each in receiver.received] == [1, 1, 2]


def test_a_webhook_goes_on_without_the_account_that_made_it(alice, receiver, subscribe):
    subscribe(receiver)
    create_source(actor=alice, name="A", kind="person")
    alice.groups.clear()
    alice.is_active = False
    alice.save()
    follow()
    assert [each.message["type"] for each in receiver.received] == ["source.created"]


def test_a_new_address_is_tried_at_once(alice, receiver, other, subscribe):
    webhook = subscribe(receiver)
    receiver.answer = lambda received: 500
    create_source(actor=alice, name="0", kind="person")
    follow()
    update_webhook(webhook_id=webhook.pk, versions=None, url=other.url)
    follow()
    assert len(other.accepted) == 1


def test_a_ping_is_sent_and_logged_as_an_entry_is(alice, receiver, subscribe):
    webhook = subscribe(receiver)
    delivery = ping_webhook(webhook_id=webhook.pk)
    follow()
    [received] = receiver.received
    message = received.verified_by(webhook.secret)
    assert (received.id, message["type"], message["data"]) == (f"ping-{delivery.pk}", "ping", {"webhook": webhook.pk})
    assert datetime.fromisoformat(message["timestamp"]).tzinfo == UTC
    assert states() == ["delivered"]


def test_while_a_secret_is_rotated_both_sign_and_a_day_later_only_the_new_one(alice, receiver, subscribe):
    webhook = subscribe(receiver)
    new = rotate_secret(webhook_id=webhook.pk, versions=None)
    ping_webhook(webhook_id=webhook.pk)
    follow()
    assert receiver.received[0].headers["webhook-signature"].count("v1,") == 2
    for secret in (webhook.secret, new.secret):
        receiver.received[0].verified_by(secret)
    Webhook.objects.update(old_secret_until=timezone.now())
    ping_webhook(webhook_id=webhook.pk)
    follow()
    receiver.received[1].verified_by(new.secret)
    with pytest.raises(Exception, match="No matching signature found"):
        receiver.received[1].verified_by(webhook.secret)


def test_a_receiver_that_hangs_is_given_up_and_holds_back_nobody(alice, receiver, other, subscribe, monkeypatch):
    monkeypatch.setattr(sender, "SECONDS", 0.5)
    subscribe(receiver)
    subscribe(other)
    receiver.answer = lambda received: time.sleep(2)
    for n in range(6):
        create_source(actor=alice, name=str(n), kind="person")
    follow()
    assert len(other.accepted) == 6
    assert max(each.at for each in other.received) - min(each.at for each in receiver.received) < 0.5
    assert receiver.received[queue.AT_ONCE].at - receiver.received[0].at > 0.4
    told = [delivery.attempts[0]["error"] for delivery in Delivery.objects.filter(state="pending")]
    assert told == ["No answer within 10 seconds."] * 6


def drip(handler):
    """A byte now and then, for longer than anybody waits."""
    handler.rfile.read(int(handler.headers["Content-Length"]))
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(40):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)


def test_a_receiver_that_drips_its_answer_gets_no_longer(alice, receiver, subscribe, monkeypatch):
    monkeypatch.setattr(sender, "SECONDS", 0.5)
    monkeypatch.setattr(receiver.RequestHandlerClass, "do_POST", drip)
    subscribe(receiver)
    create_source(actor=alice, name="A", kind="person")
    began = time.monotonic()
    follow()
    assert time.monotonic() - began < 3
    assert Delivery.objects.get().attempts[0]["error"] == "No answer within 10 seconds."


def test_of_a_long_answer_little_is_read_and_less_is_kept(alice, receiver, subscribe):
    sent = []

    def endless(handler):
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1_000):
            handler.wfile.write(b"\x00\xff\xc3\xa9" * 16_384)
            sent.append(65_536)

    subscribe(receiver)
    receiver.RequestHandlerClass = type("Endless", (receiver.RequestHandlerClass,), {"do_POST": endless})
    create_source(actor=alice, name="A", kind="person")
    follow()
    [attempt] = Delivery.objects.get().attempts
    assert attempt["answer"] == "\ufffd\ufffdé" * 166 + "\ufffd\ufffd"
    assert sum(sent) < 20_000_000


def test_a_broken_answer_and_a_server_that_is_not_there_are_told_in_words(alice, receiver, other, subscribe):
    subscribe(receiver)
    subscribe(other)
    subscribe("http://no-such-name.invalid/")
    receiver.answer = lambda received: None
    other.shutdown()
    other.server_close()
    create_source(actor=alice, name="A", kind="person")
    follow()
    assert [delivery.attempts[0]["error"] for delivery in Delivery.objects.order_by("webhook")] == [
        "The connection broke off before there was an answer.",
        "127.0.0.1 cannot be reached (Connection refused).",
        "There is no server called no-such-name.invalid.",
    ]


@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "2130706433", "0",
    "private.example", "mixed.example",
])  # fmt: skip
def test_nothing_is_sent_to_an_address_that_is_not_public_though_the_name_was_when_it_was_saved(
    alice, receiver, subscribe, settings, monkeypatch, host
):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    found = {"private.example": ["192.168.0.1"], "mixed.example": ["8.8.8.8", "127.0.0.1"]}
    look_up = socket.getaddrinfo

    def getaddrinfo(name, port, *rest, **more):
        if name not in found:
            return look_up(name, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found[name]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    connected = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a))
    subscribe(f"http://{host}:{receiver.server_address[1]}/")
    create_source(actor=alice, name="A", kind="person")
    follow()
    assert connected == []
    assert Delivery.objects.get().attempts[0]["error"] == (
        f"{host.strip('[]')} is in a network that is not public, so nothing is sent there."
    )


def test_the_name_is_looked_up_once_and_told_to_the_address_that_was_judged(alice, receiver, subscribe, monkeypatch):
    names = ["127.0.0.1", "10.0.0.1"]
    look_up = socket.getaddrinfo
    port = receiver.server_address[1]

    def getaddrinfo(name, *rest, **more):
        return look_up(names.pop(0) if name == "hooks.example" else name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    subscribe(f"http://hooks.example:{port}/a?b=c")
    create_source(actor=alice, name="A", kind="person")
    follow()
    assert (receiver.received[0].headers["Host"], names) == (f"hooks.example:{port}", ["10.0.0.1"])


def test_nothing_is_sent_once_the_time_is_over_though_the_name_is_found_then(alice, receiver, subscribe, monkeypatch):
    monkeypatch.setattr(sender, "SECONDS", 0.5)
    look_up = socket.getaddrinfo
    port = receiver.server_address[1]
    found = threading.Event()

    def getaddrinfo(name, *rest, **more):
        if name == "hooks.example":
            time.sleep(2)
            found.set()
        return look_up("127.0.0.1" if name == "hooks.example" else name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    subscribe(f"http://hooks.example:{port}/")
    create_source(actor=alice, name="A", kind="person")
    follow()
    found.wait(5)
    time.sleep(0.5)
    assert receiver.received == []
    assert Delivery.objects.get().attempts[0]["error"] == "No answer within 10 seconds."


def test_one_that_is_to_finish_sends_what_was_written_during_its_last_look(receiver, subscribe, monkeypatch):
    webhook, one, look = subscribe(receiver), sender.Sender(), queue.lease_due

    def lease_due(busy):
        found = look(busy)
        if not one.is_finishing:
            ping_webhook(webhook_id=webhook.pk)
            one.is_finishing = True
        return found

    monkeypatch.setattr(sender, "lease_due", lease_due)
    while one._turn():
        pass
    assert [each.message["type"] for each in receiver.received] == ["ping"]


def test_no_transaction_is_open_while_a_receiver_answers(alice, receiver, subscribe):
    subscribe(receiver)
    create_source(actor=alice, name="A", kind="person")
    open_now = []

    def look(received):
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM pg_stat_activity WHERE datname = current_database()")
            open_now.extend(state for (state,) in cursor.fetchall() if state and "in transaction" in state)
        connection.close()
        return 200

    receiver.answer = look
    follow()
    assert (len(receiver.accepted), open_now) == (1, [])


def test_a_fault_of_our_own_is_one_more_failure_and_holds_back_nobody(alice, receiver, other, subscribe, caplog):
    Webhook.objects.filter(pk=subscribe(receiver).pk).update(secret="whsec_a")
    subscribe(other)
    create_source(actor=alice, name="A", kind="person")
    follow()
    assert (receiver.received, len(other.accepted)) == ([], 1)
    assert [each.attempts[0]["error"] for each in Delivery.objects.filter(state="pending")] == ["Error while sending."]
    assert "Webhook" in caplog.text


def test_while_nothing_is_due_nothing_is_written(alice, receiver, subscribe):
    """A write, however small, ends what web processes keep of their reads."""
    subscribe(receiver)
    receiver.answer = lambda received: 500
    create_source(actor=alice, name="A", kind="person")
    follow()

    def snapshot():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
            return cursor.fetchone()

    before = snapshot()
    assert queue.lease_due({}) == []
    assert snapshot() == before


def test_what_another_worker_has_is_not_sent_until_its_lease_ends(alice, receiver, subscribe):
    subscribe(receiver)
    source = create_source(actor=alice, name="0", kind="person")
    rename(alice, source, "1")
    with_queue()
    [leased] = queue.lease_due({})
    assert queue.lease_due({}) == []
    Delivery.objects.update(leased_until=timezone.now())
    [again] = queue.lease_due({})
    assert again.pk == leased.pk
    queue.record_delivered([queue.Sent(leased, {"at": "late"})])
    assert Delivery.objects.get(pk=leased.pk).state == "pending"  # it is no longer his
    queue.record_delivered([queue.Sent(again, {"at": "now"})])
    assert states() == ["delivered", "pending"]
    assert [each.pk for each in queue.lease_due({})] == [leased.pk + 1]


def with_queue():
    """Only puts on the queue."""

    class Only:
        def follow(self, entries):
            if entries:
                queue.fan_out(entries)

    caught_up = None
    while caught_up is None:
        _, caught_up = advance("webhooks", Only(), caught_up=caught_up)


def test_a_webhook_that_is_busy_is_given_only_what_it_can_take(alice, receiver, other, subscribe):
    one, two = subscribe(receiver), subscribe(other)
    for n in range(6):
        create_source(actor=alice, name=str(n), kind="person")
    with_queue()
    given = [delivery.webhook_id for delivery in queue.lease_due({one.pk: 3})]
    assert (given.count(one.pk), given.count(two.pk)) == (1, 4)
    assert queue.lease_due({one.pk: 4, two.pk: 4}) == []


def test_what_ended_a_month_ago_is_deleted_and_what_is_pending_stays(alice, receiver, subscribe):
    subscribe(receiver)
    for n in range(3):
        create_source(actor=alice, name=str(n), kind="person")
    follow()
    create_source(actor=alice, name="pending", kind="person")
    with_queue()
    first, second, third, pending = Delivery.objects.order_by("id")
    month = timezone.now() - timedelta(days=30)
    Delivery.objects.filter(pk=first.pk).update(ended_at=month - timedelta(seconds=1))
    Delivery.objects.filter(pk=second.pk).update(ended_at=month + timedelta(minutes=1))
    assert (queue.delete_old(), queue.delete_old()) == (1, 0)
    assert list(Delivery.objects.order_by("id")) == [second, third, pending]


def test_an_answer_that_is_no_http_is_one_more_failure(alice, receiver, subscribe):
    subscribe(receiver)
    receiver.RequestHandlerClass = type(
        "Noise", (receiver.RequestHandlerClass,), {"do_POST": lambda self: self.wfile.write(b"SSH-2.0\r\n" * 9)}
    )
    create_source(actor=alice, name="A", kind="person")
    follow()
    assert Delivery.objects.get().attempts[0]["error"] == exchange.BROKEN_OFF
