import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.aws.condition_keys import ConditionKeys
from app.aws.dispatch import Api
from app.aws.operations import handlers_of
from app.blueprints.identity_pools.credentials import IdentityCredentialOperations
from app.blueprints.identity_pools.developer import DeveloperUsers
from app.blueprints.identity_pools.errors import NAMES
from app.blueprints.identity_pools.identities import PoolIdentities
from app.blueprints.identity_pools.pools import ManagedPools
from app.blueprints.identity_pools.principal_tags import PrincipalTags
from app.blueprints.identity_pools.roles import PoolRoles
from app.blueprints.identity_pools.tags import PoolTags
from app.core.identity_pools.administration.role_document import roles_named
from app.core.policy import Asked
from app.services import Services

SERVICE = "cognito-identity"
_PARTITION = re.compile(r"^arn:aws[a-z-]*:", re.ASCII)
FAMILIES: tuple[Callable[..., object], ...] = (
    ManagedPools,
    PoolRoles,
    PrincipalTags,
    PoolTags,
    PoolIdentities,
    DeveloperUsers,
)


def identity_pools_api(services: Services, condition_keys: ConditionKeys) -> Api:
    """Every operation of ``cognito-identity`` over these rooms. ``condition_keys`` are those of the request at hand."""
    families = [family(services=services) for family in FAMILIES]
    families.append(IdentityCredentialOperations(services=services, condition_keys=condition_keys))
    return Api(
        service=SERVICE,
        handlers=handlers_of(families),
        not_yet={},
        translate=NAMES.translate,
        resource_of=resource_of,
        violation="ValidationException",
        also_needed=also_needed,
    )


def resource_of(document: Mapping[str, object], account_id: str, region: str) -> str:
    """The ARN that a policy of the caller must allow: the pool's, the one named, or ``*`` for what names no pool."""
    pool_id, arn = document.get("IdentityPoolId"), document.get("ResourceArn")
    if isinstance(pool_id, str):
        return f"arn:aws:cognito-identity:{region}:{account_id}:identitypool/{pool_id}"
    # Every partition's name leads to the same pool, so that no spelling gets around a Deny.
    return _PARTITION.sub("arn:aws:", arn) if isinstance(arn, str) else "*"


def also_needed(operation: str, document: Mapping[str, Any]) -> Iterator[Asked]:
    """Who hands out roles must be allowed to pass each of them (Cognito: SetIdentityPoolRoles; IAM: iam:PassRole)."""
    if operation == "SetIdentityPoolRoles":
        for role in roles_named(document.get("Roles", {}), document.get("RoleMappings", {})):
            context = {"iam:passedtoservice": ("cognito-identity.amazonaws.com",)}
            yield Asked(action="iam:PassRole", resource=_PARTITION.sub("arn:aws:", role), context=context)
