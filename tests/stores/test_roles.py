"""Roles and identity providers on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.adapters.sql.providers import SqlOidcProviders, SqlSamlProviders
from app.adapters.sql.roles import SqlRoles
from app.core.principals.model import OidcProvider, Role, SamlProvider
from app.core.principals.providers import OidcProviders, ProviderExists
from app.core.principals.roles import RoleExists, Roles
from tests.support.world import World

ACCOUNT, OTHER = "123456789012", "210987654321"
ROLE = Role(
    name="Readers",
    account_id=ACCOUNT,
    role_id="AROA" + "X" * 17,
    path="/apps/",
    description="reads",
    trust={"Version": "2012-10-17", "Statement": []},
    policies={"p": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}},
    max_session_seconds=7200,
    tags={"Team": "shop"},
    created_at=5,
)
ISSUER = OidcProvider(
    arn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/Tenant",
    account_id=ACCOUNT,
    url="https://idp.example.com/Tenant",
    client_ids=("b", "a"),
    thumbprints=("a" * 40,),
    tags={"a": "b"},
    created_at=5,
)
SAML = SamlProvider(
    arn=f"arn:aws:iam::{ACCOUNT}:saml-provider/corp",
    account_id=ACCOUNT,
    name="corp",
    provider_id="0f0e0d0c-1111-4222-8333-abcdefabcdef",
    metadata="<é/>",
    created_at=5,
)


def test_a_role_comes_back_as_stored(world: World) -> None:
    store = SqlRoles(world.database)
    store.add(ROLE)
    assert store.find(ACCOUNT, "rEADERS") == ROLE
    assert store.find_by_arn(ROLE.arn) == ROLE
    changed = replace(ROLE, description="writes", policies={}, tags={})
    store.save(changed)
    assert store.find(ACCOUNT, "readers") == changed
    store.remove(ACCOUNT, "READERS")
    assert store.find_by_arn(ROLE.arn) is None


@pytest.mark.parametrize("arn", ["", ROLE.arn.lower(), ROLE.arn.replace("apps", "Apps"), ROLE.arn + "%", "é" * 700])
def test_an_arn_is_exact(world: World, arn: str) -> None:
    store = SqlRoles(world.database)
    store.add(ROLE)
    assert store.find_by_arn(arn) is None


def test_a_name_is_one_whatever_its_case_and_path(world: World) -> None:
    store = SqlRoles(world.database)
    store.add(ROLE)
    with pytest.raises(RoleExists):
        store.add(replace(ROLE, name="readers", path="/"))
    store.add(replace(ROLE, account_id=OTHER))
    assert [found.account_id for found in store.list_of(OTHER)] == [OTHER]


def test_roles_are_listed_by_name_below_a_path(world: World) -> None:
    store = SqlRoles(world.database)
    for name, path in (("b", "/a/"), ("A", "/a/b/"), ("c", "/ab/"), ("d", "/"), ("e", "/a%/")):
        store.add(replace(ROLE, name=name, path=path))
    assert {found.name for found in store.list_of(ACCOUNT)} == {"A", "b", "c", "d", "e"}
    assert [found.name for found in store.list_of(ACCOUNT, "/a/")] == ["A", "b"]
    assert [found.name for found in store.list_of(ACCOUNT, "/a%")] == ["e"]


def test_of_policies_put_at_once_none_is_lost(world: World) -> None:
    store = SqlRoles(world.database)
    store.add(replace(ROLE, policies={}))
    roles = Roles(store=store, read=store.find_by_arn, clock=world.clock, transactions=world.database)
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: roles.put_policy(ACCOUNT, "readers", f"p{number}", document), range(24)))
    assert len(roles.get(ACCOUNT, "readers").policies) == 24


def test_of_client_ids_added_at_once_none_is_lost(world: World) -> None:
    store = SqlOidcProviders(world.database)
    store.add(replace(ISSUER, client_ids=()))
    issuers = OidcProviders(store=store, read=store.find, clock=world.clock, transactions=world.database)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: issuers.add_client_id(ACCOUNT, ISSUER.arn, f"c{number}"), range(24)))
    assert len(issuers.get(ACCOUNT, ISSUER.arn).client_ids) == 24


def test_providers_come_back_as_stored(world: World) -> None:
    issuers, saml = SqlOidcProviders(world.database), SqlSamlProviders(world.database)
    issuers.add(ISSUER)
    saml.add(SAML)
    assert (issuers.find(ISSUER.arn), saml.find(SAML.arn)) == (ISSUER, SAML)
    changed = replace(ISSUER, client_ids=(), thumbprints=(), tags={})
    issuers.save(changed)
    saml.save(replace(SAML, metadata="<b/>"))
    assert issuers.list_of(ACCOUNT) == [changed]
    assert [found.metadata for found in saml.list_of(ACCOUNT)] == ["<b/>"]
    assert issuers.list_of(OTHER) == saml.list_of(OTHER) == []
    issuers.remove(ISSUER.arn)
    saml.remove(SAML.arn)
    assert issuers.find(ISSUER.arn) is saml.find(SAML.arn) is None


def test_a_provider_is_registered_once(world: World) -> None:
    issuers, saml = SqlOidcProviders(world.database), SqlSamlProviders(world.database)
    issuers.add(ISSUER)
    saml.add(SAML)
    with pytest.raises(ProviderExists):
        issuers.add(ISSUER)
    with pytest.raises(ProviderExists):
        saml.add(SAML)
