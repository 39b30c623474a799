"""Does this browser session satisfy that authorize request? Pure (OpenID Connect Core §3.1.2.1).

First ``suffices``: is the right person signed in, recently enough? Then ``consented``: has that person agreed?
"""

from collections.abc import Collection
from dataclasses import dataclass

from app.core.clients.model import Client
from app.core.kernel.ids import Sub
from app.core.pools.model import Pool
from app.core.sessions.model import BrowserSession
from app.core.users.model import User

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_ASKING_AGAIN = frozenset({"login", "select_account"})


DEFAULT_SSO_MINUTES = 60
ANSWER_SECONDS = 300
"""For how long after it a sign-in answers the request that asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinted:
    """Whom an ``id_token_hint`` names; ``sub`` None where the hint is not an ID token of ours for this client."""

    sub: Sub | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest:
    """What a request demands of a session. ``max_age`` in seconds.

    ``asked_at`` is when the person was sent to sign in for this very request: a sign-in since then answers ``prompt=login``,
    ``prompt=select_account`` and ``max_age=0``, which nothing else ever could.
    """

    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    asked_at: int | None = None
    hint: Hinted | None = None

    @property
    def asks_anew(self) -> bool:
        """Whether only a sign-in for this very request can answer some part of it."""
        return bool(self.prompt & _ASKING_AGAIN) or self.max_age is not None or self.hint is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffices:
    """The session and the person that the code may be given for."""

    session: BrowserSession
    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequired:
    """Somebody must sign in, anew or for the first time; ``silent`` forbids asking (``prompt=none``)."""

    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAccount:
    """The person was asked, and signed in as somebody else than the ``id_token_hint`` names: that answers nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequired:
    """The person must be asked; ``silent`` forbids it."""

    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDenied:
    """The person was asked, and said no."""


def choose_max_age(pool: Pool, client: Client, asked: int | None) -> int | None:
    """For how many seconds a sign-in serves this client: what the request asks, or less where the pool tracks sessions.

    Counted from the last fresh sign-in (Cognito: SetUserPoolClientSessionConfiguration; an hour where it was never called).
    """
    if not pool.settings.sessions.tracked:
        return asked
    minutes = client.settings.sso_minutes
    allowed = 60 * (DEFAULT_SSO_MINUTES if minutes is None else minutes)
    return allowed if asked is None else min(asked, allowed)


def suffices(
    session: BrowserSession | None, user: User | None, request: AuthorizeRequest, now: int
) -> Suffices | LoginRequired | WrongAccount:
    """No session, an expired one, a disabled or signed-out user, a prompt to sign in, too old a sign-in and another person
    than the hint's all lead to signing in. A hint that proves nothing is answered by a fresh sign-in.
    """
    required = LoginRequired(silent="none" in request.prompt)
    if session is None or user is None or session.expires_at <= now:
        return required
    if not user.enabled or session.auth_time <= user.sessions_valid_after or session.sub != user.sub:
        return required
    # The way back from the sign-in page is short, a consent on it aside: later, the same words ask anew.
    fresh = now - session.auth_time <= ANSWER_SECONDS
    answered = request.asked_at is not None and session.auth_time >= request.asked_at and fresh
    if request.prompt & _ASKING_AGAIN and not answered:
        return required
    if request.max_age is not None and now - session.auth_time > request.max_age and not answered:
        return required
    if request.hint is not None and request.hint.sub != session.sub:
        if not answered:
            return required
        if request.hint.sub is not None:
            return WrongAccount()
    return Suffices(session=session, user=user)


def consented(
    request: AuthorizeRequest,
    scope: Collection[str],
    *,
    asks: bool,
    granted: Collection[str],
    answer: bool | None,
) -> ConsentRequired | ConsentDenied | None:
    """None where the person has agreed or need not be asked.

    ``asks``: the client's extension wants consent; ``granted``: what was agreed to before; ``answer``: what the person said to
    this very request, None where not asked. ``prompt=consent`` asks whatever was agreed to before.
    """
    if answer is not None:
        return None if answer else ConsentDenied()
    if "consent" in request.prompt or (asks and not set(scope) <= set(granted)):
        return ConsentRequired(silent="none" in request.prompt)
    return None
