"""The states of the desk's pages: every address, every form refused, and what a page becomes while somebody works.

Each generator brings the page of its desk to one state after another, and yields the name of each.
"""

import time
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from claims import services
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.api.factors import DIGEST, new_secret, seal
from factcheck.api.models import AuthenticatorApp, Identity, LoginAttempt, Passkey, Session, Token
from factcheck.journal.models import Entry
from factcheck.webhooks.actions import ACTIONS
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.queue import fan_out
from factcheck.webhooks.services import create_webhook, disable_webhook, ping_webhook
from sources.models import Source
from tests.e2e.conftest import PASSWORD, Desk
from tests.e2e.everything import Everything
from tests.other_servers import report_on_another_server

API = "/api/v1/"
# As a browser without a script sends it: htmx and drafts.js hear nothing of it.
SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("textarea"), { name, value }));
  }
  document.body.append(form);
  form.submit();
}"""


def send(desk: Desk, path: str, fields: dict[str, Any]) -> None:
    (token,) = (each["value"] for each in desk.context.cookies() if each["name"].endswith("csrftoken"))
    with desk.page.expect_navigation():
        desk.page.evaluate(SEND, [path, {"csrfmiddlewaretoken": token, **{name: str(fields[name]) for name in fields}}])


def opened(desk: Desk, addresses: list[str]) -> Iterator[str]:
    for address in addresses:
        desk.open(address)
        yield address


def pages(desk: Desk, all_: Everything) -> Iterator[str]:
    a, s, d, e, n = (row.pk for row in (all_.article, all_.statement, all_.open, all_.evidence, all_.note))
    seed, source, journal = all_.seed.pk, all_.source.pk, f"{API}journal/"
    then = f"{all_.correction.at:%Y-%m-%dT%H:%M:%S.%f}Z"
    rows = [("articles", a), ("statements", s), ("disputes", d), ("evidence", e), ("notes", n), ("sources", source)]
    marked = f"{API}statements/{Statement.objects.filter(article=seed).earliest('pk').pk}/"
    of_rows = [f"{API}{kind}/{row}/" for kind, row in rows]
    yield from opened(desk, [
        "/", "/search/", "/search/?q=bridge", "/search/?q=biden+zzz", "/search/?q=zzzz", "/search/?q=Bidne", "/import/",
        API, *(f"{API}{name}/" for name in LISTS), *(f"{API}{name}/?form=new" for name in MADE),
        *of_rows, *(f"{row}{more}" for row in of_rows for more in ("history/", "?form=edit", "?form=delete")),
        f"{API}articles/{seed}/", f"{API}articles/{seed}/?tag=denied", f"{API}articles/{seed}/?form=delete",
        f"{API}articles/{seed}/?print=1", f"{API}articles/{seed}/?picture=1", f"{API}articles/{a}/?print=1",
        f"{API}articles/{a}/?picture=1", f"{API}articles/{a}/?as_of={then}", f"{API}articles/{a}/revisions/",
        f"{API}articles/{a}/revisions/2/", f"{API}articles/{a}/annotations/", f"{API}articles/{a}/checks/",
        f"{API}articles/{a}/webannotations/", f"{API}articles/{a}/suggestions/", f"{API}feeds/claimreviews/",
        f"{API}feeds/changes/",
        f"{API}statements/?article={a}&as_of={then}", f"{API}statements/?tag=nonsense", f"{API}statements/?source=Bidn",
        f"{API}statements/{s}/positions/", f"{marked}webannotation/", f"{marked}claimreview/", f"{journal}key/",
        f"{API}statements/{s}/?as_of={then}", f"{API}statements/{all_.lost.pk}/", f"{API}statements/{all_.deleted}/",
        f"{API}statements/matches/?statement={s}", f"{API}disputes/{all_.resolved.pk}/",
        f"{API}sources/?form=new&name=John%20Roe", f"{journal}checkpoints/", f"{journal}checkpoints/latest/",
        f"{journal}{all_.correction.pk}/proof/", f"/undo/{all_.correction.pk}/", f"{API}statements/{s}/tag/",
        f"{API}statements/999999/", "/nowhere/", "/account/", "/account/password/",
    ])  # fmt: skip


LISTS = ("articles", "statements", "disputes", "evidence", "notes", "sources", "journal", "checks", "tokens")
MADE = ("articles", "statements", "disputes", "evidence", "notes", "sources")


def refused(desk: Desk, all_: Everything) -> Iterator[str]:
    """Each form with errors at its fields, and each answer that a form without a script gets."""
    a, s, d, e, n = (row.pk for row in (all_.article, all_.statement, all_.open, all_.evidence, all_.note))
    source, late = all_.source.pk, {"version": 1, "reason": "Mine."}
    forms: list[tuple[str, dict[str, Any]]] = [
        ("articles/", {"title": "", "text": "x", "url": "nowhere"}),
        (f"articles/{a}/", {"_method": "PATCH", "version": all_.article.version, "url": "nowhere"}),
        (f"articles/{a}/", {"_method": "DELETE", "version": 1}),
        (f"articles/{a}/publish/", {"version": all_.article.version}), (f"articles/{all_.seed.pk}/withdraw/", late),
        (f"articles/{a}/suggestions/accept/", {"key": "none"}), (f"articles/{a}/suggestions/dismiss/", {}),
        ("articles/fetch/", {"url": "http://127.0.0.1/"}),
        ("statements/", {"article": a, "text": "Nobody said this", "source": "Jon Roe"}),
        ("statements/", {"article": a, "text": "Nobody was hurt."}), ("statements/", {}),
        (f"statements/{s}/", {"_method": "PATCH", "version": all_.statement.version, "said_on": "never"}),
        (f"statements/{s}/", {"_method": "DELETE", "version": all_.statement.version}),
        (f"statements/{s}/tag/", {"version": all_.statement.version}),
        (f"statements/{s}/tag/", {**late, "tag": "asserted"}),
        (f"statements/{s}/propose/", {"version": all_.statement.version}),
        (f"statements/{all_.lost.pk}/reanchor/", {"version": all_.lost.version, "text": "Nobody said this"}),
        ("statements/bulk-tag/", {"statements": f"{s}-1", "tag": "denied", "reason": "Both."}),
        ("statements/bulk-tag/", {"statements": f"{s}-1"}), ("statements/matches/", {"text": "The bridge will open"}),
        ("disputes/", {"statement": s, "raised_by": "Jon Roe"}),
        (f"disputes/{d}/resolve/", {"version": all_.open.version}),
        (f"disputes/{d}/", {"_method": "PATCH", "version": all_.open.version, "kind": "none"}),
        (f"disputes/{d}/", {"_method": "DELETE", "version": all_.open.version}),
        (f"disputes/{all_.resolved.pk}/reopen/", {"version": all_.resolved.version}),
        ("evidence/", {"statement": s, "url": "nowhere"}),
        (f"evidence/{e}/", {"_method": "PATCH", "version": all_.evidence.version, "url": "nowhere"}),
        (f"evidence/{e}/", {"_method": "DELETE"}), ("notes/", {"article": a}),
        (f"notes/{n}/", {"_method": "PATCH", "version": all_.note.version, "text": ""}),
        (f"notes/{n}/resolve/", late), ("sources/", {"kind": "person", "name": "John Rowe"}),
        (f"sources/{source}/", {"_method": "PATCH", "version": all_.source.version, "name": ""}),
        (f"sources/{source}/", {"_method": "DELETE", "version": all_.source.version}),
        (f"sources/{source}/merge/", {"version": all_.source.version, "into": "Jon Roe"}),
        ("tokens/", {"name": ""}), ("tokens/", {"name": "A robot"}),
    ]  # fmt: skip
    desk.open("/")
    for path, fields in forms:
        send(desk, API + path, fields)
        yield f"{path} with {fields}"
    for path, fields in (
        ("/import/", {"document": '{"title": “A”}'}), ("/import/", {"document": '{"article": {"title": 7}}'}),
        ("/import/text/", {"title": "A"}), (f"/undo/{all_.correction.pk}/", {"reason": ""}),
        ("/account/password/", {"old_password": "wrong", "new_password1": "a", "new_password2": "b"}),
    ):  # fmt: skip
        desk.open("/")
        send(desk, path, fields)
        yield f"{path} with {fields}"


def webhooks(desk: Desk, all_: Everything, users: dict[str, Any]) -> Iterator[str]:
    yield from opened(desk, [f"{API}webhooks/", f"{API}webhooks/?form=new"])
    url = f"https://front.example/{'a-long-address-' * 12}"
    for fields in ({"url": "http://127.0.0.1/"}, {"url": url, "actions": "", "active": "true"}):
        desk.open("/")
        send(desk, f"{API}webhooks/", fields)
        yield f"webhooks/ with {fields}"
    given_up, empty = (
        create_webhook(actor=users["alice"], url=url, actions=ACTIONS, article=all_.seed.pk, active=True)
        for _ in range(2)
    )
    attempts = [
        {"at": "2026-03-02T14:05:00Z", "status": None, "answer": "", "error": "No answer.", "milliseconds": 10_000},
        {"at": "2026-03-02T14:06:00Z", "status": 500, "answer": "x" * 500, "error": "", "milliseconds": 7},
    ]
    Webhook.objects.exclude(pk=empty.pk).update(first_transaction=0)
    fan_out(Entry.objects.order_by("-pk")[:30])
    Delivery.objects.update(attempts=attempts)
    webhook = Webhook.objects.earliest("pk").pk
    delivery = ping_webhook(webhook_id=given_up.pk).pk
    disable_webhook(webhook_id=given_up.pk, reason="Deliveries have failed for three days. No answer.")
    yield from opened(desk, ["/", "/account/", f"{API}webhooks/", f"{API}webhooks/{given_up.pk}/", *(
        f"{API}webhooks/{row}/{more}" for row in (webhook, empty.pk) for more in ("", "deliveries/", "?form=edit")
    ), *(f"{API}webhooks/{webhook}/deliveries/?state={state}" for state in ("failed", "lost"))])  # fmt: skip
    for path, sent in (
        (f"{webhook}/", {"_method": "PATCH", "version": 1, "url": "nowhere"}), (f"{webhook}/ping/", {}),
        (f"{webhook}/", {"_method": "PATCH", "version": 7}), (f"{webhook}/rotate-secret/", {"version": 1}),
        (f"{given_up.pk}/ping/", {}), (f"{given_up.pk}/deliveries/{delivery}/redeliver/", {}),
    ):  # fmt: skip
        desk.open("/")
        send(desk, f"{API}webhooks/{path}", sent)
        yield f"webhooks/{path} with {sent}"
    Webhook.objects.all().delete()


def fetched(desk: Desk) -> Iterator[str]:
    settings.FETCH_ARTICLES = True
    desk.open(f"{API}articles/?form=new")
    yield "the form that fetches"
    send(desk, f"{API}articles/fetch/", {"url": "http://127.0.0.1/"})
    yield "an address that is not fetched"
    with report_on_another_server() as address:
        send(desk, f"{API}articles/fetch/", {"url": address})
    yield "what was fetched"


def at_work(desk: Desk, all_: Everything, users: dict[str, Any]) -> Iterator[str]:
    """The start page and an article's page while an editor works on them."""
    page, article = desk.page, f"{API}articles/{all_.article.pk}/"
    desk.open("/")
    page.get_by_role("link", name="Bring in an article").click()
    page.get_by_role("button", name="Create the draft").wait_for()
    yield "the form that brings in an article, on the start page"
    card = page.locator(f"#statement-{all_.statement.pk}")
    page.clock.install()
    desk.open(article)
    page.keyboard.press("?")
    yield "the list of keys"
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.locator(".suggestion:focus").wait_for()
    yield "the panel of suggestions"
    page.locator(".suggestion .dismiss").first.click()
    page.get_by_text("Dismissed.").wait_for()
    yield "a dismissed suggestion"
    page.locator(".suggestion .edit").first.click()
    page.locator("#mark-form[open]").wait_for()
    yield "an edited suggestion"
    desk.select("Nobody was hurt")
    yield "another passage for a form that is half filled"
    page.get_by_role("button", name="Replace the passage").click()
    page.get_by_role("combobox", name="Who is said to have said it", exact=True).fill("Roe")
    page.get_by_role("option").nth(1).wait_for()
    yield "a chooser that is open"
    page.get_by_role("option", name="New source").click()
    page.get_by_role("button", name="Create the source").wait_for()
    yield "a new source within a form"
    page.get_by_label("Kind").first.select_option("person")
    page.get_by_role("button", name="Create the source").click()
    page.get_by_text("Is it one of these?").wait_for()
    yield "a new source that is nearly another"
    page.reload()
    page.locator(".is-back").first.wait_for()
    yield "a form whose draft is back"
    page.get_by_role("button", name="Discard it").first.click()
    for name in ("Dispute it", "Add evidence", "Note", "Correct it", "Delete"):
        card.get_by_role("link", name=name, exact=True).click()
        card.locator(".place form").wait_for()
        yield f"{name}, in the card"
        if name == "Add evidence":
            card.locator(".place button[type=submit]").click()
            card.locator(".place .error, .place .errors").first.wait_for()
            yield "a form in the card that was refused"
        desk.open(article)
    page.locator(".card [name=statements]").first.check()
    page.locator("#bulk button[name=tag]").first.wait_for()
    yield "a card that is ticked"
    services.tag_statement(
        statement_id=all_.statement.pk, versions=None, actor=users["erin"], tag="unverified", reason="Both may be true."
    )
    page.clock.fast_forward(11_000)
    card.locator(".news").wait_for()
    yield "what others did meanwhile"
    card.get_by_label("Reason").fill("Denied by name.")
    card.get_by_role("button", name="denied", exact=True).click()
    page.get_by_role("heading", name="This has changed since you opened it").wait_for()
    yield "a conflict in the card"
    card.get_by_role("button", name="Apply my tag: denied").click()
    page.get_by_role("status").filter(has_text="is tagged denied.").wait_for()
    yield "what an act said"
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.get_by_role("status").filter(has_text="Taken back:").wait_for()
    yield "what was taken back"
    yield from opened(desk, [f"{article}suggestions/?dismissed=true"])


