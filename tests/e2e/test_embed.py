"""The embeddable script on a page that is not ours: another origin, its own markup, a strict CSP."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from claims import services
from claims.partial_dates import said_on_fields
from sources.services import create_source, update_source

DOCUMENT = Path(__file__).parents[2] / "docs" / "embedding.md"
FIRST_LINES = "(all) => all.map((one) => one.innerText.split(/\\n/)[0])"
TEXT = (
    "\U0001f600 The minister\r\nsaid no. The mayor said no. Nobody else was asked about the harbour.\r\n\r\n"
    "The bridge costs 12. A report says that the bridge was never\u00a0safe and that the harbour silted up. "
    "Nothing was done about it."
)
STORY = """
<nav>The mayor said no.</nav>
<article><h1>A report, and the bridge</h1><div class="ad">Buy this bridge</div>
<p>\U0001f600 The <b>minister <i>said</i></b> no. The   mayor
 said <a href="#x">no</a>. Nobody else was asked about the har&shy;bour.</p>
<p>The bridge costs 12. A report says that <em>the <q>bridge</q> was never safe</em> and that
the harbour silted up. Nothing was done about it.</p></article>
<p id="x">The mayor said no.</p>
"""


@pytest.fixture
def desk(newsroom: Any) -> SimpleNamespace:
    """What an editor does, in short functions."""
    alice = newsroom["alice"]
    minister = create_source(actor=alice, name="The minister", kind="person")
    clerk = create_source(actor=alice, name="a clerk", kind="person", anonymous=True)
    paper = create_source(actor=alice, name="The Paper", kind="outlet")

    def article(text: str = TEXT, status: str = "published") -> Any:
        made = services.create_article(actor=alice, title="A report", text=text)
        if status == "published":
            services.set_article_status(
                article_id=made.pk, versions=None, actor=alice, status=status, reason="Checked."
            )
        return made

    def mark(
        article: Any, passage: str, nth: int = 0, tag: str = "", reason: str = "By the desk.", **fields: Any
    ) -> Any:
        starts = [found.start() for found in re.finditer(re.escape(passage), article.text)]
        made = services.create_statement(
            actor=alice, article=article, start=starts[nth], end=starts[nth] + len(passage), source=minister,
            via=[clerk, paper], **fields,
        )  # fmt: skip
        if tag:
            services.tag_statement(statement_id=made.pk, versions=None, actor=alice, tag=tag, reason=reason)
        return made

    def dispute(statement: Any, **fields: Any) -> Any:
        return services.open_dispute(actor=alice, statement=statement, raised_by=paper, **fields)

    return SimpleNamespace(article=article, mark=mark, dispute=dispute, alice=alice, minister=minister)


@pytest.fixture
def host(live_server: Any, settings: Any, settings_without_throttle: None) -> Iterator[Any]:
    """A newsroom's web server: `html` is what it shows, on any path, in a root with the attributes `root`."""
    service = live_server.url

    class Handler(BaseHTTPRequestHandler):
        html, root = "", "lang=en"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            only = "; ".join(f"{kind}-src {service}" for kind in ("script", "style", "connect"))
            self.send_header("Content-Security-Policy", f"default-src 'none'; {only}; base-uri 'none'")
            self.end_headers()
            self.wfile.write(f"<!doctype html><html {self.root}><title>News</title>{self.html}".encode())

        def log_message(self, *_: Any) -> None:
            """Logs nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Handler.url = f"http://localhost:{server.server_port}"  # type: ignore[attr-defined]
    settings.PUBLIC_READ = True
    settings.CORS_ALLOWED_ORIGINS = [Handler.url]  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def read(browser: Any, host: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Opens the newsroom's page with the script; `page.report` is the detail of the script's event."""
    pages: list[Any] = []

    def opened(
        article: Any, html: str = STORY, may_complain: bool = False, root: str = "lang=en", **browsing: Any
    ) -> Any:
        script = (
            f'<script src="{live_server.url}/static/embed/factcheck.js" data-article="{article.pk}" defer></script>'
        )
        host.html, host.root = html + script, root
        page = browser.new_page(**browsing)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective));"
            "window.report = new Promise((done) => document.addEventListener('factcheck', (e) => done(e.detail)));"
        )
        page.goto(host.url)
        page.report = page.evaluate("window.report")
        if not may_complain:
            assert page.complaints == []
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()


