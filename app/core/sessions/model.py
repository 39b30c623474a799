from dataclasses import dataclass, field

from app.core.kernel.ids import ClientId, PoolId, Sub


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A person signed in on one browser at one pool. ``sid`` is its public name; the cookie's handle is kept only as a hash.
    ``device`` says what the browser calls itself, ``seen_at`` when it was last used, to a few minutes. ``key`` is that hash, where the
    session was found by its handle.
    """

    sid: str
    pool_id: PoolId
    sub: Sub
    auth_time: int
    amr: tuple[str, ...]
    expires_at: int
    device: str = "unknown"
    seen_at: int = 0
    key: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A client that was given something in a browser session, and wants to hear when that session ends."""

    pool_id: PoolId
    sid: str
    sub: Sub
    client_id: ClientId
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentQuestion:
    """What a person is asked to agree to, and for which API where the request names one."""

    scope: tuple[str, ...]
    resource: str | None = None
