"""The one table of what facts of the core are called by ``cognito-idp``."""

import importlib
import pkgutil

import pytest

import app.core
from app.aws.models import load_model
from app.blueprints.user_pools.errors import NAMES
from app.core.factors.errors import SoftwareTokenUsed
from app.core.kernel import errors as facts
from app.core.kernel.errors import Fact

OPERATIONS = load_model("cognito-idp").operations
MODELLED = frozenset().union(*(operation.errors for operation in OPERATIONS.values()))
OTHER_APIS = ("app.core.identity_pools.", "app.core.policy.", "app.core.principals.")
"""Rooms that this API does not call."""
ELSEWHERE = {
    "LogoutNotAccepted",
    "OutboundFailed",
    "OutboundRefused",
    "ScopeExceeded",
    "TargetInvalid",
    "Unavailable",
}
"""Facts that no operation of this API can come to, or that the dispatch answers before anybody asks for a name."""


def all_facts():
    for module in pkgutil.walk_packages(app.core.__path__, "app.core."):
        importlib.import_module(module.name)
    waiting, found = [Fact], set()
    while waiting:
        kinds = [kind for kind in waiting.pop().__subclasses__() if kind.__module__.startswith("app.core.")]
        found.update(kinds)
        waiting.extend(kinds)
    return sorted(found, key=lambda kind: kind.__name__)


FACTS = [kind for kind in all_facts() if not kind.__module__.startswith(OTHER_APIS)]
"""The core's own: what a web side raises for itself never reaches the API, and other tests may have imported it."""


def unnamed(kind):
    """Whether only the name of all facts stands for it."""
    from app.blueprints.user_pools import errors

    return next(found for found in kind.__mro__ if found in errors._NAMES) is Fact


def test_every_fact_has_a_name_chosen_for_it():
    assert {kind.__name__ for kind in FACTS if unnamed(kind)} == ELSEWHERE


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_name_is_one_of_the_models(kind):
    assert NAMES.name_of(kind) in MODELLED


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_an_operation_answers_with_its_own_errors_alone(kind):
    fact = kind.__new__(kind)
    fact.args = ("Why.",)
    for operation in OPERATIONS.values():
        code = NAMES.translate(operation, fact).code
        assert code in operation.errors or code == "TooManyRequestsException", (operation.name, code)


@pytest.mark.parametrize(
    ("kind", "operation", "code"),
    [
        (facts.UserNotFound, "AdminGetUser", "UserNotFoundException"),
        (facts.UserNotFound, "GetUser", "UserNotFoundException"),
        (facts.PoolNotFound, "DescribeUserPool", "ResourceNotFoundException"),
        (facts.PasswordReused, "SignUp", "InvalidPasswordException"),
        (facts.PasswordReused, "ChangePassword", "PasswordHistoryPolicyViolationException"),
        (facts.AttemptLimitExceeded, "ForgotPassword", "LimitExceededException"),
        (facts.AttemptLimitExceeded, "InitiateAuth", "TooManyRequestsException"),
        (facts.TooManyRequests, "SetUserMFAPreference", "TooManyRequestsException"),
        (facts.TokenInvalid, "RevokeToken", "UnauthorizedException"),
        (facts.GroupExists, "CreateGroup", "GroupExistsException"),
        (facts.GroupExists, "GetGroup", "InvalidParameterException"),
        (SoftwareTokenUsed, "RespondToAuthChallenge", "ExpiredCodeException"),
        (facts.LockedOut, "InitiateAuth", "NotAuthorizedException"),
    ],
)
def test_the_nearest_error_that_the_operation_models_is_told(kind, operation, code):
    fact = kind.__new__(kind)
    fact.args = ("Why.",)
    assert NAMES.translate(OPERATIONS[operation], fact).code == code