def marks(page: Any) -> list[str]:
    """The marked text, run by run: marks that follow one another are one."""
    return page.evaluate("""() => {
      const runs = [];
      let last = null;
      for (const mark of document.querySelectorAll("mark")) {
        const range = document.createRange();
        if (last) { range.setStartAfter(last); range.setEndBefore(mark); }
        if (last && range.toString() === "") runs[runs.length - 1] += mark.textContent;
        else runs.push(mark.textContent);
        last = mark;
      }
      return runs.map((run) => run.replace(/\\s+/g, " "));
    }""")


def test_a_passage_is_found_across_inline_tags_line_ends_and_an_emoji(desk: Any, read: Any) -> None:
    article = desk.article()
    first = desk.mark(article, "The minister\r\nsaid no.")
    second = desk.mark(article, "the bridge was never\u00a0safe and that the harbour silted up")
    page = read(article)
    assert (sorted(page.report["marked"]), page.report["unmarked"]) == ([first.pk, second.pk], [])
    assert marks(page) == ["The minister said no.", "the bridge was never safe and that the harbour silted up"]


def test_of_two_equal_passages_the_one_with_the_same_neighbours_is_marked(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "said no.", nth=1)
    page = read(article)
    assert marks(page) == ["said no."]
    assert page.locator("mark").first.evaluate("(mark) => mark.previousSibling.textContent.trim()").endswith("mayor")


def test_an_equal_passage_that_alone_is_left_of_two_is_not_marked(desk: Any, read: Any) -> None:
    article = desk.article("A said no. B said no. C kept silent, as it had done all year long.")
    second = desk.mark(article, "said no.", nth=1)
    page = read(article, "<article>A said no. C kept silent, as it had done all year long.</article>")
    assert page.report == {"marked": [], "unmarked": [second.pk]}


@pytest.mark.parametrize(
    ("passage", "shown"),
    [
        ("The bridge costs 12", "The bridge costs 120. A report says that the bridge was never safe."),
        ("The bridge costs 12", "The bridge costs 12.5 in all. A report says that the bridge was never safe."),
        ("the harbour silted up", "A report says that the harbour has silted up. Nothing was done about it."),
        ("said no", "Somebody else said no, and it was another day."),
        ("Nothing was done about it", "Nothing was done about it. And again: Nothing was done about it."),
    ],
)
def test_other_words_are_never_marked(desk: Any, read: Any, passage: str, shown: str) -> None:
    article = desk.article()
    statement = desk.mark(article, passage)
    page = read(article, f"<article><p>{shown}</p></article>")
    assert page.report == {"marked": [], "unmarked": [statement.pk]}
    assert page.locator("mark, button").count() == 0


