"""What is refused when a policy is saved: everything that would not be enforced as it is written."""

import json
from types import MappingProxyType

import pytest

from app.core.kernel.errors import InvalidParameter
from app.core.policy import MalformedPolicy, PolicyKind, PolicyTooLarge, parse
from tests.unit.policy.asking import GUEST, OWN_FOLDER, POOLS, document, statement

IDENTITY, SESSION, BOUNDARY, TRUST = PolicyKind.IDENTITY, PolicyKind.SESSION, PolicyKind.BOUNDARY, PolicyKind.TRUST
ASSUMED = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": POOLS}}


def refusal(given, kind=IDENTITY):
    with pytest.raises(MalformedPolicy) as caught:
        parse(given, kind)
    return caught.value.text


@pytest.mark.parametrize("kind", [IDENTITY, SESSION, BOUNDARY])
@pytest.mark.parametrize("text", [GUEST, OWN_FOLDER])
def test_the_reference_policies_are_accepted_as_they_stand(text, kind):
    assert parse(text, kind).version == "2012-10-17"
    assert len(parse(text.encode(), kind).statements) == len(parse(json.loads(text), kind).statements)


@pytest.mark.parametrize(
    "accepted",
    [
        {"Statement": statement()},
        {"Version": "2008-10-17", "Id": "x", "Statement": [statement()]},
        document(statement(Sid="A1"), statement(Sid=""), statement(Sid="")),
        document(statement(action="*", resource=["*"])),
        document(statement(NotAction=["iam:*", "s3:Get?bject"], NotResource="arn:aws:s3:::b/a:b:c/d")),
        document(statement(resource="arn:*:s3:*:*:b*", Condition={})),
        document(statement(resource="arn:aws:s3:::b/${aws:PrincipalTag/Cost Center, 'no-one, }'}/${ aws:x }")),
        document(statement(resource="arn:aws:s3:::b/${"), version="2008-10-17"),
        document(statement(Condition={"NumericLessThan": {"s3:max-keys": [10, "20", 1.5, -3]}})),
        document(statement(Condition={"Bool": {"aws:SecureTransport": [True, "False"]}, "Null": {"a:b": False}})),
        document(statement(Condition={"DateLessThan": {"aws:CurrentTime": ["2030", "2030-02", "2030-02-28T12:30Z", "2030-02-28T12:30:59.5+02:00", 1700000000]}})),
        document(statement(Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "10.1.2.3/8"]}})),
        document(statement(Condition={"ForAnyValue:StringEqualsIfExists": {"a:b": "${*}${?}${$}${aws:x}"}})),
        document(statement(Condition={"ArnLike": {"aws:SourceArn": ["arn:aws:sns:*:*:t-*", "${aws:PrincipalArn}"]}})),
        document(statement(Condition={"BinaryEquals": {"a:b": "QmluYXJ5"}})),
    ],
    ids=lambda each: json.dumps(each)[:120],
)  # fmt: skip
def test_what_aws_accepts_is_accepted(accepted):
    assert parse(accepted, IDENTITY).statements


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON (line 1"),
        ("[]", "JSON object with a Statement"),
        ("null", "JSON object with a Statement"),
        ('"x"', "JSON object with a Statement"),
        ("{}", "JSON object with a Statement"),
        ('{"Statement": []}', "Statement is empty"),
        ('{"Statement": null}', "Statement 1 is not a JSON object"),
        ('{"Statement": [[]]}', "Statement 1 is not a JSON object"),
        ('{"Statement": {}, "Statement": {}}', 'the member "Statement" twice'),
        ('{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', 'the member "Effect" twice'),
        ('{"Statement": {"Condition": {"Bool": {"a:b": "true", "a:b": "false"}}}}', 'the member "a:b" twice'),
        ('{"Statement": {"Condition": {"NumericEquals": {"a:b": NaN}}}}', "NaN is no value"),
        ('{"Statement": {"Sid": "\u0107"}}', "U+0107"),
        ('{"Statement": {"Sid": "\x7f\u2028"}}', "U+2028"),
        ('{"Statement": {"Sid": "\x0b"}}', "U+000B"),
        ('\ufeff{"Statement": {}}', "U+FEFF"),
        ("[" * 100_000, "nested too deeply"),
        ('{"Statement": ' + "[" * 9 + "]" * 9 + "}", "nested too deeply"),
        ('{"Statement": ' + "9" * 5_000 + "}", "not JSON"),
        (" " * 131_073, "at most 131,072 characters"),
    ],
    ids=lambda each: each[:40],
)
def test_a_text_that_is_no_document_is_refused(text, said):
    assert said in refusal(text)


