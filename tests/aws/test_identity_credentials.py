"""From a login, or none, to temporary credentials, through stock boto3."""

import base64
import json
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import OWN, IdentityHouse, provider_of, trust


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(ids: IdentityHouse) -> Any:
    """Of a user pool with ada and grace."""
    return ids.user_client("ada", "grace")


@pytest.fixture(scope="module")
def pool(ids: IdentityHouse, client: Any) -> Any:
    return ids.pool_for(client)


def logins(ids: IdentityHouse, client: Any, username: str = "ada") -> dict[str, str]:
    return {provider_of(client): ids.id_token(client, username)}


@pytest.mark.identity_operation("GetId")
@pytest.mark.identity_operation("GetCredentialsForIdentity")
def test_an_id_token_becomes_credentials_of_the_authenticated_role(ids, client, pool):
    ada = logins(ids, client)
    identity_id = ids.get_id(pool, ada)
    answer = ids.credentials(identity_id, ada)
    assert answer["IdentityId"] == identity_id
    role = pool.roles["authenticated"].rpartition("/")[2]
    assert ids.caller(answer)["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{role}/CognitoIdentityCredentials"
    lasts = answer["Credentials"]["Expiration"].timestamp() - ids.house.clock.now()
    assert lasts == 3600


def test_the_session_knows_pool_identity_and_how_somebody_signed_in(ids, client, pool):
    ada = logins(ids, client)
    identity_id = ids.get_id(pool, ada)
    context = ids.session(ids.credentials(identity_id, ada)).context
    assert context[f"{OWN}:aud"] == (pool.identity_pool_id,)
    assert context[f"{OWN}:sub"] == (identity_id,)
    sub = json.loads(base64.urlsafe_b64decode(next(iter(ada.values())).split(".")[1] + "=="))["sub"]
    host = ids.house.url.removeprefix("http://")
    assert set(context[f"{OWN}:amr"]) == {
        "authenticated",
        provider_of(client),
        f"{provider_of(client)}:CognitoSignIn:{sub}",
        f"{host}/{client.pool_id}",
        f"{host}/{client.pool_id}:CognitoSignIn:{sub}",
    }


def test_both_spellings_of_a_user_pool_lead_to_one_identity(ids, client, pool):
    token = ids.id_token(client)
    host = ids.house.url.removeprefix("http://")
    by_issuer = {f"{host}/{client.pool_id}": token}
    identity_id = ids.get_id(pool, by_issuer)
    assert ids.get_id(pool, {provider_of(client): token}) == identity_id
    assert ids.credentials(identity_id, by_issuer)["IdentityId"] == identity_id


@pytest.mark.identity_operation("GetId", "InvalidParameterException")
def test_one_provider_in_two_spellings_is_refused(ids, client, pool):
    token = ids.id_token(client)
    host = ids.house.url.removeprefix("http://")
    with refused("InvalidParameterException", "once"):
        ids.get_id(pool, {provider_of(client): token, f"{host}/{client.pool_id}": token})


def test_an_identity_is_one_users_of_one_identity_pool(ids, client, pool):
    ada, grace = logins(ids, client), logins(ids, client, "grace")
    found = {
        ids.get_id(pool, ada),
        ids.get_id(pool, ada),
        ids.get_id(pool, grace),
        ids.get_id(ids.pool_for(client), ada),
    }
    assert len(found) == 3


@pytest.mark.identity_operation("GetCredentialsForIdentity", "NotAuthorizedException")
def test_an_identity_id_alone_never_gives_an_authenticated_identitys_credentials(ids, client, pool):
    identity_id = ids.get_id(pool, logins(ids, client))
    with refused("NotAuthorizedException", f"Access to Identity '{identity_id}' is forbidden."):
        ids.credentials(identity_id)


def test_somebody_elses_login_does_not_open_an_identity(ids, client, pool):
    hers = ids.get_id(pool, logins(ids, client))
    his = logins(ids, client, "grace")
    with refused("NotAuthorizedException", "Logins don't match"):
        ids.credentials(hers, his)
    # Nor does one that has an identity of its own by now.
    ids.get_id(pool, his)
    with refused("NotAuthorizedException", "Logins don't match"):
        ids.credentials(hers, his)


def test_an_identity_is_not_opened_by_a_login_that_only_another_identity_pool_takes(ids, client):
    other = ids.user_client("ada")
    pool = ids.pool_for(client)
    identity_id = ids.get_id(pool, logins(ids, client))
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.credentials(identity_id, logins(ids, other))


@pytest.mark.identity_operation("GetId", "ResourceNotFoundException")
@pytest.mark.identity_operation("GetCredentialsForIdentity", "ResourceNotFoundException")
@pytest.mark.identity_operation("GetOpenIdToken", "ResourceNotFoundException")
def test_what_is_not_there_is_not_found(ids):
    nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
    with refused("ResourceNotFoundException", f"IdentityPool '{nobody}' not found."):
        ids.anyone.get_id(IdentityPoolId=nobody)
    with refused("ResourceNotFoundException", f"Identity '{nobody}' not found."):
        ids.credentials(nobody)
    with refused("ResourceNotFoundException", f"Identity '{nobody}' not found."):
        ids.anyone.get_open_id_token(IdentityId=nobody)


# -- tokens that prove nothing -----------------------------------------------------------------------------------------


def altered(token: str, **changes: Any) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    written = base64.urlsafe_b64encode(json.dumps({**claims, **changes}).encode()).decode().rstrip("=")
    return f"{head}.{written}.{signature}"


def headed(token: str, signature: str | None = None, **changes: Any) -> str:
    head, body, kept = token.split(".")
    header = {**json.loads(base64.urlsafe_b64decode(head + "==")), **changes}
    written = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{written}.{body}.{kept if signature is None else signature}"


FORGED = {
    "nonsense": (lambda token: "nonsense", "Not a valid OpenId Connect identity token"),
    "changed": (lambda token: altered(token, sub="somebody"), "signature"),
    "unsigned": (lambda token: headed(token, "", alg="none"), "signature"),
    "hmac": (lambda token: headed(token, alg="HS256"), "signature"),
    "other key": (lambda token: headed(token, kid="x"), "signature"),
    "key inside": (lambda token: headed(token, jwk={"kty": "RSA"}), "Not a valid"),
    "critical": (lambda token: headed(token, crit=["b64"]), "Not a valid"),
    "other issuer": (lambda token: altered(token, iss="https://evil.example"), "Issuer doesn't match"),
    "huge": (lambda token: token + "A" * 40_000, "signature"),
}


@pytest.mark.identity_operation("GetId", "NotAuthorizedException")
@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused(ids, client, pool, kind):
    forge, words = FORGED[kind]
    with refused("NotAuthorizedException", "Invalid login token", words):
        ids.get_id(pool, {provider_of(client): forge(ids.id_token(client))})


def test_an_access_token_is_no_login(ids, client, pool):
    with refused("NotAuthorizedException", "Missing a required claim: aud"):
        ids.get_id(pool, {provider_of(client): ids.tokens(client)["AccessToken"]})


def test_a_token_of_another_client_of_the_pool_is_refused(ids, client, pool):
    found = ids.house.services.pools.find(client.pool_id)
    with refused("NotAuthorizedException", "Incorrect token audience"):
        ids.get_id(pool, {provider_of(client): ids.id_token(ids.house.app_client(found))})


def test_a_token_of_another_user_pool_is_refused_under_this_ones_name(ids, client, pool):
    with refused("NotAuthorizedException", "Issuer doesn't match"):
        ids.get_id(pool, {provider_of(client): ids.id_token(ids.user_client("ada"))})


@pytest.mark.parametrize("name", ["www.amazon.com", "api.twitter.com", "login.example.com", OWN])
def test_a_provider_that_the_pool_does_not_take_is_refused(ids, client, pool, name):
    with refused("NotAuthorizedException"):
        ids.get_id(pool, {name: ids.id_token(client)})


def test_a_login_with_a_provider_that_no_longer_exists_says_so(ids):
    pool = ids.identity_pool(SupportedLoginProviders={"api.twitter.com": "key;secret"})
    with refused("NotAuthorizedException", "discontinued"):
        ids.get_id(pool, {"api.twitter.com": "token;secret"})


def test_one_bad_login_spoils_the_good_ones(ids, client, pool):
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.get_id(pool, {**logins(ids, client), "www.amazon.com": "token"})


def test_an_expired_token_is_refused(ids, client, pool):
    ada = logins(ids, client)
    identity_id = ids.get_id(pool, ada)
    before = ids.house.clock.moment
    ids.house.clock.advance(hours=1)
    try:
        now = ids.house.clock.now()
        with refused("NotAuthorizedException", f"Invalid login token. Token expired: {now} >= {before + 3600}"):
            ids.credentials(identity_id, ada)
    finally:
        ids.house.clock.moment = before


def test_only_a_server_side_check_notices_who_has_signed_out(ids):
    client = ids.user_client("ada")
    checked, unchecked = ids.pool_for(client, check=True), ids.pool_for(client)
    ada = logins(ids, client)
    identity_id = ids.get_id(checked, ada)
    assert ids.credentials(identity_id, ada)
    ids.house.clock.advance(seconds=1)
    ids.house.idp.admin_user_global_sign_out(UserPoolId=client.pool_id, Username="ada")
    with refused("NotAuthorizedException", "globally signed out"):
        ids.credentials(identity_id, ada)
    assert ids.get_id(unchecked, ada)


@pytest.mark.parametrize("gone", ["admin_disable_user", "admin_delete_user"])
def test_a_server_side_check_notices_who_is_gone(ids, gone):
    client = ids.user_client("ada")
    checked, ada = ids.pool_for(client, check=True), logins(ids, client)
    assert ids.get_id(checked, ada)
    getattr(ids.house.idp, gone)(UserPoolId=client.pool_id, Username="ada")
    with refused("NotAuthorizedException", "Invalid login token"):
        ids.get_id(checked, ada)


def test_a_server_side_check_notices_a_revoked_session(ids):
    client = ids.user_client("ada")
    checked, tokens = ids.pool_for(client, check=True), ids.tokens(client)
    ids.house.unsigned.revoke_token(Token=tokens["RefreshToken"], ClientId=client.client_id)
    with refused("NotAuthorizedException", "Invalid login token"):
        ids.get_id(checked, {provider_of(client): tokens["IdToken"]})


# -- roles -------------------------------------------------------------------------------------------------------------


@pytest.mark.identity_operation("GetCredentialsForIdentity", "InvalidIdentityPoolConfigurationException")
@pytest.mark.parametrize(
    "document",
    [
        trust("us-east-1:00000000-0000-4000-8000-000000000000", "authenticated"),
        trust("*", "unauthenticated"),
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
            }
        ),
    ],
    ids=["another pool", "guests only", "another principal"],
)
def test_a_role_that_does_not_trust_the_identity_is_never_vended(ids, client, document):
    pool = ids.pool_for(client, roles=False)
    arn = ids.role(pool, document=document)
    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": arn}, {})
    ada = logins(ids, client)
    identity_id = ids.get_id(pool, ada)
    with refused("InvalidIdentityPoolConfigurationException", "Check assigned IAM roles for this pool."):
        ids.credentials(identity_id, ada)


