"""The one table of what facts of the core are called by ``cognito-identity``."""

import importlib
import pkgutil

import pytest

import app.core.identity_pools
from app.aws.models import load_model
from app.blueprints.identity_pools import errors as table
from app.blueprints.identity_pools.errors import NAMES
from app.core.identity_pools import errors, refusals
from app.core.kernel import errors as facts
from app.core.kernel.errors import Fact
from app.core.pools.errors import TagsRefused

OPERATIONS = load_model("cognito-identity").operations
MODELLED = frozenset().union(*(operation.errors for operation in OPERATIONS.values()))
INSIDE = {"DoesNotFit", "OpenIdTokenEnded", "OpenIdTokenExpired", "OpenIdTokenInvalid"}
"""What the rooms tell one another, and never an operation."""


def kinds_below(kind):
    for below in kind.__subclasses__():
        yield below
        yield from kinds_below(below)


def own_facts():
    for module in pkgutil.walk_packages(app.core.identity_pools.__path__, "app.core.identity_pools."):
        importlib.import_module(module.name)
    found = {kind for kind in kinds_below(Fact) if kind.__module__.startswith("app.core.identity_pools.")}
    return sorted(found, key=lambda kind: kind.__name__)


FACTS = [
    *own_facts(),
    TagsRefused,
    facts.Conflict,
    facts.InvalidParameter,
    facts.QuotaExceeded,
    facts.TooManyRequests,
]


def test_every_fact_of_these_rooms_has_a_name_chosen_for_it():
    unnamed = [kind for kind in FACTS if next(found for found in kind.__mro__ if found in table._NAMES) is Fact]
    assert {kind.__name__ for kind in unnamed} == INSIDE


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_an_operation_answers_with_its_own_errors_alone(kind):
    assert NAMES.name_of(kind) in MODELLED
    fact = kind.__new__(kind)
    fact.args = ("Why.",)
    for operation in OPERATIONS.values():
        told = NAMES.translate(operation, fact)
        assert told.code in operation.errors, (operation.name, told.code)
        assert told.message == "Why."


@pytest.mark.parametrize(
    ("fact", "operation", "code"),
    [
        (errors.IdentityPoolNotFound("p"), "DescribeIdentityPool", "ResourceNotFoundException"),
        (errors.IdentityNotFound("i"), "DeleteIdentities", "InvalidParameterException"),
        (refusals.LoginRefused(), "GetId", "NotAuthorizedException"),
        (refusals.GuestsRefused(), "GetCredentialsForIdentity", "NotAuthorizedException"),
        (refusals.IdentityForbidden("i"), "UnlinkIdentity", "NotAuthorizedException"),
        (refusals.LoginsClash(), "GetOpenIdToken", "ResourceConflictException"),
        (
            refusals.ConfigurationInvalid("the pool has no role"),
            "GetCredentialsForIdentity",
            "InvalidIdentityPoolConfigurationException",
        ),
        (refusals.ProviderUnavailable(), "GetId", "ExternalServiceException"),
        (refusals.ProviderUnavailable(), "GetOpenIdTokenForDeveloperIdentity", "NotAuthorizedException"),
        (
            refusals.DeveloperUserRegistered(),
            "GetOpenIdTokenForDeveloperIdentity",
            "DeveloperUserAlreadyRegisteredException",
        ),
        (refusals.DeveloperUserRegistered(), "GetId", "ResourceConflictException"),
        (facts.Conflict(), "SetIdentityPoolRoles", "ResourceConflictException"),
        (facts.Conflict(), "TagResource", "InvalidParameterException"),
        (facts.QuotaExceeded(), "CreateIdentityPool", "LimitExceededException"),
        (facts.QuotaExceeded(), "SetIdentityPoolRoles", "InvalidParameterException"),
    ],
)
def test_the_nearest_error_that_the_operation_models_is_told(fact, operation, code):
    assert NAMES.translate(OPERATIONS[operation], fact).code == code
