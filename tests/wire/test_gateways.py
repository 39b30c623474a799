"""Our tokens in the hands of those who never heard of us: generic JWT libraries, nginx, and Apache (docs/guide/gateways.md)."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from app.cli.clients import code_flow
from tests.support import nginx as nginx_support
from tests.support.apache import Apache
from tests.support.backend import echoing
from tests.support.free_port import free_port
from tests.support.guide import blocks, fitted
from tests.support.house import CALLBACK, House, Tenant, house, signed_in
from tests.support.node import Node


@dataclass(frozen=True)
class Signed:
    """One pool, somebody signed in there, and the tokens."""

    tenant: Tenant
    issuer: str
    jwks_uri: str
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("gateways"), workers=1) as found:
        yield found


def sign_in(home: House, tenant: Tenant) -> Signed:
    document = home.discovery(tenant)
    app = OAuth2Session(
        tenant.public.client_id,
        redirect_uri=CALLBACK,
        scope="openid email profile",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )
    with home.visitor() as visitor, app:
        url, _ = app.create_authorization_url(document["authorization_endpoint"], code_verifier="v" * 64)
        page = signed_in(visitor, url, tenant.username)
        tokens = app.fetch_token(document["token_endpoint"], authorization_response=page.url, code_verifier="v" * 64)
    return Signed(tenant, document["issuer"], document["jwks_uri"], dict(tokens))


@pytest.fixture(scope="module")
def signed(home: House) -> Signed:
    return sign_in(home, home.tenant("gateways"))


@pytest.fixture(scope="module")
def stranger(home: House) -> Signed:
    """Signed in to another pool of the same server."""
    return sign_in(home, home.tenant("strangers"))


def tampered(token: str) -> str:
    """The same signature under somebody else's name."""
    header, _, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = encoded(json.dumps({**claims, "sub": "somebody-else"}).encode())
    return f"{header}.{forged}.{signature}"


def unsigned(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, None, algorithm="none")


def signed_by_another(signed: Signed, token: str) -> str:
    """Signed with a secret that everybody knows: the published key (RFC 8725 §2.1)."""
    header = {"kid": jwt.get_unverified_header(token)["kid"], "alg": "HS256"}
    # By hand: PyJWT would not do such a thing.
    message = f"{encoded(json.dumps(header).encode())}.{token.split('.')[1]}"
    digest = hmac.digest(requests.get(signed.jwks_uri, timeout=10).content, message.encode(), "sha256")
    return f"{message}.{encoded(digest)}"


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


# -- JWT libraries -----------------------------------------------------------------------------------------------------


def verified(signed: Signed, token: str, **options: Any) -> dict[str, Any]:
    """As PyJWT's manual does it: the key by its kid from the JWKS, one algorithm, the issuer."""
    key = jwt.PyJWKClient(signed.jwks_uri).get_signing_key_from_jwt(token)
    return dict(jwt.decode(token, key.key, algorithms=["RS256"], issuer=signed.issuer, **options))


@pytest.mark.spec("RFC 7519 §7.2")
def test_pyjwt_accepts_both_tokens(signed: Signed):
    client_id = signed.tenant.public.client_id
    identity = verified(
        signed, signed.tokens["id_token"], audience=client_id, options={"require": ["exp", "iat", "sub"]}
    )
    access = verified(signed, signed.tokens["access_token"], options={"require": ["exp", "iat", "sub", "jti"]})
    assert (identity["token_use"], identity["email"]) == ("id", signed.tenant.username)
    assert (access["token_use"], access["client_id"]) == ("access", client_id)
    assert "aud" not in access


def test_pyjwt_takes_no_id_token_for_an_access_token(signed: Signed):
    with pytest.raises(jwt.InvalidAudienceError):
        verified(signed, signed.tokens["id_token"])


def test_pyjwt_refuses_another_pools_token(signed: Signed, stranger: Signed):
    token = stranger.tokens["access_token"]
    with pytest.raises(jwt.PyJWKClientError):
        verified(signed, token)
    key = jwt.PyJWKClient(stranger.jwks_uri).get_signing_key_from_jwt(token)
    with pytest.raises(jwt.InvalidIssuerError):
        jwt.decode(token, key.key, algorithms=["RS256"], issuer=signed.issuer)


def test_pyjwt_refuses_a_tampered_token(signed: Signed):
    with pytest.raises(jwt.InvalidSignatureError):
        verified(signed, tampered(signed.tokens["access_token"]))


