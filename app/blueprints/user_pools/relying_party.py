"""For which site a pool's passkeys are made."""

from app.core.factors.errors import PasskeysNotConfigured
from app.core.factors.passkey import RelyingParty
from app.core.pools.model import Pool
from app.services import Services


def find_relying_party(services: Services, pool: Pool) -> RelyingParty | None:
    """None for a pool without passkeys, so that nothing is looked up for it."""
    settings = pool.settings
    if "WEB_AUTHN" not in settings.first_factors:
        return None
    try:
        return services.passkeys.relying_party(pool)
    except PasskeysNotConfigured:
        return None