def test_bytes_that_are_no_text_are_refused():
    assert "UTF-8" in refusal(b'{"Statement": "\xff"}')


@pytest.mark.parametrize("given", [None, 1, [], "x", Ellipsis, {1: 2}, {"Statement": {1: 2}}, {"Statement": Ellipsis}, {"Statement": {"Effect": {1}}}], ids=repr)  # fmt: skip
def test_a_value_that_is_no_document_is_refused(given):
    assert refusal(given)


def test_a_document_that_holds_itself_is_refused():
    endless = {}
    endless["Statement"] = endless
    assert "nested too deeply" in refusal(endless)


def test_any_mapping_serves_and_is_not_kept():
    written = statement()
    read = parse(MappingProxyType({"Statement": (MappingProxyType(written),)}), IDENTITY)
    written["Effect"] = "Deny"
    assert read.statements[0].allow


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Version": "2012-10-17 "}, "Version is"),
        ({"Version": "2020-01-01"}, "Version is"),
        ({"Version": None}, "Version is"),
        ({"Version": []}, "Version is"),
        ({"Id": 1}, "Id is a string"),
        ({"version": "2012-10-17"}, 'no member "version"; Version is one'),
        ({"Comment": ""}, 'no member "Comment"'),
    ],
    ids=str,
)
def test_a_document_has_its_members_and_no_others(given, said):
    assert said in refusal({"Statement": statement(), **given})


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"Effect": None}, "no Effect"),
        ({"Effect": "allow"}, "no Effect"),
        ({"Effect": ["Allow"]}, "no Effect"),
        ({"Action": None}, "neither Action nor NotAction"),
        ({"Resource": None}, "neither Resource nor NotResource"),
        ({"Principal": "*"}, "only a trust policy"),
        ({"NotPrincipal": {"AWS": "*"}}, "only a trust policy"),
        ({"effect": "Allow"}, 'no member "effect"; Effect is one'),
        ({"Conditions": {}}, 'no member "Conditions"'),
        ({"Sid": "two words"}, "Sid of other characters"),
        ({"Sid": "été"}, "Sid of other characters"),
        ({"Sid": "A\n"}, "Sid of other characters"),
        ({"Sid": 1}, "Sid of other characters"),
        ({"Action": []}, "Action that is neither"),
        ({"Action": [""]}, "Action that is neither"),
        ({"Action": [1]}, "Action that is neither"),
        ({"Action": {"s3": "GetObject"}}, "Action that is neither"),
        ({"Action": "GetObject"}, 'the Action "GetObject"; an action is'),
        ({"Action": "s3:"}, "an action is"),
        ({"Action": ":Get"}, "an action is"),
        ({"Action": "s3:Get Object"}, "an action is"),
        ({"Action": "s3:[a-z]"}, "an action is"),
        ({"Action": "*:Get"}, "an action is"),
        ({"Action": "s3:Get${aws:x}"}, "an action is"),
        ({"Action": "s3:GetObject\n"}, "an action is"),
        ({"Resource": []}, "Resource that is neither"),
        ({"Resource": [None]}, "Resource that is neither"),
        ({"Resource": "mybucket"}, "not an ARN of six parts"),
        ({"Resource": "arn:aws:s3:mybucket"}, "not an ARN of six parts"),
        ({"Resource": "arn:aws:s3*"}, "not an ARN of six parts"),
        ({"Resource": "**"}, "not an ARN of six parts"),
        ({"Resource": "a*:aws:s3:::b"}, "not an ARN of six parts"),
        ({"Resource": "${aws:x}"}, "not an ARN of six parts"),
        ({"Resource": "arn:aws:s3:::${aws:x"}, "without its closing brace"),
        ({"Resource": "arn:aws:s3:::${}"}, "names no context key"),
        ({"Resource": "arn:aws:s3:::${username}"}, "names no context key"),
        ({"Resource": "arn:aws:s3:::${a:${b:c}}"}, "names no context key"),
        ({"Resource": "arn:aws:s3:::${a:*}"}, "names no context key"),
        ({"Resource": "arn:aws:s3:::${a:b,c}"}, "not in single quotes"),
        ({"Resource": "arn:aws:s3:::${a:b, 'c}"}, "without its closing brace"),
        ({"Resource": "arn:aws:s3:::${a:b, 'c'd'}"}, "without its closing brace"),
        ({"Resource": "arn:aws:s3:::${a:b, 'c' 'd'}"}, "not in single quotes"),
        ({"Resource": "arn:aws:s3:${aws:x}::b"}, "before the fifth colon"),
        ({"Resource": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}, "before the fifth colon"),
    ],
    ids=str,
)
def test_a_statement_that_would_not_be_enforced_as_written_is_refused(members, said):
    given = {name: value for name, value in {**statement(), **members}.items() if value is not None}
    text = refusal(document(statement(), given))
    assert text.startswith("Statement 2 ")
    assert said in text


