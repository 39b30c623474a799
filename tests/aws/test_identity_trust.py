"""What a role's trust policy may ask of an identity's session: the request's time, the tags."""

import json
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import IdentityHouse, provider_of, trust


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(ids: IdentityHouse) -> Any:
    return ids.user_client("ada")


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
