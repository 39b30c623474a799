"""prompt in its combinations, login_hint, id_token_hint, ui_locales, acr_values (OpenID Connect Core §3.1.2.1)."""

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from app.core.keys.model import KeyPurpose
from tests.support.oauth_app import CALLBACK, Landing, claims_of

pytestmark = pytest.mark.spec("OpenID Connect Core §3.1.2.1")


def sent_to_sign_in(landing):
    return landing.address == "/login"


def error_of(landing):
    assert landing.address == CALLBACK
    return landing.query.get("error")


def back_from(landing):
    """The authorize request as the sign-in page hands it back."""
    return "/oauth2/authorize?" + urlencode(landing.query)


def part(value):
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("prompt", ["none login", "none none consent", "login none", "none select_account", "create"])
def test_none_beside_another_and_unknown_prompts_are_refused(house, prompt):
    assert error_of(house.authorize(prompt=prompt)) == "invalid_request"


@pytest.mark.parametrize("prompt", ["login", "select_account", "login select_account", "login consent"])
def test_a_prompt_that_asks_for_the_person_leads_to_the_sign_in_page(house, prompt):
    landing = house.authorize(prompt=prompt)
    assert sent_to_sign_in(landing)
    assert landing.query["prompt"] == prompt


@pytest.mark.parametrize("prompt", ["login", "select_account", "login select_account"])
def test_a_sign_in_for_this_request_answers_it(house, prompt):
    landing = house.authorize(prompt=prompt)
    house.clock.advance(seconds=9)
    assert Landing.of(house.signed_in().get(back_from(landing))).query["code"]


@pytest.mark.parametrize("changed", ["state", "nonce", "code_challenge"])
def test_the_answer_to_one_request_is_none_to_another(house, changed):
    """Whoever kept ``asked`` of an earlier request does not get past ``prompt=login`` with it."""
    asked = house.authorize(prompt="login").query["asked"]
    house.clock.advance(seconds=9)
    browser = house.signed_in()
    other = {"prompt": "login", "max_age": "0", "asked": asked, changed: "x" * 43}
    assert sent_to_sign_in(house.authorize(browser=browser, **other))


def test_a_sign_in_answers_for_five_minutes_only(house):
    landing = house.authorize(prompt="login")
    browser = house.signed_in()
    house.clock.advance(seconds=301)
    assert sent_to_sign_in(Landing.of(browser.get(back_from(landing))))


def test_a_pairwise_client_hints_by_the_name_it_knows(house):
    client = house.world.a_client(house.pool, extensions={"subject_type": "pairwise"})
    token = house.tokens_of(client)["id_token"]
    assert house.authorize(client, id_token_hint=token, prompt="none").query["code"]
    other = house.signed_in(house.a_user(house.pool))
    assert error_of(house.authorize(client, browser=other, id_token_hint=token, prompt="none")) == "login_required"


def test_no_page_is_shown_for_prompt_none_whatever_is_missing(house):
    client = house.world.a_client(house.pool, extensions={"require_consent": True})
    assert error_of(house.authorize(browser=house.browser(), prompt="none")) == "login_required"
    assert error_of(house.authorize(client, prompt="none")) == "consent_required"
    assert error_of(house.authorize(client, browser=house.browser(), prompt="none")) == "login_required"
    assert error_of(house.authorize(prompt="none", id_token_hint="x")) == "login_required"


def test_the_hint_of_who_is_signed_in_changes_nothing(house):
    token = house.tokens_of()["id_token"]
    assert house.authorize(id_token_hint=token).query["code"]
    assert house.authorize(id_token_hint=token, prompt="none").query["code"]


def test_an_expired_hint_is_as_good(house):
    token = house.tokens_of()["id_token"]
    house.clock.advance(days=3)
    assert house.authorize(id_token_hint=token, prompt="none").query["code"]


def test_a_hint_of_somebody_else_asks_for_them(house):
    token = house.tokens_of()["id_token"]
    other = house.signed_in(house.a_user(house.pool))
    assert error_of(house.authorize(browser=other, id_token_hint=token, prompt="none")) == "login_required"
    assert sent_to_sign_in(house.authorize(browser=other, id_token_hint=token))


def test_whoever_signs_in_as_somebody_else_than_the_hint_is_no_answer(house):
    token = house.tokens_of()["id_token"]
    other = house.a_user(house.pool)
    landing = house.authorize(browser=house.signed_in(other), id_token_hint=token)
    house.clock.advance(seconds=5)
    assert error_of(Landing.of(house.signed_in(other).get(back_from(landing)))) == "login_required"
    assert Landing.of(house.signed_in().get(back_from(landing))).query["code"]


def forged_hints(house):
    good = house.tokens_of()["id_token"]
    access = house.tokens_of()["access_token"]
    head, body, signature = good.split(".")
    claims = claims_of(good)
    signer = house.signer(KeyPurpose.ID)
    foreign = RSAKey.generate_key(2048)
    header = {"kid": signer.kid, "alg": "RS256"}
    confused = f"{part({'kid': signer.kid, 'alg': 'HS256'})}.{body}"
    mac = hmac.new(signer.key.as_pem(private=False), confused.encode(), sha256).digest()
    other_client = house.world.a_client(house.pool)
    return {
        "nothing": "x",
        "dots": "..",
        "unsigned": f"{part({'alg': 'none', 'kid': signer.kid})}.{body}.",
        "without signature": f"{head}.{body}.",
        "altered claims": f"{head}.{part({**claims, 'sub': 'x'})}.{signature}",
        "another key": jws.serialize_compact(header, json.dumps(claims), foreign, algorithms=["RS256"]),
        "key confusion": f"{confused}.{urlsafe_b64encode(mac).decode().rstrip('=')}",
        "an access token": access,
        "another client's": house.redeem(house.a_code(other_client), other_client).json["id_token"],
        "another issuer": f"{head}.{part({**claims, 'iss': 'https://evil.example/' + house.pool.pool_id})}.{signature}",
        "with a key of its own": f"{part({**header, 'jwk': foreign.as_dict(private=False)})}.{body}.{signature}",
        "huge": good + "A" * 9000,
        "not ascii": good + "é",
    }


def test_no_forged_hint_counts_as_the_person(house):
    for name, hint in forged_hints(house).items():
        assert error_of(house.authorize(prompt="none", id_token_hint=hint)) == "login_required", name
        assert sent_to_sign_in(house.authorize(id_token_hint=hint)), name


def test_a_hint_that_proves_nothing_is_answered_by_a_sign_in(house):
    landing = house.authorize(id_token_hint="x")
    assert Landing.of(house.signed_in().get(back_from(landing))).query["code"]


def test_auth_time_is_in_every_id_token_with_and_without_max_age(house):
    for wish in ({}, {"max_age": "500"}):
        assert claims_of(house.tokens_of(**wish)["id_token"])["auth_time"] == house.clock.now()


@pytest.mark.parametrize("max_age", ["-1", "1.5", "x", "²", "1" * 11, " 1"])
def test_a_max_age_that_is_no_number_is_refused(house, max_age):
    assert error_of(house.authorize(max_age=max_age)) == "invalid_request"


@pytest.mark.parametrize(
    "wish",
    [
        {"acr_values": "1 2"},
        {"ui_locales": "de fr-CA"},
        {"login_hint": "jane@example.com"},
        {"display": "popup"},
        {"claims": "{}"},
        {"claims_locales": "de"},
        {"unknown": "x"},
    ],
)
def test_wishes_are_accepted(house, wish):
    assert house.authorize(**wish).query["code"]