def test_only_the_target_is_read_and_the_page_keeps_its_text_and_elements(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    page = read(article)
    assert page.locator("nav mark, #x mark").count() == 0
    assert page.locator("article mark").count() > 0
    page.evaluate("document.querySelectorAll('.factcheck-sign').forEach((sign) => sign.remove())")
    page.evaluate("document.querySelectorAll('mark').forEach((mark) => mark.replaceWith(...mark.childNodes))")
    page.evaluate("document.querySelector('article').normalize()")
    expected = page.evaluate(
        "(html) => new DOMParser().parseFromString(html, 'text/html').querySelector('article').innerHTML", STORY
    )
    assert page.locator("article").inner_html() == expected


def test_the_keyboard_opens_a_panel_with_tag_chain_and_disputes_and_comes_back(desk: Any, read: Any) -> None:
    article = desk.article()
    statement = desk.mark(article, "The mayor said no.", tag="denied", reason="The paper has it otherwise.")
    dispute = desk.dispute(statement, kind="correction", scope="part", note="She said maybe.")
    services.resolve_dispute(
        dispute_id=dispute.pk, versions=None, actor=desk.alice, state="upheld", reason="The tape says so."
    )
    page = read(article)
    link, sign = page.locator("article a"), page.get_by_role("button", name="Denied: The mayor said no.")
    assert sign.inner_text() == "−"  # a sign, not only a colour
    assert sign.get_attribute("aria-expanded") == "false"
    link.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Denied: The mayor said no.")
    assert panel.evaluate("(panel) => document.activeElement === panel")
    assert sign.get_attribute("aria-expanded") == "true"
    words = panel.inner_text()
    assert "− Denied. Somebody with standing denies this." in words
    assert "The paper has it otherwise." in words
    assert "Attributed to The minister; it came through a clerk (anonymous), then The Paper." in words
    assert "Disputed: a correction of part of it by The Paper, upheld." in words
    assert "She said maybe." in words
    assert "The tape says so." in words
    assert "never whether it is true" in words
    page.keyboard.press("Escape")
    assert panel.count() == 0
    assert sign.evaluate("(sign) => document.activeElement === sign")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Close
    assert panel.count() == 0


def test_a_click_on_the_words_opens_the_panel_but_a_link_stays_a_link(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    page = read(article)
    page.locator("article a mark").click()
    assert page.url.endswith("#x")
    assert page.get_by_role("dialog").count() == 0
    page.locator("article mark").first.click()
    assert page.get_by_role("dialog").count() == 1
    assert page.locator("a button, p div").count() == 0  # nothing that HTML does not allow there


@pytest.mark.parametrize(
    ("root", "locale", "close"),
    [
        ("lang=de", "en-GB", "Schließen"),
        ("lang=de-AT", "en-GB", "Schließen"),
        ("lang=en", "de-DE", "Close"),
        ("", "de-DE", "Schließen"),
        ("lang=fr", "de-DE", "Schließen"),
        ("lang=fr", "fr-FR", "Close"),
    ],
)
def test_the_panel_speaks_as_the_page_does_else_as_the_browser(
    desk: Any, read: Any, root: str, locale: str, close: str
) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    page = read(article, root=root, locale=locale)
    page.locator(".factcheck-sign").click()
    assert page.get_by_role("dialog").get_by_role("button").inner_text() == close


@pytest.mark.parametrize(
    ("said_on", "day"), [("2021-03-05", "5. März 2021"), ("2021-03", "März 2021"), ("2021", "2021"), (None, None)]
)
def test_in_german_every_word_of_the_panel_is_german(desk: Any, read: Any, said_on: str, day: str) -> None:
    article = desk.article()
    fields = said_on_fields(said_on) if said_on else {}
    statement = desk.mark(article, "The mayor said no.", tag="denied", reason="Anders belegt.", **fields)
    dispute = desk.dispute(statement, kind="correction", scope="part", note="Sie sagte: vielleicht.")
    services.resolve_dispute(
        dispute_id=dispute.pk, versions=None, actor=desk.alice, state="upheld", reason="So auf dem Band."
    )
    page = read(article, root="lang=de")
    page.get_by_role("button", name="Bestritten: The mayor said no.").click()
    panel = page.get_by_role("dialog", name="Bestritten: The mayor said no.")
    assert panel.get_attribute("lang") == "de"
    assert panel.locator("p, .factcheck-dispute, button").evaluate_all(FIRST_LINES) == [
        "− Bestritten. Jemand, der es wissen muss, bestreitet das.",
        "Anders belegt.",
        f"Zugeschrieben: The minister{f', {day}' if day else ''}; weitergegeben von a clerk (anonym), dann The Paper.",
        "Umstritten: Richtigstellung zu einem Teil von The Paper, anerkannt.",
        "Sie sagte: vielleicht.",
        "So auf dem Band.",
        "Die Einstufung sagt, wer hinter einer Aussage steht, nie, ob sie wahr ist.",
        "Schließen",
    ]


def test_a_panel_reads_from_left_to_right_in_a_page_that_reads_from_right_to_left(desk: Any, read: Any) -> None:
    text = "قال الوزير إن الجسر آمن تماما ولا داعي للقلق. ورفضت رئيسة البلدية التعليق على ذلك."
    article = desk.article(text)
    update_source(source_id=desk.minister.pk, versions=None, actor=desk.alice, name="وزير النقل")
    desk.mark(article, "الجسر آمن تماما", tag="denied", reason="نفت البلدية ذلك.")
    story = f"<article><p>{text}</p></article>"
    for width in (1280, 320):
        page = read(article, story, root="lang=ar dir=rtl", viewport={"width": width, "height": 700})
        page.wait_for_function("document.styleSheets.length === 1")
        page.locator(".factcheck-sign").click()
        panel = page.get_by_role("dialog")
        directions = "(all) => all.map((one) => getComputedStyle(one).direction)"
        assert panel.evaluate_all(directions) == ["ltr"]
        assert panel.locator("p").evaluate_all(directions) == ["ltr", "rtl", "ltr", "ltr"]
        assert panel.locator("bdi").first.inner_text() == "وزير النقل"
        assert page.locator("mark").evaluate_all(directions) == ["rtl"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        edges = panel.bounding_box()
        assert (edges["x"] >= 0, edges["x"] + edges["width"] <= width) == (True, True)


def test_passages_within_each_other_have_a_sign_each_and_marks_do_not_nest(desk: Any, read: Any) -> None:
    article = desk.article()
    outer = desk.mark(article, "A report says that the bridge was never\u00a0safe", tag="asserted")
    inner = desk.mark(article, "the bridge was never\u00a0safe", tag="denied")
    crossing = desk.mark(article, "safe and that the harbour silted up")
    page = read(article)
    assert sorted(page.report["marked"]) == [outer.pk, inner.pk, crossing.pk]
    assert page.locator("mark mark").count() == 0
    assert page.locator("button.factcheck-sign").all_inner_texts() == ["−", "+", "?"]
    assert page.locator("mark.factcheck-denied").all_inner_texts() == ["the ", "bridge", " was never safe"]
    assert page.locator("mark.factcheck-asserted").all_inner_texts() == ["A report says that "]


def test_what_the_api_says_is_text_and_never_markup(desk: Any, read: Any) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    article = desk.article(f"{attack} is what the mayor wrote on the wall of the town hall.")
    statement = desk.mark(article, article.text, tag="denied", reason=attack)
    desk.dispute(statement, kind="denial", note=attack)
    shown = article.text.replace("<", "&lt;")
    page = read(article, f"<article><p>{shown}</p></article>")
    page.locator(".factcheck-sign").click()
    assert page.locator("article img, article script").count() == 0
    assert page.locator(".factcheck-panel").inner_text().count(attack) == 2
    assert page.complaints == []


def test_all_pages_of_a_long_list_are_read(desk: Any, read: Any) -> None:
    sentences = [f"Sentence number {number} is about something else." for number in range(230)]
    article, rows, at = desk.article(" ".join(sentences)), [], 0
    for sentence in sentences:
        rows.append({"article": article, "source": desk.minister, "start": at, "end": at + len(sentence)})
        at += len(sentence) + 1
    services.create_statements(rows=rows, actor=desk.alice)
    page = read(article, f"<article>{article.text}</article>")
    assert len(page.report["marked"]) == 230
    assert page.locator(".factcheck-sign").count() == 230


def test_without_an_answer_the_page_stays_as_it_was(desk: Any, read: Any) -> None:
    page = read(desk.article(status="draft"), may_complain=True)
    assert page.report["error"].startswith("404 from ")
    assert page.locator("mark, .factcheck-sign").count() == 0


def test_colours_are_told_apart_from_the_page_by_contrast(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.", tag="asserted")
    page = read(article)
    page.wait_for_function("document.styleSheets.length === 1")
    sign = page.locator(".factcheck-sign")
    assert sign.evaluate("(sign) => getComputedStyle(sign).color") == "rgb(11, 99, 91)"
    assert sign.evaluate("(sign) => getComputedStyle(sign).backgroundColor") == "rgb(255, 255, 255)"
    box = sign.bounding_box()
    assert min(box["width"], box["height"]) >= 24  # WCAG 2.2, target size


def test_the_converter_in_the_documents_counts_as_the_service_does(browser: Any) -> None:
    code = re.search(r"```js\n(function toUnits.*?)```", DOCUMENT.read_text(), re.S)
    assert code
    assert len(code[1].splitlines()) <= 10
    page = browser.new_page()
    text = "a\U0001f600b\U0001f1fa\U0001f1e6 cafe\u0301 \u0645"
    answer = "const at = toUnits(text, n); return [text.slice(at), toCodePoints(text, at)];"
    for start in range(len(text) + 1):
        ask = f"([text, n]) => {{ {code[1]} {answer} }}"
        assert page.evaluate(ask, [text, start]) == [text[start:], start]
    page.close()
