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
