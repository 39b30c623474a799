from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.kernel.ids import ClientId, PoolId, Sub


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How far a sign-in has come. ``proven`` lists the factors proven so far (``pwd``, ``sms``, ``otp``, ``signed_up`` …), ``step``
    names what is asked now. ``browser`` is a hash of the browser that began it (None on the API). Times are Unix seconds.
    """

    pool_id: PoolId
    client_id: ClientId
    sub: Sub | None
    username: str
    step: str
    proven: tuple[str, ...] = ()
    failures: int = 0
    browser: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    user_revision: int = 0
    started_at: int
    expires_at: int
