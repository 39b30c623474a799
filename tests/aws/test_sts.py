"""STS through stock boto3: who somebody is, and who a token makes of them."""

import base64
import json
from typing import Any

import pytest

from app.core.policy import Asked
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import OWN, IdentityHouse, trust
from tests.support.sts_calls import ACCOUNT, as_holder, assume, claims_of, open_id_token, session_of

WITH_TOKEN = "sts:AssumeRoleWithWebIdentity"


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
    return ids.pool_for(client, AllowClassicFlow=True)


@pytest.fixture(scope="module")
def role(ids: IdentityHouse, pool: Any) -> str:
    """The ARN of a role that trusts who has signed in at the pool."""
    return ids.role(pool, "authenticated")


@pytest.fixture(scope="module")
def anyone(house: AwsHouse) -> Any:
    found = house.unsigned_client("sts")
    yield found
    found.close()


@pytest.fixture
def token(ids: IdentityHouse, client: Any, pool: Any) -> str:
    """An OpenID token of ada's identity."""
    return open_id_token(ids, client, pool)


# -- who somebody is ---------------------------------------------------------------------------------------------------


def test_an_access_key_learns_its_name(house):
    told = house.sts.get_caller_identity()
    assert (told["Account"], told["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/tests")
    assert told["UserId"] == house.key_id


def test_no_policy_keeps_anybody_from_asking_who_they_are(house):
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    key = house.services.access_keys.create(ACCOUNT, "denied", deny)
    client = house.client(key.access_key_id, key.secret.reveal(), service="sts")
    assert client.get_caller_identity()["Arn"].endswith(":user/denied")
    with refused("AccessDenied", "sts:DecodeAuthorizationMessage"):
        client.decode_authorization_message(EncodedMessage="x")


def test_nobody_learns_anything(tmp_path):
    house = AwsHouse(tmp_path, dev=False)
    try:
        with refused("MissingAuthenticationToken"):
            house.unsigned_client("sts").get_caller_identity()
        with refused("InvalidClientTokenId", "security token included in the request is invalid"):
            house.client("AKIAIOSFODNN7EXAMPLE", "x", service="sts").get_caller_identity()
    finally:
        house.close()


# -- tokens of identity pools ------------------------------------------------------------------------------------------


def test_the_basic_flow_ends_in_credentials(house, anyone, pool, role, token):
    answer = assume(anyone, role, token)
    subject = claims_of(token)["sub"]
    name = role.rpartition("/")[2]
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ada@laptop"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":ada@laptop")
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == (subject, pool.identity_pool_id)
    assert answer["Provider"] == OWN
    assert answer["Credentials"]["Expiration"].timestamp() == house.clock.now() + 3600
    assert "PackedPolicySize" not in answer
    told = as_holder(house, answer).get_caller_identity()
    assert (told["Arn"], told["UserId"]) == (
        answer["AssumedRoleUser"]["Arn"],
        answer["AssumedRoleUser"]["AssumedRoleId"],
    )
    session = session_of(house, answer)
    assert (session.identity_id, session.identity_pool_id) == (subject, pool.identity_pool_id)
    assert session.context[f"{OWN}:sub"] == (subject,)
    assert "authenticated" in session.context[f"{OWN}:amr"]


def test_a_guest_is_nobody_who_signed_in(ids, anyone, pool, role):
    guest = ids.anyone.get_open_id_token(IdentityId=ids.get_id(pool))["Token"]
    with refused("AccessDenied", f"Not authorized to perform {WITH_TOKEN}"):
        assume(anyone, role, guest)
    assert assume(anyone, ids.role(pool, "unauthenticated"), guest)["Credentials"]


def test_a_role_of_another_identity_pool_is_not_assumed(ids, anyone, client, token):
    other = ids.pool_for(client, AllowClassicFlow=True)
    with refused("AccessDenied"):
        assume(anyone, ids.role(other, "authenticated"), token)


def test_a_role_that_is_not_there_is_refused_in_the_same_words(ids, anyone, pool, token):
    told = []
    for arn in (f"arn:aws:iam::{ACCOUNT}:role/nobody", ids.role(pool, "unauthenticated")):
        with pytest.raises(anyone.exceptions.ClientError) as caught:
            assume(anyone, arn, token)
        told.append(caught.value.response["Error"])
    assert told[0] == told[1]


def test_a_role_of_another_account_is_refused(anyone, token):
    with refused("AccessDenied"):
        assume(anyone, "arn:aws:iam::210987654321:role/any", token)


def test_classic_off_gives_no_roles_to_who_chooses_them(house, ids, anyone, client, pool):
    given = open_id_token(ids, client, pool)
    role = ids.role(pool, "authenticated")
    found = ids.pools.store.find(pool.identity_pool_id)
    from dataclasses import replace

    ids.pools.store.save(replace(found, settings={**found.settings, "AllowClassicFlow": False}))
    try:
        with refused("AccessDenied", "Basic (classic) flow is not enabled"):
            assume(anyone, role, given)
    finally:
        ids.pools.store.save(found)


def test_an_expired_token_is_told_so(house, anyone, role, token):
    house.clock.advance(seconds=601)
    with refused("ExpiredTokenException", "Token expired"):
        assume(anyone, role, token)


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "nonsense",
        lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        lambda token: token.partition(".")[0] + "." + token.split(".")[1][:-2] + "AA." + token.split(".")[2],
        lambda token: ".".join((base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("="), token.split(".")[1], "")),
        lambda token: token + ".x",
        lambda token: "é" + token,
        lambda token: "a." + base64.urlsafe_b64encode(b'{"iss":"https://evil.example"}').decode() + ".b",
        lambda token: "a." + base64.urlsafe_b64encode(b'{"iss":"a\\u0000b"}').decode() + ".b",
        lambda token: "a." + base64.urlsafe_b64encode(b'{"iss":5}').decode() + ".b",
        lambda token: "a." + base64.urlsafe_b64encode(b"[" * 5000).decode() + ".b",
    ],
    ids=["nonsense", "signature", "payload", "none", "parts", "unicode", "stranger", "NUL", "number", "deep"],
)  # fmt: skip
def test_a_forged_token_is_refused(anyone, role, token, forge):
    with refused("InvalidIdentityToken"):
        assume(anyone, role, forge(token))


