"""Identities and developer users through a stock boto3."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.adapters.sql.tables import audit
from app.core.identity_pools.model import Identity, Login
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.free_port import free_port
from tests.support.house import PASSWORD
from tests.support.identities import DEVELOPER, NOWHERE, identity_pool, stored_identity


@pytest.fixture
def pool_id(house) -> str:
    return str(identity_pool(house, DeveloperProviderName=DEVELOPER)["IdentityPoolId"])


def found(house: AwsHouse, identity: Identity) -> Identity:
    pool = house.services.identity_pools.get(identity.identity_pool_id)
    return house.services.identities.get(pool, identity.identity_id)


@pytest.mark.identity_operation("DescribeIdentity")
def test_an_identity_is_described_by_its_providers_names_alone(house, pool_id):
    anna = stored_identity(house, pool_id, facebook="anna-at-facebook", developer=["a", "b"])
    described = house.identity.describe_identity(IdentityId=anna.identity_id)
    assert described["IdentityId"] == anna.identity_id
    assert described["Logins"] == ["graph.facebook.com", DEVELOPER]
    assert described["CreationDate"] == datetime.fromtimestamp(house.clock.now(), tz=UTC)
    assert "anna-at-facebook" not in str(described)


@pytest.mark.identity_operation("DescribeIdentity", "ResourceNotFoundException")
def test_nobodys_identity_and_a_strangers_are_not_found(house, pool_id, strangers):
    anna = stored_identity(house, pool_id, facebook="anna").identity_id
    for client, name in ((house.identity, NOWHERE), *((stranger, anna) for stranger in strangers)):
        with refused("ResourceNotFoundException", f"Identity '{name}' not found."):
            client.describe_identity(IdentityId=name)
    with refused("ValidationException", "identityId"):
        house.identity.describe_identity(IdentityId="anna")


@pytest.mark.identity_operation("ListIdentities")
def test_identities_are_listed_in_pages_without_those_that_are_hidden(house, pool_id):
    stored = [stored_identity(house, pool_id, facebook=f"user{number}") for number in range(3)]
    stored_identity(house, str(identity_pool(house)["IdentityPoolId"]), facebook="elsewhere")
    ids = sorted(one.identity_id for one in stored)
    first = house.identity.list_identities(IdentityPoolId=pool_id, MaxResults=2)
    rest = house.identity.list_identities(IdentityPoolId=pool_id, MaxResults=2, NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert [one["IdentityId"] for one in (*first["Identities"], *rest["Identities"])] == ids
    assert first["IdentityPoolId"] == pool_id
    a, b = (stored_identity(house, pool_id, developer=name) for name in ("a", "b"))
    merge(house, pool_id, "a", "b")
    listed = house.identity.list_identities(IdentityPoolId=pool_id, MaxResults=60, HideDisabled=True)["Identities"]
    assert {one["IdentityId"] for one in listed} == {*ids, b.identity_id}
    assert a.identity_id in {
        one["IdentityId"] for one in house.identity.list_identities(IdentityPoolId=pool_id, MaxResults=60)["Identities"]
    }


@pytest.mark.identity_operation("ListIdentities", "InvalidParameterException")
@pytest.mark.identity_operation("ListIdentities", "ResourceNotFoundException")
def test_a_page_token_is_good_for_its_own_list(house, pool_id, strangers):
    for number in range(2):
        stored_identity(house, pool_id, facebook=f"user{number}")
    token = house.identity.list_identities(IdentityPoolId=pool_id, MaxResults=1)["NextToken"]
    other = str(identity_pool(house)["IdentityPoolId"])
    for query in ({"IdentityPoolId": other}, {"IdentityPoolId": pool_id, "HideDisabled": True}):
        with refused("InvalidParameterException"):
            house.identity.list_identities(**query, MaxResults=1, NextToken=token)
    for client, name in ((house.identity, NOWHERE), *((stranger, pool_id) for stranger in strangers)):
        with refused("ResourceNotFoundException"):
            client.list_identities(IdentityPoolId=name, MaxResults=1)


@pytest.mark.identity_operation("DeleteIdentities")
def test_deleted_identities_are_gone_and_what_is_not_the_callers_stays(house, pool_id, strangers):
    anna, berta = (stored_identity(house, pool_id, facebook=name) for name in ("anna", "berta"))
    for stranger in strangers:
        left = stranger.delete_identities(IdentityIdsToDelete=[anna.identity_id])["UnprocessedIdentityIds"]
        assert left == [{"IdentityId": anna.identity_id, "ErrorCode": "AccessDenied"}]
    left = house.identity.delete_identities(IdentityIdsToDelete=[anna.identity_id, NOWHERE, anna.identity_id])
    assert left["UnprocessedIdentityIds"] == [{"IdentityId": NOWHERE, "ErrorCode": "AccessDenied"}]
    with refused("ResourceNotFoundException"):
        house.identity.describe_identity(IdentityId=anna.identity_id)
    assert found(house, berta) == berta
    with refused("ValidationException"):
        house.identity.delete_identities(IdentityIdsToDelete=[NOWHERE] * 61)


@pytest.mark.identity_operation("LookupDeveloperIdentity")
def test_developer_users_and_identities_lead_to_each_other(house, pool_id):
    anna = stored_identity(house, pool_id, developer=["a", "b", "c"]).identity_id
    look_up = house.identity.lookup_developer_identity
    first = look_up(IdentityPoolId=pool_id, IdentityId=anna, MaxResults=2)
    assert (first["IdentityId"], first["DeveloperUserIdentifierList"]) == (anna, ["a", "b"])
    rest = look_up(IdentityPoolId=pool_id, IdentityId=anna, MaxResults=2, NextToken=first["NextToken"])
    assert rest["DeveloperUserIdentifierList"] == ["c"]
    by_user = look_up(IdentityPoolId=pool_id, DeveloperUserIdentifier="b")
    assert (by_user["IdentityId"], by_user["DeveloperUserIdentifierList"]) == (anna, ["a", "b", "c"])
    both = look_up(IdentityPoolId=pool_id, DeveloperUserIdentifier="b", IdentityId=anna)
    assert (both["IdentityId"], both["DeveloperUserIdentifierList"]) == (anna, ["b"])


@pytest.mark.identity_operation("LookupDeveloperIdentity", "ResourceConflictException")
@pytest.mark.identity_operation("LookupDeveloperIdentity", "ResourceNotFoundException")
@pytest.mark.identity_operation("LookupDeveloperIdentity", "InvalidParameterException")
def test_what_does_not_fit_together_is_not_looked_up(house, pool_id, strangers):
    anna = stored_identity(house, pool_id, developer="a").identity_id
    stored_identity(house, pool_id, developer="b")
    elsewhere = str(identity_pool(house, DeveloperProviderName=DEVELOPER)["IdentityPoolId"])
    without = str(identity_pool(house)["IdentityPoolId"])

    def look_up(code: str, client: Any = house.identity, **query: str) -> None:
        with refused(code):
            client.lookup_developer_identity(**{"IdentityPoolId": pool_id, **query})

    look_up("ResourceConflictException", IdentityId=anna, DeveloperUserIdentifier="b")
    look_up("InvalidParameterException")
    look_up("InvalidParameterException", IdentityPoolId=without, DeveloperUserIdentifier="a")
    look_up("ResourceNotFoundException", DeveloperUserIdentifier="A")
    look_up("ResourceNotFoundException", IdentityId=NOWHERE)
    look_up("ResourceNotFoundException", IdentityId=NOWHERE, DeveloperUserIdentifier="a")
    look_up("ResourceNotFoundException", IdentityPoolId=elsewhere, DeveloperUserIdentifier="a")
    look_up("ResourceNotFoundException", IdentityPoolId=elsewhere, IdentityId=anna)
    for stranger in strangers:
        look_up("ResourceNotFoundException", stranger, DeveloperUserIdentifier="a")


def merge(
    house: AwsHouse, pool_id: str, source: str, destination: str, *, provider: str = DEVELOPER, client: Any = None
) -> str:
    return str(
        (client or house.identity).merge_developer_identities(
            SourceUserIdentifier=source,
            DestinationUserIdentifier=destination,
            DeveloperProviderName=provider,
            IdentityPoolId=pool_id,
        )["IdentityId"]
    )


@pytest.mark.identity_operation("MergeDeveloperIdentities")
def test_the_destination_survives_with_every_login(house, pool_id):
    giving = stored_identity(house, pool_id, developer=["a", "a2"], facebook="anna")
    kept = stored_identity(house, pool_id, developer="b", google="anna")
    assert merge(house, pool_id, "a", "b") == kept.identity_id
    after = found(house, kept)
    assert set(after.logins) == {*giving.logins, *kept.logins}
    gone = found(house, giving)
    assert (gone.enabled, gone.merged_into, gone.logins, gone.is_guest) == (False, kept.identity_id, (), False)
    # Asked once more, as a client does whose connection broke, nothing changes.
    assert merge(house, pool_id, "a", "b") == kept.identity_id
    assert found(house, kept).logins == after.logins


@pytest.mark.identity_operation("MergeDeveloperIdentities", "ResourceConflictException")
def test_two_people_at_one_public_provider_stay_two(house, pool_id):
    anna = stored_identity(house, pool_id, developer="a", facebook="anna")
    berta = stored_identity(house, pool_id, developer="b", facebook="berta")
    with refused("ResourceConflictException"):
        merge(house, pool_id, "a", "b")
    assert (found(house, anna), found(house, berta)) == (anna, berta)


@pytest.mark.identity_operation("MergeDeveloperIdentities", "InvalidParameterException")
@pytest.mark.identity_operation("MergeDeveloperIdentities", "ResourceNotFoundException")
def test_what_cannot_be_merged_stays_as_it_is(house, pool_id, strangers):
    many = [f"user{number}" for number in range(10)]
    anna = stored_identity(house, pool_id, developer=["a", *many])
    berta = stored_identity(house, pool_id, developer=["b", *(f"other-{name}" for name in many[1:])])
    with refused("InvalidParameterException", "at most 20"):
        merge(house, pool_id, "a", "b")
    with refused("InvalidParameterException", "same user"):
        merge(house, pool_id, "a", "a")
    with refused("InvalidParameterException", "developer provider name"):
        merge(house, pool_id, "a", "b", provider="login.other")
    with refused("InvalidParameterException", "no developer provider"):
        merge(house, str(identity_pool(house)["IdentityPoolId"]), "a", "b")
    for source, destination in (("a", "nobody"), ("nobody", "b")):
        with refused("ResourceNotFoundException"):
            merge(house, pool_id, source, destination)
    for stranger in strangers:
        with refused("ResourceNotFoundException"):
            merge(house, pool_id, "a", "b", client=stranger)
    assert (found(house, anna), found(house, berta)) == (anna, berta)


def test_twenty_logins_are_not_too_many(house, pool_id):
    stored_identity(house, pool_id, developer=["a", *(f"user{number}" for number in range(9))])
    kept = stored_identity(house, pool_id, developer=["b", *(f"other{number}" for number in range(9))])
    merge(house, pool_id, "a", "b")
    assert len(found(house, kept).logins) == 20


def unlink(house: AwsHouse, pool_id: str, identity_id: str, user: str, **changes: Any) -> None:
    given = {
        "IdentityPoolId": pool_id,
        "IdentityId": identity_id,
        "DeveloperProviderName": DEVELOPER,
        "DeveloperUserIdentifier": user,
    }
    changes.pop("client", house.identity).unlink_developer_identity(**{**given, **changes})


@pytest.mark.identity_operation("UnlinkDeveloperIdentity")
def test_an_unlinked_developer_user_is_nobody(house, pool_id):
    anna = stored_identity(house, pool_id, developer=["a", "b"])
    unlink(house, pool_id, anna.identity_id, "a")
    assert [login.subject for login in found(house, anna).logins] == ["b"]
    unlink(house, pool_id, anna.identity_id, "b")
    assert not found(house, anna).is_guest
    with refused("ResourceNotFoundException"):
        house.identity.lookup_developer_identity(IdentityPoolId=pool_id, DeveloperUserIdentifier="a")


@pytest.mark.identity_operation("UnlinkDeveloperIdentity", "ResourceConflictException")
@pytest.mark.identity_operation("UnlinkDeveloperIdentity", "ResourceNotFoundException")
@pytest.mark.identity_operation("UnlinkDeveloperIdentity", "InvalidParameterException")
def test_nobody_is_unlinked_by_mistake(house, pool_id, strangers):
    anna = stored_identity(house, pool_id, developer="a", facebook="anna")
    berta = stored_identity(house, pool_id, developer="b")
    with refused("ResourceConflictException"):
        unlink(house, pool_id, anna.identity_id, "b")
    for changes in ({"DeveloperUserIdentifier": "nobody"}, {"IdentityId": NOWHERE}, {"IdentityPoolId": NOWHERE}):
        with refused("ResourceNotFoundException"):
            unlink(house, pool_id, anna.identity_id, "a", **changes)
    for provider in ("login.other", "graph.facebook.com"):
        with refused("InvalidParameterException"):
            unlink(house, pool_id, anna.identity_id, "anna", DeveloperProviderName=provider)
    for stranger in strangers:
        with refused("ResourceNotFoundException"):
            unlink(house, pool_id, anna.identity_id, "a", client=stranger)
    assert (found(house, anna), found(house, berta)) == (anna, berta)


@pytest.mark.identity_operation("UnlinkIdentity", "NotAuthorizedException")
@pytest.mark.identity_operation("UnlinkIdentity", "ResourceNotFoundException")
def test_a_login_is_taken_away_by_nobody_but_its_owner(house, pool_id):
    anna = stored_identity(house, pool_id, facebook="anna", google="anna")
    unlink_identity = house.identity_unsigned.unlink_identity
    away = {"LoginsToRemove": ["graph.facebook.com"]}
    for logins in ({}, {"graph.facebook.com": "anna"}, {"accounts.google.com": "eyJhbGciOiJub25lIn0.e30."}):
        with refused("NotAuthorizedException"):
            unlink_identity(IdentityId=anna.identity_id, Logins=logins, **away)
    with refused("ResourceNotFoundException"):
        unlink_identity(IdentityId=NOWHERE, Logins={"graph.facebook.com": "x"}, **away)
    with refused("ValidationException", "identityId"):
        unlink_identity(IdentityId="anna", Logins={}, **away)
    assert found(house, anna) == anna


def signed_in(house: AwsHouse) -> tuple[str, dict[str, str], str]:
    """An identity of a user of a user pool, who is linked to Facebook too: its id, the logins that prove it, their provider."""
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    answer = house.unsigned.initiate_auth(
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    accepted = {"ProviderName": provider, "ClientId": client.client_id}
    made = identity_pool(house, CognitoIdentityProviders=[accepted], DeveloperProviderName=DEVELOPER)
    logins = {provider: answer["AuthenticationResult"]["IdToken"]}
    identity_id = house.identity_unsigned.get_id(IdentityPoolId=made["IdentityPoolId"], Logins=logins)["IdentityId"]
    identity = house.services.identities.locate(identity_id)[1]
    more = [Login(provider="graph.facebook.com", subject="ada"), Login(provider=DEVELOPER, subject="ada")]
    house.services.identities.store.link(identity, more, now=house.clock.now())
    return identity_id, logins, provider


@pytest.mark.identity_operation("UnlinkIdentity")
def test_who_proves_one_login_takes_away_another_and_at_last_this_one(house):
    identity_id, logins, provider = signed_in(house)
    away = house.identity_unsigned.unlink_identity
    away(IdentityId=identity_id, Logins=logins, LoginsToRemove=["graph.facebook.com"])
    assert house.identity.describe_identity(IdentityId=identity_id)["Logins"] == [provider, DEVELOPER]
    # The other spelling of the same provider.
    spelt = f"{house.url.removeprefix('http://')}/{provider.rpartition('/')[2]}"
    away(IdentityId=identity_id, Logins=logins, LoginsToRemove=[spelt])
    assert house.identity.describe_identity(IdentityId=identity_id)["Logins"] == [DEVELOPER]
    with refused("NotAuthorizedException"):
        house.identity_unsigned.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)


@pytest.mark.identity_operation("UnlinkIdentity", "InvalidParameterException")
def test_somebody_elses_login_and_one_that_is_not_there_are_not_taken_away(house):
    identity_id, logins, _ = signed_in(house)
    other_id, others, _ = signed_in(house)
    away = house.identity_unsigned.unlink_identity
    facebook = ["graph.facebook.com"]
    with refused("NotAuthorizedException"):
        away(IdentityId=identity_id, Logins=others, LoginsToRemove=facebook)
    with refused("NotAuthorizedException"):
        away(IdentityId=identity_id, Logins={**logins, "graph.facebook.com": "x"}, LoginsToRemove=facebook)
    with refused("ResourceNotFoundException", "not linked"):
        away(IdentityId=identity_id, Logins=logins, LoginsToRemove=["accounts.google.com", *facebook])
    with refused("InvalidParameterException", "developer"):
        away(IdentityId=identity_id, Logins=logins, LoginsToRemove=[DEVELOPER])
    for one in (identity_id, other_id):
        assert len(house.identity.describe_identity(IdentityId=one)["Logins"]) == 3


def test_a_login_of_the_same_user_pool_is_another_pools_identity_of_no_right(house):
    """The same token, in another identity pool that accepts it: there it is another identity's."""
    identity_id, logins, provider = signed_in(house)
    settings = house.services.identities.locate(identity_id)[0].settings
    other = identity_pool(house, CognitoIdentityProviders=settings["CognitoIdentityProviders"])
    theirs = stored_identity(house, other["IdentityPoolId"], facebook="berta")
    with refused("NotAuthorizedException", "Logins don't match"):
        house.identity_unsigned.unlink_identity(
            IdentityId=theirs.identity_id, Logins=logins, LoginsToRemove=["graph.facebook.com"]
        )
    with refused("NotAuthorizedException"):
        house.identity_unsigned.unlink_identity(IdentityId=theirs.identity_id, Logins=logins, LoginsToRemove=[provider])
    assert found(house, theirs) == theirs


