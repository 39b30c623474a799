"""Logins with providers elsewhere: another Poolhouse as a generic OpenID Connect provider, and stand-ins for Google, Apple, Facebook
and Amazon (tests/support/upstream.py).
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import pytest

from app.core.identity_pools.logins.verifying import REFUSED_PER_HOUR
from app.core.limits.rates import ADDRESS_FACTOR, HOUR
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import IdentityHouse, provider_of
from tests.support.saml_idp import SamlIdp, encoded
from tests.support.upstream import StandIn, public_jwk, rsa_keys, signed, standing_in
from tests.support.world import NOON

GOOGLE, APPLE, FACEBOOK, AMAZON = "accounts.google.com", "appleid.apple.com", "graph.facebook.com", "www.amazon.com"
KEY, NEXT_KEY = (key for _, key in zip(range(2), rsa_keys(), strict=False))
APP = "app-1"


@pytest.fixture(scope="module")
def upstream() -> Iterator[StandIn]:
    with standing_in() as found:
        for name in (GOOGLE, APPLE):
            found.publish(f"https://{name}", public_jwk(KEY))
        yield found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, upstream: StandIn) -> Iterator[AwsHouse]:
    """Its public providers are stand-ins."""
    names = (GOOGLE, APPLE, FACEBOOK, "api.amazon.com")
    found = AwsHouse(tmp_path_factory.mktemp("aws"), upstream_urls=tuple((name, upstream.url) for name in names))
    yield found
    found.close()


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def noon(house: AwsHouse) -> Iterator[None]:
    yield
    house.clock.moment = NOON


@pytest.fixture(scope="module")
def pool(ids: IdentityHouse) -> Any:
    return ids.identity_pool(SupportedLoginProviders=dict.fromkeys((GOOGLE, APPLE, FACEBOOK, AMAZON), APP))


def published(upstream: StandIn, name: str) -> None:
    upstream.asked.clear()
    upstream.publish(f"https://{name}", public_jwk(KEY))


def claims(issuer: str, **changes: Any) -> dict[str, Any]:
    return {"iss": issuer, "aud": APP, "sub": "ada", "iat": NOON, "exp": NOON + 3600, **changes}


# -- Google and Apple --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "issuer"), [(GOOGLE, f"https://{GOOGLE}"), (GOOGLE, GOOGLE), (APPLE, f"https://{APPLE}")]
)
def test_an_id_token_of_a_public_provider_is_a_login(ids, upstream, pool, name, issuer):
    published(upstream, name)
    login = {name: signed(KEY, claims(issuer))}
    identity_id = ids.get_id(pool, login)
    context = ids.session(ids.credentials(identity_id, login)).context
    assert context["cognito-identity.amazonaws.com:amr"] == ("authenticated", name, f"{name}:{APP}:ada")


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (signed(KEY, claims(f"https://{APPLE}")), "Issuer doesn't match"),
        (signed(KEY, claims("https://evil.example")), "Issuer doesn't match"),
        (signed(KEY, claims(GOOGLE, aud="app-2")), "audience"),
        (signed(KEY, claims(GOOGLE, exp=NOON - 1)), "Token expired"),
        (signed(NEXT_KEY, claims(GOOGLE)), "signature invalid"),
    ],
    ids=["another provider's", "nobody's", "another application's", "expired", "forged"],
)
def test_a_token_that_google_did_not_make_for_us_is_refused(ids, pool, token, words):
    with refused("NotAuthorizedException", "Invalid login token", words):
        ids.get_id(pool, {GOOGLE: token})


def test_keys_are_asked_for_once_and_again_where_a_new_one_signs_but_not_for_every_kid(ids, upstream, pool):
    published(upstream, GOOGLE)
    ids.house.clock.advance(hours=2)
    now = ids.house.clock.now()

    def login(key: Any, kid: str) -> dict[str, str]:
        return {GOOGLE: signed(key, claims(GOOGLE, iat=now, exp=now + 7200), kid=kid)}

    for _ in range(3):
        assert ids.get_id(pool, login(KEY, "1"))
    assert upstream.asked == ["/.well-known/openid-configuration", "/keys"]
    upstream.publish(f"https://{GOOGLE}", public_jwk(KEY), public_jwk(NEXT_KEY, "2"))
    for kid in ("2", "3", "4"):
        with refused("NotAuthorizedException", "Couldn't verify"):
            ids.get_id(pool, login(NEXT_KEY, kid))
    assert len(upstream.asked) == 2
    ids.house.clock.advance(minutes=1)
    assert ids.get_id(pool, login(NEXT_KEY, "2"))
    assert len(upstream.asked) == 4


def broken(upstream: StandIn, path: str, answer: Any) -> None:
    published(upstream, GOOGLE)
    upstream.answers[path] = lambda _query: answer


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.identity_operation("GetId", "ExternalServiceException")
@pytest.mark.identity_operation("GetCredentialsForIdentity", "ExternalServiceException")
@pytest.mark.identity_operation("GetOpenIdToken", "ExternalServiceException")
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (DISCOVERY, (500, {})),
        (DISCOVERY, (302, {})),
        (DISCOVERY, (200, b"<html>")),
        (DISCOVERY, (200, [])),
        (DISCOVERY, (200, {"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"})),
        (DISCOVERY, (200, {"issuer": f"https://{GOOGLE}", "jwks_uri": "http://10.0.0.1/keys"})),
        ("/keys", (200, {"keys": "none"})),
        ("/keys", (200, b" " * 300_000 + b"{}")),
    ],
)
def test_a_provider_that_does_not_answer_in_its_own_protocol_is_no_fault_of_the_login(ids, upstream, path, answer):
    pool = ids.identity_pool(SupportedLoginProviders={GOOGLE: APP}, AllowClassicFlow=True)
    published(upstream, GOOGLE)
    ids.house.clock.advance(hours=3)
    now = ids.house.clock.now()
    login = {GOOGLE: signed(KEY, claims(GOOGLE, iat=now, exp=now + 36_000))}
    identity_id = ids.get_id(pool, login)
    broken(upstream, path, answer)
    ids.house.clock.advance(hours=3)
    for call in (
        lambda: ids.get_id(pool, login),
        lambda: ids.credentials(identity_id, login),
        lambda: ids.anyone.get_open_id_token(IdentityId=identity_id, Logins=login),
    ):
        with refused("ExternalServiceException"):
            call()
    # It is not asked again at once, and heard when it is back.
    assert len(upstream.asked) == (1 if path == DISCOVERY else 2)
    published(upstream, GOOGLE)
    ids.house.clock.advance(seconds=5)
    assert ids.get_id(pool, login) == identity_id


# -- Facebook and Amazon -----------------------------------------------------------------------------------------------


def facebook(query: dict[str, str]) -> tuple[int, Any]:
    data = {"app_id": APP, "user_id": "7", "is_valid": True, "expires_at": NOON + 60}
    tokens: dict[str, dict[str, Any]] = {
        "good": data,
        "eternal": {**data, "expires_at": 0},
        "other app's": {**data, "app_id": "app-2"},
        "old": {**data, "expires_at": NOON},
        "invalid": {**data, "is_valid": False},
        "nobody's": {**data, "user_id": None},
    }
    found = tokens.get(query["input_token"])
    return (400, {"error": {"message": "bad"}}) if found is None else (200, {"data": found})


def amazon(query: dict[str, str]) -> tuple[int, Any]:
    data = {"aud": APP, "user_id": "amzn1.account.A", "exp": 3597}
    tokens: dict[str, dict[str, Any]] = {
        "good": data,
        "other app's": {**data, "aud": "app-2"},
        "old": {**data, "exp": 0},
        "nobody's": {**data, "user_id": ""},
    }
    found = tokens.get(query["access_token"])
    return (400, {"error": "invalid_token"}) if found is None else (200, found)


@pytest.mark.parametrize(
    ("name", "token", "subject"),
    [(FACEBOOK, "good", "7"), (FACEBOOK, "eternal", "7"), (AMAZON, "good", "amzn1.account.A")],
)
def test_an_access_token_of_a_social_provider_is_a_login(ids, upstream, pool, name, token, subject):  # noqa: PLR0917 - fixtures
    upstream.answers |= {"/debug_token": facebook, "/auth/o2/tokeninfo": amazon}
    identity_id = ids.get_id(pool, {name: token})
    found = ids.identities.find(pool.identity_pool_id, identity_id)
    assert [(login.provider, login.subject) for login in found.logins] == [(name, subject)]


@pytest.mark.parametrize("token", ["other app's", "old", "invalid", "nobody's", "unheard of", "x" * 9000])
@pytest.mark.parametrize("name", [FACEBOOK, AMAZON])
def test_an_access_token_that_is_not_for_us_now_is_refused(ids, upstream, pool, name, token):
    upstream.answers |= {"/debug_token": facebook, "/auth/o2/tokeninfo": amazon}
    with refused("NotAuthorizedException", "Invalid login token"):
        ids.get_id(pool, {name: token})


def test_who_invents_tokens_does_not_have_us_call_their_providers_forever(ids, upstream):
    pool = ids.identity_pool(SupportedLoginProviders=dict.fromkeys((GOOGLE, FACEBOOK, AMAZON), APP))
    upstream.answers |= {"/debug_token": facebook, "/auth/o2/tokeninfo": amazon}
    published(upstream, GOOGLE)
    rates, name = ids.house.services.identity_credentials.rates, f"asked login:{pool.identity_pool_id}:@127.0.0.1"
    allowed = REFUSED_PER_HOUR * ADDRESS_FACTOR
    identity_id = ids.get_id(pool, {FACEBOOK: "good"})
    rates.ephemeral.count("rate", name, expires_at=ids.house.clock.now() + HOUR, by=allowed - 1)
    assert ids.get_id(pool, {FACEBOOK: "good"}) == identity_id, "what is good is not counted"
    with refused("NotAuthorizedException"):
        ids.get_id(pool, {AMAZON: "invented"})
    upstream.asked.clear()
    for call in (
        lambda: ids.get_id(pool, {AMAZON: "invented"}),
        lambda: ids.credentials(identity_id, {FACEBOOK: "good"}),
        lambda: ids.anyone.unlink_identity(
            IdentityId=identity_id, Logins={FACEBOOK: "good"}, LoginsToRemove=[FACEBOOK]
        ),
    ):
        with refused("TooManyRequestsException"):
            call()
    assert upstream.asked == []
    ids.house.clock.advance(hours=1)
    now = ids.house.clock.now()
    assert ids.get_id(pool, {GOOGLE: signed(KEY, claims(GOOGLE, iat=now, exp=now + 60))})
    upstream.answers["/debug_token"] = lambda _query: (
        200,
        {"data": {"app_id": APP, "user_id": "7", "is_valid": True, "expires_at": 0}},
    )
    assert ids.get_id(pool, {FACEBOOK: "good"}) == identity_id


@pytest.mark.parametrize(("name", "path"), [(FACEBOOK, "/debug_token"), (AMAZON, "/auth/o2/tokeninfo")])
def test_a_social_provider_that_is_down_is_no_fault_of_the_login(ids, upstream, pool, name, path):
    upstream.answers[path] = lambda _query: (503, {})
    with refused("ExternalServiceException"):
        ids.get_id(pool, {name: "good"})


def test_providers_that_keep_us_waiting_never_take_every_thread(ids, upstream, pool):
    """Half of a worker's threads may wait; who comes then is told at once, and whoever asks for nobody elsewhere is served."""
    published(upstream, GOOGLE)
    ids.house.clock.advance(hours=6)
    now = ids.house.clock.now()
    login = {GOOGLE: signed(KEY, claims(GOOGLE, iat=now, exp=now + 36_000))}
    identity_id = ids.get_id(pool, login)
    client = ids.user_client()
    local = ids.pool_for(client)
    asked, answered = Semaphore(0), Event()

    def silent(_query: dict[str, str]) -> tuple[int, Any]:
        asked.release()
        answered.wait(20)
        return 503, {}

    upstream.answers |= dict.fromkeys((DISCOVERY, "/debug_token", "/auth/o2/tokeninfo"), silent)
    ids.house.clock.advance(hours=2)
    waiting = [login, {FACEBOOK: "good"}, {FACEBOOK: "good"}, {AMAZON: "good"}]
    with ThreadPoolExecutor(len(waiting)) as threads:
        answers = [threads.submit(ids.get_id, pool, logins) for logins in waiting]
        try:
            assert all(asked.acquire(timeout=10) for _ in waiting)
            for logins in ({AMAZON: "good"}, {GOOGLE: signed(KEY, claims(GOOGLE, iat=now, exp=now + 36_000), kid="9")}):
                with refused("ExternalServiceException"):
                    ids.get_id(pool, logins)
            # Google's keys are asked for at this moment; those of an hour ago count until the answer.
            assert ids.get_id(pool, login) == identity_id
            assert ids.get_id(local, {provider_of(client): ids.id_token(client)})
        finally:
            answered.set()
        for answer in answers:
            with refused("ExternalServiceException"):
                answer.result()
    assert asked.acquire(blocking=False) is False, "nobody else was asked"


