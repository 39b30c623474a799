"""OpenID tokens of identities: the basic flow, developers' own users, and the issuer's keys, through stock boto3 and PyJWT."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from botocore.config import Config

from app.core.identity_pools.open_id import ISSUER_KEYS, OpenIdTokenExpired, OpenIdTokenInvalid
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import OWN, IdentityHouse, provider_of, trust

DEVELOPER = "login.shop.example"
TAGS = "https://aws.amazon.com/tags"


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(ids: IdentityHouse) -> Any:
    return ids.user_client("ada", "grace")


@pytest.fixture(scope="module")
def ada(ids: IdentityHouse, client: Any) -> dict[str, str]:
    return {provider_of(client): ids.id_token(client)}


@pytest.fixture
def pool(ids: IdentityHouse, client: Any) -> Any:
    return ids.pool_for(client, AllowClassicFlow=True, DeveloperProviderName=DEVELOPER)


def verified(ids: IdentityHouse, token: str, pool: Any) -> dict[str, Any]:
    """The claims, as a relying party reads them that knows the issuer's address only."""
    issuer = f"{ids.house.url}/identity"
    metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
    keys = requests.get(metadata["jwks_uri"], timeout=10).json()["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(each for each in keys if each["kid"] == kid))
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(
        token, key.key, algorithms=["RS512"], audience=pool.identity_pool_id, issuer=issuer, options=options
    )


def open_id(ids: IdentityHouse, identity_id: str, logins: dict[str, str] | None = None) -> Any:
    return ids.anyone.get_open_id_token(IdentityId=identity_id, Logins=logins or {})


def vouch(ids: IdentityHouse, pool: Any, user: str = "u-1", **more: Any) -> Any:
    logins = {DEVELOPER: user, **more.pop("logins", {})}
    return ids.backend.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool.identity_pool_id, Logins=logins, **more
    )


# -- the issuer --------------------------------------------------------------------------------------------------------


@pytest.mark.identity_operation("GetOpenIdToken")
def test_a_token_is_verified_by_the_keys_that_its_issuer_publishes(ids, pool, ada):
    identity_id = ids.get_id(pool, ada)
    answer = open_id(ids, identity_id, ada)
    claims = verified(ids, answer["Token"], pool)
    assert answer["IdentityId"] == claims["sub"] == identity_id
    assert {"authenticated", next(iter(ada))} < set(claims["amr"])
    assert claims["exp"] - claims["iat"] == 600


def test_both_names_of_the_keys_answer_and_any_page_may_ask(ids):
    base = f"{ids.house.url}/identity/.well-known"
    first, second = (requests.get(f"{base}/{name}", timeout=10) for name in ("jwks", "jwks.json"))
    assert first.json() == second.json() != {"keys": []}
    assert all(key["alg"] == "RS512" and key["use"] == "sig" and "d" not in key for key in first.json()["keys"])
    assert all(len(key["x5c"]) == 1 for key in first.json()["keys"])
    assert first.headers["Access-Control-Allow-Origin"] == "*"


def test_a_guests_token_says_so(ids, pool):
    guest = ids.get_id(pool)
    assert verified(ids, open_id(ids, guest)["Token"], pool)["amr"] == ["unauthenticated"]


def test_the_token_is_for_sts_to_read_until_it_expires(ids, pool, ada):
    identity_id = ids.get_id(pool, ada)
    token = open_id(ids, identity_id, ada)["Token"]
    read = ids.house.services.open_id_tokens.verify(token)
    assert (read.identity_pool_id, read.identity_id) == (pool.identity_pool_id, identity_id)
    before = ids.house.clock.moment
    ids.house.clock.advance(minutes=10)
    with pytest.raises(OpenIdTokenExpired):
        ids.house.services.open_id_tokens.verify(token)
    ids.house.clock.moment = before


def test_sts_never_reads_another_token_as_one(ids, pool, ada):
    token = open_id(ids, ids.get_id(pool), {})["Token"]
    head, body, signature = token.split(".")
    others = [
        next(iter(ada.values())),
        f"{head}.{body}.{signature[::-1]}",
        f"{head}.{body}.",
        "x",
        token + "=" * 20_000,
    ]
    for other in others:
        with pytest.raises(OpenIdTokenInvalid):
            ids.house.services.open_id_tokens.verify(other)


