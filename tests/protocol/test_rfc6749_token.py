"""The token endpoint: who may redeem what, once, and how everything else is refused."""

from base64 import b64encode

import pytest
from werkzeug.datastructures import MultiDict

from app.core.kernel.secret import Secret
from tests.support.oauth_app import CALLBACK, VERIFIER, basic, claims_of


def refused(answer, error, status=400):
    assert (answer.status_code, answer.json["error"]) == (status, error), answer.text
    assert answer.json["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return True


# -- single use --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_a_spent_code_is_refused_and_revokes_what_it_became(house):
    code = house.a_code()
    tokens = house.redeem(code).json
    assert house.userinfo(tokens["access_token"]).status_code == 200
    assert refused(house.redeem(code), "invalid_grant")
    assert house.userinfo(tokens["access_token"]).status_code == 401
    assert refused(house.refresh(tokens["refresh_token"]), "invalid_grant")


def test_a_spent_code_revokes_long_after_it_expired(house):
    code = house.a_code()
    tokens = house.redeem(code).json
    house.clock.advance(minutes=30)
    assert refused(house.redeem(code), "invalid_grant")
    assert house.userinfo(tokens["access_token"]).status_code == 401


def test_replaying_one_code_leaves_other_sessions_alone(house):
    other = house.tokens_of()
    code = house.a_code()
    house.redeem(code)
    house.redeem(code)
    assert house.userinfo(other["access_token"]).status_code == 200


def test_a_spent_code_with_a_wrong_verifier_revokes_nothing(house):
    code = house.a_code()
    tokens = house.redeem(code).json
    assert refused(house.redeem(code, code_verifier="w" * 43), "invalid_grant")
    assert house.userinfo(tokens["access_token"]).status_code == 200


def test_a_spent_code_in_another_clients_hands_revokes_nothing(house):
    code = house.a_code()
    tokens = house.redeem(code).json
    assert refused(house.redeem(code, house.world.a_client(house.pool)), "invalid_grant")
    assert house.userinfo(tokens["access_token"]).status_code == 200


# -- what a code is bound to -------------------------------------------------------------------------------------------


def test_a_code_lives_five_minutes(house):
    good, late = house.a_code(), house.a_code()
    house.clock.advance(seconds=299)
    assert house.redeem(good).status_code == 200
    house.clock.advance(seconds=1)
    assert refused(house.redeem(late), "invalid_grant")


@pytest.mark.spec("RFC 6749 §4.1.3")
def test_another_client_of_the_pool_is_refused_and_consumes_nothing(house):
    code = house.a_code()
    assert refused(house.redeem(code, house.world.a_client(house.pool)), "invalid_grant")
    assert house.redeem(code).status_code == 200


def test_a_client_of_another_pool_is_refused_and_consumes_nothing(house):
    code = house.a_code()
    assert refused(house.redeem(code, house.world.a_client(house.a_pool())), "invalid_grant")
    assert house.redeem(code).status_code == 200


def test_another_pools_host_is_refused_and_consumes_nothing(house):
    code = house.a_code()
    house.host_pool = house.a_pool()
    assert refused(house.redeem(code), "invalid_client")
    house.host_pool = None
    assert house.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "uri", [None, "", CALLBACK + "/", CALLBACK.upper(), "https://evil.test/", CALLBACK + "\u0000", "x" * 9000]
)
def test_another_redirect_uri_is_refused_and_consumes_nothing(house, uri):
    code = house.a_code()
    assert refused(house.redeem(code, redirect_uri=uri), "invalid_grant")
    assert house.redeem(code).status_code == 200


def test_a_registered_but_different_redirect_uri_is_refused(house):
    other = "https://app.example.com/other"
    client = house.world.a_client(house.pool, {"CallbackURLs": [CALLBACK, other]})
    assert refused(house.redeem(house.a_code(client), client, redirect_uri=other), "invalid_grant")


def test_a_wrong_redirect_uri_is_refused_even_where_it_need_not_be_repeated(house):
    client = house.world.a_client(house.pool, {"DefaultRedirectURI": CALLBACK})
    code = house.a_code(client, redirect_uri=None)
    assert refused(house.redeem(code, client, redirect_uri="https://evil.test/"), "invalid_grant")
    assert house.redeem(code, client).status_code == 200


def test_the_code_of_a_disabled_user_is_refused_and_not_consumed(house):
    code = house.a_code()
    house.change_user(enabled=False)
    assert refused(house.redeem(code), "invalid_grant")
    house.change_user(enabled=True)
    assert house.redeem(code).status_code == 200