# -- time --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ahead(house: AwsHouse) -> Iterator[int]:
    """This server's clock is a month ahead of everybody else's, as the development API may move it."""
    house.clock.ahead = 30 * 86_400
    house.clock.advance(days=30)
    yield house.clock.now()
    house.clock.ahead = 0


def test_times_that_others_wrote_are_compared_with_the_machines_own(ids, upstream, pool, ahead):
    published(upstream, GOOGLE)
    upstream.answers |= {"/debug_token": facebook}
    idp = SamlIdp(KEY)
    arn = ids.house.iam.create_saml_provider(SAMLMetadataDocument=idp.metadata, Name="timely")["SAMLProviderArn"]
    both = ids.identity_pool(SupportedLoginProviders={GOOGLE: APP, FACEBOOK: APP}, SamlProviderARNs=[arn])
    for name, token in (
        (GOOGLE, signed(KEY, claims(GOOGLE))),
        (FACEBOOK, "good"),
        (arn, encoded(idp.response(idp.signed(idp.assertion())))),
    ):
        login = {name: token}
        answer = ids.credentials(ids.get_id(both, login), login)
        assert answer["Credentials"]["Expiration"].timestamp() == ahead + 3600, "what we issue runs by our own clock"
    late = encoded(
        idp.response(idp.signed(idp.assertion(begins=ahead - 60, ends=ahead + 60, confirmed_until=ahead + 60)))
    )
    for name, token in ((GOOGLE, signed(KEY, claims(GOOGLE, iat=ahead, exp=ahead + 60))), (arn, late)):
        with refused("NotAuthorizedException", "not valid yet"):
            ids.get_id(both, {name: token})