def test_jose_agrees(signed: Signed, stranger: Signed, node: Node):
    access, identity = signed.tokens["access_token"], signed.tokens["id_token"]
    client_id = signed.tenant.public.client_id
    asked = [
        {"token": identity, "audience": client_id},
        {"token": access, "required": ["client_id", "token_use", "exp"]},
        {"token": identity, "audience": "another-client"},
        {"token": access, "audience": client_id},
        {"token": stranger.tokens["access_token"]},
        {"token": tampered(access)},
        {"token": unsigned(access)},
        {"token": signed_by_another(signed, access)},
    ]
    given = {"issuer": signed.issuer, "jwksUri": signed.jwks_uri, "tokens": asked}
    first, second, *refused = node.run("verify_with_jose.mjs", json.dumps(given))
    assert first["payload"]["email"] == signed.tenant.username
    assert second["payload"]["client_id"] == client_id
    # Two keys, one for each kind: an API that reads the ID token's kid will not find it used for access tokens.
    assert first["kid"] != second["kid"]
    assert [answer.get("refused") for answer in refused] == [
        "ERR_JWT_CLAIM_VALIDATION_FAILED",
        "ERR_JWT_CLAIM_VALIDATION_FAILED",
        "ERR_JWKS_NO_MATCHING_KEY",
        "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        "ERR_JOSE_ALG_NOT_ALLOWED",
        "ERR_JOSE_ALG_NOT_ALLOWED",
    ]


# -- nginx auth_request ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(home: House, nginx: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Asks the application behind nginx, with a token or without."""
    port = free_port()
    with echoing() as backend:
        [config] = blocks("gateways", "nginx")
        own = {
            "listen 8080": f"listen 127.0.0.1:{port}",
            "127.0.0.1:3000": f"127.0.0.1:{backend}",
            "https://login.example.com": home.url,
            "login.example.com": home.url.removeprefix("http://"),
        }
        http = fitted(config, own)
        with nginx_support.running(nginx, tmp_path_factory.mktemp("nginx"), http, port=port):

            def ask(token: str | None) -> requests.Response:
                headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
                return requests.get(f"http://127.0.0.1:{port}/orders", headers=headers, timeout=10)

            yield ask


def test_nginx_lets_a_living_token_through(guarded, signed: Signed):
    answer = guarded(signed.tokens["access_token"])
    assert answer.status_code == 200
    assert answer.json()["authorization"] == f"Bearer {signed.tokens['access_token']}"


def test_nginx_refuses_what_we_refuse(guarded, signed: Signed):
    access = signed.tokens["access_token"]
    bad = [None, "", "nonsense", tampered(access), unsigned(access), signed_by_another(signed, access)]
    bad += [signed.tokens["id_token"], signed.tokens["refresh_token"]]
    assert [guarded(token).status_code for token in bad] == [401] * len(bad)


def test_nginx_stops_a_revoked_token_at_once(guarded, home: House):
    fresh = sign_in(home, home.tenant("revoked"))
    assert guarded(fresh.tokens["access_token"]).status_code == 200
    form = {"token": fresh.tokens["refresh_token"], "client_id": fresh.tenant.public.client_id}
    requests.post(f"{home.url}/oauth2/revoke", data=form, timeout=10).raise_for_status()
    assert guarded(fresh.tokens["access_token"]).status_code == 401


# -- Apache's mod_auth_openidc -----------------------------------------------------------------------------------------

# Beside what the guide shows: a place for people who have a claim that nobody has.
MEMBERS = """
<Location /app/members>
  AuthType openid-connect
  Require claim token_use:something-else
  ProxyPass http://127.0.0.1:3000/members
</Location>
"""


@dataclass(frozen=True)
class Gateway:
    url: str
    tenant: Tenant
    issuer: str
    folder: Path


