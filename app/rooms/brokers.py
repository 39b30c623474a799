"""Where credentials come from, as the settings choose."""

from app.adapters.credentials.aws_sts import AssumeRoleBroker, AwsSts, WebIdentityBroker
from app.adapters.credentials.embedded import EmbeddedBroker
from app.config import Settings
from app.core.identity_pools.ports import CredentialBroker
from app.core.identity_pools.sessions.session_policy import Dialect, check_fits
from app.core.kernel.clock import Clock
from app.core.kernel.outbound import Places
from app.core.kernel.secret import Secret
from app.core.principals.model import Role
from app.core.principals.temporary import TemporaryKeys

EMBEDDED, WEB_IDENTITY = "embedded", "aws-web-identity"


def choose_broker(settings: Settings, keys: TemporaryKeys, clock: Clock, places: Places) -> CredentialBroker:
    """The one that the setting names."""
    if settings.credentials == EMBEDDED:
        return EmbeddedBroker(keys=keys, clock=clock)
    secret = settings.sts_secret_access_key
    sts = AwsSts(
        region=settings.region,
        endpoint=settings.sts_endpoint,
        access_key_id=settings.sts_access_key_id,
        secret=None if secret is None else Secret(secret),
        signs=settings.credentials != WEB_IDENTITY,
        places=places,
    )
    if settings.credentials == WEB_IDENTITY:
        return WebIdentityBroker(sts, Dialect(settings.sts_dialect))
    return AssumeRoleBroker(sts, Dialect(settings.sts_dialect), external_id=settings.sts_external_id)


def check_role(settings: Settings, role: Role) -> None:
    """Raises ``InvalidParameter`` for a role whose policies the broker could not carry."""
    if settings.credentials != EMBEDDED:
        check_fits(role, Dialect(settings.sts_dialect))