@pytest.mark.identity_operation("UnlinkIdentity", "ExternalServiceException")
def test_a_provider_that_cannot_be_asked_takes_nothing_away(tmp_path):
    house = AwsHouse(tmp_path, upstream_urls=(("graph.facebook.com", f"http://127.0.0.1:{free_port()}"),))
    made = identity_pool(house, SupportedLoginProviders={"graph.facebook.com": "1234"})
    anna = stored_identity(house, made["IdentityPoolId"], facebook="anna")
    with refused("ExternalServiceException"):
        house.identity_unsigned.unlink_identity(
            IdentityId=anna.identity_id,
            Logins={"graph.facebook.com": "EAAB"},
            LoginsToRemove=["graph.facebook.com"],
        )
    assert found(house, anna) == anna
    house.close()


def test_the_audit_names_who_changed_what(house, pool_id):
    anna, berta = (stored_identity(house, pool_id, developer=name) for name in ("a", "b"))
    kept = merge(house, pool_id, "a", "b")
    house.identity.delete_identities(IdentityIdsToDelete=[anna.identity_id, berta.identity_id])
    house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={})
    house.identity.delete_identity_pool(IdentityPoolId=pool_id)
    with house.installation.database.connection() as connection:
        rows = connection.execute(select(audit).where(audit.c.pool_id == pool_id)).all()
    told = {row.event: row.detail for row in rows}
    assert {"identity_pool.create", "identity_pool.set_roles", "identity_pool.remove"} <= set(told)
    assert told["identity.merge"].items() >= {"identity": kept, "merged": anna.identity_id}.items()
    assert set(told["identity.remove"]["identities"].split(",")) == {anna.identity_id, berta.identity_id}
    assert {detail["operator"] for detail in told.values()} == {"arn:aws:iam::123456789012:user/tests"}
