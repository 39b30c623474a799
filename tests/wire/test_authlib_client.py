"""Authlib's own client, as an application uses it, against the server as its operator runs it: two workers, real stores."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from tests.support.house import CALLBACK, LOGGED_OUT, House, Tenant, signed_in

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-4.1"
NONCE = "n-0S6_WzA2Mj"


@dataclass
class Application:
    """One client of one pool with Authlib's session."""

    home: House
    tenant: Tenant
    confidential: bool = False
    method: str = "client_secret_basic"

    def __post_init__(self) -> None:
        client = self.tenant.confidential if self.confidential else self.tenant.public
        self.client_id = client.client_id
        self.metadata = self.home.discovery(self.tenant)
        self.session = OAuth2Session(
            client_id=self.client_id,
            client_secret=self.tenant.secret if self.confidential else None,
            token_endpoint_auth_method=self.method if self.confidential else "none",
            scope="openid email profile aws.cognito.signin.user.admin",
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            revocation_endpoint_auth_method=self.method if self.confidential else "none",
        )

    def authorize_url(self, **more: str) -> str:
        url, self.state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce=NONCE, **more
        )
        return str(url)

    def fetch(self, landed: str, **changes: str) -> dict[str, Any]:
        return dict(
            self.session.fetch_token(
                self.metadata["token_endpoint"],
                authorization_response=landed,
                state=self.state,
                code_verifier=changes.get("code_verifier", VERIFIER),
            )
        )

    def jwks(self) -> KeySet:
        return KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=10).json())

    def claims(self, token: str, **expected: Any) -> dict[str, Any]:
        """Signature, issuer, times and what else is expected, as joserfc checks them."""
        decoded = jwt.decode(token, self.jwks(), algorithms=["RS256"])
        rules = {name: {"essential": True, "value": value} for name, value in expected.items()}
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.metadata["issuer"]}, exp={"essential": True}, **rules
        )
        registry.validate(decoded.claims)
        return dict(decoded.claims)

    def user_info(self, token: str) -> requests.Response:
        return requests.get(
            self.metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"}, timeout=10
        )

    def close(self) -> None:
        self.session.close()


@pytest.fixture(scope="module")
def tenant(home: House) -> Tenant:
    return home.tenant("ada")


@pytest.fixture(scope="module")
def neighbour(home: House) -> Tenant:
    return home.tenant("eve")


@pytest.fixture(params=["public", "client_secret_basic", "client_secret_post"])
def app(request, home, tenant):
    application = Application(home, tenant, confidential=request.param != "public", method=request.param)
    yield application
    application.close()


@pytest.fixture
def public(home, tenant):
    application = Application(home, tenant)
    yield application
    application.close()


@pytest.fixture
def elsewhere(home, neighbour):
    application = Application(home, neighbour)
    yield application
    application.close()


@pytest.fixture
def visitor(home):
    with home.visitor() as visitor:
        yield visitor


@pytest.mark.spec("RFC 6749 §4.1")
@pytest.mark.spec("OpenID Connect Core §3.1")
def test_the_whole_flow_from_discovery_to_sign_out(app, visitor, tenant):
    landed = signed_in(visitor, app.authorize_url(), tenant.username)
    assert landed.url.startswith(f"{CALLBACK}?")
    assert landed.query["iss"] == app.metadata["issuer"]
    assert landed.query["state"] == app.state

    tokens = app.fetch(landed.url)
    id_token = app.claims(tokens["id_token"], aud=app.client_id, nonce=NONCE, token_use="id")
    access = app.claims(tokens["access_token"], client_id=app.client_id, token_use="access")
    assert id_token["email"] == tenant.username
    assert id_token["sub"] == access["sub"] == id_token["cognito:username"]
    info = app.user_info(tokens["access_token"])
    assert info.status_code == 200
    assert info.json()["sub"] == id_token["sub"]
    assert info.json()["email_verified"] is True

    renewed = app.session.refresh_token(app.metadata["token_endpoint"], refresh_token=tokens["refresh_token"])
    again = app.claims(renewed["id_token"], aud=app.client_id)
    assert again["sub"] == id_token["sub"]
    assert again["auth_time"] == id_token["auth_time"]
    assert renewed["access_token"] != tokens["access_token"]
    assert app.user_info(renewed["access_token"]).status_code == 200

    revoked = app.session.revoke_token(app.metadata["revocation_endpoint"], token=tokens["refresh_token"])
    assert revoked.status_code == 200
    for token in (tokens["access_token"], renewed["access_token"]):
        refused = app.user_info(token)
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.session.refresh_token(app.metadata["token_endpoint"], refresh_token=tokens["refresh_token"])

    assert not visitor.open(app.authorize_url()).opened, "the browser's session outlives the tokens"
    bye = visitor.open(f"/logout?{urlencode({'client_id': app.client_id, 'logout_uri': LOGGED_OUT})}")
    assert bye.url == LOGGED_OUT
    assert visitor.open(app.authorize_url()).path == "/login"


