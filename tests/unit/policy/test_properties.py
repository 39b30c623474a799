"""What holds of every policy and every question: nothing that is added, missing or odd ever widens what is allowed.

The examples are the same in every run, so a failure here is one everywhere.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.policy import Asked, MalformedPolicy, Policies, PolicyKind, bind, compact, decide, explain, lint, parse
from app.core.policy.globs import Glob, Wild
from app.core.policy.variables import template

always_the_same = settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

# Few letters, so that chance meets: names that match, values that spell wildcards, keys that are absent.
FIXED, TAG, BROUGHT = "aws:userid", "aws:principaltag/t", "s3:prefix"
words = st.text(alphabet="ab/*?$", max_size=4)
pieces = st.sampled_from(["a", "b", "/", "*", "?", "${aws:userid}", "${aws:PrincipalTag/t}", "${s3:prefix}", "${s3:prefix, 'a'}", "${*}", "${$}"])  # fmt: skip
texts = st.lists(pieces, min_size=1, max_size=4).map("".join)
patterns = st.one_of(st.just("*"), texts.map("arn:aws:s3:::{}".format))
operators = st.sampled_from(
    [
        prefix + name + suffix
        for prefix in ("", "ForAllValues:", "ForAnyValue:")
        for name in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringNotEqualsIgnoreCase")
        for suffix in ("", "IfExists")
    ]
)
condition_keys = st.sampled_from([FIXED, "aws:PrincipalTag/t", BROUGHT])
compared = st.dictionaries(condition_keys, st.lists(texts, min_size=1, max_size=2), min_size=1, max_size=2)
others = st.sampled_from(
    [
        {"Null": {"s3:prefix": "false"}},
        {"Null": {"aws:PrincipalTag/t": "true"}},
        {"NumericLessThan": {"s3:prefix": "5"}},
        {"Bool": {"s3:prefix": "true"}},
        {"NotIpAddress": {"s3:prefix": "10.0.0.0/8"}},
    ]
)
conditions = st.one_of(st.just({}), st.dictionaries(operators, compared, max_size=2), others)
actions = st.sampled_from(["*", "s3:Get*", "s3:GetObject", "s3:Put?bject", "iam:*"])


@st.composite
def statements(draw, effects=("Allow", "Deny")):
    return {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(st.lists(actions, min_size=1, max_size=2)),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(
            st.lists(patterns, min_size=1, max_size=2)
        ),
        "Condition": draw(conditions),
    }


documents = st.lists(statements(), min_size=1, max_size=4)
values = st.one_of(st.just(()), words.map(lambda word: (word,)), st.tuples(words, words))
contexts = st.dictionaries(st.sampled_from([FIXED, TAG, BROUGHT]), values)
questions = st.builds(
    Asked,
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "iam:GetRole"]),
    resource=st.one_of(st.just("*"), words.map("arn:aws:s3:::{}".format)),
    context=contexts,
)


def read(found, version="2012-10-17"):
    return parse({"Version": version, "Statement": found}, PolicyKind.IDENTITY)


def allows(policy, question, **others):
    return decide(Policies(identity=(policy,), **others), question).allowed


def within(question, **context):
    return Asked(action=question.action, resource=question.resource, context={**question.context, **context})


@always_the_same
@given(documents, statements(effects=("Deny",)), questions)
def test_adding_a_denial_never_widens(found, denial, question):
    assert allows(read(found), question) >= allows(read([*found, denial]), question)


@always_the_same
@given(documents, statements(effects=("Allow",)), questions)
def test_adding_an_allow_never_narrows(found, grant, question):
    assert allows(read(found), question) <= allows(read([*found, grant]), question)


@always_the_same
@given(documents, questions)
def test_the_order_of_statements_does_not_matter(found, question):
    assert allows(read(found), question) is allows(read(found[::-1]), question)


@always_the_same
@given(documents, documents, questions)
def test_boundaries_and_sessions_never_widen(found, limit, question):
    alone, limited = read(found), read(limit)
    assert allows(alone, question) >= allows(alone, question, boundary=limited)
    assert allows(alone, question) >= allows(alone, question, session=(limited,))
    assert allows(alone, question, boundary=limited) is allows(alone, question, session=(limited,))


variables_only = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.just("*")},
        optional={
            "Condition": st.dictionaries(operators, st.dictionaries(st.just("a:b"), texts, min_size=1), max_size=2)
        },
    ).flatmap(
        lambda made: st.builds(
            lambda member, resources: {**made, member: resources},
            st.sampled_from(["Resource", "NotResource"]),
            st.lists(patterns, min_size=1, max_size=2),
        )
    ),
    min_size=1,
    max_size=3,
)


@always_the_same
@given(variables_only, questions, st.sampled_from([(), ("a", "b"), ("",)]), words.filter(bool), values)
def test_an_unresolvable_variable_never_widens(found, question, unresolvable, value, carried):
    """What is allowed while nobody knows the value is allowed whatever the value is."""
    policy = read(found)
    unknown = within(question, **{FIXED: unresolvable, "a:b": carried})
    known = within(question, **{FIXED: (value,), "a:b": carried})
    assert allows(policy, unknown) <= allows(policy, known)


@always_the_same
@given(documents, questions)
def test_values_never_match_as_wildcards(found, question):
    """Stars and marks of a request are letters like any others: two that no pattern knows do as well."""
    letters = str.maketrans({"*": "\u2217", "?": "\u203d"})
    literal = [each for each in found if "${*}" not in json.dumps(each) and "Equals" not in json.dumps(each)]
    if literal:
        context = {key: tuple(value.translate(letters) for value in given) for key, given in question.context.items()}
        resource = question.resource if question.resource == "*" else question.resource.translate(letters)
        renamed = Asked(action=question.action, resource=resource, context=context)
        assert allows(read(literal), question) is allows(read(literal), renamed)


@always_the_same
@given(documents, questions)
def test_a_policy_bound_to_a_session_never_allows_more_without_it(found, question):
    policy = read(found)
    bound = read(bind(policy, question.context)["Statement"])
    outside = Asked(
        action=question.action,
        resource=question.resource,
        context={key: given for key, given in question.context.items() if key == BROUGHT},
    )
    assert allows(bound, outside) <= allows(policy, question)
    session = {key: given for key, given in question.context.items() if key != BROUGHT and len(given) == 1 and given[0]}
    if len(session) == 2:
        assert allows(bound, outside) is allows(policy, question)
    assert "${aws:" not in compact(bind(policy, question.context)).replace("${$}{aws:", "")


@always_the_same
@given(documents, questions)
def test_every_decision_can_be_explained_and_every_policy_linted(found, question):
    policy = read(found)
    decision = decide(Policies(identity=(policy,)), question)
    said = explain(decision, question)
    assert said.isprintable()
    assert question.resource in said
    assert decision.allowed is (decision.statement is not None and decision.statement.allow)
    for finding in lint(policy, guest=True):
        assert finding.text.endswith(".")


tokens = st.lists(st.one_of(st.sampled_from([Wild.ANY, Wild.ONE]), st.text(alphabet="ab*?", min_size=1, max_size=2)), max_size=7)  # fmt: skip


def fits(pattern, text):
    """The definition, by trying everything."""
    if not pattern:
        return not text
    first, *rest = pattern
    if first is Wild.ANY:
        return any(fits(rest, text[cut:]) for cut in range(len(text) + 1))
    return bool(text) and first in {text[0], Wild.ONE} and fits(rest, text[1:])


@always_the_same
@given(tokens, st.text(alphabet="ab*?", max_size=8))
def test_a_glob_is_what_its_definition_says(found, text):
    spread = [each for token in found for each in ([token] if isinstance(token, Wild) else token)]
    assert Glob(found).matches(text) is fits(spread, text)


@always_the_same
@given(texts, contexts, st.text(alphabet="ab/*?$", max_size=8))
def test_a_template_is_the_glob_of_its_resolved_pieces(written, context, text):
    made = template(written, variables=True, wildcards=True)
    resolved = made.resolve(context)
    assert made.matches(text, context) is (None if resolved is None else Glob(resolved).matches(text))


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(["*", "Allow", "${", "${a:b", "arn:aws:s3:::x", "StringEquals", "s3:*"]))  # fmt: skip
anything = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)), max_leaves=8
)  # fmt: skip
MEMBERS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"]


@st.composite
def nearly(draw):
    """A statement of which one thing or another is something else."""
    made = draw(statements())
    for member in draw(st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=2)):
        made[member] = draw(anything)
    if draw(st.booleans()):
        name = draw(st.one_of(operators, st.sampled_from(["DateEquals", "NumericEquals", "Bool", "IpAddress", "ArnLike", "BinaryEquals", "Null"])))  # fmt: skip
        made["Condition"] = {name: draw(st.one_of(anything, st.dictionaries(st.just("a:b"), anything)))}
    return draw(st.sampled_from([made, {"Statement": made}, {"Statement": [made], "Version": "2012-10-17"}]))


@pytest.mark.parametrize("kind", PolicyKind)
@always_the_same
@given(st.one_of(anything, nearly()))
def test_whatever_is_no_policy_is_a_malformed_one(kind, found):
    for written in (found, json.dumps(found), json.dumps(found, ensure_ascii=False), repr(found)):
        policy, said = parsed(written, kind)
        assert said.isprintable()
        assert policy is None or policy.statements


def parsed(written, kind):
    """The policy, or the words of the one refusal there is."""
    try:
        policy = parse(written, kind)
    except MalformedPolicy as refused:
        return None, refused.text
    return policy, "".join(finding.text for finding in lint(policy, guest=True))
