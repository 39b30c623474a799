"""Going on with a refresh token, by either of the operations that do (``auth-flows.md`` §9)."""

from app.aws.call import Call
from app.aws.errors import AwsError
from app.core.clients.model import Client
from app.core.kernel.errors import GrantInvalid, RefreshTokenReuse
from app.core.pools.model import Pool
from app.core.tokens.beginning import DEVICE_KEY
from app.core.tokens.errors import RefreshExpired, RefreshRevoked
from app.core.tokens.model import RefreshFamily, TokenSet
from app.services import Services

_INVALID = "Invalid Refresh Token."
_SENTENCES = {RefreshExpired: "Refresh Token has expired", RefreshRevoked: "Refresh Token has been revoked"}


def extend(  # noqa: PLR0917 - what both operations know
    services: Services, call: Call, pool: Pool, client: Client, family: RefreshFamily | None, device_key: str | None
) -> TokenSet:
    """Fresh tokens, where a session that began on a device names that device, and it is confirmed still.

    Raises ``RefreshTokenReuse``, and ``NotAuthorizedException`` in Cognito's words.
    """
    try:
        tokens = services.tokens
        if family is not None and not _is_at_home(services, pool, family):
            raise AwsError("NotAuthorizedException", _INVALID)
        return tokens.extend(pool, client, family, None, call.caller, device_key=device_key)
    except RefreshTokenReuse:
        raise
    except GrantInvalid as refused:
        raise AwsError("NotAuthorizedException", _SENTENCES.get(type(refused), _INVALID)) from refused


def _is_at_home(services: Services, pool: Pool, family: RefreshFamily) -> bool:
    own = family.session.extra.get(DEVICE_KEY)
    if own is None or family.session.revoked_at is not None:
        return True
    device = services.devices.find(pool, family.session.sub, own)
    return device is not None and device.confirmed
