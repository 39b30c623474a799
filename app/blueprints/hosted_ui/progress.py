"""What this browser remembers between two pages of one pool, in one sealed cookie: whom a code went to, a sign-in half done."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Request, Response

from app.web.cookies import Cookies, CookieTooLong

_KIND = "progress"
_LIFETIME = 3600
_LONGEST_QUERY = 1500
"""A longer authorize request is not remembered for a link in a mail; the page's own address still carries it."""

_LONGEST_NAME = 320
"""No user has a longer name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """``username`` and ``destination`` (masked): whom the last code was for. ``sign_up`` is the Session string that signs in once
    confirmed, ``attempt`` the one of a sign-in that waits for its next ``step`` (the challenge's AWS name), which ``choices``
    stand beside; ``second`` where a first factor is proven already. ``setting_up`` is the factor being set up, ``seed`` that
    of an authenticator app; ``missing`` are attributes that must be given.
    ``codes`` are recovery codes to show once, ``gone`` a
    passkey that was removed, ``renaming`` one to be renamed. ``query`` is the authorize request. ``notice`` is a
    catalogue key to show once.
    """

    username: str | None = None
    destination: str | None = None
    sign_up: str | None = None
    attempt: str | None = None
    step: str | None = None
    choices: tuple[str, ...] = ()
    second: bool = False
    setting_up: str | None = None
    seed: str | None = None
    codes: tuple[str, ...] = ()
    gone: str | None = None
    renaming: str | None = None
    reason: str | None = None
    missing: tuple[str, ...] = ()
    query: str = ""
    notice: str | None = None


def read_progress(cookies: Cookies, request: Request, pool_id: str) -> Progress:
    """What the cookie says; nothing where there is none, or it is not ours."""
    text = cookies.find_sealed(request, _KIND, pool_id)
    if text is None:
        return Progress()
    document: dict[str, Any] = json.loads(text)
    # A cookie of another version may know other fields.
    known = {name: value for name, value in document.items() if name in Progress.__slots__}
    lists = {name: tuple(known.get(name, ())) for name in ("missing", "choices", "codes")}
    return Progress(**{**known, **lists})


def write_progress(cookies: Cookies, response: Response, pool_id: str, progress: Progress) -> None:
    """Keeps it for an hour, or forgets the cookie where there is nothing to keep."""
    if progress == Progress():
        cookies.remove(response, _KIND, pool_id)
        return
    if len(progress.query) > _LONGEST_QUERY:
        progress = replace(progress, query="")
    if progress.username is not None and len(progress.username) > _LONGEST_NAME:
        progress = replace(progress, username=None)
    kept = {name: value for name, value in asdict(progress).items() if value}
    try:
        cookies.put_sealed(response, _KIND, pool_id, json.dumps(kept), lifetime=_LIFETIME)
    except CookieTooLong:
        cookies.remove(response, _KIND, pool_id)