def test_the_code_of_a_deleted_user_is_refused(house):
    code = house.a_code()
    house.world.users.remove(house.pool.pool_id, house.user.sub)
    assert refused(house.redeem(code), "invalid_grant")


def test_a_code_from_before_a_global_sign_out_is_refused(house):
    code = house.a_code()
    house.change_user(sessions_valid_after=house.clock.now())
    assert refused(house.redeem(code), "invalid_grant")


def test_a_client_that_may_not_read_a_granted_attribute_is_refused(house):
    client = house.world.a_client(house.pool, {"ReadAttributes": ["email"]})
    assert refused(house.redeem(house.a_code(client, scope="openid email"), client), "invalid_grant")


@pytest.mark.parametrize("code", ["x", "é", "\u0000", "a b", "x" * 9000, "' or 1=1--", "../..", "e30.e30.e30"])
def test_a_made_up_code_is_an_invalid_grant(house, code):
    assert refused(house.redeem(code), "invalid_grant")


def test_a_refresh_token_is_no_code_and_a_code_no_refresh_token(house):
    code = house.a_code()
    tokens = house.tokens_of()
    assert refused(house.redeem(tokens["refresh_token"]), "invalid_grant")
    assert refused(house.refresh(code), "invalid_grant")
    assert house.redeem(code).status_code == 200


# -- the request -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token", None, ""])
def test_a_missing_parameter_is_an_invalid_request(house, grant):
    answer = house.post_token({"grant_type": grant, "client_id": house.client.client_id})
    assert refused(answer, "invalid_request")


@pytest.mark.parametrize(
    "grant",
    [
        "password",
        "implicit",
        "AUTHORIZATION_CODE",
        'a"\\é',
        "x" * 9000,
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
)
def test_another_grant_type_is_unsupported(house, grant):
    answer = house.post_token({"grant_type": grant, "client_id": house.client.client_id})
    assert refused(answer, "unsupported_grant_type")


@pytest.mark.spec("RFC 6749 §5.2")
def test_a_grant_type_that_only_others_may_use_is_unauthorized(house):
    answer = house.post_token({"grant_type": "client_credentials", "client_id": house.client.client_id})
    assert refused(answer, "unauthorized_client")


@pytest.mark.spec("RFC 6749 §3.2")
@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "client_id", "code_verifier", "other"])
def test_a_repeated_parameter_is_an_invalid_request_and_consumes_nothing(house, name):
    code = house.a_code()
    form = {
        "grant_type": "authorization_code", "client_id": house.client.client_id, "code": code, "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER, "other": "1",
    }  # fmt: skip
    twice = [*form.items(), (name, form[name])]
    assert refused(house.browser().post("/oauth2/token", data=MultiDict(twice)), "invalid_request")
    assert house.redeem(code).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "x"])
def test_another_content_type_is_an_invalid_request(house, content_type):
    answer = house.browser().post("/oauth2/token", data=b'{"grant_type": "x"}', content_type=content_type)
    assert refused(answer, "invalid_request")


def test_an_oversized_body_is_refused(house):
    answer = house.post_token({"grant_type": "authorization_code", "code": "x" * 70_000})
    assert refused(answer, "invalid_request", 413)


@pytest.mark.parametrize(
    "body", [b"", b"&&&", b"%", b"%ff=%ff", b"\xff\xfe", b"=", b"grant_type", b"a" * 1000, b"%00=%00"]
)
def test_a_malformed_body_is_an_invalid_request(house, body):
    answer = house.browser().post("/oauth2/token", data=body, content_type="application/x-www-form-urlencoded")
    assert refused(answer, "invalid_request")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_is_taken(house, method):
    assert getattr(house.browser(), method)("/oauth2/token").status_code == 405


# -- client authentication ---------------------------------------------------------------------------------------------


@pytest.fixture
def confidential(house):
    return house.world.a_client(house.pool, confidential=True)


@pytest.mark.spec("RFC 6749 §2.3.1")
def test_basic_and_post_authenticate_the_client(house, confidential):
    assert house.redeem(house.a_code(confidential), confidential, headers=basic(confidential)).status_code == 200
    secret = confidential.secrets[0].reveal()
    assert house.redeem(house.a_code(confidential), confidential, client_secret=secret).status_code == 200


def test_basic_needs_no_client_id_in_the_body(house, confidential):
    code = house.a_code(confidential)
    assert house.redeem(code, confidential, headers=basic(confidential), client_id=None).status_code == 200