def test_a_role_may_trust_a_provider_in_either_spelling(ids, client):
    host = ids.house.url.removeprefix("http://")
    for name in (provider_of(client), f"{host}/{client.pool_id}", f"{provider_of(client)}:CognitoSignIn:*"):
        pool = ids.pool_for(client, roles=False)
        ids.pools.set_roles(pool.identity_pool_id, {"authenticated": ids.role(pool, name)}, {})
        ada = logins(ids, client)
        assert ids.credentials(ids.get_id(pool, ada), ada)


def test_a_pool_without_roles_or_with_one_that_is_gone_gives_no_credentials(ids, client, caplog):
    pool = ids.pool_for(client, roles=False)
    ada = logins(ids, client)
    identity_id = ids.get_id(pool, ada)
    gone = "arn:aws:iam::123456789012:role/gone"
    with caplog.at_level("WARNING", logger="app.blueprints.identity_pools.credentials"):
        with refused("InvalidIdentityPoolConfigurationException"):
            ids.credentials(identity_id, ada)
        ids.pools.set_roles(pool.identity_pool_id, {"authenticated": gone}, {})
        with refused("InvalidIdentityPoolConfigurationException"):
            ids.credentials(identity_id, ada)
    # The caller may be anybody; whoever runs the pool is told which role it is about.
    assert [record.reason for record in caplog.records] == [
        "the pool has no authenticated role",
        f"there is no role {gone} in the pool's account",
    ]


