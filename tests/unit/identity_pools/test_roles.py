"""Which role do these logins get? (Cognito: role-based access control.)"""

from typing import Any

import pytest

from app.core.identity_pools.model import IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.refusals import ConfigurationInvalid, RoleRefused
from app.core.identity_pools.sessions.roles import choose_role

PROVIDER, CLIENT = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Aaaaaaaaa", "1client"
OIDC, OIDC_ARN = "login.example.com", "arn:aws:iam::123456789012:oidc-provider/login.example.com"
SIGNED_IN, GUEST, A, B, C = ("authenticated", "guest", "a", "b", "c")


def pool(mapping: Any = None, *, key: str = f"{PROVIDER}:{CLIENT}", **changes: Any) -> IdentityPool:
    given: dict[str, Any] = {
        "identity_pool_id": "us-east-1:1",
        "account_id": "123456789012",
        "region": "us-east-1",
        "name": "pool",
        "settings": {},
        "roles": {"authenticated": SIGNED_IN, "unauthenticated": GUEST},
        "role_mappings": {} if mapping is None else {key: mapping},
        "created_at": 0,
        "updated_at": 0,
    }
    return IdentityPool(**{**given, **changes})


def login(**claims: Any) -> VerifiedLogin:
    return VerifiedLogin(login=Login(provider=PROVIDER, subject="ada"), client_id=CLIENT, claims=claims)


def foreign(**claims: Any) -> VerifiedLogin:
    return VerifiedLogin(login=Login(provider=OIDC, subject="ada"), client_id="x", arn=OIDC_ARN, claims=claims)


def by_token(otherwise: str = "Deny") -> dict[str, Any]:
    return {"Type": "Token", "AmbiguousRoleResolution": otherwise}


def by_rules(*rules: tuple[str, str, str, str], otherwise: str = "Deny") -> dict[str, Any]:
    written = [dict(zip(("Claim", "MatchType", "Value", "RoleARN"), rule, strict=True)) for rule in rules]
    return {"Type": "Rules", "AmbiguousRoleResolution": otherwise, "RulesConfiguration": {"Rules": written}}


def test_without_a_mapping_who_signed_in_and_guests_have_a_role_each():
    assert choose_role(pool(), [login()]) == SIGNED_IN
    assert choose_role(pool(), []) == GUEST


@pytest.mark.parametrize("logins", [[], [login()]], ids=["guest", "signed in"])
def test_a_pool_without_the_role_is_badly_configured(logins):
    with pytest.raises(ConfigurationInvalid):
        choose_role(pool(roles={}), logins)


@pytest.mark.parametrize("custom", [SIGNED_IN, GUEST, A])
@pytest.mark.parametrize("logins", [[], [login(**{"cognito:roles": [A]})]], ids=["guest", "signed in"])
def test_nobody_asks_for_a_role_where_no_mapping_grants_any(logins, custom):
    with pytest.raises(RoleRefused):
        choose_role(pool(), logins, custom)


ROLES, PREFERRED = "cognito:roles", "cognito:preferred_role"


@pytest.mark.parametrize(
    ("claims", "custom", "otherwise", "chosen"),
    [
        ({ROLES: [A, B], PREFERRED: B}, None, "Deny", B),
        ({ROLES: [A, B], PREFERRED: B}, A, "Deny", A),
        ({ROLES: [A, B], PREFERRED: B}, C, "AuthenticatedRole", None),
        ({ROLES: [A]}, None, "Deny", A),
        ({ROLES: A}, None, "Deny", A),
        ({ROLES: [A, B]}, None, "Deny", None),
        ({ROLES: [A, B]}, None, "AuthenticatedRole", SIGNED_IN),
        ({ROLES: [A, B]}, B, "Deny", B),
        ({}, None, "AuthenticatedRole", SIGNED_IN),
        ({}, None, "Deny", None),
        ({}, SIGNED_IN, "AuthenticatedRole", None),
        ({PREFERRED: [A]}, None, "Deny", None),
        ({PREFERRED: ""}, None, "Deny", None),
        ({PREFERRED: A}, A, "Deny", None),
        ({ROLES: {"0": A}}, A, "Deny", None),
        ({ROLES: [[A]]}, A, "Deny", None),
    ],
)
def test_a_token_chooses_among_what_it_grants(claims, custom, otherwise, chosen):
    found = pool(by_token(otherwise))
    if chosen is None:
        with pytest.raises(RoleRefused):
            choose_role(found, [login(**claims)], custom)
    else:
        assert choose_role(found, [login(**claims)], custom) == chosen


