"""No page has English left when the reader's language is German.

Each page is read in both languages. A text that stands on both is either data, which the tests mark, or not translated.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone

from claims import services
from claims.models import Note, Statement
from factcheck.api.models import AuthenticatorApp, Passkey
from factcheck.desk.table import FORMS, PAGES
from factcheck.journal.models import Entry
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.services import create_webhook, disable_webhook, ping_webhook, rotate_secret
from sources.services import create_source, update_source
from tests.newsroom import browser_of, user_with_role

DATA = "¤"  # in each name that is typed
FIRST = f"Mayor Jane Doe said that the {DATA} bridge would open in May."
SECOND, THIRD = f"John Roe denied that the {DATA} bridge was closed.", f"It is {DATA} dry."
TEXT = f"{FIRST} {SECOND} {THIRD}\n"
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "label")
SILENT = {"script", "style", "code", "kbd", "pre", "textarea", "blockquote", "bdi", "mark", "q"}
# The same in both languages, or a name.
SAME = re.compile(
    r"Factcheck|Text|Name|Status|ClaimReview|Web Annotations?|CSV|JSON Lines|JSON|Export|Version|Tokens?|Person|Feed"
    r"|Atom|curl|English|Deutsch|news\.example.*|https?:.*|UTC|(, )?in|en|Filter|Reporter|Desk|Link"
    r"|(alice|bob)[,:]?( – Factcheck)?|J\w+ [DR]oe|database role factcheck|seal|404 Not Found"
    r"|Code|Passkeys?|[0-9: -]+ UTC|[Ww]ebhooks?( [0-9]+)?( – Factcheck)?"
)
PLACE = re.compile(r"\{(\w+)\}")


class Texts(HTMLParser):
    """What a reader sees or hears, without what is data by its element."""

    def __init__(self, html: str):
        super().__init__()
        self.found: set[str] = set()
        self.open: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.found |= {str(given[name]) for name in SHOWN_ATTRIBUTES if given.get(name)}
        if tag not in {"input", "br", "link", "meta", "img", "hr"}:
            is_data = tag in SILENT or given.get("dir") == "auto" or "text" in str(given.get("class")).split()
            self.open.append((tag, is_data))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(is_data for _, is_data in self.open):
            self.found.add(" ".join(data.split()))


def left_in(english: str, german: str) -> set[str]:
    both = Texts(english).found & Texts(german).found
    return {text for text in both if re.search("[A-Za-z]{2}", text) and DATA not in text and not SAME.fullmatch(text)}


def left_on(pages: Iterable[tuple[str, list[str]]]) -> dict[str, str]:
    """Each text that is left, with the last page that has it."""
    return {text: address for address, texts in pages for text in left_in(*texts)}


@pytest.fixture
def newsroom(alice, settings):
    """The ids of one row of each kind, each in a state in which its page has much to say."""
    settings.PUBLIC_READ = settings.FETCH_ARTICLES = True
    bob = user_with_role("bob", "reporter")
    outlet, speaker, relay = (
        create_source(actor=alice, name=f"{DATA} {name}", kind=kind, anonymous=name == "relay")
        for name, kind in (("paper", "outlet"), ("minister", "person"), ("relay", "person"))
    )
    update_source(source_id=speaker.pk, versions=None, actor=alice, part_of=outlet, reason=DATA)
    article = services.create_article(actor=alice, title=f"{DATA} report", text=TEXT, publisher=outlet, desk=alice)
    other = services.create_article(actor=bob, title=f"{DATA} other", text=TEXT)
    first = services.create_statement(
        article=article, actor=alice, source=speaker, via=[relay], text=FIRST, paraphrase=DATA
    )
    second = services.create_statement(article=article, actor=bob, source=relay, text=SECOND, quote_type="direct")
    lost = services.create_statement(article=article, actor=bob, source=speaker, text=THIRD)
    services.tag_statement(statement_id=first.pk, versions=None, actor=bob, tag="asserted", reason=DATA)
    services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason=DATA)
    evidence = services.create_evidence(
        actor=alice, statement=first, stance="supports", url="https://news.example/", title=DATA, excerpt=DATA
    )
    dispute = services.open_dispute(
        actor=bob, statement=first, raised_by=relay, counter_statement=second, kind="denial", scope="part", note=DATA
    )
    note = services.create_note(actor=alice, article=article, text=DATA)
    services.create_note(actor=alice, statement=first, text=DATA)
    services.propose_tag(statement_id=second.pk, versions=None, actor=bob, tag="denied", reason=DATA)
    services.set_article_status(article_id=article.pk, versions=None, status="published", reason=DATA, actor=alice)
    services.update_article(
        article_id=article.pk, versions=None, actor=bob, text=TEXT.replace(f" {THIRD}", ""), reason=DATA
    )
    return {
        "article": article.pk, "other": other.pk, "statement": first.pk, "second": second.pk, "lost": lost.pk,
        "evidence": evidence.pk, "dispute": dispute.pk, "note": note.pk, "source": speaker.pk, "relay": relay.pk,
        "proposal": Note.objects.get(tag="denied").pk, "user": alice.pk,
        "entry": Entry.objects.get(action="article.published").pk, **_webhooks(alice, article),
    }  # fmt: skip


def _webhooks(alice, article):
    webhook, off = (
        create_webhook(actor=alice, url="https://news.example/", actions=actions, article=article.pk, active=True)
        for actions in ([], ["note.created"])
    )
    ping_webhook(webhook_id=webhook.pk)
    delivery = ping_webhook(webhook_id=off.pk)
    answers = [{"status": None, "answer": "", "error": "No."}, {"status": 200, "answer": "Ok.", "error": ""}]
    Delivery.objects.update(attempts=[{"at": "2026-03-02T14:05:00Z", "milliseconds": 7, **each} for each in answers])
    rotate_secret(webhook_id=webhook.pk, versions=None)
    Webhook.objects.update(version=1)
    disable_webhook(webhook_id=off.pk, reason="It fails.")
    return {"webhook": webhook.pk, "off": off.pk, "delivery": delivery.pk}


API = (
    "", "articles/", "articles/{article}/", "articles/{other}/", "articles/{article}/?print=1",
    "articles/{article}/?picture=1", "articles/{article}/?check=any", "articles/{other}/suggestions/",
    "articles/{other}/suggestions/?dismissed=true", "articles/{article}/checks/", "articles/{article}/revisions/",
    "articles/{article}/revisions/2/", "articles/{article}/annotations/", "articles/{article}/webannotations/",
    "articles/{article}/history/", "articles/?form=new", "articles/{article}/?form=edit",
    "articles/{other}/?form=delete", "articles/{article}/?form=delete",
    "articles/{article}/?as_of=2100-01-01T00:00:00Z",
    "statements/", "statements/{statement}/", "statements/{second}/", "statements/{lost}/",
    "statements/matches/?statement={statement}", "statements/{statement}/positions/",
    "statements/{statement}/webannotation/", "statements/{statement}/claimreview/", "statements/{statement}/history/",
    "statements/?form=new&article={article}", "statements/?form=new", "statements/{statement}/?form=edit",
    "statements/{statement}/?form=delete", "evidence/", "evidence/{evidence}/", "evidence/{evidence}/history/",
    "evidence/?form=new&statement={statement}", "evidence/{evidence}/?form=edit", "evidence/{evidence}/?form=delete",
    "disputes/", "disputes/{dispute}/", "disputes/{dispute}/history/", "disputes/?form=new&statement={statement}",
    "disputes/{dispute}/?form=edit", "disputes/{dispute}/?form=delete", "notes/", "notes/{note}/", "notes/{proposal}/",
    "notes/{note}/history/", "notes/?form=new&article={article}", "notes/{note}/?form=edit",
    "sources/", "sources/{source}/", "sources/{relay}/", "sources/{source}/history/", "sources/?form=new",
    "sources/{source}/?form=edit", "sources/{source}/?form=delete", "checks/", "feeds/claimreviews/", "feeds/changes/",
    "journal/",
    "journal/checkpoints/", "tokens/", "webhooks/", "webhooks/?form=new", "webhooks/{webhook}/",
    "webhooks/{webhook}/?form=edit", "webhooks/{webhook}/deliveries/", "webhooks/{off}/",
    "statements/?tag=no", "statements/?ordering=no", "sources/?nothing=1",
    "journal/?day=no", "nowhere/", "articles/0/",
)  # fmt: skip
DESK = (
    "/", "/search/?q=" + DATA + "report", "/search/?q=nothing", "/search/", "/import/", "/account/",
    "/account/password/", "/account/second-step/", "/accounts/", "/accounts/new/", "/accounts/roles/",
    "/accounts/{user}/",
    "/undo/{entry}/", "/reset/", "/reset/a/b/",
)  # fmt: skip
PUBLIC = (
    "/", "/login/", "/api/v1/articles/", "/api/v1/articles/{article}/", "/api/v1/statements/",
    "/api/v1/statements/{statement}/", "/api/v1/disputes/{dispute}/", "/api/v1/evidence/{evidence}/",
    "/api/v1/sources/{source}/", "/reset/",
    "/articles/", "/articles/{article}/", "/statements/{statement}/", "/statements/{second}/", "/sources/{source}/",
    "/sources/{relay}/", "/checkpoint/", "/embed/articles/{article}/", "/embed/articles/999999/",
)  # fmt: skip
# What is sent, and comes back refused.
REFUSED = (
    ("articles/", {"title": "", "language": "a language", "published_at": "then", "byline": DATA * 6000}),
    ("articles/{article}/", {"_method": "PATCH", "version": "1", "title": ""}),
    ("articles/{article}/publish/", {"version": "1", "reason": ""}),
    ("articles/fetch/", {"url": "http://localhost/"}),
    ("articles/{other}/suggestions/accept/", {"key": "none"}),
    ("articles/{other}/suggestions/dismiss/", {"key": "none"}),
    ("statements/", {"article": "{article}", "quote_type": ""}),
    ("statements/", {"article": "{article}", "text": "that", "source": "Nobody"}),
    ("statements/{statement}/", {"_method": "PATCH", "version": "1", "paraphrase": DATA * 6000}),
    ("statements/{statement}/tag/", {"version": "1", "tag": "denied", "reason": DATA}),
    ("statements/{statement}/tag/", {"version": "3", "tag": "", "reason": ""}),
    ("statements/{statement}/propose/", {"version": "3", "tag": "", "reason": ""}),
    ("statements/{lost}/reanchor/", {"version": "2", "text": DATA}),
    ("statements/bulk-tag/", {"statements": "{statement}-1", "tag": "denied", "reason": DATA}),
    ("disputes/", {"statement": "{statement}", "kind": ""}),
    ("disputes/{dispute}/resolve/", {"version": "1", "state": "", "reason": ""}),
    ("evidence/", {"statement": "{statement}", "obtained_on": "then"}),
    ("notes/", {"article": "{article}", "text": ""}),
    ("sources/", {"name": "", "kind": "", "part_of": "0"}),
    ("sources/", {"name": DATA + " ministr", "kind": "person"}),
    ("webhooks/", {"url": "http://127.0.0.1/", "article": "x"}),
    ("webhooks/{webhook}/", {"_method": "PATCH", "version": "1", "url": ""}),
    ("webhooks/{webhook}/", {"_method": "PATCH", "version": "7", "active": "true"}),
    ("webhooks/{webhook}/rotate-secret/", {"version": "7"}),
    ("webhooks/{off}/ping/", {"next": "/"}),
    ("webhooks/{off}/deliveries/{delivery}/redeliver/", {"next": "/"}),
    ("tokens/", {"name": "", "days": "x", "read_only": "maybe"}),
    ("/import/text/", {"title": "", "text": DATA}),
    ("/import/", {"document": "{]"}),
    ("/import/", {"document": "{}"}),
    ("/accounts/new/", {"username": ""}),
    ("/undo/{entry}/", {"reason": ""}),
)


def in_both_languages(client, address, ids, sent=None):
    place = address if address.startswith("/") else f"/api/v1/{address}"
    place = place.format(**ids)
    form = {name: PLACE.sub(lambda match: str(ids[match[1]]), value) for name, value in (sent or {}).items()}
    texts = []
    for language in ("en", "de"):
        headers = {"Accept": "text/html", "Accept-Language": language}
        answer = client.post(place, form, headers=headers) if sent else client.get(place, headers=headers, follow=True)
        assert answer.status_code in (200, 400, 404, 409, 412, 422), (place, answer.status_code)
        assert answer["Content-Language"] == ("de" if language == "de" else "en-gb"), place
        texts.append(answer.content.decode())
    return texts


def test_no_page_of_the_desk_has_english_left(newsroom, alice):
    alice.is_superuser = True
    alice.save()
    desk = browser_of(alice)
    assert left_on((address, in_both_languages(desk, address, newsroom)) for address in [*API, *DESK]) == {}


def test_no_public_page_has_english_left(newsroom):
    assert left_on((address, in_both_languages(Client(), address, newsroom)) for address in PUBLIC) == {}


def test_no_refused_form_comes_back_with_english(newsroom, alice):
    alice.is_superuser = True
    alice.save()
    desk = browser_of(alice)
    assert left_on((address, in_both_languages(desk, address, newsroom, sent)) for address, sent in REFUSED) == {}


def test_the_part_of_a_page_after_an_act_has_no_english(newsroom, alice):
    desk, address = browser_of(alice), f"/api/v1/statements/{newsroom['second']}/tag/"
    seen, said = Statement.objects.get(pk=newsroom["second"]).version, []
    for version, language in ((seen, "en"), (seen + 1, "de")):
        page = f"http://testserver/api/v1/articles/{newsroom['article']}/"
        headers = {"Accept": "text/html", "Accept-Language": language, "HX-Request": "true", "HX-Current-URL": page}
        answer = desk.post(address, {"version": version, "tag": "denied", "reason": DATA}, headers=headers)
        assert answer.status_code == 200, answer.content
        said.append(answer.content.decode())
    assert left_in(*said) == set()


def test_the_lists_above_have_each_page_and_form_of_the_table(newsroom):
    addresses = [address for address in [*API, *(address for address, _ in REFUSED)] if not address.startswith("/")]
    reached = set()
    for address in addresses:
        with suppress(Resolver404):
            view = resolve(f"/api/v1/{address.format(**newsroom)}".partition("?")[0]).func
            reached |= {(view.initkwargs["basename"], action) for action in getattr(view, "actions", {}).values()}
    assert {*PAGES, *FORMS} - reached - {("root", ""), ("journal", "latest"), ("journal", "proof")} == set()


def test_no_page_of_the_second_step_has_english_left(newsroom, settings):
    root = user_with_role(DATA + "root", "admin")
    root.set_password("long-and-odd-7")
    root.save()
    page, second = "/account/second-step/", "/login/second/"
    desk = browser_of(root)
    unconfirmed = [(page, in_both_languages(desk, page, newsroom, sent)) for sent in (None, {"act": "confirm"})]
    desk.post(page, {"act": "confirm", "password": "long-and-odd-7"})
    first = (page, page + "?add=app")
    pages = [(address, in_both_languages(desk, address, newsroom)) for address in first]
    refused = [(page, in_both_languages(desk, page, newsroom, {"act": "app", "code": "0"}))]
    AuthenticatorApp.objects.create(user=root, secret="", last_step=0, last_used=timezone.now())
    Passkey.objects.create(user=root, name=DATA, credential_id=b"1", credential=b"", sign_count=0)
    pages += [(page, in_both_languages(desk, page, newsroom, sent)) for sent in (None, {"act": "codes"})]
    settings.REQUIRE_MFA = "admin"
    half = Client()
    half.post("/login/", {"username": root.username, "password": "long-and-odd-7"})
    pages += [(second, in_both_languages(half, second, newsroom, sent)) for sent in (None, {"code": "0"})]
    AuthenticatorApp.objects.update(failures=7, failed_at=timezone.now())
    answers = [half.post(second, {"code": "000000"}, headers={"Accept-Language": code}) for code in ("en", "de")]
    waits = [(second, [answer.content.decode() for answer in answers])]
    AuthenticatorApp.objects.all().delete()
    others = [
        (
            f"/accounts/{root.pk}/",
            in_both_languages(browser_of(user_with_role(DATA + "boss", "admin")), f"/accounts/{root.pk}/", newsroom),
        )
    ]
    Passkey.objects.all().delete()
    pages += [(page, in_both_languages(half, page, newsroom))]
    assert left_on([*unconfirmed, *pages, *refused, *waits, *others]) == {}