def rules_for(client: Any, *rules: tuple[str, str, str, str], otherwise: str = "Deny") -> dict[str, Any]:
    written = [dict(zip(("Claim", "MatchType", "Value", "RoleARN"), rule, strict=True)) for rule in rules]
    return {
        f"{provider_of(client)}:{client.client_id}": {
            "Type": "Rules",
            "AmbiguousRoleResolution": otherwise,
            "RulesConfiguration": {"Rules": written},
        }
    }


def test_a_rule_chooses_the_role_and_a_caller_may_ask_only_for_what_rules_grant(ids, client):
    pool = ids.pool_for(client)
    first, second = ids.role(pool, "authenticated"), ids.role(pool, "authenticated")
    pool = ids.map_roles(
        pool,
        rules_for(
            client,
            ("cognito:username", "Equals", "ada", first),
            ("cognito:username", "StartsWith", "a", second),
        ),
    )
    ada, grace = logins(ids, client), logins(ids, client, "grace")
    identity_id = ids.get_id(pool, ada)
    assert ids.session(ids.credentials(identity_id, ada)).role_arn == first
    assert ids.session(ids.credentials(identity_id, ada, CustomRoleArn=second)).role_arn == second
    with refused("NotAuthorizedException"):
        ids.credentials(identity_id, ada, CustomRoleArn=pool.roles["authenticated"])
    with refused("NotAuthorizedException"):
        ids.credentials(ids.get_id(pool, grace), grace)


