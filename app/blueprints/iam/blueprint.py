from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.aws.condition_keys import ConditionKeys
from app.aws.dispatch import Api
from app.aws.operations import handlers_of
from app.blueprints.iam.errors import translate
from app.blueprints.iam.oidc_providers import OidcProviderOperations
from app.blueprints.iam.roles import RoleOperations
from app.blueprints.iam.saml_providers import SamlProviderOperations
from app.blueprints.iam.simulate import SimulatorOperations
from app.blueprints.iam.sts import TokenOperations
from app.core.policy import Asked
from app.core.principals.providers import arn_of_oidc
from app.services import Services

IAM_FAMILIES: tuple[Callable[..., object], ...] = (
    RoleOperations,
    OidcProviderOperations,
    SamlProviderOperations,
    SimulatorOperations,
)


def iam_apis(services: Services, condition_keys: ConditionKeys) -> dict[str, Api]:
    """IAM and STS over these rooms, each by the version that its requests carry. ``condition_keys`` are those of the request at hand."""

    def resource_of(document: Mapping[str, object], account_id: str, region: str) -> str:  # noqa: ARG001 - IAM has no regions
        return _resource_of(services, document, account_id)

    return {
        "2010-05-08": Api(
            service="iam",
            handlers=handlers_of(family(services=services) for family in IAM_FAMILIES),
            not_yet={},
            translate=translate,
            resource_of=resource_of,
        ),
        "2011-06-15": Api(
            service="sts",
            handlers=handlers_of([TokenOperations(services=services, condition_keys=condition_keys)]),
            not_yet={},
            translate=translate,
            resource_of=lambda document, *_: str(document.get("RoleArn", "*")),
            # No policy keeps anybody from asking who they are (STS: GetCallerIdentity).
            always_allowed=frozenset({"GetCallerIdentity"}),
            also_needed=_also_needed,
        ),
    }


def _also_needed(operation: str, document: Mapping[str, Any]) -> Iterator[Asked]:
    """Who writes tags into a session must be allowed to (STS: AssumeRole, Tags)."""
    tags = {tag.get("Key", ""): tag.get("Value", "") for tag in document.get("Tags", ())}
    if operation == "AssumeRole" and tags:
        context = {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
        role = str(document.get("RoleArn", "*"))
        yield Asked(action="sts:TagSession", resource=role, context={**context, "aws:tagkeys": tuple(tags)})


def _resource_of(services: Services, document: Mapping[str, object], account_id: str) -> str:
    """The ARN that a policy of the caller must allow, ``*`` for lists and what concerns nothing."""
    name, path = document.get("RoleName"), document.get("Path")
    if isinstance(name, str):
        role = services.roles.find(account_id, name)
        if role is not None:
            return role.arn
        return f"arn:aws:iam::{account_id}:role{path if isinstance(path, str) else '/'}{name}"
    for member in ("OpenIDConnectProviderArn", "SAMLProviderArn", "PolicySourceArn"):
        arn = document.get(member)
        if isinstance(arn, str):
            return arn
    url, provider = document.get("Url"), document.get("Name")
    if isinstance(url, str):
        return arn_of_oidc(account_id, url)
    return f"arn:aws:iam::{account_id}:saml-provider/{provider}" if isinstance(provider, str) else "*"