def test_the_issuers_keys_rotate_and_in_a_compromise_old_tokens_end_at_once(ids, pool):
    guest, keys = ids.get_id(pool), ids.house.services.issuer_keys
    old = open_id(ids, guest)["Token"]
    (following,) = keys.rotate(ISSUER_KEYS)
    assert following.algorithm == "RS512"
    assert verified(ids, old, pool)["sub"] == guest
    assert jwt.get_unverified_header(open_id(ids, guest)["Token"])["kid"] != following.kid
    (new,) = keys.rotate(ISSUER_KEYS, now=True)
    with pytest.raises(OpenIdTokenInvalid):
        ids.house.services.open_id_tokens.verify(old)
    assert jwt.get_unverified_header(open_id(ids, guest)["Token"])["kid"] == new.kid


# -- the basic flow ----------------------------------------------------------------------------------------------------


@pytest.mark.identity_operation("GetOpenIdToken", "InvalidParameterException")
@pytest.mark.parametrize("setting", [{}, {"AllowClassicFlow": False}])
def test_the_basic_flow_is_off_unless_it_is_switched_on(ids, client, ada, setting):
    pool = ids.pool_for(client, **setting)
    with refused("InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow."):
        open_id(ids, ids.get_id(pool, ada), ada)


def test_the_basic_flow_does_not_go_around_role_mappings(ids, client, pool, ada):
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    ids.map_roles(pool, {f"{provider_of(client)}:{client.client_id}": mapping})
    with refused("InvalidParameterException", "not supported with RoleMappings"):
        open_id(ids, ids.get_id(pool, ada), ada)


@pytest.mark.identity_operation("GetOpenIdToken", "NotAuthorizedException")
def test_an_identitys_token_needs_its_login(ids, client, pool, ada):
    identity_id = ids.get_id(pool, ada)
    with refused("NotAuthorizedException", "forbidden"):
        open_id(ids, identity_id)
    with refused("NotAuthorizedException", "Logins don't match"):
        open_id(ids, identity_id, {provider_of(client): ids.id_token(client, "grace")})


def test_a_token_of_the_basic_flow_is_no_login_of_the_enhanced_one(ids, pool, ada):
    """Its role would be chosen without the rules for the login it came from; a guest's would be an authenticated one."""
    for logins in (ada, {}):
        identity_id = ids.get_id(pool, logins)
        with refused("NotAuthorizedException"):
            ids.credentials(identity_id, {OWN: open_id(ids, identity_id, logins)["Token"]})


# -- developers' own users ---------------------------------------------------------------------------------------------


@pytest.mark.identity_operation("GetOpenIdTokenForDeveloperIdentity")
def test_a_developers_user_gets_credentials_with_the_developers_token(ids, pool):
    answer = vouch(ids, pool)
    claims = verified(ids, answer["Token"], pool)
    assert claims["amr"] == ["authenticated", DEVELOPER, f"{DEVELOPER}:{pool.identity_pool_id}:u-1"]
    assert claims["exp"] - claims["iat"] == 900
    assert vouch(ids, pool)["IdentityId"] == answer["IdentityId"] != vouch(ids, pool, "u-2")["IdentityId"]
    session = ids.session(ids.credentials(answer["IdentityId"], {OWN: answer["Token"]}))
    assert (session.role_arn, session.context[f"{OWN}:amr"]) == (pool.roles["authenticated"], tuple(claims["amr"]))
    assert ids.get_id(pool, {OWN: answer["Token"]}) == answer["IdentityId"]


def test_only_a_signed_caller_vouches_for_users(ids, pool):
    key = ids.house.services.access_keys.create(
        "123456789012",
        "nothing",
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
    )
    limited = ids.house.client(key.access_key_id, key.secret.reveal(), service="cognito-identity")
    with refused("AccessDeniedException"):
        limited.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool.identity_pool_id, Logins={DEVELOPER: "u-1"}
        )
    limited.close()


@pytest.mark.identity_operation("GetOpenIdTokenForDeveloperIdentity", "ResourceNotFoundException")
def test_another_regions_pool_does_not_exist_for_a_backend(ids, pool):
    elsewhere = ids.house.client(ids.house.key_id, ids.house.secret, "eu-west-1", service="cognito-identity")
    with refused("ResourceNotFoundException", "IdentityPool"):
        elsewhere.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool.identity_pool_id, Logins={DEVELOPER: "u-1"}
        )
    elsewhere.close()
    with refused("ResourceNotFoundException", "Identity"):
        vouch(ids, pool, IdentityId="us-east-1:00000000-0000-4000-8000-000000000000")


