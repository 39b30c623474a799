from dataclasses import replace

import pytest

from app.core.kernel.ids import PoolId, Sub
from app.core.sessions.model import BrowserSession
from app.core.sessions.suffices import (
    AuthorizeRequest,
    ConsentDenied,
    ConsentRequired,
    Hinted,
    LoginRequired,
    Suffices,
    WrongAccount,
    consented,
    suffices,
)
from app.core.users.model import User, UserStatus

NOW = 1000
SESSION = BrowserSession(sid="x", pool_id=PoolId("p"), sub=Sub("s"), auth_time=900, amr=("pwd",), expires_at=4500)
USER = User(
    pool_id=PoolId("p"),
    sub=Sub("s"),
    username="u",
    status=UserStatus.CONFIRMED,
    attributes={},
    created_at=0,
    updated_at=0,
)


def asked(*prompt, **rest):
    return AuthorizeRequest(prompt=frozenset(prompt), **rest)


@pytest.mark.parametrize(
    ("session", "user", "request_"),
    [
        (None, None, asked()),
        (SESSION, None, asked()),
        (replace(SESSION, expires_at=NOW), USER, asked()),
        (SESSION, replace(USER, enabled=False), asked()),
        (SESSION, replace(USER, sessions_valid_after=900), asked()),
        (SESSION, replace(USER, sessions_valid_after=901), asked()),
        (SESSION, replace(USER, sub=Sub("other")), asked()),
        (SESSION, USER, asked("login")),
        (SESSION, USER, asked("select_account")),
        (SESSION, USER, asked("login", asked_at=901)),
        (SESSION, USER, asked(max_age=99)),
        (SESSION, USER, asked(max_age=0)),
        (SESSION, USER, asked(max_age=0, asked_at=901)),
    ],
)
def test_somebody_must_sign_in(session, user, request_):
    assert suffices(session, user, request_, NOW) == LoginRequired(silent=False)


def test_prompt_none_forbids_asking():
    assert suffices(None, None, asked("none"), NOW) == LoginRequired(silent=True)


@pytest.mark.parametrize(
    "request_",
    [
        asked(),
        asked("none"),
        asked("consent"),
        asked("select_account", asked_at=900),
        asked(max_age=100),
        asked("login", asked_at=900),
        asked(max_age=0, asked_at=900),
    ],
)
def test_the_session_suffices(request_):
    assert suffices(SESSION, USER, request_, NOW) == Suffices(session=SESSION, user=USER)


@pytest.mark.parametrize("request_", [asked("login", asked_at=900), asked(max_age=0, asked_at=900)])
def test_a_fresh_sign_in_does_not_outweigh_a_disabled_user(request_):
    assert suffices(SESSION, replace(USER, enabled=False), request_, NOW) == LoginRequired(silent=False)


OTHER = Hinted(sub=Sub("other"))
SAME = Hinted(sub=Sub("s"))
UNPROVEN = Hinted(sub=None)


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (asked(hint=SAME), Suffices(session=SESSION, user=USER)),
        (asked("none", hint=SAME), Suffices(session=SESSION, user=USER)),
        (asked(hint=OTHER), LoginRequired(silent=False)),
        (asked("none", hint=OTHER), LoginRequired(silent=True)),
        (asked(hint=OTHER, asked_at=901), LoginRequired(silent=False)),
        (asked(hint=OTHER, asked_at=900), WrongAccount()),
        (asked("login", hint=OTHER, asked_at=900), WrongAccount()),
        (asked(hint=UNPROVEN), LoginRequired(silent=False)),
        (asked("none", hint=UNPROVEN), LoginRequired(silent=True)),
        (asked(hint=UNPROVEN, asked_at=900), Suffices(session=SESSION, user=USER)),
        (asked("login", "select_account"), LoginRequired(silent=False)),
        (asked("login", "select_account", asked_at=900), Suffices(session=SESSION, user=USER)),
        (asked("select_account", "consent", asked_at=901), LoginRequired(silent=False)),
    ],
)
def test_hints_and_combined_prompts(request_, outcome):
    assert suffices(SESSION, USER, request_, NOW) == outcome


@pytest.mark.parametrize(
    ("request_", "anew"),
    [
        (asked(), False),
        (asked("consent"), False),
        (asked("none"), False),
        (asked("login"), True),
        (asked("select_account"), True),
        (asked(max_age=0), True),
        (asked(hint=SAME), True),
    ],
)
def test_what_only_a_sign_in_for_this_request_can_answer(request_, anew):
    assert request_.asks_anew is anew


@pytest.mark.spec("OpenID Connect Core §3.1.2.4")
@pytest.mark.parametrize(
    ("prompt", "asks", "granted", "answer", "outcome"),
    [
        ((), False, (), None, None),
        ((), True, (), None, ConsentRequired(silent=False)),
        ((), True, ("openid",), None, ConsentRequired(silent=False)),
        ((), True, ("email",), None, ConsentRequired(silent=False)),
        ((), True, ("openid", "email", "phone"), None, None),
        (("none",), True, ("openid",), None, ConsentRequired(silent=True)),
        (("none",), False, (), None, None),
        (("consent",), False, ("openid", "email"), None, ConsentRequired(silent=False)),
        (("consent",), True, ("openid", "email"), None, ConsentRequired(silent=False)),
        (("consent",), True, (), True, None),
        (("login", "consent"), False, (), None, ConsentRequired(silent=False)),
        ((), True, (), True, None),
        ((), True, ("openid", "email"), False, ConsentDenied()),
        (("consent",), False, (), False, ConsentDenied()),
    ],
)
def test_consent(prompt, asks, granted, answer, outcome):
    assert consented(asked(*prompt), ("openid", "email"), asks=asks, granted=granted, answer=answer) == outcome
