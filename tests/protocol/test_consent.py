"""The consent page: asked where a client wants it, answered once, remembered, and never answered by anybody but the person."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.hosted_app import APP, HostedApp, Visitor
from tests.support.parallel import at_once
from tests.support.world import fresh_sqlite

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[HostedApp]:
    folder = tmp_path_factory.mktemp("consent")
    server = HostedApp(folder, fresh_sqlite(folder))
    yield server
    server.close()


@pytest.fixture
def house(server) -> HostedApp:
    """Whose client asks for consent."""
    house = server.begin_anew()
    house.client = wants(house, "require_consent", "true")
    house.a_user(ADA)
    house.a_user(BOB)
    return house


def wants(house, key, value, client=None):
    return house.services.clients.set_extension(house.pool.pool_id, (client or house.client).client_id, key, value)


def authorize(house, visitor: Visitor, **changes) -> Visitor:
    return visitor.go(f"/oauth2/authorize?{house.query(**changes)}")


def asked(house, who=ADA, **changes) -> Visitor:
    """A browser that stands before the consent page."""
    visitor = authorize(house, house.browser(), **changes).sign_in(who)
    assert is_asked(visitor), visitor.response.text
    return visitor


def is_asked(visitor) -> bool:
    return visitor.left is None and urlsplit(visitor.address).path == "/consent"


def test_what_is_asked_for_is_said_and_an_approval_leads_on_with_a_code(house):
    visitor = asked(house, scope="openid email")
    for sentence in ("Know who you are", "See your email address", "An app would like to:", ADA):
        assert sentence in visitor.response.text
    visitor.send(action="approve")
    assert visitor.left.startswith(f"{APP}/callback?")
    assert visitor.landed["code"]
    assert visitor.landed["state"] == "s1"
    assert visitor.statuses[0] == 303


@pytest.mark.spec("RFC 6749 §4.1.2.1")
def test_a_refusal_is_told_to_the_client_with_state_and_issuer(house):
    visitor = asked(house).send(action="deny")
    assert visitor.left.startswith(f"{APP}/callback?")
    landed = visitor.landed
    assert (landed["error"], landed["state"]) == ("access_denied", "s1")
    assert landed["iss"].endswith(f"/{house.pool.pool_id}")
    assert "code" not in landed


def test_an_approval_is_remembered_for_the_person_client_and_scopes(house):
    asked(house, scope="openid email").send(action="approve")
    again = authorize(house, house.browser(), scope="openid").sign_in(ADA)
    assert again.landed["code"]
    assert is_asked(authorize(house, house.browser(), scope="openid").sign_in(BOB))
    other = house.a_client(house.pool, name="Another")
    wants(house, "require_consent", "true", other)
    assert is_asked(authorize(house, again, client_id=other.client_id))


def test_more_scopes_are_asked_for_anew(house):
    visitor = asked(house, scope="openid").send(action="approve")
    assert is_asked(authorize(house, visitor, scope="openid email"))


API, OTHER = "https://api.example.com/v1", "https://other.example.com"


@pytest.mark.spec("RFC 8707 §2")
def test_the_api_is_named_and_an_agreement_for_one_is_none_for_another(house):
    visitor = asked(house, scope="openid", resource=API)
    assert API in visitor.response.text
    visitor.send(action="approve")
    assert visitor.landed["code"]
    assert authorize(house, visitor, scope="openid", resource=API).landed["code"]
    for changes in ({"resource": OTHER}, {}, {"resource": API, "scope": "openid email"}):
        assert is_asked(authorize(house, visitor, **{"scope": "openid", **changes})), changes


@pytest.mark.spec("RFC 8707 §2")
def test_an_answer_for_one_api_does_not_serve_a_request_for_another(house):
    """The address is changed on the way back."""
    visitor = asked(house, resource=API)
    form = visitor.page.forms[0]
    answer = visitor.http.post(form.action, data={**form.fields, "action": "approve"}, base_url="http://localhost:8000")
    back = answer.headers["Location"]
    assert "api.example.com" in back
    visitor.go(back.replace("api.example.com", "other.example.com"))
    assert is_asked(visitor)


def test_a_refusal_is_not_remembered(house):
    visitor = asked(house).send(action="deny")
    assert is_asked(authorize(house, visitor))


def test_prompt_none_gets_an_error_until_the_person_agreed(house):
    visitor = asked(house)
    assert authorize(house, visitor, prompt="none").landed["error"] == "consent_required"
    authorize(house, visitor).send(action="approve")
    assert authorize(house, visitor, prompt="none").landed["code"]


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_prompt_consent_asks_whatever_was_agreed_to(house):
    wants(house, "require_consent", "")
    visitor = asked(house, prompt="consent").send(action="approve")
    assert visitor.landed["code"]
    assert is_asked(authorize(house, visitor, prompt="consent"))
    assert authorize(house, visitor).landed["code"]


def test_prompt_login_and_consent_ask_for_both_in_this_order(house):
    visitor = asked(house).send(action="approve")
    house.clock.advance(seconds=5)
    authorize(house, visitor, prompt="login consent")
    assert urlsplit(visitor.address).path == "/login"
    assert is_asked(visitor.sign_in(ADA))
    assert visitor.send(action="approve").landed["code"]


# -- nobody else answers ------------------------------------------------------------------------------------------------


def agreed(house, who=ADA) -> bool:
    return not is_asked(authorize(house, house.browser()).sign_in(who))


@pytest.mark.parametrize("action", ["", "yes", "sign_in", "APPROVE", "approve\x00"])
def test_a_form_that_does_not_say_yes_is_no_yes(house, action):
    visitor = asked(house).send(action=action)
    assert is_asked(visitor)
    assert not agreed(house)


@pytest.mark.parametrize("token", ["", "x", "x.y", "é"])
def test_a_form_without_our_token_is_no_answer(house, token):
    visitor = asked(house)
    assert visitor.send(action="approve", csrf_token=token).response.status_code == 403
    assert not agreed(house)


def test_another_sites_form_is_no_answer(house):
    visitor = asked(house).send(action="approve", headers={"Sec-Fetch-Site": "cross-site"})
    assert is_asked(visitor)
    assert not agreed(house)


def test_another_browsers_token_is_no_answer(house):
    token = asked(house, BOB).page.forms[0].fields["csrf_token"]
    assert asked(house).send(action="approve", csrf_token=token).response.status_code == 403
    assert not agreed(house)


def test_a_question_put_to_one_person_is_not_answered_by_another(house):
    """Bob's own form, with the question that was put to Ada."""
    question = dict(parse_qsl(urlsplit(asked(house).address).query))["consent"]
    bob = asked(house, BOB)
    form = bob.page.forms[0]
    own = dict(parse_qsl(urlsplit(form.action).query))["consent"]
    bob.post(form.action.replace(own, question), {**form.fields, "action": "approve"})
    assert is_asked(bob)
    assert not agreed(house, ADA)
    assert not agreed(house, BOB)