def test_a_groups_role_comes_through_the_token(ids):
    client = ids.user_client("ada")
    pool = ids.pool_for(client)
    writers = ids.role(pool, "authenticated")
    ids.house.idp.create_group(UserPoolId=client.pool_id, GroupName="writers", RoleArn=writers, Precedence=1)
    ids.house.idp.admin_add_user_to_group(UserPoolId=client.pool_id, Username="ada", GroupName="writers")
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    pool = ids.map_roles(pool, {f"{provider_of(client)}:{client.client_id}": mapping})
    ada = logins(ids, client)
    assert ids.session(ids.credentials(ids.get_id(pool, ada), ada)).role_arn == writers


def test_another_accounts_role_is_not_vended_whatever_a_token_claims(ids):
    client = ids.user_client("ada")
    pool = ids.pool_for(client)
    theirs = ids.house.services.roles.create("999999999999", "theirs", trust(pool.identity_pool_id))
    ids.house.idp.create_group(UserPoolId=client.pool_id, GroupName="g", RoleArn=theirs.arn)
    ids.house.idp.admin_add_user_to_group(UserPoolId=client.pool_id, Username="ada", GroupName="g")
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    pool = ids.map_roles(pool, {f"{provider_of(client)}:{client.client_id}": mapping})
    ada = logins(ids, client)
    with refused("InvalidIdentityPoolConfigurationException"):
        ids.credentials(ids.get_id(pool, ada), ada)


def test_a_custom_role_needs_a_mapping(ids, client, pool):
    ada = logins(ids, client)
    with refused("NotAuthorizedException"):
        ids.credentials(ids.get_id(pool, ada), ada, CustomRoleArn=pool.roles["authenticated"])
