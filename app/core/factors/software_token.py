from dataclasses import dataclass

from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.secret import Secret

NAME = "SOFTWARE_TOKEN_MFA"
"""The factor's name in AWS's lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareToken:
    """An authenticator app's seed in base32. ``last_step`` is the latest time step of which a code was accepted."""

    token_id: str
    pool_id: PoolId
    sub: Sub
    seed: Secret
    confirmed: bool = False
    last_step: int = 0
    name: str | None = None
    created_at: int
