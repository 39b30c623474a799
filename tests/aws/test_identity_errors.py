"""What is rarely wrong with a call for an identity, its token or its credentials, through a stock boto3."""

from collections.abc import Iterator

import pytest

from app.core.identity_pools.model import Login
from tests.support.aws_refused import refused
from tests.support.identities import DEVELOPER
from tests.support.identity_house import IdentityHouse, provider_of


@pytest.fixture(scope="module")
def ids(house) -> Iterator[IdentityHouse]:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.mark.identity_operation("GetOpenIdToken", "ResourceConflictException")
def test_logins_of_two_identities_get_no_token(ids):
    clients = [ids.user_client() for _ in range(2)]
    pool = ids.pool_for(*clients, AllowClassicFlow=True)
    logins = [{provider_of(client): ids.id_token(client)} for client in clients]
    identity_id, other_id = (ids.get_id(pool, login) for login in logins)
    both = {provider: token for login in logins for provider, token in login.items()}
    with refused("ResourceConflictException"):
        ids.anyone.get_open_id_token(IdentityId=identity_id, Logins=both)
    assert [ids.get_id(pool, login) for login in logins] == [identity_id, other_id]


@pytest.mark.identity_operation("GetCredentialsForIdentity", "InvalidParameterException")
def test_one_provider_in_two_spellings_gets_no_credentials(ids, house):
    client = ids.user_client()
    pool, token = ids.pool_for(client), ids.id_token(client)
    provider = provider_of(client)
    identity_id = ids.get_id(pool, {provider: token})
    spelt = f"{house.url.removeprefix('http://')}/{provider.rpartition('/')[2]}"
    with refused("InvalidParameterException"):
        ids.credentials(identity_id, {provider: token, spelt: token})


@pytest.mark.identity_operation("GetId", "LimitExceededException")
def test_an_identity_gets_no_twenty_first_login(ids):
    clients = [ids.user_client() for _ in range(2)]
    pool = ids.pool_for(*clients, DeveloperProviderName=DEVELOPER)
    first, second = ({provider_of(client): ids.id_token(client)} for client in clients)
    identity = ids.identities.find(pool.identity_pool_id, ids.get_id(pool, first))
    most = [Login(provider=DEVELOPER, subject=f"user{number}") for number in range(19)]
    ids.identities.link(identity, most, now=ids.house.clock.now())
    with refused("LimitExceededException", "at most 20"):
        ids.get_id(pool, {**first, **second})
    assert ids.get_id(pool, second) != identity.identity_id
