"""From what the sign-in room says to the next page: a step that remains, or a session and back to where the person wanted to go."""

from dataclasses import dataclass

from flask import Response, request

from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import Visit
from app.core.attempts import steps
from app.core.devices.service import Devices
from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from app.core.sessions.logout import Logouts
from app.core.sessions.service import SESSION_SECONDS, Sessions
from app.core.sessions.suffices import Suffices
from app.core.sign_in.first_factors import PASSWORD
from app.core.sign_in.model import Challenge, ChoiceAnswer, SignedIn
from app.core.sign_in.service import SignIn
from app.core.users.model import User

SESSION_COOKIE = "session"

CODE_STEPS = frozenset({steps.EMAIL_OTP, steps.SMS_OTP, steps.SMS_MFA, steps.SOFTWARE_TOKEN_MFA})
_KNOWN = CODE_STEPS | {steps.SELECT_CHALLENGE, steps.SELECT_MFA_TYPE, steps.MFA_SETUP}
_SECOND = frozenset({steps.SMS_MFA, steps.SOFTWARE_TOKEN_MFA, steps.SELECT_MFA_TYPE, steps.MFA_SETUP})
_DEVICE_COOKIE = "device"
_REMEMBERED_SECONDS = 30 * 86400
FRESH_SECONDS = 300
"""How long a sign-in counts as the person's own wish to change something."""
OFFERED = (PASSWORD, steps.SOFTWARE_TOKEN_MFA, steps.EMAIL_OTP, steps.SMS_OTP, steps.SMS_MFA)
"""What these pages can ask for. A passkey is asked for beside them, whoever it is: a list of passkeys would say who has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """Every way in ends here."""

    frames: Frames
    sign_in: SignIn
    sessions: Sessions
    logouts: Logouts
    devices: Devices

    def continue_with(  # noqa: PLR0917 - the interface between pages
        self, visit: Visit, outcome: Challenge | SignedIn, username: str, caller: Caller, *, notice: str | None = None
    ) -> Response:
        """To the page of the next step, or on with a session. A step that these pages do not know is refused, never skipped."""
        if isinstance(outcome, SignedIn):
            return self._finish(visit, outcome, caller)
        if outcome.step == steps.NEW_PASSWORD_REQUIRED:
            progress = Progress(
                username=username,
                attempt=outcome.session.reveal(),
                reason=outcome.reason or "temporary",
                missing=outcome.missing_attributes,
                query=visit.query,
            )
            return self.frames.go(visit, visit.url("changePassword"), progress)
        choices = tuple(choice for choice in OFFERED if choice in outcome.choices)
        if outcome.step == steps.SELECT_CHALLENGE and len(choices) == 1 and choices != (PASSWORD,):
            # Nothing to choose: the code is on its way.
            only = ChoiceAnswer(choice=choices[0])
            outcome = self.sign_in.answer(visit.pool, visit.client, outcome.session, only, caller)
            return self.continue_with(visit, outcome, username, caller)
        if outcome.step not in _KNOWN or (outcome.step == steps.MFA_SETUP and not choices):
            return self.frames.go(visit, visit.url("login"), Progress(notice="error.step_unknown"))
        seed, session, view = None, outcome.session, ""
        if outcome.step == steps.MFA_SETUP and choices == (steps.SOFTWARE_TOKEN_MFA,):
            # Nothing to choose, and the same for an address.
            seed, session = self.sign_in.begin_software_token(visit.pool, visit.client, session, caller)
        elif outcome.step == steps.MFA_SETUP and len(choices) == 1:
            view = next(iter(outcome.missing_attributes), "")
        progress = Progress(
            username=username,
            destination=outcome.destination.masked if outcome.destination else None,
            attempt=session.reveal(),
            step=outcome.step,
            choices=choices,
            second=outcome.step in _SECOND or outcome.user is not None,
            setting_up=None if seed is None else steps.SOFTWARE_TOKEN_MFA,
            seed=None if seed is None else seed.reveal(),
            missing=outcome.missing_attributes,
            query=visit.query,
            notice=notice,
        )
        return self.frames.go(visit, visit.url("mfa", view), progress)

    def may_remember(self, visit: Visit) -> bool:
        """Whether the pool spares a remembered browser the second step, and asks people whether theirs is to be one."""
        settings = visit.pool.settings.devices
        return settings is not None and settings.challenge_required_on_new_device

    def remember(self, visit: Visit, response: Response, user: User, caller: Caller) -> Response:
        """From now on this browser stands in for this person's second step, until the device is forgotten or a month is over."""
        key = self.devices.remember_browser(visit.pool, user, caller)
        pool_id = visit.pool.pool_id
        self.frames.cookies.put_sealed(response, _DEVICE_COOKIE, pool_id, key, lifetime=_REMEMBERED_SECONDS)
        return response

    def find_device(self, visit: Visit) -> str | None:
        """The key of the device that this browser is, whoever's."""
        if not self.may_remember(visit):
            return None
        return self.frames.cookies.find_sealed(request, _DEVICE_COOKIE, visit.pool.pool_id)

    def start_again(self, visit: Visit) -> Response:
        return self.frames.go(visit, visit.url("login"), Progress(notice="error.session_expired"))

    def find_present(self, visit: Visit) -> Suffices | None:
        """Who is signed in in this browser."""
        handle = self.frames.cookies.find(request, SESSION_COOKIE, visit.pool.pool_id)
        return self.sessions.find_signed_in(visit.pool.pool_id, None if handle is None else Secret(handle))

    def find_fresh(self, visit: Visit) -> Suffices | None:
        """Who proved a moment ago to be who is signed in: others must, before anything of the account is changed."""
        present = self.find_present(visit)
        if present is None or self.sessions.clock.now() - present.session.auth_time > FRESH_SECONDS:
            return None
        return present

    def prove_again(self, visit: Visit, page: str) -> Response:
        """By any way in; after it the person is back on the page."""
        progress = Progress(notice="error.sign_in_again") if self.find_present(visit) else Progress()
        return self.frames.go(visit, visit.going_to(page).url("login"), progress)

    def after_used(self, visit: Visit) -> Response:
        """The attempt is spent: by the same form a moment ago, which signed in, or by too many wrong answers."""
        if self.find_present(visit) is None:
            return self.start_again(visit)
        return self.frames.go(visit, visit.onward, Progress())

    def _finish(self, visit: Visit, signed_in: SignedIn, caller: Caller) -> Response:
        """A fresh session under a fresh handle, whatever the browser brought (session fixation)."""
        pool_id = visit.pool.pool_id
        old = self.frames.cookies.find(request, SESSION_COOKIE, pool_id)
        before = None if old is None else self.sessions.find(pool_id, Secret(old))
        handle, _ = self.sessions.open(
            pool_id, signed_in.user, signed_in.amr, signed_in.auth_time, caller, continues=before
        )
        if old is not None:
            self.sessions.close(pool_id, Secret(old))
        if before is not None and before.sub != signed_in.user.sub:
            # Somebody else took the browser over. Their clients' frames have no page to be loaded in; the back channel has no need of one.
            self.logouts.end(pool_id, before.sid)
        response = self.frames.go(visit, visit.onward, Progress())
        self.frames.cookies.put(response, SESSION_COOKIE, visit.pool.pool_id, handle.reveal(), max_age=SESSION_SECONDS)
        return response
