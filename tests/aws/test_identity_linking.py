"""Guests, their upgrade, linked logins and merged identities, through stock boto3."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from app.adapters.sql.tables import audit
from app.core.identity_pools.service import GUESTS_PER_HOUR
from app.core.limits.rates import ADDRESS_FACTOR, HOUR
from app.core.policy import Asked
from app.core.principals.model import Principal
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import IdentityHouse, provider_of
from tests.support.parallel import at_once


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(scope="module")
def clients(ids: IdentityHouse) -> Any:
    """Of two user pools with the same names in them: two providers."""
    return ids.user_client("ada", "grace"), ids.user_client("ada", "grace")


@pytest.fixture(scope="module")
def tokens(ids: IdentityHouse, clients: Any) -> Any:
    """``tokens[n][username]``: a login with the n-th provider."""
    return [{name: {provider_of(one): ids.id_token(one, name)} for name in ("ada", "grace")} for one in clients]


@pytest.fixture
def pool(ids: IdentityHouse, clients: Any) -> Any:
    return ids.pool_for(*clients)


def is_disabled(ids: IdentityHouse, pool: Any, identity_id: str) -> bool:
    return not ids.identities.find(pool.identity_pool_id, identity_id).enabled


def audited(ids: IdentityHouse) -> Any:
    with ids.house.installation.database.connection() as connection:
        return connection.execute(select(audit)).all()


# -- guests ------------------------------------------------------------------------------------------------------------


def test_a_guest_gets_the_unauthenticated_role(ids, pool):
    guest = ids.get_id(pool)
    answer = ids.credentials(guest)
    session = ids.session(answer)
    assert (answer["IdentityId"], session.role_arn) == (guest, pool.roles["unauthenticated"])
    assert session.context["cognito-identity.amazonaws.com:amr"] == ("unauthenticated",)


def test_every_guest_is_another(ids, pool):
    assert len({ids.get_id(pool) for _ in range(3)}) == 3


def test_a_guests_role_is_not_somebodys_who_signed_in_nor_the_other_way_round(ids, pool, tokens):
    swapped = {"authenticated": pool.roles["unauthenticated"], "unauthenticated": pool.roles["authenticated"]}
    ids.pools.set_roles(pool.identity_pool_id, swapped, {})
    with refused("InvalidIdentityPoolConfigurationException"):
        ids.credentials(ids.get_id(pool))
    with refused("InvalidIdentityPoolConfigurationException"):
        ids.credentials(ids.get_id(pool, tokens[0]["ada"]), tokens[0]["ada"])


def test_a_pool_that_takes_no_guests_refuses_them_also_those_from_before(ids, clients, pool):
    guest = ids.get_id(pool)
    ids.pools.update(
        pool.identity_pool_id,
        "pool",
        {"AllowUnauthenticatedIdentities": False, "CognitoIdentityProviders": [ids.source(clients[0])]},
    )
    with refused("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."):
        ids.get_id(pool)
    with refused("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."):
        ids.credentials(guest)


@pytest.mark.identity_operation("GetId", "TooManyRequestsException")
def test_one_address_cannot_fill_the_database_with_guests(ids, pool):
    rates, name = ids.house.services.identity_credentials.rates, f"guest:{pool.identity_pool_id}:@127.0.0.1"
    allowed = GUESTS_PER_HOUR * ADDRESS_FACTOR
    rates.ephemeral.count("rate", name, expires_at=ids.house.clock.now() + HOUR, by=allowed - 1)
    assert ids.get_id(pool)
    with refused("TooManyRequestsException"):
        ids.get_id(pool)


def test_a_guest_cannot_ask_for_a_role(ids, pool):
    with refused("NotAuthorizedException"):
        ids.credentials(ids.get_id(pool), CustomRoleArn=pool.roles["unauthenticated"])


def test_a_guests_session_does_less_than_the_role_allows(ids, pool, tokens):
    """The guardrail leaves S3 to guests, and takes IAM away whatever the role says."""
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    for arn in pool.roles.values():
        name = arn.rpartition("/")[2]
        ids.house.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(everything))

    def allows(answer: Any, action: str) -> bool:
        session = ids.session(answer)
        principal = Principal(arn=session.arn, account_id=session.account_id, access_key_id=None, session=session)
        return bool(ids.house.services.authority.decide(principal, Asked(action=action, resource="*")).allowed)

    guest = ids.credentials(ids.get_id(pool))
    ada = ids.credentials(ids.get_id(pool, tokens[0]["ada"]), tokens[0]["ada"])
    actions = ("s3:GetObject", "kms:Decrypt", "rum:PutRumEvents", "iam:CreateRole", "ec2:RunInstances", "kms:CreateKey")
    assert [allows(guest, action) for action in actions] == [True, True, True, False, False, False]
    assert all(allows(ada, action) for action in actions)


# -- a guest signs in --------------------------------------------------------------------------------------------------


def test_a_guest_who_signs_in_for_the_first_time_keeps_the_identity(ids, pool, tokens):
    guest, ada = ids.get_id(pool), tokens[0]["ada"]
    answer = ids.credentials(guest, ada)
    assert answer["IdentityId"] == guest == ids.get_id(pool, ada)
    assert ids.session(answer).role_arn == pool.roles["authenticated"]
    with refused("NotAuthorizedException", f"Access to Identity '{guest}' is forbidden."):
        ids.credentials(guest)


def test_a_guest_who_has_an_identity_already_is_merged_into_it(ids, pool, tokens):
    ada = tokens[0]["ada"]
    known, guest = ids.get_id(pool, ada), ids.get_id(pool)
    answer = ids.credentials(guest, ada)
    assert answer["IdentityId"] == known
    assert ids.session(answer).identity_id == known
    assert ids.identities.find(pool.identity_pool_id, guest).merged_into == known
    told = [row for row in audited(ids) if row.detail.get("merged") == guest]
    assert [(row.event, row.pool_id, row.detail["identity"]) for row in told] == [
        ("identity.merge", pool.identity_pool_id, known)
    ]
    # The guest's id opens nothing any more, neither for a guest nor for whoever it was merged into.
    for logins in ({}, ada, tokens[0]["grace"]):
        with refused("NotAuthorizedException", f"Access to Identity '{guest}' is forbidden."):
            ids.credentials(guest, logins)


def test_a_guest_of_another_pool_is_no_guest_here(ids, clients, pool, tokens):
    other = ids.pool_for(clients[1])
    guest = ids.get_id(other)
    with refused("NotAuthorizedException", "not from a supported provider"):
        ids.credentials(guest, tokens[0]["ada"])
    assert ids.session(ids.credentials(guest)).identity_pool_id == other.identity_pool_id


# -- several logins ----------------------------------------------------------------------------------------------------


def test_logins_given_together_are_linked(ids, pool, tokens):
    both = {**tokens[0]["ada"], **tokens[1]["ada"]}
    identity_id = ids.get_id(pool, both)
    assert ids.get_id(pool, tokens[0]["ada"]) == ids.get_id(pool, tokens[1]["ada"]) == identity_id
    amr = ids.session(ids.credentials(identity_id, tokens[1]["ada"])).context["cognito-identity.amazonaws.com:amr"]
    names = [next(iter(each["ada"])) for each in tokens]
    # Only what was proven now is told.
    assert [name in amr for name in names] == [False, True]


def test_a_second_login_is_linked_by_whoever_presents_the_first(ids, pool, tokens):
    identity_id = ids.get_id(pool, tokens[0]["ada"])
    ids.credentials(identity_id, {**tokens[0]["ada"], **tokens[1]["grace"]})
    assert ids.get_id(pool, tokens[1]["grace"]) == identity_id


@pytest.mark.identity_operation("GetId", "ResourceConflictException")
@pytest.mark.identity_operation("GetCredentialsForIdentity", "ResourceConflictException")
def test_logins_of_two_identities_clash_and_change_nothing(ids, pool, tokens):
    first, second = ids.get_id(pool, tokens[0]["ada"]), ids.get_id(pool, tokens[1]["ada"])
    both = {**tokens[0]["ada"], **tokens[1]["ada"]}
    guest = ids.get_id(pool)
    with refused("ResourceConflictException", "Logins are already linked to different identities"):
        ids.get_id(pool, both)
    for identity_id in (first, guest):
        with refused("ResourceConflictException", "Logins are already linked to different identities"):
            ids.credentials(identity_id, both)
    assert [ids.get_id(pool, each["ada"]) for each in tokens] == [first, second]
    assert not is_disabled(ids, pool, guest)


def test_two_users_of_one_provider_are_never_one_identity(ids, pool, tokens):
    ids.get_id(pool, {**tokens[0]["ada"], **tokens[1]["ada"]})
    with refused("ResourceConflictException"):
        ids.get_id(pool, {**tokens[0]["ada"], **tokens[1]["grace"]})


# -- at once -----------------------------------------------------------------------------------------------------------


def test_first_visits_at_once_make_one_identity(ids, pool, tokens):
    found = at_once(lambda login: ids.get_id(pool, login), [tokens[0]["ada"]] * 6)
    assert len(set(found)) == 1


def test_a_guest_upgraded_by_two_people_at_once_becomes_one_of_them(ids, pool, tokens):
    guest = ids.get_id(pool)

    def upgrade(name: str) -> str:
        try:
            return str(ids.credentials(guest, tokens[0][name])["IdentityId"])
        except ids.anyone.exceptions.NotAuthorizedException:
            return "refused"

    assert sorted(at_once(upgrade, ["ada", "grace"])) == sorted(["refused", guest])
    assert len(ids.identities.find(pool.identity_pool_id, guest).logins) == 1