@pytest.mark.parametrize(
    ("kind", "value", "claim", "holds"),
    [
        ("Equals", "staff", "staff", True),
        ("Equals", "staff", "Staff", False),
        ("Equals", "staff", "staffer", False),
        ("Equals", "staff", ["staff"], True),
        ("Equals", "staff", ["staff", "other"], False),
        ("Equals", "true", True, True),
        ("Equals", "True", True, False),
        ("Equals", "7", 7, True),
        ("NotEqual", "staff", "guest", True),
        ("NotEqual", "staff", "staff", False),
        ("NotEqual", "staff", ["guest", "staff"], False),
        ("NotEqual", "staff", ["guest"], True),
        ("NotEqual", "staff", None, False),
        ("NotEqual", "staff", [], False),
        ("NotEqual", "staff", {"a": "b"}, False),
        ("StartsWith", "sta", "staff", True),
        ("StartsWith", "aff", "staff", False),
        ("StartsWith", "sta", ["staff", "staff"], False),
        ("Contains", "taf", "staff", True),
        ("Contains", "x", "staff", False),
        ("Contains", "admin", ["not-admin"], False),
        ("Contains", "admin", ["a", "admin"], True),
        ("Contains", "admin", {"admin": "admin"}, False),
        ("Contains", "admin", None, False),
        ("Unheard", "staff", "staff", False),
    ],
)
def test_a_rule_holds(kind, value, claim, holds):
    found = pool(by_rules(("department", kind, value, A), otherwise="AuthenticatedRole"))
    claims = {} if claim is None else {"department": claim}
    assert choose_role(found, [login(**claims)]) == (A if holds else SIGNED_IN)


def test_the_first_rule_that_holds_decides_and_a_caller_may_ask_for_a_later_one():
    found = pool(by_rules(("x", "Equals", "no", C), ("x", "Equals", "1", A), ("x", "StartsWith", "1", B)))
    assert choose_role(found, [login(x="1")]) == A
    assert choose_role(found, [login(x="1")], B) == B
    for custom in (C, SIGNED_IN):
        with pytest.raises(RoleRefused):
            choose_role(found, [login(x="1")], custom)


def test_no_rule_that_holds_is_denied_or_gets_the_authenticated_role():
    with pytest.raises(RoleRefused):
        choose_role(pool(by_rules(("x", "Equals", "1", A))), [login(x="2")])
    assert (
        choose_role(pool(by_rules(("x", "Equals", "1", A), otherwise="AuthenticatedRole")), [login(x="2")]) == SIGNED_IN
    )


@pytest.mark.parametrize("key", [OIDC, OIDC_ARN])
def test_a_provider_of_iam_is_mapped_by_its_name_or_its_arn(key):
    assert choose_role(pool(by_rules(("x", "Equals", "1", A)), key=key), [foreign(x="1")]) == A


def test_another_clients_mapping_is_not_this_ones():
    found = pool(by_rules(("x", "Equals", "1", A)), key=f"{PROVIDER}:2client")
    assert choose_role(found, [login(x="1")]) == SIGNED_IN


def test_of_several_logins_the_one_with_a_mapping_decides_so_that_none_is_avoided_by_adding_one():
    found = pool(by_rules(("x", "Equals", "1", A)))
    for logins in ([login(x="1"), foreign(x="2")], [foreign(x="2"), login(x="1")]):
        assert choose_role(found, logins) == A
    with pytest.raises(RoleRefused):
        choose_role(found, [foreign(x="1"), login(x="2")])
