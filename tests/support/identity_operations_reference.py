"""docs/reference/identity-operations.md: what each operation of ``cognito-identity`` does here, as tests prove it."""

from collections.abc import Mapping

from app.aws.models import load_model
from tests.aws.test_identity_matrix import held
from tests.support.operations_reference import written_marks
from tests.support.server import ROOT

MODEL = load_model("cognito-identity")
TARGET = ROOT / "docs" / "reference" / "identity-operations.md"

NOWHERE: Mapping[str, str] = {
    "InternalErrorException": "only by a mistake of the server",
    "ConcurrentModificationException": "changes of one pool wait for each other",
    "TooManyRequestsException": "callers are not limited by rate",
}
"""Modelled errors that occur nowhere, and why."""

BY_SIGNATURE: Mapping[str, str] = {
    "NotAuthorizedException": "an access key's policy is checked before the operation, and answers `AccessDeniedException`",
}
"""What does not occur where an access key signs, unless a test holds it."""

_SHAPE = "an input that does not fit its model is told `ValidationException`, and nothing else can be wrong with it"
_ALIKE = "two pools may have the same name and the same providers"
_WAIT = "changes of one pool wait for each other"
OF_ONE: Mapping[tuple[str, str], str] = {
    ("CreateIdentityPool", "ResourceConflictException"): _ALIKE,
    ("UpdateIdentityPool", "ResourceConflictException"): _ALIKE,
    ("GetIdentityPoolRoles", "ResourceConflictException"): _WAIT,
    ("SetIdentityPoolRoles", "ResourceConflictException"): _WAIT,
    ("ListIdentityPools", "ResourceNotFoundException"): "an account without pools has an empty list",
    ("UnlinkIdentity", "ResourceConflictException"): "a login that is taken away clashes with none",
    **{
        (operation, "InvalidParameterException"): _SHAPE
        for operation in (
            "DeleteIdentities",
            "DeleteIdentityPool",
            "DescribeIdentity",
            "DescribeIdentityPool",
            "GetIdentityPoolRoles",
            "GetPrincipalTagAttributeMap",
        )
    },
}
"""What does not occur at one operation."""


def marks() -> set[tuple[str, str | None]]:
    """What the tests are marked with: an operation, or an operation and one of its errors."""
    return {*held(), *written_marks("identity_operation")}


def state_of(operation: str, marked: set[tuple[str, str | None]]) -> str:
    if (operation, None) not in marked:
        return "untested"
    excused = NOWHERE if MODEL.operations[operation].unsigned else {**NOWHERE, **BY_SIGNATURE}
    missing = sorted(
        error
        for error in MODEL.operations[operation].errors
        if (operation, error) not in marked and error not in excused and (operation, error) not in OF_ONE
    )
    names = ", ".join(error.removesuffix("Exception") for error in missing)
    return f"differs (no test provokes {names})" if missing else "works"


def states_of(marked: set[tuple[str, str | None]]) -> dict[str, str]:
    return {name: state_of(name, marked) for name in MODEL.operations}


def document() -> str:
    marked = marks()
    states = states_of(marked)
    works = sum(state == "works" for state in states.values())
    lines = [
        "# Operations of `cognito-identity`",
        "",
        "Generated from botocore's model and the marked tests by `python -m tests.support.operations_reference`; do not edit.",
        "",
        f"{works} of {len(states)} operations *work*: tests hold the success and each modelled error that can be provoked here.",
        "Of the others, the errors are named that no test provokes.",
        "",
        "Any operation answers `ValidationException` where its input does not fit the model, as AWS does though no operation models it.",
        "",
        "| Operation | Called with | State | Errors held by tests |",
        "| --- | --- | --- | --- |",
    ]
    for name in sorted(states):
        errors = sorted(error.removesuffix("Exception") for kept, error in marked if kept == name and error)
        access = "nothing" if MODEL.operations[name].unsigned else "signature"
        lines.append(f"| `{name}` | {access} | {states[name]} | {', '.join(errors) or '–'} |")
    for title, table in (("Modelled errors that do not occur", NOWHERE), ("Where an access key signs", BY_SIGNATURE)):
        lines += ["", f"## {title}", "", "| Error | Why it does not occur |", "| --- | --- |"]
        lines += [f"| `{error}` | {why} |" for error, why in sorted(table.items())]
    lines += ["", "## At one operation", "", "| Operation | Error | Why it does not occur |", "| --- | --- | --- |"]
    lines += [f"| `{operation}` | `{error}` | {why} |" for (operation, error), why in sorted(OF_ONE.items())]
    return "\n".join(lines) + "\n"
