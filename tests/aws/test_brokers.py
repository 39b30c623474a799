"""Credentials of an STS elsewhere. The STS is another Poolhouse behind a socket, which speaks AWS's protocol; AWS itself is not asked."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import ACCOUNT, OWN, IdentityHouse, provider_of, trust

WITH_TOKEN = "sts:AssumeRoleWithWebIdentity"
FOLDER = f"arn:aws:iam::{ACCOUNT}:role/${{{OWN}:sub}}/*"
EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Elsewhere:
    """A home whose credentials come from ``there``; both know the same roles by name."""

    def __init__(self, folder: Any, there: AwsHouse, **settings: Any) -> None:
        self.there = there
        self.home = AwsHouse(folder, sts_endpoint=there.url, **settings)
        self.ids = IdentityHouse(self.home)
        self.client = self.ids.user_client("ada", "grace")
        self.pool = self.ids.pool_for(self.client)

    def mirror(self, statement: dict[str, Any], *, guests: bool = False) -> str:
        """The name of the pool's role, which may do everything there, so that only what is sent along can narrow it."""
        name = str(self.pool.roles["unauthenticated" if guests else "authenticated"].rpartition("/")[2])
        document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}}
        self.there.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        self.there.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        return name

    def may(self, name: str, action: str, resource: str) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self.home.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)

    def credentials(self, username: str | None = "ada") -> tuple[str, Any]:
        logins = {} if username is None else {provider_of(self.client): self.ids.id_token(self.client, username)}
        identity_id = self.ids.get_id(self.pool, logins)
        return identity_id, self.ids.credentials(identity_id, logins)["Credentials"]

    def holder(self, given: Any, service: str = "iam") -> Any:
        """A client of the STS's house with vended credentials."""
        return self.there.client(given["AccessKeyId"], given["SecretKey"], token=given["SessionToken"], service=service)

    def close(self) -> None:
        self.ids.close()
        self.home.close()


