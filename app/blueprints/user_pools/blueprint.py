import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.aws.dispatch import Api
from app.aws.operations import handlers_of
from app.blueprints.user_pools.clients import UserPoolClients
from app.blueprints.user_pools.customization import UiCustomization
from app.blueprints.user_pools.devices import Devices
from app.blueprints.user_pools.domains import UserPoolDomains
from app.blueprints.user_pools.errors import NAMES
from app.blueprints.user_pools.groups import UserPoolGroups
from app.blueprints.user_pools.list_users import ListedUsers
from app.blueprints.user_pools.mfa_configuration import MfaConfiguration
from app.blueprints.user_pools.mfa_preferences import MfaPreferences
from app.blueprints.user_pools.not_yet import NOT_YET
from app.blueprints.user_pools.passkeys import WebAuthnCredentials
from app.blueprints.user_pools.pools import UserPools
from app.blueprints.user_pools.profile import Profile
from app.blueprints.user_pools.resource_servers import UserPoolResourceServers
from app.blueprints.user_pools.session_configuration import SessionConfiguration
from app.blueprints.user_pools.sessions import SessionOperations
from app.blueprints.user_pools.sign_in import SignInOperations
from app.blueprints.user_pools.sign_up import SignUpOperations
from app.blueprints.user_pools.software_tokens import SoftwareTokens
from app.blueprints.user_pools.tags import Tags
from app.blueprints.user_pools.tokens import TokenOperations
from app.blueprints.user_pools.users import AdministeredUsers
from app.core.policy import Asked
from app.services import Services

SERVICE = "cognito-idp"
_PARTITION = re.compile(r"^arn:aws[a-z-]*:", re.ASCII)
FAMILIES: tuple[Callable[..., object], ...] = (
    UserPools,
    UserPoolClients,
    UserPoolDomains,
    UserPoolResourceServers,
    UserPoolGroups,
    Tags,
    MfaConfiguration,
    SessionConfiguration,
    SoftwareTokens,
    MfaPreferences,
    SignInOperations,
    TokenOperations,
    SessionOperations,
    WebAuthnCredentials,
    Devices,
    AdministeredUsers,
    SignUpOperations,
    Profile,
    UiCustomization,
    ListedUsers,
)


def user_pools_api(services: Services) -> Api:
    """Every operation of ``cognito-idp`` over these rooms."""
    return Api(
        service=SERVICE,
        handlers=handlers_of(family(services=services) for family in FAMILIES),
        not_yet=NOT_YET,
        translate=NAMES.translate,
        resource_of=resource_of,
        also_needed=also_needed,
    )


def also_needed(operation: str, document: Mapping[str, Any]) -> Iterator[Asked]:
    """Whose members' tokens name a role, an identity pool gives them that role: who writes it down passes it (IAM: iam:PassRole)."""
    role = document.get("RoleArn")
    if operation in {"CreateGroup", "UpdateGroup"} and isinstance(role, str):
        context = {"iam:passedtoservice": ("cognito-identity.amazonaws.com",)}
        yield Asked(action="iam:PassRole", resource=_PARTITION.sub("arn:aws:", role), context=context)


def resource_of(document: Mapping[str, object], account_id: str, region: str) -> str:
    """The ARN that a policy of the caller must allow: the pool's, the one named, or ``*`` for what concerns no pool."""
    pool_id, arn = document.get("UserPoolId"), document.get("ResourceArn")
    if isinstance(pool_id, str):
        return f"arn:aws:cognito-idp:{region}:{account_id}:userpool/{pool_id}"
    # Every partition's name leads to the same pool, so that no spelling gets around a Deny.
    return _PARTITION.sub("arn:aws:", arn) if isinstance(arn, str) else "*"
