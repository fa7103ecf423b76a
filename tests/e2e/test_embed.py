# ruff: noqa: E501  (markup and scripts in one line)
"""The embeddable script on a page that is not ours: another origin, its own markup, a strict CSP."""

import itertools
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from playwright.sync_api import expect

from claims import services
from claims.partial_dates import said_on_fields
from sources.services import create_source, update_source
from tests.e2e.conftest import Requests
from tests.e2e.embed_pages import FIRST, PAGES, SECOND
from tests.e2e.embed_pages import TEXT as PAGE_TEXT

GROWN = json.loads((Path(__file__).parents[1] / "grown_passages.json").read_text())
STATIC = Path(__file__).parents[2] / "factcheck" / "desk" / "static" / "embed"
DOCUMENT = Path(__file__).parents[2] / "docs" / "embedding.md"
FIRST_LINES = "(all) => all.map((one) => one.innerText.split(/\\n/)[0].replace(/[\u2068\u2069]/g, ''))"
TEXT = (
    "\U0001f600 The minister\r\nsaid no. The mayor said no. Nobody else was asked about the harbour.\r\n\r\n"
    "The bridge costs 12. A report says that the bridge was never\u00a0safe and that the harbour silted up. "
    "Nothing was done about it."
)
WATCH = """
document.addEventListener("securitypolicyviolation", (event) => console.error(event.violatedDirective));
window.report = new Promise((done) => document.addEventListener("factcheck", ({ detail }) => done(detail)));
"""
MARKS = """() => {
  const isBefore = (a, b) => a.compareBoundaryPoints(Range.START_TO_START, b);
  const tags = ["asserted", "denied", "unverified"];
  const ranges = tags.flatMap((tag) => [...(CSS.highlights.get(`factcheck-${tag}`) ?? [])]).sort(isBefore);
  const runs = [];
  let last = null;
  for (const range of ranges) {
    const gap = document.createRange();
    if (last) { gap.setStart(last.endContainer, last.endOffset); gap.setEnd(range.startContainer, range.startOffset); }
    if (last && gap.toString().trim() === "") runs.push(runs.pop() + gap + range);
    else runs.push(String(range));
    last = range;
  }
  return runs.map((run) => run.replace(/[\\s\xad]+/g, (gap) => gap === "\xad" ? "" : " ").trim()).filter(Boolean);
}"""
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

    def article(text: str = TEXT, status: str = "published", **fields: Any) -> Any:
        made = services.create_article(actor=alice, title="A report", text=text, **fields)
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

    def evidence(statement: Any, **fields: Any) -> Any:
        given = {"stance": "refutes", "url": "https://archive.example/", **fields}
        return services.create_evidence(actor=alice, statement=statement, **given)

    return SimpleNamespace(
        article=article, mark=mark, dispute=dispute, evidence=evidence, alice=alice, minister=minister
    )


@pytest.fixture
def host(live_server: Any, settings: Any, settings_without_throttle: None) -> Iterator[Any]:
    """A newsroom's web server: `html` is what it shows, on any path but those of `files`, in a root with the attributes
    `root`, under the policy `csp`."""
    service = live_server.url

    class Handler(BaseHTTPRequestHandler):
        html, root = "", "lang=en"
        files: ClassVar[dict[str, tuple[str, str]]] = {}
        csp = f"default-src 'none'; script-src {service}; connect-src {service}; base-uri 'none'"

        def do_GET(self) -> None:
            kind, body = self.files.get(
                self.path, ("text/html", f"<!doctype html><html {self.root}><title>News</title>{self.html}")
            )
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", self.csp)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.url = f"http://localhost:{server.server_port}"  # type: ignore[attr-defined]
    settings.PUBLIC_READ = True
    settings.CORS_ALLOWED_ORIGINS = [Handler.url]  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def read(browser: Any, host: Any, live_server: Any, requests: Requests) -> Iterator[Callable[..., Any]]:
    """Opens the newsroom's page with the script; `page.report` is the detail of the script's first event."""
    pages: list[Any] = []

    def opened(
        article: Any, html: str = STORY, may_complain: bool = False, root: str = "lang=en", path: str = "/",
        attributes: str | None = None, script: str = "", init: str = "", is_read: bool = True, **browsing: Any,
    ) -> Any:  # fmt: skip
        given = f"data-article={article.pk}" if attributes is None else attributes
        script = script or f'<script src="{live_server.url}/static/embed/factcheck.js" {given} defer></script>'
        host.html, host.root = html + script, root
        page = browser.new_page(**browsing)
        pages.append(page)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.add_init_script(WATCH + init)
        page.goto(host.url + path)
        if is_read:
            page.report = page.evaluate("Promise.race([report, new Promise((done) => setTimeout(done, 9000))])")
        if not may_complain:
            assert page.complaints == []
        return page

    yield opened
    for page in pages:
        page.close()
    requests.wait()