def test_somebody_who_took_over_the_browser_answers_for_nobody_before(house):
    """Two tabs: the page was drawn for Ada, then Bob signed in, then the first tab's form is sent."""
    visitor = asked(house)
    form = visitor.page.forms[0]
    authorize(house, visitor, prompt="login").sign_in(BOB)
    visitor.post(form.action, {**form.fields, "action": "approve"})
    assert is_asked(visitor)
    assert not agreed(house, ADA)
    assert not agreed(house, BOB)


def test_a_question_of_one_client_is_not_another_clients(house):
    visitor = asked(house)
    other = house.a_client(house.pool, name="Another")
    wants(house, "require_consent", "true", other)
    form = visitor.page.forms[0]
    swapped = form.action.replace(house.client.client_id, other.client_id)
    visitor.post(swapped, {**form.fields, "action": "approve"})
    assert is_asked(visitor)


def test_an_answer_does_not_serve_a_request_for_more(house):
    """The person agreed to openid; the address is changed on the way back. What was agreed to is remembered, no more."""
    visitor = asked(house, scope="openid")
    form = visitor.page.forms[0]
    answer = visitor.http.post(form.action, data={**form.fields, "action": "approve"}, base_url="http://localhost:8000")
    visitor.go(answer.headers["Location"].replace("scope=openid", "scope=openid%20email"))
    assert is_asked(visitor)


