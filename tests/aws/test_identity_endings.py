"""What is deleted is at its end: the live credentials of identities, pools and roles that are no more are useless at once."""

from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identities import DEVELOPER
from tests.support.identity_house import IdentityHouse, trust


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


def guest(ids: IdentityHouse, pool: Any) -> tuple[str, Any]:
    """A guest's id, and credentials that are good."""
    identity_id = ids.get_id(pool)
    given = ids.credentials(identity_id)
    assert ids.caller(given)["Arn"].endswith("/CognitoIdentityCredentials")
    return identity_id, given


def test_a_deleted_identity_takes_its_credentials_along_and_nobody_elses(house, ids):
    pool = ids.identity_pool()
    gone, given = guest(ids, pool)
    _, kept = guest(ids, pool)
    house.identity.delete_identities(IdentityIdsToDelete=[gone])
    with refused("ExpiredToken"):
        ids.caller(given)
    assert ids.caller(kept)


def test_an_identity_that_somebody_else_may_not_delete_keeps_its_credentials(house, ids, strangers):
    identity_id, given = guest(ids, ids.identity_pool())
    for stranger in strangers:
        stranger.delete_identities(IdentityIdsToDelete=[identity_id])
    assert ids.caller(given)


def test_a_deleted_pool_takes_the_credentials_of_all_its_identities_along(house, ids):
    pool, other = ids.identity_pool(), ids.identity_pool()
    given = [guest(ids, pool)[1] for _ in range(2)]
    _, kept = guest(ids, other)
    house.identity.delete_identity_pool(IdentityPoolId=pool.identity_pool_id)
    for each in given:
        with refused("ExpiredToken"):
            ids.caller(each)
    assert ids.caller(kept)


def test_the_source_of_a_merge_has_no_live_credentials(house, ids):
    pool = ids.identity_pool(DeveloperProviderName=DEVELOPER)
    pool_id, given = pool.identity_pool_id, {}
    for user in ("a", "b"):
        answer = house.identity.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool_id, Logins={DEVELOPER: user}
        )
        token = {"cognito-identity.amazonaws.com": answer["Token"]}
        given[user] = ids.credentials(answer["IdentityId"], token)
        assert ids.caller(given[user])
    house.identity.merge_developer_identities(
        SourceUserIdentifier="a", DestinationUserIdentifier="b", DeveloperProviderName=DEVELOPER, IdentityPoolId=pool_id
    )
    with refused("ExpiredToken"):
        ids.caller(given["a"])
    assert ids.caller(given["b"])


def test_a_role_that_was_deleted_and_made_anew_gives_nothing_to_old_sessions(house, ids):
    pool = ids.identity_pool()
    _, given = guest(ids, pool)
    name = pool.roles["unauthenticated"].rpartition("/")[2]
    allowing = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cognito-identity:*","Resource":"*"}}'
    keys = given["Credentials"]
    client = house.client(
        keys["AccessKeyId"], keys["SecretKey"], token=keys["SessionToken"], service="cognito-identity"
    )
    house.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowing)
    assert client.describe_identity_pool(IdentityPoolId=pool.identity_pool_id)
    house.iam.delete_role_policy(RoleName=name, PolicyName="all")
    house.iam.delete_role(RoleName=name)
    with refused("AccessDeniedException"):
        client.describe_identity_pool(IdentityPoolId=pool.identity_pool_id)
    house.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(pool.identity_pool_id))
    house.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowing)
    with refused("AccessDeniedException"):
        client.describe_identity_pool(IdentityPoolId=pool.identity_pool_id)
    client.close()
