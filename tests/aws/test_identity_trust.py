"""What a role's trust policy may ask of an identity's session: the request's time, the tags; and whence those tags come."""

import json
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.house import PASSWORD
from tests.support.identity_house import IdentityHouse, provider_of, trust


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(ids: IdentityHouse) -> Any:
    return ids.user_client("ada")


def logins(ids: IdentityHouse, client: Any) -> dict[str, str]:
    return {provider_of(client): ids.id_token(client)}


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_trust_policy_may_ask_for_the_time(ids, client, effect):
    """In both directions: a Deny that was never asked would be none."""
    pool = ids.pool_for(client)
    login = {provider_of(client): ids.id_token(client)}
    identity_id = ids.get_id(pool, login)

    def role(until: str) -> str:
        document = json.loads(trust(pool.identity_pool_id))
        if effect == "Allow":
            document["Statement"][0]["Condition"]["DateLessThan"] = {"aws:CurrentTime": until}
        else:
            late = {"DateGreaterThanEquals": {"aws:CurrentTime": until}}
            document["Statement"].append({**document["Statement"][0], "Effect": "Deny", "Condition": late})
        return ids.role(pool, document=json.dumps(document))

    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": role("2099-01-01T00:00:00Z")}, {})
    assert ids.credentials(identity_id, login)
    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": role("2020-01-01T00:00:00Z")}, {})
    with refused("InvalidIdentityPoolConfigurationException"):
        ids.credentials(identity_id, login)


def test_a_trust_policy_may_name_the_tags_that_a_session_may_have(ids, client):
    pool = ids.pool_for(client)
    ids.pools.set_principal_tags(pool.identity_pool_id, provider_of(client), use_defaults=True, tags=None)
    login = {provider_of(client): ids.id_token(client)}
    identity_id = ids.get_id(pool, login)

    def role(*keys: str) -> str:
        document = json.loads(trust(pool.identity_pool_id, actions=("sts:AssumeRoleWithWebIdentity", "sts:TagSession")))
        condition = document["Statement"][0]["Condition"]
        condition["ForAllValues:StringEquals"] = {"aws:TagKeys": list(keys)}
        return ids.role(pool, document=json.dumps(document))

    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": role("username", "client")}, {})
    assert ids.session(ids.credentials(identity_id, login)).tags.keys() == {"username", "client"}
    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": role("username")}, {})
    with refused("InvalidIdentityPoolConfigurationException"):
        ids.credentials(identity_id, login)


# -- principal tags ----------------------------------------------------------------------------------------------------


def test_claims_become_session_tags_where_the_role_lets_sessions_be_tagged(ids, client):
    pool = ids.pool_for(client, roles=False)
    tagging = trust(pool.identity_pool_id, actions=("sts:AssumeRoleWithWebIdentity", "sts:TagSession"))
    ids.pools.set_roles(pool.identity_pool_id, {"authenticated": ids.role(pool, document=tagging)}, {})
    ids.pools.set_principal_tags(
        pool.identity_pool_id, provider_of(client), use_defaults=False, tags={"name": "cognito:username", "no": "no"}
    )
    ada = logins(ids, client)
    assert ids.session(ids.credentials(ids.get_id(pool, ada), ada)).tags == {"name": "ada"}


def test_tags_without_permission_to_tag_give_no_credentials(ids, client):
    pool = ids.pool_for(client)
    ids.pools.set_principal_tags(pool.identity_pool_id, provider_of(client), use_defaults=True, tags=None)
    ada = logins(ids, client)
    with refused("InvalidIdentityPoolConfigurationException"):
        ids.credentials(ids.get_id(pool, ada), ada)


def test_a_user_with_long_attributes_signs_in_too(ids):
    """They are in the ID token, which then is longer than others."""
    names = [f"long{number}" for number in range(5)]
    schema = [{"Name": name, "AttributeDataType": "String", "Mutable": True} for name in names]
    idp = ids.house.idp
    user_pool = idp.create_user_pool(PoolName="long", Schema=schema)["UserPool"]["Id"]
    given = {"ReadAttributes": [f"custom:{name}" for name in names]}
    client = ids.house.app_client(ids.house.services.pools.get(user_pool), **given)
    attributes = [{"Name": f"custom:{name}", "Value": "x" * 2048} for name in names]
    idp.admin_create_user(UserPoolId=user_pool, Username="ada", MessageAction="SUPPRESS", UserAttributes=attributes)
    idp.admin_set_user_password(UserPoolId=user_pool, Username="ada", Password=PASSWORD, Permanent=True)
    login = logins(ids, client)
    assert 10_000 < len(login[provider_of(client)]) < 50_000
    assert ids.credentials(ids.get_id(ids.pool_for(client), login), login)
