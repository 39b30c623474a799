"""Does this browser session satisfy that authorize request? Pure (OpenID Connect Core §3.1.2.1)."""

from dataclasses import dataclass

from app.core.sessions.model import BrowserSession
from app.core.users.model import User


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest:
    """What a request demands of a session. ``max_age`` in seconds.

    ``asked_at`` is when the person was sent to sign in for this very request: a sign-in since then answers ``prompt=login``
    and ``max_age=0``, which nothing else ever could.
    """

    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    asked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffices:
    """The session and the person that the code may be given for."""

    session: BrowserSession
    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequired:
    """Somebody must sign in, anew or for the first time; ``silent`` forbids asking (``prompt=none``)."""

    silent: bool


def suffices(
    session: BrowserSession | None, user: User | None, request: AuthorizeRequest, now: int
) -> Suffices | LoginRequired:
    """No session, an expired one, a disabled or signed-out user, ``prompt=login`` and too old a sign-in all lead to signing in."""
    required = LoginRequired(silent="none" in request.prompt)
    if session is None or user is None or session.expires_at <= now:
        return required
    if not user.enabled or session.auth_time <= user.sessions_valid_after or session.sub != user.sub:
        return required
    answered = request.asked_at is not None and session.auth_time >= request.asked_at
    if "login" in request.prompt and not answered:
        return required
    if request.max_age is not None and now - session.auth_time > request.max_age and not answered:
        return required
    return Suffices(session=session, user=user)