def marks(page: Any) -> list[str]:
    """The marked text, run by run: marks that follow one another are one."""
    return page.evaluate(MARKS)


def until_marked(page: Any, *runs: str) -> None:
    """Waits for exactly these marks."""
    for _ in range(80):
        if marks(page) == list(runs):
            return
        page.wait_for_timeout(50)
    assert marks(page) == list(runs)


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
    first = "[...CSS.highlights.get('factcheck-unverified')][0]"
    assert page.evaluate(f"{first}.startContainer.data.slice(0, {first}.startOffset)").split()[-1] == "mayor"


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
    assert (marks(page), page.locator("button").count()) == ([], 0)


def test_only_the_target_is_read_and_no_node_of_the_page_is_changed(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    page = read(article, init="new MutationObserver((all) => window.changes?.push(...all.map(({ target }) => target.nodeName)))"
        ".observe(document, { subtree: true, childList: true, characterData: true, attributes: true });"
        "addEventListener('DOMContentLoaded', () => { window.changes = []; });")  # fmt: skip
    assert marks(page) == ["The mayor said no."]
    assert page.evaluate("changes") == ["BODY"]  # the element with the signs, after all else
    page.get_by_role("button", name="Unverified").click()
    assert page.evaluate("changes") == ["BODY"]
    expected = page.evaluate(
        "(html) => new DOMParser().parseFromString(html, 'text/html').querySelector('article').outerHTML", STORY
    )
    assert page.locator("article").evaluate("(article) => article.outerHTML") == expected
    assert page.evaluate("document.body.lastElementChild.childNodes.length") == 0


def test_the_keyboard_opens_a_panel_with_tag_chain_and_disputes_and_comes_back(desk: Any, read: Any) -> None:
    article = desk.article()
    statement = desk.mark(article, "The mayor said no.", tag="denied", reason="The paper has it otherwise.")
    dispute = desk.dispute(statement, kind="correction", scope="part", note="She said maybe.")
    services.resolve_dispute(
        dispute_id=dispute.pk, versions=None, actor=desk.alice, state="upheld", reason="The tape says so."
    )
    page = read(article)
    sign = page.get_by_role("button", name="Denied: The mayor said no.")
    assert sign.inner_text() == "−"  # a sign, not only a colour
    assert sign.get_attribute("aria-expanded") == "false"
    page.locator("article a").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Denied: The mayor said no.")
    assert panel.evaluate("(panel) => panel.getRootNode().activeElement === panel")
    assert sign.get_attribute("aria-expanded") == "true"
    words = re.sub("[\u2068\u2069]", "", panel.inner_text())
    assert "− Denied. Somebody with standing denies this." in words
    assert "The paper has it otherwise." in words
    assert "Attributed to The minister; it came through a clerk (anonymous), then The Paper." in words
    assert "Disputed: a correction of part of it by The Paper, upheld." in words
    assert "She said maybe." in words
    assert "The tape says so." in words
    assert "never whether it is true" in words
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert sign.evaluate("(sign) => sign.getRootNode().activeElement === sign")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # the record
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Close
    expect(panel).to_have_count(0)
    assert sign.evaluate("(sign) => sign.getRootNode().activeElement === sign")


def test_a_click_on_the_words_opens_the_panel_but_a_link_stays_a_link(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    page = read(article)
    page.locator("article a").click()
    assert page.url.endswith("#x")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("document.querySelector('article a').replaceWith('no')")
    until_marked(page, "The mayor said no.")
    box = page.evaluate("(([r]) => { const b = r.getBoundingClientRect(); return [b.x + 9, b.y + 5] })"
                        "([...CSS.highlights.get('factcheck-unverified')])")  # fmt: skip
    page.mouse.click(*box)
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.mouse.click(2, 2)
    expect(page.get_by_role("dialog")).to_have_count(0)


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
    page.locator(".sign").click()
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
    assert panel.locator("b, p:not(:empty), li, button").evaluate_all(FIRST_LINES) == [
        "− Bestritten. Jemand, der es wissen muss, bestreitet das.",
        "Anders belegt.",
        f"Zugeschrieben: The minister{f', {day}' if day else ''}; weitergegeben von a clerk (anonym), dann The Paper.",
        "Umstritten: Richtigstellung zu einem Teil von The Paper, anerkannt.",
        "Sie sagte: vielleicht.",
        "So auf dem Band.",
        "Die Einstufung sagt, wer hinter einer Aussage steht, nie, ob sie wahr ist. Alles dazu",
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
        page.locator(".sign").click()
        panel = page.get_by_role("dialog")
        directions = "(all) => all.map((one) => getComputedStyle(one).direction)"
        assert panel.evaluate_all(directions) == ["ltr"]
        assert panel.locator("b, p:not(:empty)").evaluate_all(directions) == ["ltr", "rtl", "ltr", "ltr"]
        assert "\u2068وزير النقل\u2069" in panel.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        edges = panel.bounding_box()
        assert (edges["x"] >= 0, edges["x"] + edges["width"] <= width) == (True, True)


def test_passages_within_each_other_have_a_sign_each_and_the_innermost_has_the_mark(desk: Any, read: Any) -> None:
    article = desk.article()
    outer = desk.mark(article, "A report says that the bridge was never\u00a0safe", tag="asserted")
    inner = desk.mark(article, "the bridge was never\u00a0safe", tag="denied")
    crossing = desk.mark(article, "safe and that the harbour silted up")
    page = read(article)
    assert sorted(page.report["marked"]) == [outer.pk, inner.pk, crossing.pk]
    assert sorted(page.locator(".sign").all_inner_texts()) == ["+", "?", "−"]
    texts = "(tag) => [...CSS.highlights.get(`factcheck-${tag}`)].map(String)"
    assert page.evaluate(texts, "denied") == ["the ", "bridge", " was never safe"]
    assert page.evaluate(texts, "asserted") == ["A report says that "]
    boxes = [sign.bounding_box() for sign in page.locator(".sign").all()]
    tops = sorted(box["y"] for box in boxes)
    assert all(second - first >= 24 for first, second in itertools.pairwise(tops))


def test_what_the_api_says_is_text_and_never_markup(desk: Any, read: Any) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    article = desk.article(f"{attack} is what the mayor wrote on the wall of the town hall.")
    statement = desk.mark(article, article.text, tag="denied", reason=attack)
    desk.dispute(statement, kind="denial", note=attack)
    shown = article.text.replace("<", "&lt;")
    page = read(article, f"<article><p>{shown}</p></article>")
    page.locator(".sign").click()
    expect(page.locator("article img, article script")).to_have_count(0)
    assert page.get_by_role("dialog").inner_text().count(attack) == 2
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
    expect(page.locator(".sign")).to_have_count(230)


def test_without_an_answer_the_page_stays_as_it_was(desk: Any, read: Any) -> None:
    page = read(desk.article(status="draft"), may_complain=True)
    assert page.report["error"].startswith("404 from ")
    expect(page.locator(".sign")).to_have_count(0)


def test_colours_are_told_apart_from_the_page_by_contrast(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.", tag="asserted")
    page = read(article)
    sign = page.locator(".sign")
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


# What it finds, and what it does not


@pytest.mark.parametrize("name", PAGES)
def test_a_passage_is_found_on_pages_as_newsrooms_write_them(desk: Any, read: Any, host: Any, name: str) -> None:
    passage, html, shown = PAGES[name]
    host.csp += "; style-src 'unsafe-inline'"
    article = desk.article(PAGE_TEXT)
    desk.mark(article, passage)
    page = read(article, html)
    assert page.report["unmarked"] == []
    assert "|".join(marks(page)) == shown


def test_half_of_what_has_grown_is_never_marked(desk: Any, read: Any) -> None:
    marked = []
    for case in GROWN:
        article = desk.article(case["article"])
        desk.mark(article, case["passage"])
        page = read(article, f"<article><p>{case['now']}</p></article>")
        if bool(page.report["marked"]) is not case["same"]:
            marked.append(case["what"])
    assert marked == []


# Pages that change


@pytest.fixture
def react(host: Any) -> str:
    """The scripts of a page of React, which hydrates what the server has sent when `hydrate()` is called."""
    modules = Path(__file__).parent / "node_modules"
    for name in ("react", "react-dom"):
        code = (modules / name / "umd" / f"{name}.production.min.js").read_text()
        host.files = {**host.files, f"/{name}.js": ("text/javascript", code)}
    host.files = {**host.files, "/app.js": ("text/javascript", APP)}
    host.csp = host.csp.replace("script-src", "script-src 'self'")
    return "".join(f'<script src="/{name}.js"></script>' for name in ("react", "react-dom", "app"))


APP = """
const page = ({ text, id }) => React.createElement("article", null, React.createElement("p", { key: id },
  React.createElement("b", null, "Live: "), text));
const container = document.getElementById("root");
let root;
const onRecoverableError = (error) => console.error("React:", error);
window.hydrate = (text) => { root = ReactDOM.hydrateRoot(container, page({ text, id: 1 }), { onRecoverableError }); };
window.render = (text, id = 1) => ReactDOM.flushSync(() => root.render(page({ text, id })));
window.empty = () => ReactDOM.flushSync(() => root.render(null));
"""
LIVE = "The bridge was never safe, the mayor said on Monday."
SENT = f'<div id="root"><article><p><b>Live: </b>{LIVE}</p></article></div>'


@pytest.mark.parametrize("is_first", [True, False])
def test_a_page_of_react_is_hydrated_changed_emptied_and_mounted_anew(
    desk: Any, read: Any, react: str, is_first: bool
) -> None:
    article = desk.article(f"Live: {LIVE} She had not been asked before.")
    desk.mark(article, LIVE)
    page = read(article, SENT + react, init="" if is_first else f"addEventListener('load', () => hydrate({LIVE!r}))")
    if is_first:
        until_marked(page, LIVE)
        page.evaluate("hydrate", LIVE)
    until_marked(page, LIVE)
    assert page.locator("article").inner_html() == f"<p><b>Live: </b>{LIVE}</p>"
    page.evaluate("render('Nobody knows.')")
    assert page.locator("article").inner_html() == "<p><b>Live: </b>Nobody knows.</p>"
    until_marked(page)
    expect(page.locator(".sign")).to_be_hidden()
    page.evaluate("(text) => render(text)", LIVE)
    until_marked(page, LIVE)
    page.evaluate("(text) => render(text, 2)", LIVE)  # another key: React makes the paragraph anew
    until_marked(page, LIVE)
    expect(page.locator(".sign")).to_have_count(1)
    page.evaluate("empty()")
    until_marked(page)
    assert page.locator("#root").inner_html() == ""
    page.evaluate("(text) => render(text)", LIVE)
    until_marked(page, LIVE)
    assert page.complaints == []


def test_paragraphs_that_come_late_are_marked_and_those_that_go_lose_their_signs(desk: Any, read: Any) -> None:
    article = desk.article(PAGE_TEXT)
    desk.mark(article, SECOND)
    page = read(article, "<main></main>", is_read=False)
    page.evaluate("document.querySelector('main').append(document.createElement('article'))")
    page.evaluate("(text) => document.querySelector('article').append(text)", SECOND)
    until_marked(page, SECOND)
    expect(page.locator(".sign")).to_have_count(1)
    page.evaluate("document.querySelector('article').remove()")
    expect(page.locator(".sign")).to_be_hidden()


def test_signs_within_details_show_once_these_are_open(desk: Any, read: Any) -> None:
    article = desk.article(PAGE_TEXT)
    desk.mark(article, SECOND)
    page = read(article, PAGES["details"][1])
    expect(page.locator(".sign")).to_be_hidden()
    page.locator("summary").click()
    expect(page.locator(".sign")).to_be_visible()


# The script itself


def test_what_pages_load_is_made_of_the_source() -> None:
    folder = Path(__file__).parent
    command = json.loads((folder / "package.json").read_text())["scripts"]["embed"].split(" --output ")[0]
    made = subprocess.run(f"node_modules/.bin/{command}", shell=True, cwd=folder, capture_output=True, check=True)
    assert made.stdout.strip() == (STATIC / "factcheck-2.js").read_bytes().strip()


def test_the_script_twice_in_a_page_works_once_as_a_module_too(
    desk: Any, read: Any, host: Any, live_server: Any
) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    host.files = {"/embed/factcheck-2.js": ("text/javascript", (STATIC / "factcheck-2.js").read_text())}
    host.csp = host.csp.replace("script-src", "script-src 'self'")
    given = f'src="/embed/factcheck-2.js" data-article={article.pk} data-api="{live_server.url}"'
    for tags in (f"<script {given}></script>" * 2, f"<script {given} type=module></script>" * 2):
        page = read(article, script=tags)
        page.evaluate(
            "(tag) => document.body.append(Object.assign(document.createElement('script'), tag))", {"src": "/x"}
        )
        assert marks(page) == ["The mayor said no."]
        expect(page.locator(".sign")).to_have_count(1)
        expect(page.locator("factcheck-signs")).to_have_count(1)


@pytest.mark.parametrize(
    ("head", "attributes", "path"),
    [
        ("", "data-url=https://www.news.example/bridge?utm_source=x", "/"),
        ("<link rel=canonical href=http://news.example/bridge/#top>", "", "/other"),
    ],
)
def test_the_article_is_found_by_its_address(desk: Any, read: Any, head: str, attributes: str, path: str) -> None:
    article = desk.article(url="https://www.news.example/bridge")
    desk.mark(article, "The mayor said no.")
    page = read(article, head.replace("http://news", "http://www.news") + STORY, attributes=attributes, path=path)
    assert marks(page) == ["The mayor said no."]


def test_a_page_without_a_recorded_article_stays_as_it_was(desk: Any, read: Any) -> None:
    page = read(desk.article(), attributes="")
    assert page.report == {"marked": [], "unmarked": []}
    expect(page.locator(".sign")).to_have_count(0)


def test_a_page_that_goes_on_to_another_article_shows_what_is_recorded_of_that_one(
    desk: Any, read: Any, host: Any
) -> None:
    first, second = desk.article(url=f"{host.url}/first"), desk.article(PAGE_TEXT, url=f"{host.url}/second")
    desk.mark(first, "The mayor said no.")
    desk.mark(second, SECOND)
    page = read(first, attributes="", path="/first")
    assert marks(page) == ["The mayor said no."]
    page.evaluate("(text) => { history.pushState(null, '', '/second');"
                  " document.querySelector('article').textContent = text; }", PAGE_TEXT)  # fmt: skip
    until_marked(page, SECOND)


def test_shadow_roots_and_frames_are_read_on_request(desk: Any, read: Any, host: Any) -> None:
    article = desk.article(PAGE_TEXT)
    desk.mark(article, FIRST)
    desk.mark(article, SECOND, tag="denied")
    host.files = {"/frame": ("text/html", f"<p>{SECOND}</p>")}
    host.csp += "; frame-src 'self'"
    html = "<article><p>Monday.</p><div id=x></div><iframe src=/frame></iframe></article>"
    inner = f"const x = document.querySelector('#x'); if (x) x.attachShadow({{ mode: 'open' }}).innerHTML = {f'<p>{FIRST}</p>'!r};"
    for deep, count in (("", 0), (" data-deep", 2)):
        page = read(article, html, attributes=f"data-article={article.pk}{deep}",
                    init=f"addEventListener('DOMContentLoaded', () => {{ {inner} }})")  # fmt: skip
        expect(page.locator(".sign")).to_have_count(count)
    denied = "document.querySelector('iframe').contentWindow.CSS.highlights.get('factcheck-denied')"
    assert page.evaluate(f"[...{denied}].map(String)") == [SECOND]
    assert page.evaluate("[...CSS.highlights.get('factcheck-unverified')].map(String)") == [FIRST[1:]]
    frame, sign = page.locator("iframe").bounding_box(), page.get_by_role("button", name="Denied").bounding_box()
    assert frame["y"] < sign["y"] < frame["y"] + frame["height"]


@pytest.mark.parametrize(
    "policy", ["script-src 'nonce-abc'", "script-src 'nonce-abc' 'strict-dynamic'", "script-src 'self'"]
)
def test_it_works_under_a_strict_policy_with_trusted_types_and_a_digest(
    desk: Any, read: Any, host: Any, live_server: Any, policy: str
) -> None:
    article = desk.article()
    statement = desk.mark(article, "The mayor said no.", tag="denied")
    desk.evidence(statement)
    digest = re.search(r'integrity="(.*?)"', DOCUMENT.read_text())
    assert digest
    host.files = {"/embed/factcheck-2.js": ("text/javascript", (STATIC / "factcheck-2.js").read_text())}
    host.csp = f"default-src 'none'; {policy}; connect-src {live_server.url}; require-trusted-types-for 'script'; trusted-types 'none'"
    page = read(article, script=f'<script nonce=abc src="/embed/factcheck-2.js" integrity="{digest[1]}" '
                f'data-article={article.pk} data-api={live_server.url} defer></script>')  # fmt: skip
    page.get_by_role("button", name="Denied").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.complaints == []


def test_the_rules_of_the_page_do_not_reach_signs_and_panel(desk: Any, read: Any, host: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    host.csp += "; style-src 'unsafe-inline'"
    rules = "button, div, body > * { width: 100% !important; display: block !important; font-size: 40px !important }"
    page = read(article, f"<style>{rules} html {{ font-size: 62.5% }}</style>{STORY}")
    box = page.locator(".sign").bounding_box()
    assert (box["width"], box["height"]) == (24, 24)
    page.locator(".sign").click()
    assert page.get_by_role("dialog").evaluate("(panel) => getComputedStyle(panel).fontSize") == "16px"


def test_without_custom_highlights_lines_are_drawn_above_the_text(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.", tag="denied")
    page = read(article, init="delete window.Highlight")
    lines = page.locator("factcheck-signs i.denied")
    assert lines.count() >= 3
    words = page.evaluate("""() => {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector("article a"));
      const { x, y, width } = range.getBoundingClientRect();
      return [x, y, width].map(Math.round);
    }""")
    boxes = "(all) => all.map((each) => each.getBoundingClientRect()).map(({ x, y, width }) => [x, y, width].map(Math.round))"
    for _ in range(50):  # they are placed with the next frame
        if words in lines.evaluate_all(boxes):
            break
        page.wait_for_timeout(100)
    assert words in lines.evaluate_all(boxes)
    events = "(all) => all.map((line) => getComputedStyle(line).pointerEvents)"
    assert "none" in lines.evaluate_all(events)


def test_evidence_and_the_record_are_linked(desk: Any, read: Any, live_server: Any) -> None:
    article = desk.article()
    statement = desk.mark(article, "The mayor said no.", tag="denied")
    desk.evidence(statement, url="https://archive.example/minutes", title="The minutes", excerpt="She said maybe.")
    page = read(article)
    page.locator(".sign").click()
    panel = page.get_by_role("dialog")
    assert "Against it: The minutes\n\nShe said maybe." in panel.inner_text()
    links = panel.locator("a").evaluate_all("(all) => all.map((a) => [a.innerText, a.href])")
    assert links == [
        ["The minutes", "https://archive.example/minutes"],
        ["Full record", f"{live_server.url}/statements/{statement.pk}/"],
    ]


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signs_and_panel_are_accessible(desk: Any, read: Any, host: Any, axe: str, scheme: Any, width: int) -> None:
    article = desk.article()
    for passage, tag in (("The mayor said no.", "denied"), ("the bridge was never\u00a0safe", "asserted"),
                         ("Nothing was done about it.", "unverified")):  # fmt: skip
        desk.evidence(desk.mark(article, passage, tag=tag))
    host.csp += "; style-src 'unsafe-inline'"
    page = read(article, f"<meta name=viewport content='width=device-width'><style>:root{{color-scheme:light dark}}</style><main>{STORY}</main>",
                color_scheme=scheme, viewport={"width": width, "height": 800})  # fmt: skip
    page.locator(".sign").first.click()
    panel = page.get_by_role("dialog").bounding_box()
    assert (panel["x"] >= 0, panel["x"] + panel["width"] <= width) == (True, True)
    if width == 375:
        assert (panel["x"], panel["width"], panel["y"] + panel["height"]) == (0, 375, 800)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(axe)
    found = page.evaluate("axe.run('factcheck-signs').then(({ violations }) => violations.map((each) => each.id))")
    assert found == []


def test_a_long_page_keeps_its_frames_while_it_is_read(desk: Any, read: Any) -> None:
    sentences = [f"Sentence number {number} is about something else." for number in range(6000)]
    article = desk.article(" ".join(sentences))
    desk.mark(article, sentences[5000])
    html = "<article>" + "".join(f"<p>{sentence}</p>" for sentence in sentences) + "</article>"
    page = read(article, html)
    assert page.report["unmarked"] == []


def test_nothing_is_printed(desk: Any, read: Any) -> None:
    article = desk.article()
    desk.mark(article, "The mayor said no.")
    page = read(article)
    page.emulate_media(media="print")
    expect(page.locator(".sign")).to_be_hidden()
