"""Variables: put in literally, never a wildcard; what cannot be resolved neither allows nor lifts a denial."""

import pytest

from tests.unit.policy.asking import asked, holds, judged, policy, statement

TEAM = "aws:PrincipalTag/team"


def reaches(resource, key, version="2012-10-17", effect="Allow", member="resource", **context):
    """Whether a statement on this resource applies to ``b/key``."""
    question = asked(resource=f"arn:aws:s3:::b/{key}", **context)
    made = statement(effect, **{member: f"arn:aws:s3:::b/{resource}"})
    if effect == "Allow":
        return judged(policy(made, version=version), question).allowed
    return not judged(policy(statement(), made, version=version), question).allowed


@pytest.mark.parametrize(
    ("resource", "context", "key", "fits"),
    [
        ("${a:b}/*", {"a__b": "x"}, "x/1", True),
        ("${A:B}/*", {"a__b": "x"}, "x/1", True),
        ("${ a:b }/*", {"a__b": "x"}, "x/1", True),
        ("${a:b}/*", {"a__b": "x"}, "y/1", False),
        ("${a:b}/*", {"a__b": "x"}, "x", False),
        ("${a:b}-${a:c}", {"a__b": "x", "a__c": "y"}, "x-y", True),
        ("*/${a:b}", {"a__b": "x"}, "1/2/x", True),
        ("?/${a:b}", {"a__b": "x"}, "12/x", False),
        ("${a:b}*${a:c}", {"a__b": "x", "a__c": "y"}, "x123y", True),
        ("${a:b}/*", {"a__b": "*"}, "x/1", False),
        ("${a:b}/*", {"a__b": "*"}, "*/1", True),
        ("${a:b}", {"a__b": "?"}, "x", False),
        ("${a:b}", {"a__b": "x*"}, "xy", False),
        ("*${a:b}", {"a__b": "*"}, "1*", True),
        ("*${a:b}", {"a__b": "*"}, "12", False),
        ("${a:b}", {"a__b": "${a:c}", "a__c": "x"}, "x", False),
        ("${a:b}", {"a__b": "${a:c}", "a__c": "x"}, "${a:c}", True),
        ("${a:b}/*", {"a__b": "x:y/z"}, "x:y/z/1", True),
        ("${*}", {}, "*", True),
        ("${*}", {}, "x", False),
        ("a${?}", {}, "a?", True),
        ("a${?}", {}, "ab", False),
        ("${$}{a:b}", {"a__b": "x"}, "${a:b}", True),
        ("$x$", {}, "$x$", True),
        ("${a:b, 'd'}/*", {}, "d/1", True),
        ("${a:b,'d'}/*", {"a__b": "x"}, "d/1", False),
        ("${a:b,'d'}/*", {"a__b": "x"}, "x/1", True),
        ("${a:b, '*'}/*", {}, "x/1", False),
        ("${a:b, '*'}/*", {}, "*/1", True),
        ("${a:b, ''}x", {}, "x", True),
        ("${a:b, '}'}", {}, "}", True),
    ],
)
def test_a_variable_is_replaced_by_exactly_its_value(resource, context, key, fits):
    assert reaches(resource, key, **context) is fits
    assert reaches(resource, key, effect="Deny", **context) is fits
    assert reaches(resource, key, member="NotResource", **context) is not fits
    assert reaches(resource, key, member="NotResource", effect="Deny", **context) is not fits


UNRESOLVED = [{}, {"a__b": ()}, {"a__b": ("x", "y")}, {"a__b": ""}]


@pytest.mark.parametrize("context", UNRESOLVED, ids=str)
@pytest.mark.parametrize("resource", ["${a:b}/*", "${a:b}*", "*${a:b}", "${a:b}"])
@pytest.mark.parametrize("key", ["x/1", "/1", "", "${a:b}/1", "y"])
def test_what_cannot_be_resolved_never_allows_and_always_denies(context, resource, key):
    for member in ("resource", "NotResource"):
        assert not reaches(resource, key, member=member, **context)
        assert reaches(resource, key, member=member, effect="Deny", **context)


@pytest.mark.parametrize("context", UNRESOLVED, ids=str)
@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "ArnLike", "ArnNotLike", "ForAllValues:StringNotEquals", "ForAnyValue:StringNotLike", "StringNotEqualsIfExists"])  # fmt: skip
def test_a_condition_that_cannot_be_resolved_never_allows_and_always_denies(operator, context):
    value = "arn:aws:s3:::${a:b}" if "Arn" in operator else "${a:b}"
    for given in ("arn:aws:s3:::x", "arn:aws:s3:::"):
        assert not holds({operator: {"s3:prefix": value}}, s3__prefix=given, **context)
        assert holds({operator: {"s3:prefix": value}}, "Deny", s3__prefix=given, **context)


