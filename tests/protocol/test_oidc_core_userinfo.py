"""userInfo: what it shows, and every token it must refuse."""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import RSAKey

from app.core.kernel.errors import TokenInvalid
from app.core.keys.model import KeyPurpose
from tests.support.oauth_app import claims_of, header_of
from tests.support.prepared_keys import keys_of


def b64(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def refused(answer, error="invalid_token", status=401):
    assert answer.status_code == status, answer.text
    assert answer.json["error"] == error
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="https://id.example.com')
    assert f'error="{error}"' in challenge
    assert answer.headers["Cache-Control"] == "no-store"
    return True


def signed(house, claims, *, header=None, signer=None):
    signer = signer or house.signer()
    header = {"kid": signer.kid, "alg": "RS256"} if header is None else header
    head, body = b64(header), b64(claims)
    signature = signer.key.private_key.sign(f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    return f"{head}.{body}.{b64(signature)}"


# -- what it shows -----------------------------------------------------------------------------------------------------


@pytest.mark.spec("OpenID Connect Core §5.3.2")
def test_flags_are_booleans_and_the_user_is_named(house):
    answer = house.userinfo(house.tokens_of(scope="openid email")["access_token"])
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json == {
        "sub": house.user.sub,
        "username": house.user.username,
        "email": house.user.attributes["email"],
        "email_verified": True,
    }


def test_cognitos_strings_are_a_switch_of_the_client(house):
    house.change_user(attributes={**house.user.attributes, "updated_at": "17", "address": "1 Road"})
    client = house.world.a_client(house.pool, extensions={"string_booleans_at_userinfo": True})
    shown = house.userinfo(house.tokens_of(client, scope="openid")["access_token"]).json
    assert all(isinstance(value, str) for value in shown.values())
    assert shown["email_verified"] == "true"


def test_post_works_like_get(house):
    token = house.tokens_of()["access_token"]
    by_header = house.browser().post("/oauth2/userInfo", headers={"Authorization": f"bearer {token}"})
    by_body = house.browser().post("/oauth2/userInfo", data={"access_token": token})
    assert by_header.json == by_body.json == house.userinfo(token).json


def test_the_path_may_be_written_in_lower_case(house):
    token = house.tokens_of()["access_token"]
    answer = house.browser().get("/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["sub"] == house.user.sub


# -- how it must be asked ----------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6750 §3.1")
def test_without_a_token_the_challenge_names_no_error(house):
    answer = house.browser().get("/oauth2/userInfo")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="https://id.example.com"'


@pytest.mark.spec("RFC 6750 §2")
def test_a_token_in_two_places_is_an_invalid_request(house):
    token = house.tokens_of()["access_token"]
    answer = house.browser().post(
        "/oauth2/userInfo", data={"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )
    assert refused(answer, "invalid_request", 400)


@pytest.mark.spec("RFC 6750 §5.3")
def test_a_token_in_the_query_is_an_invalid_request(house):
    token = house.tokens_of()["access_token"]
    assert refused(house.browser().get(f"/oauth2/userInfo?access_token={token}"), "invalid_request", 400)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "Token x", "Bearer\u00e9"])
def test_another_authorization_is_an_invalid_request(house, header):
    answer = house.browser().get("/oauth2/userInfo", headers={"Authorization": header})
    assert answer.status_code in {400, 401}
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.spec("RFC 6750 §3.1")
def test_a_token_without_openid_lacks_scope(house):
    answer = house.userinfo(house.tokens_of(scope="aws.cognito.signin.user.admin email")["access_token"])
    assert refused(answer, "insufficient_scope", 403)
    assert 'scope="openid"' in answer.headers["WWW-Authenticate"]


# -- tokens that no longer count ---------------------------------------------------------------------------------------


def test_an_expired_token_is_refused(house):
    token = house.tokens_of()["access_token"]
    house.clock.advance(seconds=3599)
    assert house.userinfo(token).status_code == 200
    house.clock.advance(seconds=1)
    assert refused(house.userinfo(token))


def test_a_disabled_or_deleted_users_token_is_refused(house):
    token = house.tokens_of()["access_token"]
    house.change_user(enabled=False)
    assert refused(house.userinfo(token))
    house.change_user(enabled=True)
    assert house.userinfo(token).status_code == 200
    house.world.users.remove(house.pool.pool_id, house.user.sub)
    assert refused(house.userinfo(token))


@pytest.mark.parametrize("revocation", [True, False])
def test_a_signed_out_users_token_is_refused_with_and_without_a_session_in_it(house, revocation):
    client = house.world.a_client(house.pool, {"EnableTokenRevocation": revocation})
    token = house.tokens_of(client)["access_token"]
    house.change_user(sessions_valid_after=house.clock.now())
    assert refused(house.userinfo(token))


def test_a_deleted_clients_token_is_refused(house):
    token = house.tokens_of()["access_token"]
    house.world.clients.remove(house.pool.pool_id, house.client.client_id)
    assert refused(house.userinfo(token))


def test_a_token_whose_key_was_withdrawn_is_refused(house):
    token = house.tokens_of()["access_token"]
    house.keys.rotate(house.pool.pool_id, now=True)
    another_worker = replace(house.tokens, keys=keys_of(house.world))
    with pytest.raises(TokenInvalid):
        another_worker.verify_access(token)


def test_a_token_at_another_pools_host_is_refused(house):
    token = house.tokens_of()["access_token"]
    house.host_pool = house.a_pool()
    assert refused(house.userinfo(token))
    house.host_pool = house.pool
    assert house.userinfo(token).status_code == 200


# -- forgeries ---------------------------------------------------------------------------------------------------------


def test_an_id_token_is_no_access_token(house):
    assert refused(house.userinfo(house.tokens_of()["id_token"]))


def test_an_id_token_under_the_access_keys_name_is_refused(house):
    tokens = house.tokens_of()
    _, body, signature = tokens["id_token"].split(".")
    assert refused(house.userinfo(f"{tokens['access_token'].split('.')[0]}.{body}.{signature}"))


def test_even_a_well_signed_token_must_be_an_access_token(house):
    claims = claims_of(house.tokens_of()["access_token"])
    assert house.userinfo(signed(house, claims)).status_code == 200
    assert refused(house.userinfo(signed(house, {**claims, "token_use": "id"})))


def test_another_pools_key_signs_nothing_here(house):
    other = house.a_pool()
    claims = claims_of(house.tokens_of()["access_token"])
    assert refused(house.userinfo(signed(house, claims, signer=house.signer(pool=other))))
    there = {**claims, "iss": claims["iss"].replace(house.pool.pool_id, other.pool_id)}
    assert refused(house.userinfo(signed(house, there)))
    assert refused(house.userinfo(signed(house, there, signer=house.signer(pool=other))))


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", ""])
def test_an_unsigned_token_is_refused(house, algorithm):
    claims = claims_of(house.tokens_of()["access_token"])
    for header in ({"alg": algorithm}, {"alg": algorithm, "kid": house.signer().kid}):
        assert refused(house.userinfo(f"{b64(header)}.{b64(claims)}."))
        assert refused(house.userinfo(f"{b64(header)}.{b64(claims)}.{b64(b'x')}"))


@pytest.mark.spec("RFC 8725 §2.1")
def test_the_public_key_is_no_shared_secret(house):
    signer = house.signer()
    claims = claims_of(house.tokens_of()["access_token"])
    pem, jwk = signer.key.as_pem(private=False), json.dumps(signer.key.as_dict(private=False)).encode()
    for secret in (pem, pem.strip(), jwk):
        for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
            message = f"{b64({'kid': signer.kid, 'alg': algorithm})}.{b64(claims)}"
            assert refused(house.userinfo(f"{message}.{b64(hmac.digest(secret, message.encode(), digest))}"))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_same_key_is_refused(house, algorithm):
    signer = house.signer()
    claims = claims_of(house.tokens_of()["access_token"])
    header = {"kid": signer.kid, "alg": algorithm}
    token = jws.serialize_compact(header, json.dumps(claims).encode(), signer.key, algorithms=[algorithm])
    assert refused(house.userinfo(token))


@pytest.mark.spec("RFC 8725 §3.1")
@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t", "crit", "zip", "b64", "typ", "cty", "enc"])
def test_a_header_beyond_kid_and_alg_is_refused_even_when_well_signed(house, name):
    own = RSAKey.import_key(house.signer(KeyPurpose.ID).key.as_dict(private=False)).as_dict()
    values = {"jwk": own, "crit": ["exp"], "b64": True, "x5c": ["x"], "jku": "https://evil.test/", "zip": "DEF"}
    header = {"kid": house.signer().kid, "alg": "RS256", name: values.get(name, "JWT")}
    claims = claims_of(house.tokens_of()["access_token"])
    assert refused(house.userinfo(signed(house, claims, header=header)))


@pytest.mark.parametrize("kid", ["", "x", "../../etc/passwd", "' or 1=1--", "\u0000", "x" * 3000, None, 1, [], {}])
def test_no_other_kid_leads_to_a_key(house, kid):
    claims = claims_of(house.tokens_of()["access_token"])
    assert refused(house.userinfo(signed(house, claims, header={"kid": kid, "alg": "RS256"})))


@pytest.mark.parametrize(
    "issuer",
    ["", "x", "https://evil.test/{}", "https://id.example.com/{}/", "https://id.example.com//{}", "https://id.example.com/../{}",
     "http://id.example.com/{}", "https://id.example.com/{}\u0000", "https://id.example.com/é", None, 1, []],
)  # fmt: skip
def test_no_other_issuer_is_ours(house, issuer):
    claims = claims_of(house.tokens_of()["access_token"])
    named = issuer.format(house.pool.pool_id) if isinstance(issuer, str) else issuer
    assert refused(house.userinfo(signed(house, {**claims, "iss": named})))


def test_a_changed_payload_is_refused(house):
    head, body, signature = house.tokens_of()["access_token"].split(".")
    claims = claims_of(f"{head}.{body}.{signature}")
    assert refused(house.userinfo(f"{head}.{b64({**claims, 'sub': 'x'})}.{signature}"))
    assert refused(house.userinfo(f"{head}.{body}.{signature[:-4]}AAAA"))
    assert refused(house.userinfo(f"{head}.{body}."))


@pytest.mark.parametrize(
    "token",
    ["x", "..", "...", "a.b.c", "é.é.é", "e30.e30.e30", "bnVsbA.bnVsbA.x", "W10.W10.x", "e30.e30.e30.e30.e30", "x" * 20_000,
     "=.=.=", "/w.e30.x", b64(b"[" * 5000) + ".e30.x", b64(b"\xff\xfe") + ".e30.x"],
)  # fmt: skip
def test_a_malformed_token_is_refused(house, token):
    answer = house.browser().get("/oauth2/userInfo", headers={"Authorization": f"Bearer {token}"})
    assert refused(answer)


def test_an_oversized_token_is_refused_even_when_well_signed(house):
    claims = claims_of(house.tokens_of()["access_token"])
    assert refused(house.userinfo(signed(house, {**claims, "padding": "x" * 8000})))


def test_deep_nesting_is_refused_without_exhausting_the_parser(house):
    head = b64(header_of(house.tokens_of()["access_token"]))
    assert refused(house.userinfo(f"{head}.{b64(b'[' * 5000)}.x"))
