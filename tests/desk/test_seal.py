"""The pages of the journal's checkpoints and proofs."""

import html
import re
from urllib.parse import unquote

import pytest
from django.core.management import call_command
from django.test import Client

from clients.verify_checkpoint import main
from factcheck.journal.models import Entry
from factcheck.journal.seal.notes import make_key
from tests.newsroom import browser_of, page_of, user_with_role

pytestmark = pytest.mark.django_db(transaction=True)  # an open transaction is not sealed
SEAL = "/api/v1/journal/checkpoints/"


def stranger():
    return Client(headers={"Accept": "text/html"})


def seal():
    call_command("follow", "seal", once=True)


@pytest.fixture(autouse=True)
def signing_key(settings):
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example/journal"))


@pytest.fixture
def sealed(article, statement):
    seal()
    return Entry.objects.count()


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def rename(desk, article, version):
    desk.post(f"/api/v1/articles/{article.pk}/", {"_method": "PATCH", "version": version, "title": f"Title {version}"})


def words_of(page):
    content = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", content))).strip()


def test_nothing_sealed_yet_says_which_command_seals(desk, settings):
    words = words_of(page_of(desk, SEAL))
    assert "Nothing is sealed yet. On the server, manage.py follow seal seals the journal" in words
    assert re.search(rf"seal : {Entry.objects.count()} entries and \d seconds? behind\b", words)
    settings.PUBLIC_READ = True
    words = words_of(page_of(stranger(), SEAL))
    assert words.endswith("Nothing is sealed yet.")
    assert "Nothing is sealed yet: there is no checkpoint." in page_of(desk, f"{SEAL}latest/", 404)


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_each_role_sees_the_latest_checkpoint_how_to_keep_it_and_how_to_check_it(sealed, role, api):
    latest = api.get(f"{SEAL}latest/").json()
    desk = browser_of(user_with_role("ann", role))
    page = page_of(desk, SEAL)
    assert page_of(desk, f"{SEAL}latest/").count(">The latest checkpoint: ") == 1
    assert f">The latest checkpoint: {sealed} entries</h2>" in page
    groups = re.findall(r"<span>([^<]+)</span>", re.search(r'<code class="root">(.*?)</code>', page)[1])
    assert [len(group) for group in groups] == [4] * 11
    assert "".join(map(html.unescape, groups)) == latest["root"]
    assert html.escape(latest["note"]) in page
    assert f"<code>{html.escape(latest['key'])}</code>" in page
    assert '<a class="button" href="/api/v1/journal/checkpoints/latest/?format=text" download="checkpoint.txt">' in page
    check = f"verify_checkpoint.py checkpoint.txt --url http://testserver --token $TOKEN --key {latest['key']} "
    assert check in words_of(page)


def test_the_saved_note_and_the_mail_are_enough_for_the_checking_program(sealed, desk, api, tmp_path, capsys):
    latest = api.get(f"{SEAL}latest/").json()
    saved = desk.get(f"{SEAL}latest/?format=text")
    assert saved["Content-Type"] == "text/plain; charset=utf-8"
    assert saved.content.decode() == latest["note"]
    mail = html.unescape(re.search(r'href="mailto:\?([^"]*)"', page_of(desk, SEAL))[1])
    subject, body = (unquote(part.partition("=")[2]) for part in mail.split("&"))
    assert subject == f"Checkpoint of factcheck.example/journal: {sealed} entries"
    assert body.startswith(latest["note"].replace("\n", "\r\n"))
    (tmp_path / "mail").write_text(body, newline="")
    assert main([str(tmp_path / "mail")]) == 0
    assert f"with {sealed} entries, is signed by factcheck.example/journal+" in capsys.readouterr().out


def test_the_journal_leads_to_its_seal_and_each_sealed_entry_to_its_proof(sealed, desk, article):
    first = Entry.objects.get(action="article.created")
    unsealed = Entry.objects.latest("pk").pk + 1
    rename(desk, article, 1)
    for address in ("/api/v1/journal/", f"/api/v1/articles/{article.pk}/history/"):
        page = page_of(desk, address)
        assert f'href="/api/v1/journal/{first.pk}/proof/"' in page
        assert f'href="/api/v1/journal/{unsealed}/proof/"' not in page
    assert f'<a href="{SEAL}">Seal</a>' in page_of(desk, "/api/v1/journal/")
    place = Entry.objects.filter(pk__lte=first.pk).count()
    words = words_of(page_of(desk, f"/api/v1/journal/{first.pk}/proof/"))
    assert f"Entry {first.pk} is number {place} of the {sealed} entries in this checkpoint." in words
    assert '"leaf_hash": ' in words
    assert "There is no sealed entry with this id." in page_of(desk, f"/api/v1/journal/{unsealed}/proof/", 404)