@pytest.fixture(scope="module")
def gateway(home: House, apache: Apache, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    port = free_port()
    tenant = home.tenant("apache")
    with home.services() as rooms:
        flow = code_flow((f"http://localhost:{port}/app/redirect_uri",), (), ("openid", "email", "profile"))
        client = rooms.clients.create(tenant.pool, "apache", flow, confidential=True)
    issuer = home.issuer(tenant)
    with echoing() as backend:
        own = {
            "ISSUER": issuer,
            "CLIENT_ID": client.client_id,
            "CLIENT_SECRET": client.secrets[0].reveal(),
            "https://app.example.com": f"http://localhost:{port}",
            '"exec:/usr/bin/head -c 32 /etc/apache2/oidc-passphrase"': "a-passphrase-of-the-tests-own",
            "KNOWN_CLIENT": tenant.public.client_id,
            "127.0.0.1:3000": f"127.0.0.1:{backend}",
        }
        signing_in, guarding = blocks("gateways", "apache")
        config = fitted(f"{signing_in}\n{MEMBERS}\n{guarding}", own)
        with apache.running(tmp_path_factory.mktemp("apache"), config, port=port) as folder:
            yield Gateway(f"http://localhost:{port}", tenant, issuer, folder)


def through(gateway: Gateway, home: House, browser: requests.Session, path: str = "/app/orders") -> requests.Response:
    """A person asks for the path, signs in, and is led back to it."""
    sent = browser.get(gateway.url + path, allow_redirects=False, timeout=10)
    assert sent.status_code == 302
    with home.visitor() as visitor:
        page = signed_in(visitor, sent.headers["Location"], gateway.tenant.username)
    assert page.url.startswith(f"{gateway.url}/app/redirect_uri?"), (page.url, page.text)
    return browser.get(page.url, timeout=10)


def test_apache_signs_a_person_in_and_hands_the_claims_on(gateway: Gateway, home: House):
    with requests.Session() as browser:
        answer = through(gateway, home, browser)
        again = browser.get(
            f"{gateway.url}/app/orders?page=2", headers={"OIDC_CLAIM_email": "root@example.com"}, timeout=10
        )
    assert (answer.status_code, urlsplit(answer.url).path) == (200, "/app/orders"), gateway.folder.joinpath(
        "error.log"
    ).read_text()
    headers = answer.json()
    assert headers["oidc_claim_email"] == gateway.tenant.username
    assert headers["oidc_claim_email_verified"] in {"1", "true"}
    assert headers["oidc_claim_name"] == "Ada Example"
    assert headers["oidc_claim_iss"] == gateway.issuer
    assert verified_claims(gateway, headers["oidc_id_token"])["sub"] == headers["oidc_claim_sub"]
    # The session holds, and nobody brings claims of their own.
    assert again.json()["oidc_claim_email"] == gateway.tenant.username


def verified_claims(gateway: Gateway, token: str) -> dict[str, Any]:
    key = jwt.PyJWKClient(f"{gateway.issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return dict(jwt.decode(token, key.key, algorithms=["RS256"], options={"verify_aud": False}))


def test_apache_asks_as_we_want_to_be_asked(gateway: Gateway):
    sent = requests.get(f"{gateway.url}/app/", allow_redirects=False, timeout=10)
    query = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["Location"]).query).items()}
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert {"state", "nonce", "code_challenge"} <= set(query)


def test_apache_takes_no_answer_that_another_browser_began(gateway: Gateway, home: House):
    with requests.Session() as victim, requests.Session() as attacker, home.visitor() as visitor:
        sent = attacker.get(f"{gateway.url}/app/orders", allow_redirects=False, timeout=10)
        page = signed_in(visitor, sent.headers["Location"], gateway.tenant.username)
        answer = victim.get(page.url, allow_redirects=False, timeout=10)
        assert answer.status_code >= 400 or urlsplit(answer.headers["Location"]).path == "/oauth2/authorize"
        assert victim.get(f"{gateway.url}/app/orders", allow_redirects=False, timeout=10).status_code == 302


def test_apache_refuses_who_lacks_a_claim(gateway: Gateway, home: House):
    with requests.Session() as browser:
        through(gateway, home, browser)
        assert browser.get(f"{gateway.url}/app/members", timeout=10).status_code == 401


def test_apache_guards_an_api_with_our_access_tokens(gateway: Gateway, signed: Signed, home: House):
    """The keys are those of the gateway's pool: another pool's token is a stranger's."""
    own = sign_in(home, gateway.tenant)

    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{gateway.url}/api/orders", headers=headers, timeout=10).status_code

    access = own.tokens["access_token"]
    assert status(access) == 200, gateway.folder.joinpath("error.log").read_text()
    bad = [tampered(access), unsigned(access), own.tokens["id_token"], signed.tokens["access_token"], "nonsense"]
    assert [status(token) for token in bad] == [401] * len(bad)