def _shared(all_: Everything) -> list[str]:
    article, statement = f"{API}articles/{all_.article.pk}/", f"{API}statements/{all_.statement.pk}/"
    return ["/", article, statement, f"/undo/{all_.correction.pk}/", "/import/"]


def of_reporters(desk: Desk, all_: Everything) -> Iterator[str]:
    yield from opened(desk, _shared(all_))
    send(desk, f"{API}statements/{all_.statement.pk}/propose/", {"version": 1})
    yield "a proposal that was refused"
    send(desk, f"{API}statements/{all_.statement.pk}/tag/", {"tag": "denied"})
    yield "a tag by a reporter"
    send(desk, "/import/", {"document": "{}"})
    yield "an import by a reporter"


def of_readers(desk: Desk, all_: Everything) -> Iterator[str]:
    yield from opened(desk, _shared(all_))


def after_the_session(desk: Desk, all_: Everything) -> Iterator[str]:
    """The password is asked for in place, or on a page."""
    page, card = desk.page, desk.page.locator(f"#statement-{all_.statement.pk}")
    desk.open(f"{API}articles/{all_.article.pk}/")
    card.get_by_label("Reason").fill("The ministry denies it.")
    Session.objects.all().delete()
    card.get_by_role("button", name="denied", exact=True).click()
    page.get_by_role("dialog").wait_for()
    yield "the dialog after the session"
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in and send").click()
    page.get_by_role("dialog").get_by_role("alert").filter(has_text="No user").wait_for()
    yield "the dialog after the session, with a wrong password"
    page.get_by_role("button", name="Cancel").click()
    send(desk, f"{API}statements/{all_.statement.pk}/tag/", {"tag": "denied", "reason": "She denies it."})
    yield "a tag after the session"
    send(desk, "/import/", {"document": "{}"})
    yield "an import after the session"