def test_default_tags_of_a_developers_user_are_the_user_and_the_pool(ids, pool):
    ids.pools.set_principal_tags(pool.identity_pool_id, DEVELOPER, use_defaults=True, tags=None)
    tags = ids.house.services.open_id_tokens.verify(vouch(ids, pool)["Token"]).tags
    assert tags == {"username": "u-1", "client": pool.identity_pool_id}


def test_another_pools_developer_token_is_refused(ids, client, pool):
    other = ids.pool_for(client, DeveloperProviderName=DEVELOPER)
    token = vouch(ids, other)["Token"]
    with refused("NotAuthorizedException", "Incorrect token audience"):
        ids.get_id(pool, {OWN: token})


def test_a_developers_token_opens_its_own_identity_only(ids, pool, ada):
    token = vouch(ids, pool)["Token"]
    with refused("NotAuthorizedException"):
        ids.credentials(ids.get_id(pool, ada), {OWN: token})


@pytest.mark.identity_operation("GetOpenIdTokenForDeveloperIdentity", "NotAuthorizedException")
@pytest.mark.parametrize("logins", [{"login.other.example": "u-1"}, {"accounts.google.com": "token"}, {OWN: "token"}])
def test_only_the_pools_own_developer_provider_is_vouched_for(ids, pool, logins):
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.backend.get_open_id_token_for_developer_identity(IdentityPoolId=pool.identity_pool_id, Logins=logins)


def test_a_developer_links_a_user_to_an_identity_that_is_there(ids, pool, ada):
    known = ids.get_id(pool, ada)
    assert vouch(ids, pool, IdentityId=known)["IdentityId"] == known == vouch(ids, pool)["IdentityId"]
    # One identity may be several of the developer's users.
    assert vouch(ids, pool, "u-2", IdentityId=known)["IdentityId"] == known


@pytest.mark.identity_operation("GetOpenIdTokenForDeveloperIdentity", "DeveloperUserAlreadyRegisteredException")
def test_a_developers_user_belongs_to_one_identity(ids, pool):
    vouch(ids, pool, "u-1")
    with refused("DeveloperUserAlreadyRegisteredException"):
        vouch(ids, pool, "u-1", IdentityId=ids.get_id(pool))


@pytest.mark.identity_operation("GetOpenIdTokenForDeveloperIdentity", "ResourceConflictException")
def test_a_login_of_another_identity_is_not_linked_by_a_developer(ids, pool, ada):
    ids.get_id(pool, ada)
    with refused("ResourceConflictException"):
        vouch(ids, pool, IdentityId=vouch(ids, pool)["IdentityId"], logins=ada)


@pytest.mark.parametrize("seconds", [0, 86_401])
def test_a_developers_token_lives_between_a_second_and_a_day(ids, pool, seconds):
    assert ids.house.services.open_id_tokens.verify(vouch(ids, pool, TokenDuration=86_400)["Token"])
    unchecked = ids.client(Config(parameter_validation=False))
    with refused("ValidationException", "tokenDuration"):
        unchecked.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool.identity_pool_id, Logins={DEVELOPER: "u-1"}, TokenDuration=seconds
        )
    unchecked.close()


def test_exchanging_a_developers_token_does_not_make_it_last_longer(ids, pool):
    answer = vouch(ids, pool, TokenDuration=60)
    exchanged = open_id(ids, answer["IdentityId"], {OWN: answer["Token"]})
    claims = verified(ids, exchanged["Token"], pool)
    assert claims["exp"] - claims["iat"] == 60


def test_a_developers_tags_become_the_sessions(ids, client):
    pool = ids.pool_for(client, roles=False, DeveloperProviderName=DEVELOPER)
    tagging = trust(pool.identity_pool_id, actions=("sts:AssumeRoleWithWebIdentity", "sts:TagSession"))
    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": ids.role(pool, document=tagging)}, {})
    answer = vouch(ids, pool, PrincipalTags={"tenant": "blue"})
    assert verified(ids, answer["Token"], pool)[TAGS] == {"principal_tags": {"tenant": ["blue"]}}
    assert ids.session(ids.credentials(answer["IdentityId"], {OWN: answer["Token"]})).tags == {"tenant": "blue"}


@pytest.mark.identity_operation("GetOpenIdTokenForDeveloperIdentity", "InvalidParameterException")
def test_a_tag_that_could_be_a_wildcard_is_refused(ids, pool):
    with refused("InvalidParameterException", "principal tag"):
        vouch(ids, pool, PrincipalTags={"tenant": "*"})


# -- what ends a token -------------------------------------------------------------------------------------------------


