"""``lint``: what is sound, means something, and is rarely what was meant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.core.policy.binding import is_fixed
from app.core.policy.conditions import NULL, Condition, Quantifier, shown
from app.core.policy.globs import Wild
from app.core.policy.matching import Question
from app.core.policy.model import Asked, Policy, PolicyKind, Statement
from app.core.policy.operands import Text
from app.core.policy.resources import ResourcePattern
from app.core.policy.variables import UNTOLD, Variable

# Operations of DynamoDB that read or write without naming a key: their requests carry no dynamodb:LeadingKeys.
_KEYLESS = ("Scan", "PartiQLSelect", "PartiQLUpdate", "PartiQLInsert", "PartiQLDelete", "ExportTableToPointInTime")
# What a guest is rarely meant to do: one operation of each kind of writing.
_WRITES = (
    "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "s3:DeleteBucket", "s3:PutBucketPolicy",
    "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable",
    "sqs:DeleteQueue", "sns:DeleteTopic", "kinesis:DeleteStream", "iam:PassRole", "iam:PutRolePolicy", "sts:AssumeRole",
    "lambda:UpdateFunctionCode", "cognito-idp:AdminCreateUser", "cognito-identity:DeleteIdentities",
)  # fmt: skip
_WRITING = (
    "Put", "Create", "Delete", "Update", "Write", "BatchWrite", "Set", "Add", "Remove", "Attach", "Detach", "Tag", "Untag",
    "Restore", "Replicate", "Abort", "Upload", "Pass", "Assume", "Terminate", "Admin",
)  # fmt: skip
# Services that collect events from anybody who visits a page.
_COLLECTORS = {"rum", "mobiletargeting", "mobileanalytics", "firehose"}
_POOLS = "cognito-identity.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``code`` is stable; ``statement`` is None where the whole document is meant."""

    code: str
    statement: Statement | None
    text: str


def lint(policy: Policy, *, guest: bool = False) -> tuple[Finding, ...]:
    """The known traps in a policy; ``guest`` where people who never signed in are given it."""
    found = []
    if policy.version == "2008-10-17":
        found.append(
            Finding(
                code="old-version",
                statement=None,
                text='The version is 2008-10-17, as it is where none is written: "${…}" is text in it. Write 2012-10-17.',
            )
        )
    rules: list[Callable[[Policy, Statement], Iterator[tuple[str, str]]]] = [_variables]
    rules += (
        [_trust] if policy.kind is PolicyKind.TRUST else [_leading_keys, _listing, _prefixes, _quantifiers, _untold]
    )
    if guest and policy.kind is not PolicyKind.TRUST:
        rules.append(_guest)
    for statement in policy.statements:
        for rule in rules:
            found += [
                Finding(
                    code=code, statement=statement, text=f"{statement.label[0].upper()}{statement.label[1:]} {text}"
                )
                for code, text in rule(policy, statement)
            ]
    return tuple(found)