def test_several_values_of_a_key_have_no_default():
    assert not reaches("${a:b, 'd'}", "d", a__b=("x", "y"))
    assert not reaches("${a:b, 'd'}", "d", a__b="")


def test_beside_what_cannot_be_resolved_another_resource_still_counts():
    either = ["arn:aws:s3:::b/${a:b}", "arn:aws:s3:::b/public"]
    question = asked(resource="arn:aws:s3:::b/public")
    assert judged(policy(statement(resource=either)), question).allowed
    # A denial of all but these cannot mean the one that is named for certain.
    assert judged(policy(statement(), statement("Deny", NotResource=either)), question).allowed
    assert not judged(policy(statement(NotResource=either)), asked(resource="arn:aws:s3:::b/other")).allowed


def test_an_unresolved_denial_is_one_of_every_resource():
    denial = statement("Deny", "s3:*", "arn:aws:s3:::elsewhere/${a:b}")
    assert not judged(policy(statement(), denial), asked(resource="*")).allowed
    assert not judged(policy(statement(), denial), asked(resource="arn:aws:s3:::b/k")).allowed
    assert judged(policy(statement(), denial), asked(resource="arn:aws:s3:::b/k", a__b="x")).allowed


@pytest.mark.parametrize(("resource", "key", "fits"), [("${a:b}/1", "x/1", False), ("${a:b}/1", "${a:b}/1", True), ("${*}", "${anything}", True), ("${*}", "*", False), ("${?}", "${x}", True)])  # fmt: skip
def test_before_2012_nothing_is_a_variable(resource, key, fits):
    assert reaches(resource, key, version="2008-10-17", a__b="x") is fits
    assert reaches(resource, key, version="2008-10-17", effect="Deny", a__b="x") is fits


@pytest.mark.parametrize(
    ("operator", "value", "given", "fits"),
    [
        ("StringEquals", "${a:b}", "x*", True),
        ("StringEquals", "${a:b}", "xy", False),
        ("StringLike", "${a:b}/*", "x*/1", True),
        ("StringLike", "${a:b}/*", "xy/1", False),
        ("StringLike", "${*}", "*", True),
        ("StringLike", "${*}", "x", False),
        ("StringEquals", "${*}", "*", True),
        ("ArnLike", "arn:aws:s3:::${a:b}", "arn:aws:s3:::x*", True),
        ("ArnLike", "arn:aws:s3:::${a:b}", "arn:aws:s3:::xy", False),
        ("ArnLike", "arn:aws:${a:b}:::b", "arn:aws:xy:::b", False),
        ("ArnLike", "arn:aws:${a:b}:::b", "arn:aws:x*:::b", True),
    ],
)
def test_values_of_conditions_are_put_in_literally_too(operator, value, given, fits):
    assert holds({operator: {"s3:prefix": value}}, s3__prefix=given, a__b="x*") is fits


def test_a_lone_variable_stands_for_a_whole_arn_and_no_pattern_of_one():
    condition = {"ArnEquals": {"aws:SourceArn": "${a:b}"}}
    arn = "arn:aws:s3:::b/*"
    assert holds(condition, aws__sourcearn=arn, a__b=arn)
    assert not holds(condition, aws__sourcearn="arn:aws:s3:::b/k", a__b=arn)


def test_a_policy_that_spells_a_tag_with_spaces_is_resolved():
    assert reaches("${aws:PrincipalTag/Cost Center}", "x", **{"aws__principaltag/cost center": "x"})


@pytest.mark.parametrize(
    ("pattern", "resource", "fits"),
    [
        ("arn:aws:s3:::${a:b}/*", "arn:aws:s3:::x/1", True),
        ("arn:aws:s3:::${a:b}/*", "arn:aws:sns:::x/1", False),
        ("arn:aws:s3:::${a:b}/*", "arn:aws:s3:us-east-1::x/1", False),
        ("arn:aws:s3:::${a:b}", "*", False),
        ("arn:aws:*:*:*:${a:b}/*", "arn:aws:sns:us-east-1:1:x/1", True),
        ("arn:aws:s*:*:1:${a:b}/*", "arn:aws:sns:us-east-1:2:x/1", False),
    ],
)
def test_beside_a_variable_the_other_five_parts_count_as_well(pattern, resource, fits):
    question = asked(resource=resource, a__b="x")
    assert judged(policy(statement(resource=pattern)), question).allowed is fits
    assert judged(policy(statement(NotResource=pattern)), question).allowed is not fits