@pytest.fixture
def anyone(ids: IdentityHouse) -> Iterator[Any]:
    found = ids.house.unsigned_client("sts")
    yield found
    found.close()


def assume(anyone: Any, role: str, answer: Any) -> Any:
    return anyone.assume_role_with_web_identity(RoleArn=role, RoleSessionName="app", WebIdentityToken=answer["Token"])


def unlink(ids: IdentityHouse, pool: Any, identity_id: str, user: str) -> None:
    ids.backend.unlink_developer_identity(
        IdentityId=identity_id,
        IdentityPoolId=pool.identity_pool_id,
        DeveloperProviderName=DEVELOPER,
        DeveloperUserIdentifier=user,
    )


def test_a_developers_token_ends_with_the_user_it_names(ids, anyone, pool):
    token = vouch(ids, pool, "u-leaver", TokenDuration=86_400)
    identity_id, role, login = token["IdentityId"], pool.roles["authenticated"], {OWN: token["Token"]}
    another = vouch(ids, pool, "u-stayer", IdentityId=identity_id)
    assert assume(anyone, role, token)
    unlink(ids, pool, identity_id, "u-leaver")
    for call in (
        lambda: ids.credentials(identity_id, login),
        lambda: ids.get_id(pool, login),
        lambda: open_id(ids, identity_id, login),
    ):
        with refused("NotAuthorizedException", "forbidden"):
            call()
    with refused("NotAuthorizedException", "Logins don't match"):
        ids.anyone.unlink_identity(IdentityId=identity_id, Logins=login, LoginsToRemove=[OWN])
    # The identity's other user is none of that one's business.
    assert assume(anyone, role, another)
    unlink(ids, pool, identity_id, "u-stayer")
    for answer in (token, another):
        with refused("InvalidIdentityToken", "not its holder's any more"):
            assume(anyone, role, answer)


def test_a_guests_token_ends_when_somebody_signs_in_as_the_guest(ids, anyone, pool, ada):
    guest = ids.get_id(pool)
    token = open_id(ids, guest)
    assert assume(anyone, pool.roles["unauthenticated"], token)
    assert ids.credentials(guest, ada)["IdentityId"] == guest
    with refused("InvalidIdentityToken", "not its holder's any more"):
        assume(anyone, pool.roles["unauthenticated"], token)


def test_a_guests_token_ends_when_the_pool_takes_no_guests_any_more(ids, anyone, pool):
    token, role = open_id(ids, ids.get_id(pool)), pool.roles["unauthenticated"]
    assert assume(anyone, role, token)
    ids.pools.update(pool.identity_pool_id, "pool", {**pool.settings, "AllowUnauthenticatedIdentities": False})
    with refused("InvalidIdentityToken", "not its holder's any more"):
        assume(anyone, role, token)


@pytest.mark.parametrize("key", [OWN, DEVELOPER])
def test_a_developers_token_does_not_go_around_role_mappings(ids, anyone, pool, key):
    token, role = vouch(ids, pool), pool.roles["authenticated"]
    assert assume(anyone, role, token)
    rule = {"Claim": "sub", "MatchType": "Equals", "Value": "nobody", "RoleARN": role}
    rules = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    ids.map_roles(pool, {"accounts.google.com": rules})
    assert assume(anyone, role, token), "another provider's rules are not about this user"
    ids.map_roles(pool, {key: rules})
    with refused("AccessDenied", "RoleMappings"):
        assume(anyone, role, token)


@pytest.mark.parametrize("scope", ["identity", "identity-pool"])
def test_ending_an_identitys_credentials_ends_what_new_ones_could_be_had_for(ids, anyone, pool, scope):
    token = vouch(ids, pool, "u-ended", TokenDuration=86_400)
    identity_id, role = token["IdentityId"], pool.roles["authenticated"]
    ids.house.services.temporary_keys.revoke(scope, identity_id if scope == "identity" else pool.identity_pool_id)
    with refused("InvalidIdentityToken", "ended"):
        assume(anyone, role, token)
    for call in (
        lambda: ids.credentials(identity_id, {OWN: token["Token"]}),
        lambda: ids.get_id(pool, {OWN: token["Token"]}),
    ):
        with refused("NotAuthorizedException", "Not a valid"):
            call()
    # Whoever is signed in anew, even in the same second, is somebody again.
    again = vouch(ids, pool, "u-ended")
    assert assume(anyone, role, again)
    assert ids.credentials(identity_id, {OWN: again["Token"]})