def _variables(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    texts = [resource.text for resource in statement.resources]
    texts += [value for condition in statement.conditions for value in condition.values]
    for text in texts:
        if not policy.has_variables and "${" in text:
            said = "in which nothing is replaced under Version 2008-10-17: it needs 2012-10-17."
            yield "variable-in-2008", f"has {shown(text)}, {said}"


def _trust(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    del policy
    principals = statement.principals
    if not statement.allow or principals is None or principals.negated:
        return
    if principals.named is None or "*" in principals.named.get("AWS", ()):
        yield "trust-anybody", "trusts everybody. Name who may assume the role."
    federated = () if principals.named is None else principals.named.get("Federated", ())
    if not {_POOLS, "*"} & set(federated):
        return
    if not any(_limits(condition, f"{_POOLS}:aud") for condition in statement.conditions):
        yield (
            "trust-without-aud",
            f"trusts {_POOLS} without a condition on {_POOLS}:aud: the identities of every identity pool may assume the role.",
        )
    if not any(_limits(condition, f"{_POOLS}:amr") for condition in statement.conditions):
        yield (
            "trust-without-amr",
            f"trusts {_POOLS} without a condition on {_POOLS}:amr: guests may assume the role like anybody who signed in.",
        )


def _limits(condition: Condition, key: str) -> bool:
    """Whether the condition really narrows by this key: it names values, and is not met where the key is absent."""
    return (
        condition.key == key
        and condition.operator.name != NULL
        and not condition.operator.negated
        and not condition.if_exists
        and condition.quantifier is not Quantifier.ALL
        and not any(value and not value.strip("*") for value in condition.values)
    )


def _leading_keys(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    del policy
    key = "dynamodb:leadingkeys"
    for condition in statement.conditions:
        loose = condition.quantifier is Quantifier.ALL or condition.if_exists
        if not statement.allow or condition.key != key or condition.operator.name == NULL or not loose:
            continue
        keyless = [name for name in _KEYLESS if _acts(statement, f"dynamodb:{name}")]
        if keyless and not _guarded(statement, key):
            said = f"limits dynamodb:LeadingKeys by {condition.name} and allows {', '.join(keyless)}, which carries no leading keys"
            cure = 'Add "Null": {"dynamodb:LeadingKeys": "false"}, or do not allow it.'
            yield "leading-keys-unguarded", f"{said} and so meets the condition. {cure}"


def _untold(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    del policy
    keys = sorted(key for key in statement.keys if key.startswith(UNTOLD))
    if keys:
        always = "it never applies" if statement.allow else "it always applies"
        yield (
            "key-not-looked-up",
            f"reads {', '.join(keys)}, which this server does not look up: as far as it depends on that, {always}.",
        )


def _quantifiers(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    del policy
    if not statement.allow:
        return
    for condition in statement.conditions:
        if condition.quantifier is not Quantifier.ALL or condition.key == "dynamodb:leadingkeys":
            continue
        if not _guarded(statement, condition.key):
            said = f"has {condition.name} {condition.written_key}, which is met where the key is absent."
            cure = f'Add "Null": {{"{condition.written_key}": "false"}} if it must be there.'
            yield "for-all-values-unguarded", f"{said} {cure}"


def _guarded(statement: Statement, key: str) -> bool:
    """Whether the statement asks for the key to be there."""
    return any(
        each.key == key and each.operator.name == NULL and all(value.lower() == "false" for value in each.values)
        for each in statement.conditions
    )


def _listing(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    del policy
    if not statement.allow or not any(_acts(statement, each) for each in ("s3:ListBucket", "s3:ListBucketVersions")):
        return
    if not statement.not_resource and not any(_may_be_bucket(resource) for resource in statement.resources):
        return
    # An empty prefix lists everything, unless it must come with a delimiter and so lists only the topmost names.
    delimited = any(_limits(condition, "s3:delimiter") for condition in statement.conditions)
    for condition in statement.conditions:
        if _limits(condition, "s3:prefix") and (delimited or "" not in condition.values):
            return
    said = "allows s3:ListBucket without a condition on s3:prefix: the names of all objects of the bucket can be read."
    yield "list-without-prefix", said


def _may_be_bucket(resource: ResourcePattern) -> bool:
    if resource.parts is None:
        return True
    service, bucket = resource.parts[2].text, resource.parts[5].pieces
    return service in {"s3", "*"} and not any(isinstance(piece, str) and "/" in piece for piece in bucket)


def _prefixes(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    """``…/${sub}*`` reaches another identity whose id begins like this one's; ``…/${sub}/*`` does not."""
    del policy
    if not statement.allow:
        return
    patterns = [
        (f"the Resource {shown(resource.text)}", resource.parts[5].pieces, resource.parts[2].text == "s3")
        for resource in statement.resources
        if resource.parts is not None and not statement.not_resource
    ] + [
        (
            f"{condition.written_key} {shown(operand.template.text)}",
            operand.template.pieces,
            condition.key == "s3:prefix",
        )
        for condition in statement.conditions
        for operand in condition.operands
        if isinstance(operand, Text) and operand.pattern and not condition.operator.negated
    ]
    for what, pieces, in_s3 in patterns:
        if _open_ended(pieces) or (in_s3 and _cut_short(pieces)):
            said = "has no slash before its wildcard: names that merely begin like it fit as well."
            yield "prefix-without-slash", f"has {what}, which {said}"


def _open_ended(pieces: tuple[object, ...]) -> bool:
    return any(
        isinstance(piece, Variable) and is_fixed(piece.key) and follows is Wild.ANY
        for piece, follows in pairwise(pieces)
    )


def _cut_short(pieces: tuple[object, ...]) -> bool:
    """``bucket/reports*``: the last thing before the star is part of a word."""
    return len(pieces) > 1 and pieces[-1] is Wild.ANY and isinstance(pieces[-2], str) and pieces[-2][-1].isalnum()


def _guest(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    del policy
    if not statement.allow:
        return
    writes = [] if statement.not_action else [name for name in statement.action_names if _writes(name)]
    writes += [name for name in _WRITES if name not in writes and _acts(statement, name)]
    if writes:
        more = f" and {len(writes) - 3} more" if len(writes) > 3 else ""
        yield "guest-write", f"allows {', '.join(writes[:3])}{more} to guests, who are anybody at all."


def _writes(action: str) -> bool:
    vendor, _, name = action.partition(":")
    return vendor.lower() not in _COLLECTORS and name.startswith(_WRITING)


def _acts(statement: Statement, action: str) -> bool:
    return Question(Asked(action=action, resource="*")).acts(statement)