def test_earlier_checkpoints_are_below_and_on_pages_of_their_own(sealed, desk, article):
    for version in (1, 2):
        rename(desk, article, version)
        seal()
    page = page_of(desk, SEAL)
    assert f"The latest checkpoint: {sealed + 2} entries" in page
    assert re.findall(r"<summary>(\d+) entries", page) == [str(sealed + 1), str(sealed)]
    page = page_of(desk, f"{SEAL}?page_size=1")
    assert not re.search(r"<summary>\d", page)
    page = page_of(desk, html.unescape(re.search(r'href="([^"]*)" rel="next"', page)[1]))
    assert "<h1>Earlier checkpoints</h1>" in page
    assert re.findall(r"<summary>(\d+) entries", page) == [str(sealed + 1)]
    assert "The latest checkpoint" not in page


def test_users_are_told_how_far_behind_the_seal_is(sealed, desk, article, settings):
    assert "<b>seal</b>: up to date" in page_of(desk, SEAL)
    rename(desk, article, 1)
    assert re.search(r"seal</b>: 1 entry and \d seconds? behind", page_of(desk, SEAL))
    settings.PUBLIC_READ = True
    assert "behind" not in page_of(stranger(), SEAL)


def test_a_stranger_sees_checkpoints_and_proofs_only_with_public_reads_and_nothing_of_the_house(sealed, settings):
    first = Entry.objects.earliest("pk").pk
    addresses = (SEAL, f"{SEAL}latest/", f"/api/v1/journal/{first}/proof/")
    for address in addresses:
        assert stranger().get(address).status_code in (302, 401)
    settings.PUBLIC_READ = True
    for address in addresses:
        page = page_of(stranger(), address)
        assert "alice" not in page
        assert "manage.py" not in page
        assert "$TOKEN" not in page
        assert 'href="/api/v1/journal/"' not in page
    assert f">The latest checkpoint: {sealed} entries</h2>" in page_of(stranger(), SEAL)


def test_the_page_of_a_proof_gives_all_files_that_the_checking_program_needs(sealed, desk, article, tmp_path, api):
    kept, key = sealed, api.get(f"{SEAL}latest/").json()["key"]
    rename(desk, article, 1)
    seal()
    for entry in Entry.objects.filter(resource="article")[:1], Entry.objects.order_by("transaction", "id")[3:4]:
        number = entry[0].pk
        for size in (kept, kept + 1):
            page = page_of(desk, f"/api/v1/journal/{number}/proof/?size={size}")
            for name in ("entry", "proof"):
                address = re.search(rf'href="([^"]*)" download="({name}-{number}.json)"', page)
                saved = desk.get(html.unescape(address[1]), headers={"Accept": "text/html"})
                (tmp_path / address[2]).write_bytes(saved.content)
            words = re.search(r"python verify_checkpoint.py (.*?) --key KEY", words_of(page))[1].split()
            arguments = [word if word.startswith("--") else str(tmp_path / word) for word in words]
            assert main([*arguments, "--key", key]) == 0
    assert 'name="size"' in page


def test_the_entry_is_offered_only_to_those_who_may_read_it(sealed, desk, settings):
    settings.PUBLIC_READ = True
    user = Entry.objects.filter(resource="user").first().pk
    other = Entry.objects.exclude(resource="user").first().pk
    admin = browser_of(user_with_role("root", "admin"))
    offered = [
        f'download="entry-{entry}.json"' in page_of(client, f"/api/v1/journal/{entry}/proof/")
        for entry in (user, other)
        for client in (stranger(), desk, admin)
    ]
    assert offered == [False, False, True, False, True, True]


def test_anybody_reads_the_latest_checkpoint_on_the_public_page_with_its_note_and_how_to_check_it(settings, article):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, "https://facts.example"
    reader = stranger()
    assert words_of(page_of(reader, "/checkpoint/")) == "Seal of the journal Nothing is sealed yet."
    seal()
    page = page_of(reader, "/checkpoint/")
    assert html.escape(reader.get(f"{SEAL}latest/?format=text").content.decode()) in page
    assert "python verify_checkpoint.py checkpoint.txt --url https://facts.example --key " in words_of(page)
    assert "Print it</button>" not in page
    settings.PUBLIC_READ = False
    page_of(reader, "/checkpoint/", 404)