def test_sts_compares_a_strangers_token_with_the_machines_time_and_our_own_with_ours(ids, upstream, ahead):
    upstream.publish(upstream.url, public_jwk(KEY))
    provider = ids.house.iam.create_open_id_connect_provider(Url=upstream.url, ClientIDList=[APP])
    arn = provider["OpenIDConnectProviderArn"]
    statement = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
    role = ids.role(
        ids.identity_pool(roles=False), document=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    anyone = ids.house.unsigned_client("sts")

    def assume(**times: int) -> Any:
        token = signed(KEY, claims(upstream.url, **times))
        return anyone.assume_role_with_web_identity(RoleArn=role, RoleSessionName="app", WebIdentityToken=token)

    assert assume()["Credentials"]["Expiration"].timestamp() == ahead + 3600
    with refused("ExpiredTokenException"):
        assume(exp=NOON - 1)
    with refused("InvalidIdentityToken", "not valid yet"):
        assume(iat=ahead, exp=ahead + 60)
    anyone.close()


# -- another Poolhouse -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsHouse]:
    found = AwsHouse(tmp_path_factory.mktemp("elsewhere"))
    yield found
    found.close()


def test_another_poolhouses_user_pool_is_a_generic_provider(ids, elsewhere):
    theirs = elsewhere.pool()
    elsewhere.user(theirs, "ada")
    client, other = elsewhere.app_client(theirs), elsewhere.app_client(theirs)
    issuer = f"{elsewhere.url}/{theirs.pool_id}"
    arn = ids.house.iam.create_open_id_connect_provider(Url=issuer, ClientIDList=[client.client_id])
    pool = ids.identity_pool(OpenIdConnectProviderARNs=[arn["OpenIDConnectProviderArn"]])
    name = issuer.removeprefix("http://")
    token = IdentityHouse.tokens_of(elsewhere, client)["IdToken"]
    identity_id = ids.get_id(pool, {name: token})
    assert (
        name in ids.session(ids.credentials(identity_id, {name: token})).context["cognito-identity.amazonaws.com:amr"]
    )
    with refused("NotAuthorizedException", "audience"):
        ids.get_id(pool, {name: IdentityHouse.tokens_of(elsewhere, other)["IdToken"]})
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.get_id(ids.identity_pool(), {name: token})
    ids.house.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn["OpenIDConnectProviderArn"])
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.credentials(identity_id, {name: token})


# -- SAML --------------------------------------------------------------------------------------------------------------


def test_an_assertion_of_a_registered_saml_provider_is_a_login_whose_attributes_choose_the_role(ids):
    idp = SamlIdp(KEY)
    made = ids.house.iam.create_saml_provider(SAMLMetadataDocument=idp.metadata, Name="idp")
    arn = made["SAMLProviderArn"]
    pool = ids.identity_pool(SamlProviderARNs=[arn])
    red = ids.role(pool, arn)
    rule = {"Claim": "team", "MatchType": "Equals", "Value": "red", "RoleARN": red}
    rules = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    ids.map_roles(pool, {arn: rules})
    login = {arn: encoded(idp.response(idp.signed(idp.assertion())))}
    assert ids.session(ids.credentials(ids.get_id(pool, login), login)).role_arn == red
    with refused("NotAuthorizedException", "Invalid login token"):
        ids.get_id(pool, {arn: encoded(idp.response(idp.assertion()))})
    ids.house.iam.delete_saml_provider(SAMLProviderArn=arn)
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.get_id(pool, login)