def test_an_id_token_is_no_open_id_token(ids, anyone, client, role):
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found in your account"):
        assume(anyone, role, ids.id_token(client))


def test_a_removed_identity_has_no_roles(ids, anyone, client, pool, role):
    given = open_id_token(ids, client, pool, "grace")
    ids.identities.remove([claims_of(given)["sub"]])
    with refused("InvalidIdentityToken", "does not exist"):
        assume(anyone, role, given)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"RoleArn": "arn:aws:iam::1:role/any-role"}, ("ValidationError", "ARN")),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:user/any-user"}, ("ValidationError", "ARN")),
        ({"RoleSessionName": "a b"}, ("ValidationError", "roleSessionName")),
        ({"RoleSessionName": "a" * 65}, ("ValidationError", "roleSessionName")),
        ({"DurationSeconds": 3601}, ("ValidationError", "MaxSessionDuration")),
        ({"DurationSeconds": 43201}, ("ValidationError", "durationSeconds")),
        ({"Policy": "{"}, ("MalformedPolicyDocument", "JSON")),
        ({"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})}, ("MalformedPolicyDocument", "")),
        ({"Policy": " " * 2049}, ("ValidationError", "policy")),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}, ("ValidationError", "PolicyArns")),
        ({"ProviderId": "www.amazon.com"}, ("ValidationError", "ProviderId")),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_is_refused(anyone, role, token, settings, told):
    with refused(*told):
        assume(anyone, role, token, **settings)


def test_a_session_lasts_as_long_as_was_asked(house, anyone, role, token):
    answer = assume(anyone, role, token, DurationSeconds=900)
    assert answer["Credentials"]["Expiration"].timestamp() == house.clock.now() + 900
    house.clock.advance(seconds=901)
    with refused("ExpiredToken", "expired"):
        as_holder(house, answer).get_caller_identity()


def test_a_session_policy_narrows_what_the_role_may(house, ids, anyone, pool, token):
    role = ids.role(pool, "authenticated")
    name = role.rpartition("/")[2]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}
    house.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(document))
    narrow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetRole", "Resource": role}}
    answer = assume(anyone, role, token, Policy=json.dumps(narrow))
    assert 1 <= answer["PackedPolicySize"] <= 100
    client = as_holder(house, answer, "iam")
    assert client.get_role(RoleName=name)["Role"]["Arn"] == role
    with refused("AccessDenied", "no session policy allows"):
        client.list_roles()
    house.iam.delete_role_policy(RoleName=name, PolicyName="all")
    with refused("AccessDenied"):
        client.get_role(RoleName=name)


def test_a_token_changed_for_another_sessions_is_refused(house, anyone, role, token):
    one, other = assume(anyone, role, token), assume(anyone, role, token)
    spliced = {"Credentials": {**one["Credentials"], "SessionToken": other["Credentials"]["SessionToken"]}}
    with refused("InvalidClientTokenId"):
        as_holder(house, spliced).get_caller_identity()


# -- tags --------------------------------------------------------------------------------------------------------------


def tagged(ids, pool):
    answer = ids.backend.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool.identity_pool_id, Logins={"login.shop": "ada"}, PrincipalTags={"team": "red"}
    )
    return answer["Token"]


@pytest.fixture(scope="module")
def shop(ids: IdentityHouse) -> Any:
    return ids.identity_pool(DeveloperProviderName="login.shop", AllowClassicFlow=True)


def test_tags_need_a_role_that_takes_them(house, ids, anyone, shop):
    token = tagged(ids, shop)
    silent = ids.role(shop, document=trust(shop.identity_pool_id, "login.shop"))
    with refused("AccessDenied"):
        assume(anyone, silent, token)
    taking = ids.role(shop, document=trust(shop.identity_pool_id, "login.shop", actions=(WITH_TOKEN, "sts:TagSession")))
    answer = assume(anyone, taking, token)
    assert session_of(house, answer).tags == {"team": "red"}
    assert answer["PackedPolicySize"] == 1


