from collections.abc import Callable, Mapping

from app.aws.dispatch import Api
from app.aws.operations import handlers_of
from app.blueprints.identity_pools.credentials import IdentityCredentialOperations
from app.blueprints.identity_pools.errors import translate
from app.services import Services

FAMILIES: tuple[Callable[..., object], ...] = (IdentityCredentialOperations,)


def identity_pools_api(services: Services) -> Api:
    return Api(
        service="cognito-identity",
        handlers=handlers_of(family(services=services) for family in FAMILIES),
        not_yet={},
        translate=translate,
        resource_of=resource_of,
    )


def resource_of(document: Mapping[str, object], account_id: str, region: str) -> str:
    pool_id = document.get("IdentityPoolId")
    return f"arn:aws:cognito-identity:{region}:{account_id}:identitypool/{pool_id}" if isinstance(pool_id, str) else "*"