@pytest.fixture(scope="module")
def by_key(house: AwsHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """The STS trusts a key."""
    key = house.services.access_keys.create(ACCOUNT, "broker")
    found = Elsewhere(
        tmp_path_factory.mktemp("key"),
        house,
        credentials="aws-assume-role",
        sts_access_key_id=key.access_key_id,
        sts_secret_access_key=key.secret.reveal(),
        sts_external_id="shop-7",
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def by_token(house: AwsHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """The STS trusts the issuer of identities' OpenID tokens, whose keys it fetches."""
    found = Elsewhere(tmp_path_factory.mktemp("token"), house, credentials="aws-web-identity")
    house.iam.create_open_id_connect_provider(
        Url=f"{found.home.url}/identity", ClientIDList=[found.pool.identity_pool_id]
    )
    yield found
    found.close()


def trusting_key(external_id: str = "shop-7") -> dict[str, Any]:
    return {
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/broker"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }


def trusting_issuer(found: Elsewhere, *amr: str) -> dict[str, Any]:
    issuer = f"{found.home.url.removeprefix('http://')}/identity"
    return {
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
        "Action": [WITH_TOKEN, "sts:TagSession"],
        "Condition": {
            "StringEquals": {f"{issuer}:aud": found.pool.identity_pool_id},
            "ForAnyValue:StringLike": {f"{issuer}:amr": list(amr)},
        },
    }


@pytest.fixture(scope="module", params=["by_key", "by_token"])
def ready(request: pytest.FixtureRequest) -> Elsewhere:
    """Each broker with a role that may read, in the home's words, what is filed under one's own identity."""
    found: Elsewhere = request.getfixturevalue(request.param)
    statement = trusting_key() if request.param == "by_key" else trusting_issuer(found, "authenticated")
    found.may(found.mirror(statement), "iam:GetRole", FOLDER)
    return found


def filed_under(there, identity_id, name):
    document = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    there.iam.create_role(
        RoleName=name,
        Path=f"/{identity_id}/",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": document}),
    )
    return name


def test_a_user_reaches_there_what_is_theirs_and_nothing_else(house, ready):
    ada, given = ready.credentials("ada")
    grace, _ = ready.credentials("grace")
    mine = filed_under(house, ada, f"mine-{ready.home.key_id}")
    hers = filed_under(house, grace, f"hers-{ready.home.key_id}")
    client = ready.holder(given)
    assert client.get_role(RoleName=mine)["Role"]["Path"] == f"/{ada}/"
    with refused("AccessDenied", "no session policy allows"):
        client.get_role(RoleName=hers)
    with refused("AccessDenied"):
        client.list_roles()


def test_the_session_is_the_roles_of_there(ready):
    _, given = ready.credentials()
    told = ready.holder(given, "sts").get_caller_identity()
    name = ready.pool.roles["authenticated"].rpartition("/")[2]
    assert told["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/CognitoIdentityCredentials"


def test_the_keys_of_there_are_nobodys_here(ready):
    _, given = ready.credentials()
    here = ready.home.client(given["AccessKeyId"], given["SecretKey"], token=given["SessionToken"], service="sts")
    told = here.get_caller_identity()
    # Development mode takes strangers' keys for a developer's; they are never taken for the session.
    assert told["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/development"


def test_a_guest_is_held_to_what_guests_may(by_token):
    name = by_token.mirror(trusting_issuer(by_token, "unauthenticated"), guests=True)
    by_token.may(name, "*", "*")
    identity_id, given = by_token.credentials(None)
    assert by_token.holder(given, "sts").get_caller_identity()["UserId"].endswith(":CognitoIdentityCredentials")
    with refused("AccessDenied", "no session policy allows"):
        by_token.holder(given).list_roles()
    assert identity_id


def test_a_role_there_that_does_not_trust_us_is_a_configuration_to_mend(by_key):
    by_key.mirror(trusting_key("another"), guests=True)
    with refused("InvalidIdentityPoolConfigurationException"):
        by_key.credentials(None)


def test_a_role_that_is_not_there_is_a_configuration_to_mend(by_key):
    pool = by_key.ids.identity_pool()
    with refused("InvalidIdentityPoolConfigurationException"):
        by_key.ids.credentials(by_key.ids.get_id(pool))


def test_a_policy_that_no_session_could_carry_is_refused_when_it_is_saved(by_key):
    name = by_key.pool.roles["authenticated"].rpartition("/")[2]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"{FOLDER}-{n}" for n in range(30)]}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    with refused("ValidationError", "characters as a session policy", "2,048"):
        by_key.home.iam.put_role_policy(RoleName=name, PolicyName="large", PolicyDocument=document)
    assert "large" not in by_key.home.iam.list_role_policies(RoleName=name)["PolicyNames"]


def test_an_sts_that_does_not_answer_is_an_external_service(tmp_path):
    from tests.support.free_port import free_port

    home = AwsHouse(
        tmp_path,
        credentials="aws-assume-role",
        sts_endpoint=f"http://localhost:{free_port()}",
        sts_access_key_id="AKIDEXAMPLE",
        sts_secret_access_key="secret",
    )
    ids = IdentityHouse(home)
    try:
        pool = ids.identity_pool()
        with refused("ExternalServiceException"):
            ids.credentials(ids.get_id(pool))
    finally:
        ids.close()
        home.close()


# -- tags, and what is told of a refusal -------------------------------------------------------------------------------


def tagged(found: Elsewhere, trust_there: dict[str, Any], pool: Any = None) -> Any:
    """Credentials of ada's whose role here and there takes tags, and may read what is filed under her name."""
    pool = pool or found.ids.pool_for(found.client)
    both = (WITH_TOKEN, "sts:TagSession")
    arn = found.ids.role(pool, document=trust(pool.identity_pool_id, actions=both))
    found.ids.pools.set_roles(pool.identity_pool_id, {"authenticated": arn}, {})
    found.ids.pools.set_principal_tags(
        pool.identity_pool_id, provider_of(found.client), use_defaults=False, tags={"name": "cognito:username"}
    )
    name = arn.rpartition("/")[2]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **trust_there}}
    found.there.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    found.there.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    found.may(name, "iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/of-${{aws:PrincipalTag/name}}")
    logins = {provider_of(found.client): found.ids.id_token(found.client, "ada")}
    return found.ids.credentials(found.ids.get_id(pool, logins), logins)["Credentials"]


def test_principal_tags_arrive_as_tags_of_the_session(house, by_key):
    given = tagged(by_key, trusting_key())
    session = house.services.temporary_keys.open(given["AccessKeyId"], given["SessionToken"]).session
    assert session.tags == {"name": "ada"}
    client = by_key.holder(given)
    with refused("NoSuchEntity"):
        client.get_role(RoleName="of-ada")
    with refused("AccessDenied"):
        client.get_role(RoleName="of-grace")


def test_tags_arrive_inside_the_token_too(house, by_token):
    pool = by_token.ids.pool_for(by_token.client)
    statement = trusting_issuer(by_token, "authenticated")
    provider = statement["Principal"]["Federated"]
    house.iam.add_client_id_to_open_id_connect_provider(
        OpenIDConnectProviderArn=provider, ClientID=pool.identity_pool_id
    )
    given = tagged(by_token, {**statement, "Condition": {"Null": {"aws:RequestTag/name": "false"}}}, pool)
    session = house.services.temporary_keys.open(given["AccessKeyId"], given["SessionToken"]).session
    assert session.tags == {"name": "ada"}


def test_a_role_there_that_takes_no_tags_gives_no_credentials(by_key):
    taking_none = {**trusting_key(), "Action": "sts:AssumeRole"}
    with refused("InvalidIdentityPoolConfigurationException"):
        tagged(by_key, taking_none)


def test_a_refusal_is_logged_by_its_code_and_nothing_secret(by_key, caplog):
    taking_none = {**trusting_key(), "Action": "sts:AssumeRole"}
    with caplog.at_level("WARNING", logger="poolhouse.sts"), refused("InvalidIdentityPoolConfigurationException"):
        tagged(by_key, taking_none)
    [record] = [record for record in caplog.records if record.name == "poolhouse.sts"]
    assert (record.msg, record.code, record.operation) == ("sts.refused", "AccessDenied", "assume_role")
    assert "shop-7" not in str(record.__dict__)


class _AsCeph(BaseHTTPRequestHandler):
    """Refuses everything, without the envelope in which AWS puts an error."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b"<Error><Code>MalformedPolicyDocument</Code><RequestId>r</RequestId></Error>"
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_refusal_in_cephs_words_is_one_too(tmp_path, caplog):
    server = HTTPServer(("127.0.0.1", 0), _AsCeph)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    key = {"sts_access_key_id": "AKIDEXAMPLE", "sts_secret_access_key": "secret"}
    home = AwsHouse(
        tmp_path, credentials="aws-assume-role", sts_endpoint=f"http://localhost:{server.server_port}", **key
    )
    ids = IdentityHouse(home)
    try:
        with caplog.at_level("WARNING", "poolhouse.sts"), refused("InvalidIdentityPoolConfigurationException"):
            ids.credentials(ids.get_id(ids.identity_pool()))
        assert [each.code for each in caplog.records if each.name == "poolhouse.sts"] == ["MalformedPolicyDocument"]
    finally:
        ids.close()
        home.close()
        server.shutdown()
        thread.join()
        server.server_close()
