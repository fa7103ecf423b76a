"""What others do appears on an open page: told, shown when asked for, and never in the way."""

import time

import pytest
from playwright.sync_api import expect

from claims import services
from factcheck.journal.stream.waiting import WaitingThread
from sources.services import create_source

TEXT = " ".join(f"Sentence {n:02} says something." for n in range(40))
LENGTH = len("Sentence 00 says something.")


@pytest.fixture
def statements(newsroom):
    article = services.create_article(actor=newsroom["alice"], title="A report", text=TEXT)
    return [
        services.create_statement(
            article=article, actor=newsroom["alice"], quote_type="narration",
            start=n * (LENGTH + 1), end=n * (LENGTH + 1) + LENGTH,
        )
        for n in range(12)
    ]  # fmt: skip


@pytest.fixture
def watcher(open_desk, statements):
    desk = open_desk().log_in("erin")
    desk.page.clock.install()
    desk.asked = []
    desk.page.on("request", lambda request: "/live/" in request.url and desk.asked.append(request.url))
    desk.page.route("**/journal/stream/**", lambda route: route.fulfill(status=204))  # without a stream it polls
    desk.open(f"/api/v1/articles/{statements[0].article_id}/")
    return desk


def tag(statement, user):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=user, tag="denied", reason="She denies it.")


def time_passes(desk, seconds=11):
    asked = len(desk.asked)
    desk.page.clock.fast_forward(1000 * seconds)
    desk.page.wait_for_timeout(50)
    desk.page.wait_for_load_state("networkidle")
    return len(desk.asked) - asked


def wait_for_no_stream():
    deadline = time.monotonic() + 5
    while WaitingThread.opened:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def places(page):
    return page.evaluate(
        "() => [scrollY, document.querySelector('.margin').scrollTop,"
        " ...[...document.querySelectorAll('.card, #text mark')].map((part) => part.getBoundingClientRect().top)]"
    )


def test_changes_are_told_over_the_page_and_shown_where_nothing_is_typed(watcher, newsroom, statements):
    page, card = watcher.page, watcher.page.locator(".card")
    typed = card.nth(9).get_by_label("Reason")
    typed.fill("I am not done")
    before = places(page)
    tag(statements[9], newsroom["alice"])
    tag(statements[10], newsroom["alice"])
    time_passes(watcher)
    assert page.get_by_role("status").filter(has_text="changes").inner_text() == "2 changes by alice: show"
    assert card.nth(10).locator(".news").inner_text() == "alice tagged it just now"
    assert places(page) == before
    page.get_by_role("link", name="show").focus()
    page.keyboard.press("Enter")
    card.nth(10).get_by_text("She denies it.").wait_for()
    assert page.evaluate("document.activeElement.id") == "main"  # the link is gone
    assert typed.input_value() == "I am not done"
    assert "You have typed something" in page.locator("#live").inner_text()


def test_a_page_without_typed_words_is_shown_anew_where_it_stood(watcher, newsroom, statements):
    page = watcher.page
    page.evaluate("document.querySelector('.margin').scrollTop = 700; scrollTo(0, 150)")
    before = places(page)[0]
    tag(statements[11], newsroom["alice"])
    time_passes(watcher)
    page.get_by_role("link", name="show").click()
    page.locator(".card").nth(11).get_by_text("She denies it.").wait_for()
    assert places(page)[0] == before
    time_passes(watcher)
    assert page.locator("#live").inner_text() == ""


def test_the_page_asks_only_while_it_is_seen_less_often_after_faults_and_not_once_logged_out(watcher):
    page = watcher.page
    assert time_passes(watcher) == 1
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    time_passes(watcher)
    assert time_passes(watcher, 60) == 0
    page.route("**/live/**", lambda route: route.fulfill(status=429))
    with page.expect_response("**/live/**"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert [time_passes(watcher) for _ in range(6)] == [0, 1, 0, 0, 0, 1]
    page.unroute("**/live/**")
    watcher.context.clear_cookies()
    assert time_passes(watcher, 81) == 1
    assert page.locator("#live").inner_text().startswith("You are no longer logged in here")
    assert time_passes(watcher, 600) == 0


def test_a_statement_page_tells_of_itself(watcher, newsroom, statements):
    watcher.open(f"/api/v1/statements/{statements[0].pk}/")
    tag(statements[1], newsroom["alice"])
    time_passes(watcher)
    assert watcher.page.locator("#live").inner_text() == ""
    tag(statements[0], newsroom["alice"])
    time_passes(watcher)
    expect(watcher.page.locator("#live")).to_have_text("1 change by alice: show")


def test_what_is_told_of_a_card_is_shown_though_its_statement_is_as_it_was(watcher, newsroom, statements):
    alice, page, card = newsroom["alice"], watcher.page, watcher.page.locator(".card").nth(3)
    services.create_evidence(actor=alice, statement=statements[3], stance="context", url="https://news.example/")
    time_passes(watcher)
    page.get_by_role("link", name="show").click()
    card.get_by_text("1 piece of evidence").wait_for()

    other = services.create_article(actor=alice, title="Elsewhere", text="He denied it.")
    denial = services.create_statement(article=other, actor=alice, quote_type="narration", text="He denied it.")
    minister = create_source(actor=alice, name="The minister", kind="person")
    dispute = services.open_dispute(
        actor=alice, statement=denial, raised_by=minister, kind="denial", counter_statement=statements[3]
    )
    time_passes(watcher)
    expect(card.locator(".news")).to_have_text(f"alice opened dispute {dispute.pk} just now")
    page.get_by_role("link", name="show").click()
    card.get_by_text("Raised a denial of").wait_for()
    expect(card.locator(".news")).to_have_count(0)
    services.update_article(article_id=other.pk, versions=None, actor=alice, text="He denied it. He did so twice.")
    services.update_statement(statement_id=denial.pk, versions=None, actor=alice, text="He denied it. He did so twice.")
    time_passes(watcher)
    expect(card.locator(".news")).to_have_text(f"alice updated statement {denial.pk} just now")
    page.get_by_role("link", name="show").click()
    card.get_by_text("He did so twice.").wait_for()


def test_with_the_stream_a_change_is_told_at_once_and_the_page_seldom_asks(open_desk, newsroom, statements):
    desk = open_desk().log_in("erin")
    page, asked = desk.page, []
    page.on("request", lambda request: "/live/" in request.url and asked.append(request.url))
    with page.expect_response("**/journal/stream/**") as opened:
        desk.open(f"/api/v1/articles/{statements[0].article_id}/")
    assert opened.value.status == 200
    tag(statements[9], newsroom["alice"])
    expect(page.locator("#live")).to_have_text("1 change by alice: show", timeout=3000)
    page.wait_for_timeout(10_500)
    assert len(asked) == 1
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_no_stream()
    with page.expect_response("**/journal/stream/**"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