@pytest.mark.spec("RFC 6749 §5.2")
def test_a_wrong_secret_is_401_with_basic_and_400_otherwise_and_consumes_nothing(house, confidential):
    code = house.a_code(confidential)
    answer = house.redeem(code, confidential, headers=basic(confidential, "wrong"))
    assert refused(answer, "invalid_client", 401)
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    answer = house.redeem(code, confidential, client_secret="wrong")
    assert refused(answer, "invalid_client")
    assert "WWW-Authenticate" not in answer.headers
    assert house.redeem(code, confidential, headers=basic(confidential)).status_code == 200


def test_a_confidential_client_without_its_secret_is_refused(house, confidential):
    assert refused(house.redeem(house.a_code(confidential), confidential), "invalid_client")
    assert refused(house.redeem(house.a_code(confidential), confidential, client_secret=""), "invalid_client")


@pytest.mark.parametrize("secret", ["x", " "])
def test_a_public_client_has_no_secret_to_present(house, secret):
    assert refused(house.redeem(house.a_code(), client_secret=secret), "invalid_client")
    assert refused(house.redeem(house.a_code(), headers=basic(house.client, secret)), "invalid_client", 401)


def test_two_ways_at_once_are_an_invalid_request(house, confidential):
    answer = house.redeem(
        "x", confidential, headers=basic(confidential), client_secret=confidential.secrets[0].reveal()
    )
    assert refused(answer, "invalid_request")


def test_two_client_ids_are_an_invalid_request(house, confidential):
    assert refused(house.redeem("x", house.client, headers=basic(confidential)), "invalid_request")


def test_a_secret_in_the_query_is_refused_even_where_it_is_right(house, confidential):
    code, secret = house.a_code(confidential), confidential.secrets[0].reveal()
    form = {"grant_type": "authorization_code", "client_id": confidential.client_id, "code": code,
            "redirect_uri": CALLBACK, "code_verifier": VERIFIER}  # fmt: skip
    assert refused(house.browser().post(f"/oauth2/token?client_secret={secret}", data=form), "invalid_request")


def test_parameters_in_the_query_do_not_count(house):
    query = f"grant_type=authorization_code&client_id={house.client.client_id}"
    answer = house.browser().post(f"/oauth2/token?{query}", data={"code": "x"})
    assert refused(answer, "invalid_request")


@pytest.mark.parametrize("client_id", [None, "unknown", "é", "\u0000", "x" * 9000, "' or 1=1--"])
def test_an_unknown_client_is_an_invalid_client(house, client_id):
    assert refused(house.post_token({"grant_type": "authorization_code", "client_id": client_id}), "invalid_client")


@pytest.mark.parametrize(
    "header",
    [
        "Basic", "Basic ", "Basic !!!", "Basic eA==", "Basic /////w==", "Basic " + b64encode(b":").decode(),
        "Basic " + b64encode(b"a\x00b:c").decode(), "Basic " + b64encode(b"x" * 9000 + b":y").decode(),
        "Basic " + b64encode(b"%ff%00:%ff").decode(), "Bearer x", "Digest x", "x", "\u00e9",
    ],
)  # fmt: skip
def test_an_unreadable_authorization_header_is_an_invalid_client(house, header):
    answer = house.post_token({"grant_type": "authorization_code", "code": "x"}, headers={"Authorization": header})
    assert refused(answer, "invalid_client", 401)


def test_the_older_of_two_secrets_still_works(house, confidential):
    old = confidential.secrets[0]
    house.world.clients.replace_secrets(house.pool.pool_id, confidential.client_id, (Secret("new"), old), at=1)
    for secret in ("new", old.reveal()):
        assert house.redeem(house.a_code(confidential), confidential, client_secret=secret).status_code == 200


def test_a_client_without_the_code_flow_may_not_redeem(house):
    client = house.world.a_client(house.pool, {"AllowedOAuthFlows": ["implicit"]})
    assert refused(house.redeem("x", client), "unauthorized_client")


def test_a_client_without_oauth_may_not_redeem(house):
    client = house.world.a_client(house.pool, {"AllowedOAuthFlowsUserPoolClient": False})
    assert refused(house.redeem("x", client), "unauthorized_client")


def test_any_origin_may_ask_and_a_preflight_says_so(house):
    for path in ("/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"):
        answer = house.browser().options(
            path, headers={"Origin": "https://spa.example", "Access-Control-Request-Method": "POST"}
        )
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_code_redeemed_in_two_flows_of_one_browser_gives_two_sessions(house):
    browser = house.signed_in()
    lineages = {
        claims_of(house.redeem(house.a_code(browser=browser)).json["access_token"])["origin_jti"] for _ in range(2)
    }
    assert len(lineages) == 2
