"""``python -m tests.support.operations_reference`` writes docs/reference/operations.md: what each operation does here, as tests prove it.

It writes identity-operations.md, too.

An operation *works* where a marked test holds its success and every modelled error that can be provoked.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from app.blueprints.user_pools.not_yet import NOT_YET
from tests.aws.test_matrix import held
from tests.support.aws_inputs import MODEL
from tests.support.server import ROOT

TARGET = ROOT / "docs" / "reference" / "operations.md"

NOWHERE: Mapping[str, str] = {
    "InternalErrorException": "only by a mistake of the server",
    "InternalServerException": "only by a mistake of the server",
    "ForbiddenException": "AWS's web application firewall",
    "OperationNotEnabledException": "only for operations that are not there yet",
    "UnexpectedLambdaException": "needs triggers",
    "UserLambdaValidationException": "needs triggers",
    "InvalidLambdaResponseException": "needs triggers",
    "InvalidSmsRoleAccessPolicyException": "texts are sent by a gateway of one's own, without IAM roles",
    "InvalidSmsRoleTrustRelationshipException": "texts are sent by a gateway of one's own, without IAM roles",
    "InvalidEmailRoleAccessPolicyException": "mail is sent over SMTP, without IAM roles",
    "ConcurrentModificationException": "changes of one thing wait for each other",
    "UserImportInProgressException": "needs user import",
    "UserPoolAddOnNotEnabledException": "needs threat protection",
    "TooManyFailedAttemptsException": "`LimitExceededException` is what too many attempts are told",
    "PreconditionNotMetException": "nothing is required beforehand",
    "MFAMethodNotFoundException": "a factor that cannot be used is not asked for",
}
"""Modelled errors that occur nowhere, and why."""

BY_SIGNATURE: Mapping[str, str] = {
    "NotAuthorizedException": "an access key's policy is checked before the operation, and answers `AccessDeniedException`",
    "AccessDeniedException": "an access key's policy is checked before the operation",
    "TooManyRequestsException": "administrators are not limited",
}
BY_TOKEN: Mapping[str, str] = {
    "UserNotFoundException": "a deleted user's token is no token any more",
    "UserNotConfirmedException": "who has a token is confirmed",
    "PasswordResetRequiredException": "tokens stay good until they are revoked",
    "TooManyRequestsException": "signed-in users are limited by the hour (`LimitExceededException`)",
    "ResourceNotFoundException": "a deleted pool's token is no token any more",
}
"""What does not occur where an access key signs, and where an access token speaks, unless a test holds it."""


_DEVICE = "a device that is not known is not found, whatever the pool remembers"
_STATUS = "an administrator may, whatever the user's status"
_SEEN = "nothing is added, so no limit is reached"
_USABLE = "every configuration that can be stored is usable"
OF_ONE: Mapping[tuple[str, str], str] = {
    ("AdminConfirmSignUp", "LimitExceededException"): "administrators are not limited",
    ("AdminResetUserPassword", "LimitExceededException"): "administrators are not limited",
    ("AdminDeleteSoftwareToken", "UserNotConfirmedException"): _STATUS,
    ("AdminSetUserMFAPreference", "PasswordResetRequiredException"): _STATUS,
    ("AdminSetUserMFAPreference", "UserNotConfirmedException"): _STATUS,
    ("AdminInitiateAuth", "FeatureUnavailableInTierException"): "a client of a LITE pool cannot allow the flow",
    ("InitiateAuth", "FeatureUnavailableInTierException"): "a client of a LITE pool cannot allow the flow",
    ("AdminInitiateAuth", "UnsupportedOperationException"): "every flow that a client may allow is there",
    ("InitiateAuth", "UnsupportedOperationException"): "every flow that a client may allow is there",
    ("AdminInitiateAuth", "InvalidUserPoolConfigurationException"): _USABLE,
    ("InitiateAuth", "InvalidUserPoolConfigurationException"): _USABLE,
    ("AdminRespondToAuthChallenge", "InvalidUserPoolConfigurationException"): _USABLE,
    ("RespondToAuthChallenge", "InvalidUserPoolConfigurationException"): _USABLE,
    ("RespondToAuthChallenge", "TooManyRequestsException"): "the first request of a sign-in is what an address is limited in",
    ("VerifySoftwareToken", "InvalidUserPoolConfigurationException"): _USABLE,
    ("VerifySoftwareToken", "CodeMismatchException"): "`EnableSoftwareTokenMFAException` is what a wrong code is told",
    ("ConfirmDevice", "InvalidPasswordException"): "a device's secret is not checked against the policy",
    ("ConfirmDevice", "UsernameExistsException"): "`DeviceKeyExistsException` says so",
    ("ConfirmForgotPassword", "UserNotConfirmedException"): "an unconfirmed user has no proven address to send a code to",
    ("CreateUserPool", "TierChangeNotAllowedException"): "a new pool has no tier to change from",
    ("DeleteUserPoolClientSecret", "LimitExceededException"): _SEEN,
    ("ListUserPoolClientSecrets", "LimitExceededException"): _SEEN,
    ("DeleteWebAuthnCredential", "LimitExceededException"): _SEEN,
    ("ListWebAuthnCredentials", "LimitExceededException"): _SEEN,
    ("DescribeUserPool", "UserPoolTaggingException"): "tags are checked when they are set",
    ("DescribeUserPoolDomain", "ResourceNotFoundException"): "an unknown domain is described as an empty one",
    ("ForgotPassword", "CodeDeliveryFailureException"): "the message is queued, so that the answer tells nobody who exists",
    ("ResendConfirmationCode", "CodeDeliveryFailureException"): "the message is queued, so that the answer tells nobody who exists",
    ("GetTokensFromRefreshToken", "TooManyRequestsException"): "a token of 256 bits is not guessed",
    ("RevokeToken", "TooManyRequestsException"): "a token of 256 bits is not guessed",
    ("GetTokensFromRefreshToken", "UserNotFoundException"): "a deleted user's token is no token any more",
    ("UpdateUserAttributes", "CodeMismatchException"): "no code comes with it",
    ("UpdateUserAttributes", "ExpiredCodeException"): "no code comes with it",
    ("SignUp", "LimitExceededException"): "`TooManyRequestsException` is what an address is told",
} | {
    (operation, "InvalidUserPoolConfigurationException"): _DEVICE
    for operation in (
        "AdminForgetDevice", "AdminGetDevice", "AdminListDevices", "AdminUpdateDeviceStatus", "ForgetDevice", "GetDevice",
        "ListDevices", "UpdateDeviceStatus",
    )
}  # fmt: skip
"""What does not occur at one operation."""


def excused(operation: str) -> Mapping[str, str]:
    """The modelled errors of the operation that need no test, and why."""
    if not MODEL.operations[operation].unsigned:
        return {**NOWHERE, **BY_SIGNATURE}
    return {**NOWHERE, **BY_TOKEN} if _takes_token(operation) else NOWHERE


def _takes_token(operation: str) -> bool:
    return "AccessToken" in MODEL.shapes[MODEL.operations[operation].input or ""].get("members", {})


@cache
def marks() -> frozenset[tuple[str, str | None]]:
    """What the tests are marked with: an operation, or an operation and one of its errors."""
    return frozenset({*held(), *written_marks("operation")})


def written_marks(mark: str) -> set[tuple[str, str | None]]:
    """What stands in the marks of this name."""
    found: set[tuple[str, str | None]] = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        # Reading all tests as trees takes seconds; few of them are marked.
        if f"mark.{mark}" in text:
            found.update(_marks_in(ast.parse(text), mark))
    return found


def _marks_in(tree: ast.Module, mark: str) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith(f"mark.{mark}"):
            continue
        names = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        yield str(names[0]), (str(names[1]) if len(names) > 1 else None)


def state_of(operation: str, marked: frozenset[tuple[str, str | None]]) -> str:
    if operation in NOT_YET:
        return "not yet"
    if (operation, None) not in marked:
        return "untested"
    missing = sorted(
        error
        for error in MODEL.operations[operation].errors
        if (operation, error) not in marked and error not in excused(operation) and (operation, error) not in OF_ONE
    )
    names = ", ".join(error.removesuffix("Exception") for error in missing)
    return f"differs (no test provokes {names})" if missing else "works"


def states_of(marked: frozenset[tuple[str, str | None]]) -> dict[str, str]:
    return {name: state_of(name, marked) for name in MODEL.operations}


def working(states: Mapping[str, str]) -> int:
    """How many operations work."""
    return sum(state == "works" for state in states.values())


def document() -> str:
    marked = marks()
    states = states_of(marked)
    lines = [
        "# Operations of `cognito-idp`",
        "",
        "Generated from botocore's model and the marked tests by `python -m tests.support.operations_reference`; do not edit.",
        "",
        f"{working(states)} of {len(states)} operations *work*: tests hold the success and each modelled error that can be provoked here.",
        "Of others that are there, the errors are named that no test provokes.",
        "Those *not yet* there answer with `OperationNotEnabledException`, or `InvalidParameterException` where that is not modelled.",
        "",
        "| Operation | Called with | State | Errors held by tests |",
        "| --- | --- | --- | --- |",
    ]
    for name in sorted(states):
        errors = sorted(error.removesuffix("Exception") for kept, error in marked if kept == name and error)
        access = "nothing" if MODEL.operations[name].unsigned else "signature"
        if _takes_token(name):
            access = "access token"
        lines.append(f"| `{name}` | {access} | {states[name]} | {', '.join(errors) or '–'} |")
    for title, table in (
        ("Modelled errors that do not occur", NOWHERE),
        ("Where an access key signs", BY_SIGNATURE),
        ("Where an access token speaks", BY_TOKEN),
    ):
        lines += ["", f"## {title}", "", "| Error | Why it does not occur |", "| --- | --- |"]
        lines += [f"| `{error}` | {why} |" for error, why in sorted(table.items())]
    lines += ["", "## At one operation", "", "| Operation | Error | Why it does not occur |", "| --- | --- | --- |"]
    lines += [f"| `{operation}` | `{error}` | {why} |" for (operation, error), why in sorted(OF_ONE.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from tests.support import identity_operations_reference

    TARGET.write_text(document())
    identity_operations_reference.TARGET.write_text(identity_operations_reference.document())