def accounts(desk: Desk, users: dict[str, Any]) -> Iterator[str]:
    """The pages of an admin."""
    Token.issue(users["root"], name="A robot")
    yield from opened(desk, [
        "/", "/account/", "/accounts/", "/accounts/new/", "/accounts/roles/", f"/accounts/{users['bob'].pk}/",
        f"/accounts/{users['root'].pk}/", f"{API}tokens/", f"{API}journal/",
    ])  # fmt: skip
    settings.OIDC_ISSUER = "https://id.example"
    now = timezone.now()
    Identity.objects.create(user=users["vera"], issuer=settings.OIDC_ISSUER, subject="1", tokens={}, check_at=now)
    yield from opened(desk, [f"/accounts/{users['vera'].pk}/"])
    settings.OIDC_ISSUER = ""
    Identity.objects.all().delete()
    yield from opened(desk, ["/account/second-step/"])
    send(desk, "/account/second-step/", {"act": "confirm", "password": "wrong"})
    yield "a wrong password, to change the second step"
    AuthenticatorApp.objects.create(user=users["bob"], secret="", last_step=0)
    desk.open(f"/accounts/{users['bob'].pk}/")
    desk.page.locator("details summary", has_text="Two-step").click()
    yield "the second step of another user"
    for path, fields in (
        (f"/accounts/{users['bob'].pk}/", {"act": "link"}), (f"/accounts/{users['bob'].pk}/", {"username": ""}),
        ("/accounts/new/", {"username": "no name", "email": "none"}), ("/accounts/new/", {"username": "dora"}),
    ):  # fmt: skip
        desk.open("/")
        send(desk, path, fields)
        yield f"{path} with {fields}"