# -- tokens of registered issuers --------------------------------------------------------------------------------------


def registered(house, client, *audiences):
    """The ARN of an IAM provider for the client's user pool, and a role that trusts one user of it."""
    url = f"{house.url}/{client.pool_id}"
    return house.iam.create_open_id_connect_provider(Url=url, ClientIDList=list(audiences))["OpenIDConnectProviderArn"]


def trusting(ids, pool, provider, **conditions):
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": WITH_TOKEN,
        **({"Condition": {"StringEquals": conditions}} if conditions else {}),
    }
    return ids.role(pool, document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def test_an_id_token_of_a_registered_user_pool_assumes_roles_that_name_its_user(house, ids, anyone, pool):
    client = ids.user_client("ada", "grace")
    provider = registered(house, client, client.client_id)
    ada, grace = ids.id_token(client), ids.id_token(client, "grace")
    name = f"{house.url.removeprefix('http://')}/{client.pool_id}"
    role = trusting(ids, pool, provider, **{f"{name}:sub": claims_of(ada)["sub"], f"{name}:aud": client.client_id})
    answer = assume(anyone, role, ada)
    assert (answer["Provider"], answer["Audience"]) == (f"{house.url}/{client.pool_id}", client.client_id)
    session = session_of(house, answer)
    assert session.context[f"{name.lower()}:sub"] == (claims_of(ada)["sub"],)
    assert (session.identity_pool_id, session.identity_id) == (None, None)
    with refused("AccessDenied"):
        assume(anyone, role, grace)


def test_an_access_token_assumes_nothing(house, ids, anyone, pool):
    client = ids.user_client("ada")
    provider = registered(house, client, client.client_id)
    role = trusting(ids, pool, provider)
    with refused("InvalidIdentityToken"):
        assume(anyone, role, ids.tokens(client, "ada")["AccessToken"])


def test_an_id_token_that_is_over_assumes_nothing(house, ids, anyone, pool):
    client = ids.user_client("ada")
    role, token = trusting(ids, pool, registered(house, client, client.client_id)), ids.id_token(client)
    house.clock.advance(seconds=3600)
    with refused("ExpiredTokenException"):
        assume(anyone, role, token)


def test_a_token_for_an_audience_that_is_not_registered_is_refused(house, ids, anyone, pool):
    client = ids.user_client("ada")
    provider = registered(house, client, "somebody-else")
    with refused("InvalidIdentityToken", "audience"):
        assume(anyone, trusting(ids, pool, provider), ids.id_token(client))


def test_a_provider_that_was_taken_away_is_trusted_no_more(house, ids, anyone, pool):
    client = ids.user_client("ada")
    provider = registered(house, client, client.client_id)
    role, token = trusting(ids, pool, provider), ids.id_token(client)
    assert assume(anyone, role, token)["Credentials"]
    house.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    with refused("InvalidIdentityToken", "No OpenIDConnect provider"):
        assume(anyone, role, token)


# -- why somebody was denied -------------------------------------------------------------------------------------------


def test_an_administrator_reads_why_somebody_was_denied(house):
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    key = house.services.access_keys.create(ACCOUNT, "asks", deny)
    gate = house.services.authority
    from app.core.principals.model import Principal

    principal = Principal(
        arn=f"arn:aws:iam::{ACCOUNT}:user/asks", account_id=ACCOUNT, access_key_id=key.access_key_id, policy=key.policy
    )
    asked = Asked(action="s3:GetObject", resource="arn:aws:s3:::b/k")
    message = gate.encode_message(principal, asked, gate.decide(principal, asked))
    told = json.loads(house.sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"]) == (False, True)
    assert told["context"]["action"] == "s3:GetObject"
    assert told["context"]["principal"]["arn"].endswith(":user/asks")


def test_another_accounts_administrator_reads_nothing_of_it(house):
    from app.core.principals.model import Principal

    authority = house.services.authority
    principal = Principal(arn=f"arn:aws:iam::{ACCOUNT}:user/x", account_id=ACCOUNT, access_key_id=None)
    asked = Asked(action="s3:GetObject", resource="arn:aws:s3:::b/k")
    message = authority.encode_message(principal, asked, authority.decide(principal, asked))
    assert house.sts.decode_authorization_message(EncodedMessage=message)
    key = house.services.access_keys.create("999999999999", "another")
    stranger = house.client(key.access_key_id, key.secret.reveal(), service="sts")
    with refused("InvalidAuthorizationMessageException"):
        stranger.decode_authorization_message(EncodedMessage=message)


@pytest.mark.parametrize("message", ["x", "s1.AAAA", "é", "\u0001"])
def test_a_message_that_is_none_of_ours_is_refused(house, message):
    with refused("InvalidAuthorizationMessageException"):
        house.sts.decode_authorization_message(EncodedMessage=message)
