"""The pages for problems: what happened, what to do, and the menu."""

import html
import re

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from factcheck.api.throttles import LoginThrottle
from factcheck.desk.pages.start import StartPage
from tests.desk.test_pages import browser_of
from tests.newsroom import user_with_role

HTML = {"Accept": "text/html,*/*;q=0.8"}
SEARCH = '<form action="/search/" method="get" role="search"'


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def shown(answer):
    page = answer.content.decode()
    heading = re.findall(r"<h1>(.*?)</h1>", page)
    assert f"<title>{heading[0]} – Factcheck</title>" in re.sub(r">\s+|\s+<", lambda m: m[0].strip(), page)
    return heading[0], html.unescape(page)


@pytest.mark.parametrize("address", ["/nowhere/", "/api/v1/statements/987654321/"])
def test_a_problem_has_the_name_and_the_log_out_as_other_pages_have(desk, address):
    _, page = shown(desk.get(address))
    assert ">alice</a>" in page
    assert '<form action="/logout/" method="post">' in page


@pytest.mark.parametrize("address", ["/nowhere/", "/api/v1/statements/987654321/"])
def test_where_nothing_is_the_menu_and_the_search_stay(desk, address):
    answer = desk.get(address)
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (404, "Nothing is here")
    assert "The address may be mistyped, or what was here is gone." in page
    assert SEARCH in page
    assert '<a href="/api/v1/statements/">Statements</a>' in page
    assert '<a href="/">Go to the start page</a>' in page


def test_a_stranger_who_finds_nothing_is_led_to_the_log_in_and_back(client, db):
    _, page = shown(client.get("/nowhere/?a=b", headers=HTML))
    assert "The address may be mistyped. If you work here, log in first." in page
    assert '<a href="/login/?next=%2Fnowhere%2F%3Fa%3Db">Log in</a>' in page
    assert SEARCH not in page


def test_a_stranger_who_may_read_has_the_menu_where_nothing_is(client, db, settings):
    settings.PUBLIC_READ = True
    for address in ("/nowhere/", "/api/v1/statements/987654321/"):
        _, page = shown(client.get(address, headers=HTML))
        assert SEARCH in page
        assert "/api/v1/journal/" not in page


def test_a_refusal_says_which_role_it_takes(statement):
    bob = browser_of(user_with_role("bob", "reporter"))
    answer = bob.post(f"/api/v1/statements/{statement.pk}/tag/", {"tag": "denied", "reason": "No.", "version": "1"})
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (403, "This was refused")
    assert "This needs the role editor; you are reporter." in page
    assert f'<a href="/api/v1/statements/{statement.pk}/">Go to statement {statement.pk}</a>' in page
    assert SEARCH in page


def test_a_form_without_its_token_is_told_to_be_loaded_anew(alice, statement):
    client = Client(headers=HTML, enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/import/", {"document": "{}"})
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (403, "This was refused")
    assert "If you sent a form, reload its page and send it again." in page
    assert SEARCH in page


def test_the_address_of_an_act_leads_to_what_it_acts_on(desk, statement):
    answer = desk.get(f"/api/v1/statements/{statement.pk}/tag/")
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (405, "This address only accepts forms")
    assert f'<a href="/api/v1/statements/{statement.pk}/">Go to statement {statement.pk}</a>' in page


def test_who_asks_too_often_is_told_how_long_to_wait(settings, client, db, monkeypatch):
    settings.PUBLIC_READ = True
    monkeypatch.setattr("factcheck.api.throttles.AddressThrottle.rate", "1/day", raising=False)
    for address in ("/api/v1/articles/", "/"):
        client.get(address, headers=HTML)
        answer = client.get(address, headers=HTML)
        heading, page = shown(answer)
        assert (answer.status_code, heading) == (429, "Too many requests")
        assert f"Wait {answer['Retry-After']} seconds, then load the page again." in page


def test_while_the_database_does_not_answer_the_page_asks_it_nothing_and_keeps_the_menu(desk, monkeypatch):
    def lost(*arguments, **named):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(StartPage, "get_context_data", lost)
    answer = desk.get("/")
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (503, "The database cannot do this now")
    assert SEARCH in page
    assert "alice" not in page


def test_a_fault_of_ours_is_said_to_be_ours(desk, monkeypatch, settings):
    settings.DEBUG = False
    desk.raise_request_exception = False
    monkeypatch.setattr("factcheck.desk.pages.start.totals", lambda: 1 // 0)
    answer = desk.get("/")
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (500, "Something broke here")
    assert "It is not your fault." in page
    assert SEARCH in page


def test_what_is_gone_for_good_says_so(rf):
    from django.http import HttpResponseGone

    from factcheck.desk.problem_pages import ProblemPageMiddleware

    rf.cookies["sessionid"] = "x"
    answer = ProblemPageMiddleware(lambda request: None).problem_response(
        rf.get("/old/", headers=HTML), HttpResponseGone()
    )
    heading, page = shown(answer)
    assert (answer.status_code, heading) == (410, "This is gone for good")
    assert "Search for what took its place" in page


@pytest.fixture
def somebody(db):
    return User.objects.create_user("somebody", password="long-and-odd-7")


def log_in(client, name, password):
    return client.post("/login/", {"username": name, "password": password}, headers=HTML)


def test_a_wrong_log_in_keeps_the_name_and_says_so(client, somebody):
    answer = log_in(client, "somebody", "wrong")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "No user has this name and this password. Check capital and small letters." in page
    assert re.search(r'<input type="text" name="username" value="somebody"', page)
    assert "wrong" not in page


def test_too_many_log_ins_are_told_how_long_to_wait_and_keep_the_name(client, somebody, monkeypatch):
    monkeypatch.setattr(LoginThrottle, "rate", "1/min", raising=False)
    log_in(client, "somebody", "wrong")
    answer = log_in(client, "somebody", "long-and-odd-7")
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert f"Wait {answer['Retry-After']} seconds, then try again." in page
    assert re.search(r'<input type="text" name="username" value="somebody"', page)
    assert "sessionid" not in answer.cookies
