"""Whose call is it: the pool or client that a call names, and the user whose access token it carries."""

import hmac
from base64 import b64encode
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.core.attempts.service import Attempts
from app.core.clients.model import Client
from app.core.kernel.errors import ClientNotFound, PoolNotFound, SessionExpired, TokenInvalid
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.tokens.model import VerifiedAccess
from app.services import Services

SELF_SERVICE_SCOPE = "aws.cognito.signin.user.admin"


def pool_of(services: Services, call: Call, member: str = "UserPoolId") -> Pool:
    """The caller's pool; raises ``PoolNotFound``, also for another account's or region's."""
    pool_id = PoolId(call.input[member])
    pool = services.pools.find(pool_id)
    mine = (call.account_id, call.region)
    if pool is None or (call.principal is not None and (pool.account_id, pool.region) != mine):
        raise PoolNotFound(f"User pool {pool_id} does not exist.")
    return pool


def client_of(services: Services, call: Call) -> tuple[Pool, Client]:
    """The client that an unsigned call names and its pool; raises ``ClientNotFound``, also where the pool is switched off."""
    client_id = ClientId(call.input["ClientId"])
    client = services.clients.find(client_id)
    pool = services.pools.find(client.pool_id) if client else None
    if client is None or pool is None or not pool.extensions.enabled:
        raise ClientNotFound(f"User pool client {client_id} does not exist.")
    return pool, client


def client_of_session(services: Services, call: Call) -> tuple[Pool, Client]:
    """The client whose sign-in a Session belongs to; raises ``SessionExpired`` for a string that is none of ours."""
    client_id = Attempts.find_client_id(Secret(call.input["Session"]))
    client = services.clients.find(client_id) if client_id else None
    pool = services.pools.find(client.pool_id) if client else None
    if client is None or pool is None or not pool.extensions.enabled:
        raise SessionExpired
    return pool, client


def admin_client_of(services: Services, call: Call) -> tuple[Pool, Client]:
    """The client that an administrator's call names, in the pool that it names."""
    pool = pool_of(services, call)
    return pool, services.clients.get(pool.pool_id, ClientId(call.input["ClientId"]))


def check_secret_hash(client: Client, username: str, given: str | None, *also: str) -> None:
    """Raises ``NotAuthorizedException`` unless the hash over one of the names was made with one of the client's secrets.

    A client without a secret needs none (``auth-flows.md`` §3).
    """
    if client.is_public:
        return
    if given is None:
        raise AwsError(
            "NotAuthorizedException",
            f"Client {client.client_id} is configured with secret but SECRET_HASH was not received",
        )
    fits = [
        hmac.compare_digest(secret_hash(secret.reveal(), name, client.client_id).encode(), given.encode())
        for secret in client.secrets
        for name in (username, *also)
    ]
    if not any(fits):
        raise AwsError("NotAuthorizedException", f"Unable to verify secret hash for client {client.client_id}")


def secret_hash(secret: str, username: str, client_id: str) -> str:
    """Base64 of HMAC-SHA256 over the name and the client's id (Cognito: SecretHash)."""
    return b64encode(hmac.digest(secret.encode(), (username + client_id).encode(), "sha256")).decode()


def check_client_secret(client: Client, given: str | None) -> None:
    """Raises ``NotAuthorizedException`` unless the secret itself is one of the client's; for the operations that take no hash."""
    if client.is_public:
        return
    fits = [hmac.compare_digest(secret.reveal().encode(), (given or "").encode()) for secret in client.secrets]
    if not any(fits):
        raise AwsError("NotAuthorizedException", "Unable to verify the client secret.")


def conceal(client: Client) -> bool:
    """Whether this client's calls tell nobody who exists (Cognito: PreventUserExistenceErrors)."""
    return client.settings.conceal_existence


def signed_in(services: Services, call: Call) -> VerifiedAccess:
    """Whose access token the call carries. Raises ``NotAuthorizedException``, without telling a stranger why."""
    token = call.input["AccessToken"]
    try:
        found = services.tokens.verify_access(token)
    except TokenInvalid as refused:
        raise _refusal(services, token) from refused
    if SELF_SERVICE_SCOPE not in found.scope:
        raise AwsError("NotAuthorizedException", "Access Token does not have required scopes")
    return found


def _refusal(services: Services, token: str) -> AwsError:
    """Why the token is refused, for its owner: whether it is past its time is told only of one that we signed."""
    why: dict[str, Any] = {
        "expired": "Access Token has expired",
        "revoked": "Access Token has been revoked",
    }
    return AwsError("NotAuthorizedException", why.get(services.tokens.why_refused(token), "Invalid Access Token"))
