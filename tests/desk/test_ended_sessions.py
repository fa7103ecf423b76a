"""A form whose session has ended is answered by the page to log in."""

import pytest

FORM = {"reason": "The ministry <denies> it.", "version": "1", "password": "not shown", "csrfmiddlewaretoken": "secret"}
ADDRESSES = pytest.mark.parametrize("address", ["/api/v1/statements/1/tag/", "/import/text/"])


def sent(client, address, referer, accept="text/html"):
    return client.post(address, FORM, headers={"accept": accept, "referer": referer})


@ADDRESSES
def test_it_shows_what_was_typed_and_leads_back_to_the_form(client, db, address):
    answer = sent(client, address, "http://testserver/api/v1/articles/1/?at=2")
    page = answer.content.decode()
    assert answer.status_code == 401
    assert '<input type="hidden" name="next" value="/api/v1/articles/1/?at=2">' in page
    assert "The ministry &lt;denies&gt; it." in page
    assert "not shown" not in page
    assert 'value="secret"' not in page
    assert 'name="password"' in page


@ADDRESSES
@pytest.mark.parametrize("referer", ["", "https://evil.example/form/", "//evil.example/", "javascript:alert(1)"])
def test_what_another_site_sends_is_not_shown_and_leads_nowhere(client, db, address, referer):
    answer = sent(client, address, referer)
    page = answer.content.decode()
    assert answer.status_code == 401
    assert '<input type="hidden" name="next" value="">' in page
    assert "The ministry" not in page
    assert "evil" not in page


def test_a_program_still_gets_a_problem_document(client, db):
    answer = sent(client, "/api/v1/statements/1/tag/", "http://testserver/", accept="application/json")
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:factcheck:problem:not-authenticated")
