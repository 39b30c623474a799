"""What trust policies and tags see of a login."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.identity_pools.model import Identity, Login, VerifiedLogin
from app.core.identity_pools.provider_names import ProviderNames
from app.core.identity_pools.sessions.proof import checked_tags, is_still_named, methods_of, tags_of
from app.core.kernel.errors import InvalidParameter
from tests.unit.identity_pools.test_roles import OIDC, PROVIDER, foreign, login, pool

NAMES = ProviderNames(public_host="localhost:8000")
ISSUER = "localhost:8000/us-east-1_Aaaaaaaaa"


def test_a_guest_proves_nothing():
    assert methods_of(pool(), [], NAMES) == ("unauthenticated",)


def test_a_user_pool_is_named_in_both_spellings():
    assert methods_of(pool(), [login()], NAMES) == (
        "authenticated",
        PROVIDER,
        f"{PROVIDER}:CognitoSignIn:ada",
        ISSUER,
        f"{ISSUER}:CognitoSignIn:ada",
    )


def test_another_provider_is_named_with_its_audience_and_all_logins_are_told_once():
    assert methods_of(pool(), [foreign(), foreign()], NAMES) == ("authenticated", OIDC, f"{OIDC}:x:ada")


def test_a_developers_token_brings_its_own():
    own = VerifiedLogin(
        login=Login(provider="x", subject="i"), own=True, claims={"amr": ["authenticated", "d", "d:1:u"]}
    )
    assert methods_of(pool(), [own], NAMES) == ("authenticated", "d", "d:1:u")


def identity(*logins: VerifiedLogin, **changes: Any) -> Identity:
    found = tuple(each.login for each in logins)
    given = {"logins": found, "created_at": 0, "modified_at": 0, **changes}
    return Identity(identity_id="us-east-1:i", identity_pool_id="us-east-1:p", **given)


@pytest.mark.parametrize("logins", [[login()], [foreign()], [login(), foreign()], []], ids=len)
def test_what_a_token_says_of_an_identity_holds_while_it_is_so(logins):
    methods = methods_of(pool(), logins, NAMES)
    assert is_still_named(identity(*logins), methods, NAMES)
    stranger = Login(provider=PROVIDER, subject="grace")
    assert not is_still_named(identity(logins=(stranger,)), methods, NAMES)
    assert not is_still_named(identity(was_authenticated=True), methods, NAMES)


def test_one_login_that_is_still_there_is_enough():
    methods = methods_of(pool(), [login(), foreign()], NAMES)
    assert is_still_named(identity(foreign()), methods, NAMES)


def mapped(provider: str = PROVIDER, **map_of: Any) -> Any:
    return replace(pool(), principal_tags={provider: map_of})


@pytest.mark.parametrize(
    ("map_of", "tags"),
    [
        ({"UseDefaults": True}, {"username": "s-1", "client": "1client"}),
        ({"PrincipalTags": {"d": "department"}}, {"d": "sales"}),
        ({"UseDefaults": False, "PrincipalTags": {"x": "absent"}}, {}),
        ({"PrincipalTags": {"v": "email_verified", "n": "level"}}, {"v": "true", "n": "7"}),
        ({"PrincipalTags": {"none": "empty", "one": "alone"}}, {"one": "a"}),
        ({}, {}),
    ],
)
def test_claims_become_tags(map_of, tags):
    claims = {
        "sub": "s-1",
        "aud": "1client",
        "department": "sales",
        "email_verified": True,
        "level": 7,
        "empty": [],
        "alone": ["a"],
    }
    assert tags_of(mapped(**map_of), [login(**claims)]) == tags


@pytest.mark.parametrize("value", [["a", "b"], {"a": "b"}, [["a"]], [7], [None]], ids=str)
def test_a_claim_that_is_not_one_value_refuses_the_call(value):
    """A policy that denies by the tag would else let through whoever has two values."""
    with pytest.raises(InvalidParameter):
        tags_of(mapped(PrincipalTags={"g": "groups"}), [login(groups=value)])


def test_only_the_map_of_the_presented_provider_counts():
    assert tags_of(mapped(OIDC, UseDefaults=True), [login(sub="1", aud="2")]) == {}


@pytest.mark.parametrize(
    "tags",
    [
        {"a": "*"},
        {"a": "${aws:username}"},
        {"a": "x\ny"},
        {"a": "x" * 257},
        {"k" * 129: "a"},
        {"": "a"},
        {"aws:team": "a"},
        {"Team": "a", "team": "b"},
        {str(number): "x" for number in range(51)},
    ],
)
def test_what_sts_would_not_take_as_a_tag_is_refused(tags):
    with pytest.raises(InvalidParameter):
        checked_tags(tags)


def test_ordinary_tags_are_taken():
    tags = {"Kostenstelle": "Köln 4/7", "mail": "ada@example.com", "empty": ""}
    assert checked_tags(tags) == tags