@pytest.mark.spec("OpenID Connect Discovery §4.3")
def test_each_pool_is_an_issuer_of_its_own(public, elsewhere, visitor, tenant, neighbour):
    assert public.metadata["issuer"] != elsewhere.metadata["issuer"]
    for application in (public, elsewhere):
        assert application.metadata["issuer"] == application.home.issuer(application.tenant)
    # One browser, signed in to both at once.
    first = public.fetch(signed_in(visitor, public.authorize_url(), tenant.username).url)
    second = elsewhere.fetch(signed_in(visitor, elsewhere.authorize_url(), neighbour.username).url)
    one, other = public.claims(first["id_token"]), elsewhere.claims(second["id_token"])
    assert one["iss"] != other["iss"]
    assert one["sub"] != other["sub"]
    assert {key.kid for key in public.jwks()}.isdisjoint({key.kid for key in elsewhere.jwks()})
    with pytest.raises((BadSignatureError, InvalidKeyIdError, ValueError)):
        elsewhere.claims(first["id_token"])
    assert not visitor.open(public.authorize_url()).opened
    assert not visitor.open(elsewhere.authorize_url()).opened


def test_signing_in_to_one_pool_is_nothing_at_the_other(public, elsewhere, visitor, tenant):
    assert not signed_in(visitor, public.authorize_url(), tenant.username).opened
    assert visitor.open(elsewhere.authorize_url()).path == "/login"


def test_a_user_of_one_pool_is_a_stranger_to_the_other(elsewhere, visitor, tenant):
    page = signed_in(visitor, elsewhere.authorize_url(), tenant.username)
    assert page.opened
    assert page.status == 400
    assert page.alert


def test_a_code_of_one_pool_is_refused_to_the_others_client(public, elsewhere, visitor, tenant):
    landed = signed_in(visitor, public.authorize_url(), tenant.username)
    elsewhere.authorize_url()
    elsewhere.state = public.state
    with pytest.raises(OAuthError, match="invalid_grant"):
        elsewhere.fetch(landed.url)
    assert "access_token" in public.fetch(landed.url), "the refusal consumed nothing"


@pytest.mark.spec("RFC 7636 §4.6")
def test_another_verifier_is_refused_and_consumes_nothing(app, visitor, tenant):
    landed = signed_in(visitor, app.authorize_url(), tenant.username)
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.fetch(landed.url, code_verifier="x" * 43)
    assert "id_token" in app.fetch(landed.url)


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_a_spent_code_is_refused_and_revokes_what_it_issued(app, visitor, tenant):
    landed = signed_in(visitor, app.authorize_url(), tenant.username)
    tokens = app.fetch(landed.url)
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.fetch(landed.url)
    assert app.user_info(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("secret", [None, "", "x" * 51])
def test_a_confidential_client_without_its_secret_gets_nothing(home, tenant, visitor, secret):
    app = Application(home, tenant, confidential=True)
    landed = signed_in(visitor, app.authorize_url(), tenant.username)
    with (
        OAuth2Session(
            client_id=app.client_id,
            client_secret=secret,
            token_endpoint_auth_method="none" if secret is None else "client_secret_post",
            redirect_uri=CALLBACK,
        ) as thief,
        pytest.raises(OAuthError, match="invalid_client"),
    ):
        thief.fetch_token(app.metadata["token_endpoint"], authorization_response=landed.url, code_verifier=VERIFIER)
    assert "id_token" in app.fetch(landed.url)
    app.close()


def test_a_secret_in_basic_that_is_wrong_is_answered_with_a_challenge(home, tenant):
    answer = requests.post(
        home.discovery(tenant)["token_endpoint"],
        data={"grant_type": "authorization_code", "code": "x"},
        auth=(tenant.confidential.client_id, "wrong"),
        timeout=10,
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.json()["error"] == "invalid_client"


def test_a_public_client_that_brings_no_challenge_is_sent_back_with_an_error(home, tenant, visitor):
    query = {"response_type": "code", "client_id": tenant.public.client_id, "redirect_uri": CALLBACK, "state": "s"}
    landed = visitor.open(f"/oauth2/authorize?{urlencode(query)}")
    assert landed.url.startswith(f"{CALLBACK}?")
    assert landed.query["error"] == "invalid_request"
    assert landed.query["state"] == "s"


@pytest.mark.parametrize("redirect_uri", [CALLBACK + "/", CALLBACK + "?x=1", "http://localhost:9.evil.test/callback"])
def test_a_redirect_uri_that_is_not_registered_is_never_followed(home, tenant, visitor, redirect_uri):
    query = {"response_type": "code", "client_id": tenant.public.client_id, "redirect_uri": redirect_uri}
    page = visitor.open(f"/oauth2/authorize?{urlencode(query)}")
    assert page.opened
    assert page.status == 400
    assert page.alert == "The redirect URI is not registered for this client."


@pytest.mark.spec("RFC 7009 §2.1")
def test_nobody_else_revokes_a_clients_token(app, visitor, tenant, elsewhere):
    tokens = app.fetch(signed_in(visitor, app.authorize_url(), tenant.username).url)
    answer = elsewhere.session.revoke_token(app.metadata["revocation_endpoint"], token=tokens["refresh_token"])
    assert answer.status_code in {200, 400}
    assert app.user_info(tokens["access_token"]).status_code == 200


def test_the_code_travels_only_in_the_query_of_the_registered_address(public, visitor, tenant):
    landed = signed_in(visitor, public.authorize_url(), tenant.username)
    assert {name for name, _ in parse_qsl(urlsplit(landed.url).query)} == {"code", "state", "iss"}