@pytest.mark.parametrize("member", ["Action", "Resource"])
def test_a_member_and_its_negation_are_not_both_there(member):
    given = {**statement(), f"Not{member}": "*"}
    assert refusal(document(given)) == f"Statement 1 has both {member} and Not{member}."


def test_two_statements_do_not_share_a_sid():
    assert 'the Sid "A"' in refusal(document(statement(Sid="A"), statement(Sid="B"), statement(Sid="A")))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ([], "Condition that is not a JSON object"),
        ("x", "Condition that is not a JSON object"),
        (None, "Condition that is not a JSON object"),
        ({"StringMatches": {"a:b": "c"}}, '"StringMatches" is no condition operator'),
        ({"stringequals": {"a:b": "c"}}, '"stringequals" is no condition operator; StringEquals is'),
        ({"StringEqualsIfExist": {"a:b": "c"}}, "no condition operator"),
        ({"ForAllValue:StringEquals": {"a:b": "c"}}, "no condition operator"),
        ({"ForAllValues:ForAnyValue:StringEquals": {"a:b": "c"}}, "no condition operator"),
        ({"ForAllValues:": {"a:b": "c"}}, "no condition operator"),
        ({"NullIfExists": {"a:b": "true"}}, "Null has neither"),
        ({"ForAnyValue:Null": {"a:b": "true"}}, "Null has neither"),
        ({"BinaryNotEquals": {"a:b": "QQ=="}}, "no condition operator"),
        ({"": {"a:b": "c"}}, "no condition operator"),
        ({"StringEquals": {}}, "names no key"),
        ({"StringEquals": "x"}, "names no key"),
        ({"StringEquals": ["a:b"]}, "names no key"),
        ({"StringEquals": {"prefix": "c"}}, "no context key"),
        ({"StringEquals": {"s3:": "c"}}, "no context key"),
        ({"StringEquals": {":b": "c"}}, "no context key"),
        ({"StringEquals": {"${aws:x}": "c"}}, "no context key"),
        ({"StringEquals": {"a:b\n": "c"}}, "no context key"),
        ({"StringEquals": {"a:" + "b" * 511: "c"}}, "no context key"),
        ({"StringEquals": {"a:b": []}}, "no value"),
        ({"StringEquals": {"a:b": None}}, "no string"),
        ({"StringEquals": {"a:b": [["c"]]}}, "no string"),
        ({"StringEquals": {"a:b": {"c": "d"}}}, "no string"),
        ({"StringEquals": {"a:b": "${c"}}, "without its closing brace"),
        ({"StringLike": {"a:b": ["ok", "${c}"]}}, "names no context key"),
        ({"NumericEquals": {"a:b": ""}}, '"" is not a number'),
        ({"NumericLessThan": {"a:b": "1e5"}}, "not a number"),
        ({"NumericLessThan": {"a:b": "0x10"}}, "not a number"),
        ({"NumericLessThan": {"a:b": "1_000"}}, "not a number"),
        ({"NumericLessThan": {"a:b": "١"}}, "not a number"),
        ({"NumericLessThan": {"a:b": True}}, "not a number"),
        ({"NumericLessThan": {"a:b": "${aws:x}"}}, "not a number"),
        ({"DateEquals": {"a:b": "yesterday"}}, "neither a date"),
        ({"DateEquals": {"a:b": "2023-02-30"}}, "no day of the calendar"),
        ({"DateEquals": {"a:b": "2023-02-03T24:00Z"}}, "no hour of a day"),
        ({"DateEquals": {"a:b": "2023-02-03 10:00"}}, "neither a date"),
        ({"DateEquals": {"a:b": "0000-01-01"}}, "no day of the calendar"),
        ({"DateEquals": {"a:b": "2023-02-03T10:00+99:00"}}, "no hour of a day"),
        ({"DateEquals": {"a:b": "1" * 20}}, "neither a date"),
        ({"Bool": {"a:b": "yes"}}, "neither true nor false"),
        ({"Bool": {"a:b": 1}}, "neither true nor false"),
        ({"Null": {"a:b": "null"}}, "neither true nor false"),
        ({"BinaryEquals": {"a:b": "not base64!"}}, "not in base64"),
        ({"BinaryEquals": {"a:b": "QQ"}}, "not in base64"),
        ({"BinaryEquals": {"a:b": "é"}}, "not in base64"),
        ({"IpAddress": {"a:b": "10.0.0.0/33"}}, "neither an IP address"),
        ({"IpAddress": {"a:b": "10.0.0.0/255.0.0.0"}}, "neither an IP address"),
        ({"IpAddress": {"a:b": "10.0.0"}}, "neither an IP address"),
        ({"IpAddress": {"a:b": "010.0.0.1"}}, "neither an IP address"),
        ({"IpAddress": {"a:b": "fe80::1%eth0"}}, "neither an IP address"),
        ({"NotIpAddress": {"a:b": "*"}}, "neither an IP address"),
        ({"NotIpAddress": {"a:b": 167772160}}, "neither an IP address"),
        ({"ArnLike": {"a:b": "*"}}, "not an ARN of six parts"),
        ({"ArnEquals": {"a:b": "arn:aws:s3"}}, "not an ARN of six parts"),
        ({"ArnNotLike": {"a:b": "mybucket"}}, "not an ARN of six parts"),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_that_could_not_be_enforced_is_refused(condition, said):
    # In a Deny above all: an operator nobody knows would silently un-deny.
    for effect in ("Allow", "Deny"):
        assert said in refusal({"Version": "2012-10-17", "Statement": {**statement(effect), "Condition": condition}})


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"Principal": None}, "neither Principal nor NotPrincipal"),
        ({"NotPrincipal": {"AWS": "*"}}, "both Principal and NotPrincipal"),
        ({"Principal": None, "NotPrincipal": {"Federated": POOLS}}, "NotPrincipal with Allow"),
        ({"Resource": "*"}, "has a Resource, which a trust policy must not"),
        ({"NotResource": "*"}, "has a NotResource"),
        ({"Action": "s3:GetObject"}, "may only specify STS AssumeRole actions"),
        ({"Principal": {}}, "neither"),
        ({"Principal": []}, "neither"),
        ({"Principal": POOLS}, "neither"),
        ({"Principal": {"*": "*"}}, 'the type "*"'),
        ({"Principal": {"federated": POOLS}}, 'the type "federated"'),
        ({"Principal": {"Federated": []}}, "neither a string nor a list"),
        ({"Principal": {"Federated": f"{POOLS}*"}}, "no principal of the type Federated"),
        ({"Principal": {"Federated": "two words"}}, "no principal of the type Federated"),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}}, "no principal of the type AWS"),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:user"}}, "no principal of the type AWS"),
        ({"Principal": {"AWS": "arn:aws:s3:::b"}}, "no principal of the type AWS"),
        ({"Principal": {"AWS": "1111"}}, "no principal of the type AWS"),
        ({"Principal": {"AWS": ""}}, "neither a string nor a list"),
        ({"Principal": {"Service": "*"}}, "no principal of the type Service"),
        ({"Principal": {"Service": "ec2"}}, "no principal of the type Service"),
        ({"Principal": {"CanonicalUser": "x"}}, "no principal of the type CanonicalUser"),
    ],
    ids=str,
)
def test_a_trust_policy_that_means_nobody_for_certain_is_refused(members, said):
    given = {name: value for name, value in {**ASSUMED, **members}.items() if value is not None}
    assert said in refusal(document(given), TRUST)


