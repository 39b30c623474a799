"""Pairwise subjects: one name in a sector, another in the next, everywhere the same, and no way back."""

import re

import pytest

from app.core.clients.extensions import CLIENT_EXTENSIONS
from app.core.kernel.extensions import ExtensionInvalid, changed
from app.core.tokens.subjects import sector_of
from tests.support.oauth_app import basic, claims_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def pairwise(house, sector=None, **settings):
    extensions = {"subject_type": "pairwise", **({} if sector is None else {"sector_identifier": sector})}
    return house.world.a_client(house.pool, settings, extensions)


def subject(house, client):
    return claims_of(house.tokens_of(client)["id_token"])["sub"]


@pytest.mark.spec("OpenID Connect Core §8")
def test_id_token_access_token_userinfo_and_introspection_agree(house):
    client = pairwise(house)
    tokens = house.tokens_of(client)
    gateway = house.world.a_client(house.pool, confidential=True)
    access = tokens["access_token"]
    names = {
        claims_of(tokens["id_token"])["sub"],
        claims_of(access)["sub"],
        house.userinfo(access).json["sub"],
        house.introspect(access, gateway, headers=basic(gateway)).json["sub"],
        claims_of(house.refresh(tokens["refresh_token"], client).json["id_token"])["sub"],
    }
    assert len(names) == 1
    assert UUID.fullmatch(names.pop())


@pytest.mark.spec("OpenID Connect Core §8.1")
def test_a_sector_shares_a_subject_and_another_has_another(house):
    one, same, other = pairwise(house), pairwise(house), pairwise(house, "other.example.com")
    explicit = pairwise(house, "app.example.com")
    assert subject(house, one) == subject(house, same) == subject(house, explicit)
    assert len({house.user.sub, subject(house, one), subject(house, other)}) == 3


def test_it_stays_the_same_for_ever_and_differs_for_everybody(house):
    client = pairwise(house)
    first = subject(house, client)
    house.clock.advance(days=400)
    assert subject(house, client) == first
    stranger = house.a_user(house.pool)
    code = house.a_code(client, house.signed_in(stranger))
    assert claims_of(house.redeem(code, client).json["id_token"])["sub"] != first


def test_nothing_in_the_tokens_names_the_user_across_sectors(house):
    client = pairwise(house)
    tokens = house.tokens_of(client, scope="openid profile")
    shown = house.userinfo(tokens["access_token"]).json
    for claims in (claims_of(tokens["id_token"]), claims_of(tokens["access_token"]), shown):
        assert house.user.sub not in claims.values()
        assert house.user.username not in claims.values()
    assert shown["username"] == shown["sub"]


def test_its_own_refresh_token_is_introspected_under_the_same_name(house):
    client = house.world.a_client(house.pool, {}, {"subject_type": "pairwise"}, confidential=True)
    tokens = house.redeem(house.a_code(client), client, headers=basic(client)).json
    shown = house.introspect(tokens["refresh_token"], client).json
    assert shown["sub"] == shown["username"] == claims_of(tokens["id_token"])["sub"]


def test_a_client_without_revocation_still_leads_back_to_the_user(house):
    client = pairwise(house, EnableTokenRevocation=False)
    token = house.tokens_of(client)["access_token"]
    assert house.userinfo(token).status_code == 200
    house.change_user(enabled=False)
    assert house.userinfo(token).status_code == 401


def test_another_installations_key_makes_other_subjects(house):
    from dataclasses import replace

    from app.core.kernel.sealing import Hasher

    client = pairwise(house)
    elsewhere = replace(house.tokens, hasher=Hasher(b"k" * 32))
    assert elsewhere.subject_for(client, house.user.sub) != house.tokens.subject_for(client, house.user.sub)


def test_a_token_of_before_the_sector_changed_is_refused(house):
    from dataclasses import replace

    from app.core.clients.model import ClientExtensions

    client = pairwise(house)
    token = house.tokens_of(client)["access_token"]
    moved = {"subject_type": "pairwise", "sector_identifier": "new.example.com"}
    house.world.clients.save(replace(client, extensions=ClientExtensions.read(moved)))
    assert house.userinfo(token).status_code == 401


@pytest.mark.parametrize(
    ("urls", "sector"),
    [
        (["https://a.example/cb"], "a.example"),
        (["https://a.example/cb", "https://A.example:8443/other"], "a.example"),
        (["https://a.example/cb", "https://b.example/cb"], None),
        (["https://a.example/cb", "http://localhost/cb"], None),
        (["myapp://cb"], "scheme:myapp"),
        (["myapp://a.example/cb"], "scheme:myapp"),
        ([], None),
    ],
)
def test_the_sector_is_the_one_host_of_the_callback_urls_or_the_client_alone(house, urls, sector):
    client = pairwise(house, CallbackURLs=urls)
    assert sector_of(client) == (sector or f"client:{client.client_id}")


@pytest.mark.parametrize(
    "value", ["https://a.example", "a.example/", "a b", "a.example:443", "-a", "é.example", "x" * 300]
)
def test_a_sector_identifier_is_a_host(value):
    with pytest.raises(ExtensionInvalid):
        changed(CLIENT_EXTENSIONS, {}, "sector_identifier", value, lambda _: None)


@pytest.mark.parametrize("value", ["Pairwise", "private", True, 1])
def test_there_is_no_other_kind_of_subject(value):
    with pytest.raises(ExtensionInvalid):
        changed(CLIENT_EXTENSIONS, {}, "subject_type", value, lambda _: None)
