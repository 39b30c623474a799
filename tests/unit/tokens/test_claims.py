import pytest

from app.core.groups.model import Group
from app.core.kernel.ids import PoolId
from app.core.tokens.claims import RESERVED, at_hash, attribute_claims, choose_preferred_role, group_claims


def group(name, role=None, precedence=None):
    return Group(pool_id=PoolId("p"), name=name, role_arn=role, precedence=precedence, created_at=0, updated_at=0)


@pytest.mark.parametrize(
    ("groups", "preferred"),
    [
        ([], None),
        ([group("a", "A", 1)], "A"),
        ([group("a", "A", 1), group("b", "B", 2)], "A"),
        ([group("a", "A", 0), group("b", "B", 1)], "A"),
        ([group("a", "A", 1), group("b", "B", 1)], None),
        ([group("a", "A", 1), group("b", "A", 1)], "A"),
        ([group("a", "A", 1), group("b", "A", 1), group("c", "B", 2)], "A"),
        ([group("a", "A"), group("b", "B", 9)], "B"),
        ([group("a", "A")], "A"),
        ([group("a", "A"), group("b", "B")], None),
        ([group("a", None, 1), group("b", "B", 2)], "B"),
        ([group("a", None, 1)], None),
    ],
)
def test_the_preferred_role_is_the_unique_best_groups(groups, preferred):
    assert choose_preferred_role(groups) == preferred


def test_group_claims_that_would_be_empty_are_left_out():
    assert group_claims([]) == {}
    assert group_claims([group("a")]) == {"cognito:groups": ["a"]}


def test_roles_are_listed_once():
    claims = group_claims([group("a", "A", 1), group("b", "A", 2), group("c", "C", 3)])
    assert claims["cognito:roles"] == ["A", "C"]


def test_attributes_take_their_json_types():
    assert attribute_claims(
        {
            "email_verified": "true",
            "phone_number_verified": "False",
            "updated_at": "17",
            "address": "1 Road",
            "name": "17",
        }
    ) == {
        "email_verified": True,
        "phone_number_verified": False,
        "updated_at": 17,
        "address": {"formatted": "1 Road"},
        "name": "17",
    }


@pytest.mark.parametrize("value", ["²", "-1", "1.5", "soon", ""])
def test_an_updated_at_that_is_no_number_stays_what_it_is(value):
    assert attribute_claims({"updated_at": value}) == {"updated_at": value}


def test_no_reserved_name_comes_from_an_attribute():
    forged = dict.fromkeys([*RESERVED, "cognito:groups", "cognito:username", "cognito:anything"], "x")
    assert attribute_claims(forged) == {}


@pytest.mark.spec("OpenID Connect Core §A.3")
def test_at_hash_is_the_left_half():
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
