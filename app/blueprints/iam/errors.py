"""What each fact of the core is called by IAM and STS. The most specific class decides; codes and statuses are the models'."""

from app.aws.errors import AwsError
from app.aws.models import OperationModel
from app.core.kernel import errors as facts
from app.core.policy import MalformedPolicy, PolicyTooLarge
from app.core.principals.authority import AuthorizationMessageInvalid
from app.core.principals.providers import ProviderExists, ProviderNotFound
from app.core.principals.roles import RoleExists, RoleInUse, RoleNotFound, RolePolicyNotFound
from app.core.principals.web_identity import (
    AssumptionRefused,
    IdentityProviderSilent,
    IdentityTokenExpired,
    IdentityTokenInvalid,
    SessionTooLarge,
)

INVALID = "ValidationError"
"""What the query protocol calls a value that does not fit, where an operation models nothing for it."""
_NAMES: dict[type[facts.Fact], str] = {
    facts.Fact: "InvalidInputException",
    facts.QuotaExceeded: "LimitExceededException",
    facts.Conflict: "ConcurrentModificationException",
    MalformedPolicy: "MalformedPolicyDocumentException",
    PolicyTooLarge: "LimitExceededException",
    AuthorizationMessageInvalid: "InvalidAuthorizationMessageException",
    IdentityTokenInvalid: "InvalidIdentityTokenException",
    IdentityTokenExpired: "ExpiredTokenException",
    IdentityProviderSilent: "IDPCommunicationErrorException",
    SessionTooLarge: "PackedPolicyTooLargeException",
    RoleNotFound: "NoSuchEntityException",
    RolePolicyNotFound: "NoSuchEntityException",
    RoleExists: "EntityAlreadyExistsException",
    RoleInUse: "DeleteConflictException",
    ProviderNotFound: "NoSuchEntityException",
    ProviderExists: "EntityAlreadyExistsException",
}


def translate(operation: OperationModel, fact: facts.Fact) -> AwsError:
    """The fact as one of the operation's own errors, else as a value that does not fit."""
    if isinstance(fact, AssumptionRefused):
        return AwsError("AccessDenied", fact.text, status=403)
    names = [_NAMES[kind] for kind in type(fact).__mro__ if kind in _NAMES]
    name = next((name for name in names if name in operation.errors), None)
    if name is None:
        name = "InvalidInputException" if "InvalidInputException" in operation.errors else INVALID
    return AwsError(name, fact.text)