def test_an_answer_serves_once(house):
    wants(house, "require_consent", "")
    visitor = asked(house, prompt="consent")
    form = visitor.page.forms[0]
    answer = visitor.http.post(form.action, data={**form.fields, "action": "approve"}, base_url="http://localhost:8000")
    assert visitor.go(answer.headers["Location"]).landed["code"]
    assert is_asked(visitor.go(answer.headers["Location"]))


def test_of_a_double_submit_the_first_counts(house):
    wants(house, "require_consent", "")
    visitor = asked(house, prompt="consent")
    form = visitor.page.forms[0]
    for action, then in (("deny", "error"), ("approve", None)):
        visitor.post(form.action, {**form.fields, "action": action})
        if then is None:
            assert is_asked(visitor)
        else:
            assert visitor.landed[then] == "access_denied"


def test_of_parallel_answers_one_counts(house):
    visitor = asked(house)
    form = visitor.page.forms[0]
    header = {"Cookie": "; ".join(f"{c.key}={c.value}" for c in visitor.http._cookies.values())}

    def answer(_number):
        client = house.flask.test_client(use_cookies=False)
        fields = {**form.fields, "action": "deny"}
        back = client.post(form.action, data=fields, base_url="http://localhost:8000", headers=header)
        return client.get(back.headers["Location"], base_url="http://localhost:8000", headers=header)

    landed = [found.headers.get("Location", "") for found in at_once(answer, range(6))]
    assert sum("access_denied" in location for location in landed) == 1
    assert not any("code=" in location for location in landed)


def test_a_question_does_not_stay_open_for_ever(house):
    visitor = asked(house)
    house.clock.advance(minutes=16)
    form = visitor.page.forms[0]
    visitor.post(form.action, {**form.fields, "action": "approve"})
    assert is_asked(visitor)
    assert not agreed(house)


@pytest.mark.parametrize("handle", ["", "x", "é", "x" * 5000, "../..", "%00"])
def test_a_made_up_question_leads_back_to_the_request(house, handle):
    visitor = asked(house)
    visitor.go(f"/consent?{house.query()}&consent={handle}")
    assert is_asked(visitor)
    assert authorize(house, visitor, consent=handle or "y").left is None


def test_without_a_session_the_page_leads_to_the_sign_in_page(house):
    address = asked(house).address
    stranger = house.browser().go(address)
    assert urlsplit(stranger.address).path == "/login"


def test_the_answer_goes_to_registered_addresses_only(house):
    visitor = asked(house)
    visitor.go(visitor.address.replace("callback", "elsewhere"))
    assert visitor.response.status_code == 400
    assert visitor.left is None


def test_a_disabled_persons_yes_is_worth_nothing(house):
    visitor = asked(house)
    house.services.users.disable(house.pool, ADA)
    visitor.send(action="approve")
    assert urlsplit(visitor.address).path == "/login"
    house.services.users.enable(house.pool, ADA)
    house.clock.advance(seconds=1)
    assert not agreed(house)


def test_a_deleted_persons_agreement_goes_with_them(house):
    asked(house).send(action="approve")
    house.services.users.delete(house.pool, ADA)
    house.a_user(ADA)
    assert not agreed(house)


def test_the_page_cannot_be_framed_and_speaks_german(house):
    visitor = asked(house, ui_locales="de")
    assert "Zugriff erlauben?" in visitor.response.text
    assert "frame-ancestors 'none'" in visitor.response.headers["Content-Security-Policy"]
    assert visitor.response.headers["X-Frame-Options"] == "DENY"


def test_select_account_offers_the_present_account_and_takes_another(house):
    visitor = asked(house).send(action="approve")
    house.clock.advance(seconds=2)
    authorize(house, visitor, prompt="select_account")
    assert visitor.page.forms[0].fields["username"] == ADA
    assert is_asked(visitor.sign_in(BOB))


def test_select_account_leaves_a_login_hint_alone(house):
    visitor = asked(house)
    authorize(house, visitor, prompt="select_account", login_hint="eve@example.com")
    assert visitor.page.forms[0].fields["username"] == "eve@example.com"
