"""The answer in a form that posts itself: escaped, to the registered address only, on a page that runs no script of its own."""

from html.parser import HTMLParser

import pytest

from tests.support.client import Application
from tests.support.oauth_app import CALLBACK, CHALLENGE

HOSTILE = "\"'><script>alert(1)</script>&amp;{{7*7}} ä+%20"


class Form(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.forms, self.fields, self.buttons, self.tags = [], {}, [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "form":
            self.forms.append(attributes)
        if tag == "input":
            assert attributes["type"] == "hidden"
            self.fields[attributes["name"]] = attributes["value"]
        if tag == "button":
            self.buttons.append(attributes)


def ask(house, client=None, **changes):
    response = house.signed_in().get(house.authorize_url(client, response_mode="form_post", **changes))
    assert response.status_code == 200, response.text
    assert response.mimetype == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Location" not in response.headers
    form = Form(response.text)
    assert [(one["method"], one["action"]) for one in form.forms] == [("post", CALLBACK)]
    return form


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode §2")
def test_the_code_is_posted_and_redeemed(house):
    form = ask(house)
    assert form.fields.keys() == {"code", "state", "iss"}
    assert house.redeem(form.fields["code"]).status_code == 200


def test_without_javascript_there_is_a_button_that_sends_nothing_of_its_own(house):
    form = ask(house)
    assert [one.get("type") for one in form.buttons] == ["submit"]
    assert "name" not in form.buttons[0]
    assert "csrf_token" not in form.fields


def test_the_page_needs_no_inline_script_or_style(house):
    for tag, attributes in ask(house).tags:
        assert tag != "style"
        assert tag != "script" or attributes["src"].startswith("/")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("state", [HOSTILE, "a b", "x" * 3000, "%22%3E", "{brand}"])
def test_the_state_arrives_untouched_and_stays_text(house, state):
    response = house.signed_in().get(house.authorize_url(response_mode="form_post", state=state))
    assert Form(response.text).fields["state"] == state
    assert "<script>alert" not in response.text


def test_tokens_are_posted_too(house):
    client = house.world.a_client(house.pool, {"AllowedOAuthFlows": ["implicit"]})
    form = ask(house, client, response_type="id_token token", nonce="n-1", scope="openid")
    assert {"id_token", "access_token", "state"} < form.fields.keys()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "bogus"}, "invalid_scope"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "bogus"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"resource": "x"}, "invalid_target"),
        ({"max_age": "x"}, "invalid_request"),
    ],
)
def test_refusals_are_posted_too(house, changes, error):
    form = ask(house, **changes)
    assert (form.fields["error"], form.fields["state"]) == (error, "s-1")
    assert "code" not in form.fields


def test_nobody_signed_in_and_nobody_asked_is_posted(house):
    url = house.authorize_url(response_mode="form_post", prompt="none")
    assert Form(house.browser().get(url).text).fields["error"] == "login_required"


def test_an_unregistered_redirect_uri_gets_no_form(house):
    url = house.authorize_url(response_mode="form_post", redirect_uri="https://evil.test/")
    response = house.signed_in().get(url)
    assert response.status_code == 400
    assert "<form" not in response.text


def test_a_mode_that_stands_twice_is_told_the_ordinary_way(house):
    response = house.signed_in().get(house.authorize_url(response_mode="form_post") + "&response_mode=query")
    assert response.headers["Location"].startswith(f"{CALLBACK}?error=invalid_request")


@pytest.mark.parametrize("registered", ["myapp://callback", "com.example.app:/cb"])
def test_an_apps_own_scheme_takes_no_posts(house, registered):
    client = house.world.a_client(house.pool, {"CallbackURLs": [registered]})
    url = house.authorize_url(client, redirect_uri=registered, response_mode="form_post")
    location = house.signed_in().get(url).headers["Location"]
    assert location.startswith(f"{registered}?error=invalid_request")


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [("http://localhost:5173/cb", "http://localhost:5173"), ("https://app.example.com/callback", "https:")],
)
def test_the_servers_policy_lets_the_form_go_there_and_no_script_run_inline(tmp_path, redirect_uri, source):
    application = Application(tmp_path)
    given = {
        "CallbackURLs": [redirect_uri],
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "SupportedIdentityProviders": ["COGNITO"],
    }
    client = application.services.clients.create(application.a_pool(), "app", given)
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "response_mode": "form_post",
        "prompt": "none",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    response = application.client.get("/oauth2/authorize", query_string=query)
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert response.status_code == 200
    assert source in policy["form-action"].split()
    assert policy["script-src"] == "'self'"
    assert "login_required" in response.text
    application.close()