def second_step(desk: Desk, users: dict[str, Any]) -> Iterator[str]:
    """Of who must have one: from the page that asks for it to the pages of who has all."""
    page, path = desk.page, "/account/second-step/"
    settings.REQUIRE_MFA = "viewer"
    LoginAttempt.objects.all().delete()
    log_in = {"username": "vera", "password": PASSWORD}
    desk.open("/login/")
    send(desk, "/login/", log_in)
    yield "the second step is missing"
    yield from opened(desk, [f"{path}?add=app"])
    send(desk, path, {"act": "app", "code": "0"})
    yield "a wrong first code"
    secret = new_secret()
    AuthenticatorApp.objects.create(user=users["vera"], secret=seal(secret), last_step=0, last_used=timezone.now())
    Passkey.objects.create(user=users["vera"], name="Phone", credential_id=b"1", credential=b"", sign_count=0)
    desk.open("/login/")
    send(desk, "/login/", log_in)
    yield "the second step"
    send(desk, "/login/second/", {"code": "0"})
    yield "a wrong code"
    send(desk, "/login/second/", {"code": HOTP(secret, 6, DIGEST).generate(int(time.time() // 30)).decode()})
    yield from opened(desk, ["/account/", path])
    page.locator("summary").first.click()
    yield "a factor, before it is removed"
    send(desk, path, {"act": "codes"})
    yield "recovery codes"
    Passkey.objects.all().delete()
    send(desk, path, {"act": "remove", "factor": "app"})
    yield "the last factor stays"
    Session.objects.filter(user=users["vera"]).delete()
    settings.REQUIRE_MFA = ""


def before_the_log_in(desk: Desk, users: dict[str, Any]) -> Iterator[str]:
    uid, token = urlsafe_base64_encode(force_bytes(users["vera"].pk)), default_token_generator.make_token(users["vera"])
    yield from opened(desk, ["/login/", "/reset/", "/reset/MQ/wrong/", f"/reset/{uid}/{token}/", "/nowhere/"])
    desk.open(f"/reset/{uid}/{token}/")
    send(desk, desk.page.url, {"new_password1": "a", "new_password2": "b"})
    yield "a new password that was refused"
    desk.open("/login/")
    send(desk, "/login/", {"username": "vera", "password": "wrong"})
    yield "a wrong password"
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.example", "Newsroom ID"
    yield from opened(desk, ["/login/", "/oidc/callback/?error=access_denied"])
    settings.LOCAL_PASSWORDS, settings.BREAK_GLASS_ADMIN = False, "root"
    yield from opened(desk, ["/login/"])
    send(desk, "/login/", {"username": "vera", "password": "wrong"})
    yield "a password where there are none"
    settings.OIDC_ISSUER, settings.LOCAL_PASSWORDS, settings.BREAK_GLASS_ADMIN = "", True, ""
    settings.HAS_MAIL = True
    desk.open("/reset/")
    yield "a reset by mail"
    send(desk, "/reset/", {"email": "vera@news.example"})
    yield "a reset by mail, asked for"


def of_strangers(desk: Desk, all_: Everything) -> Iterator[str]:
    settings.PUBLIC_READ = True
    models = (Article, Statement, Dispute, Evidence, Source)
    lists = [f"{API}{name}/" for name in ("articles", "statements", "disputes", "evidence", "sources")]
    first = list(zip(lists, (model.objects.order_by("pk").first() for model in models), strict=True))
    public = [(path, row) for path, row in first if not isinstance(row, (Dispute, Evidence))]
    seed, journal = f"{API}articles/{all_.seed.pk}/", f"{API}journal/"
    speaker = Statement.objects.filter(article=all_.seed.pk, source__isnull=False).earliest("pk").source_id
    yield from opened(desk, [
        "/", "/search/?q=biden", "/search/?q=zzz", *lists, *(f"{path}{row.pk}/" for path, row in first),
        f"{seed}?picture=1",
        f"{seed}?print=1", f"{seed}webannotations/", f"{API}feeds/claimreviews/", f"{journal}checkpoints/",
        f"{journal}checkpoints/latest/", f"{journal}{all_.correction.pk}/proof/", "/login/", "/nowhere/",
        f"{API}articles/{all_.article.pk}/",
        "/articles/", "/checkpoint/", *(f"/{path.removeprefix(API)}{row.pk}/" for path, row in public),
        f"/articles/{all_.article.pk}/", f"/sources/{speaker}/",
        f"/embed/articles/{all_.seed.pk}/", "/embed/articles/999999/",
    ])  # fmt: skip
