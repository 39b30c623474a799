from dataclasses import dataclass

from app.core.kernel.ids import PoolId, Sub


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A person signed in on one browser at one pool. ``sid`` is its public name; the cookie's handle is kept only as a hash."""

    sid: str
    pool_id: PoolId
    sub: Sub
    auth_time: int
    amr: tuple[str, ...]
    expires_at: int