@pytest.mark.parametrize(
    ("kind", "most"), [(IDENTITY, 10_240), (BOUNDARY, 6_144), (TRUST, 2_048), (SESSION, 2_048)], ids=str
)
def test_each_kind_has_its_size(kind, most):
    one = ASSUMED if kind is TRUST else statement()
    empty = json.dumps({"Id": "", "Statement": one}, separators=(",", ":"))
    full = empty.replace('"Id":""', '"Id":"' + "x" * (most - len(empty)) + '"')
    assert parse(full, kind).size == most
    assert parse(json.loads(full), kind).size == most
    with pytest.raises(PolicyTooLarge, match=f"at most {most:,} characters; this one has {most + 1:,}"):
        parse(full.replace("x", "xx", 1), kind)


def test_white_space_counts_in_a_session_policy_only():
    text = json.dumps(document(statement()), indent=400)
    assert parse(text, IDENTITY).size < 200
    with pytest.raises(PolicyTooLarge):
        parse(text, SESSION)


def test_a_refusal_is_shown_on_one_line_and_without_end():
    text = refusal(document(statement(resource="\n\x1b[31m" + "x" * 5_000)))
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 400


def test_a_malformed_policy_is_a_parameter_that_does_not_fit():
    assert issubclass(MalformedPolicy, InvalidParameter)
