"""For which site a pool's passkeys are made."""

from app.core.factors.passkeys import RelyingParty
from app.core.pools.model import Pool
from app.services import Services


def find_relying_party(services: Services, pool: Pool) -> RelyingParty | None:
    return None
