"""``/mfa``: what a sign-in asks beyond a name and a password. Codes, a choice of ways, a factor to set up."""

from dataclasses import dataclass

from flask import Response, request

from app.blueprints.hosted_ui.entering import CODE_STEPS, Entering
from app.blueprints.hosted_ui.errors import Sentence, missing, sentence_of
from app.blueprints.hosted_ui.forms import typed_code, typed_password
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.passkeys import PasskeyCeremonies
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.setting_up import SetUpPages
from app.blueprints.hosted_ui.visit import VIEW, Visit
from app.core.attempts import steps
from app.core.kernel.caller import Caller
from app.core.kernel.errors import (
    CodeExpired,
    CodeMismatch,
    Fact,
    LockedOut,
    SessionExpired,
    SessionUsed,
    TooManyRequests,
    UserNotConfirmed,
)
from app.core.kernel.secret import Secret
from app.core.sign_in.first_factors import PASSWORD
from app.core.sign_in.model import (
    Challenge,
    ChoiceAnswer,
    CodeAnswer,
    PasswordProof,
    RecoveryCodeAnswer,
    SignedIn,
)
from app.core.sign_in.service import SignIn
from app.web.context_parts import Way, WayKind
from app.web.contexts import ChooseWayPage, CodePage, PasswordPage

_KINDS: dict[str, WayKind] = {
    PASSWORD: "password",
    steps.EMAIL_OTP: "email",
    steps.SMS_OTP: "sms",
    steps.SMS_MFA: "sms",
    steps.SOFTWARE_TOKEN_MFA: "authenticator",
}
_RECOVERY = "RECOVERY_CODE"
_WAYS, _PASSWORD_VIEW, _RECOVERY_VIEW = "ways", "password", "recovery"
_MENDABLE = (CodeMismatch, CodeExpired, LockedOut, TooManyRequests)
"""What leaves the attempt where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengePages:
    """One address, one page for each step. Everything about a step stands in the sealed cookie; a step that the browser
    only claims to be at is nothing to the sign-in room.
    """

    frames: Frames
    sign_in: SignIn
    entering: Entering
    passkeys: PasskeyCeremonies
    set_up: SetUpPages

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        progress = self.frames.progress(visit)
        if progress.attempt is None or progress.step is None:
            return self.entering.start_again(visit)
        view = request.args.get(VIEW, "")
        if progress.step == steps.MFA_SETUP:
            return self.set_up.show(visit, progress, error)
        if view == _PASSWORD_VIEW and PASSWORD in progress.choices:
            return self._draw_password(visit, progress, error)
        if view == _RECOVERY_VIEW and progress.second:
            return self._draw_code(visit, progress, error, recovery=True)
        if view == _WAYS or progress.step not in CODE_STEPS:
            if progress.choices == (PASSWORD,):
                return self._draw_password(visit, progress, error)
            return self._draw_choice(visit, progress, error)
        return self._draw_code(visit, progress, error)

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        progress = self.frames.progress(visit)
        if progress.attempt is None or progress.step is None:
            return self.entering.start_again(visit)
        if progress.step == steps.MFA_SETUP:
            return self.set_up.submit(visit, progress, caller)
        match request.form.get("action"):
            case "choose":
                return self._choose(visit, progress, request.form.get("way", ""), caller)
            case "resend" if progress.step in CODE_STEPS:
                return self._choose(visit, progress, progress.step, caller, notice="notice.code_on_its_way")
            case "sign_in" if PASSWORD in progress.choices:
                return self._password(visit, progress, caller)
            case "passkey" if not progress.second:
                return self._passkey(visit, progress, caller)
            case "confirm":
                return self._code(visit, progress, caller)
        return self.show(visit, Sentence(key="error.choose_a_way"))

    def _choose(
        self, visit: Visit, progress: Progress, way: str, caller: Caller, *, notice: str | None = None
    ) -> Response:
        """Another way, or the same once more. What needs nothing of the sign-in room is another face of this page."""
        if way == _RECOVERY and progress.second:
            return self.frames.go(visit, visit.url("mfa", _RECOVERY_VIEW))
        if way not in progress.choices:
            return self.show(visit, Sentence(key="error.choose_a_way"))
        if way == PASSWORD:
            return self.frames.go(visit, visit.url("mfa", _PASSWORD_VIEW))
        try:
            session = Secret(progress.attempt or "")
            outcome = self.sign_in.answer(visit.pool, visit.client, session, ChoiceAnswer(choice=way), caller)
        except _MENDABLE as fact:
            return self.show(visit, sentence_of(fact))
        except Fact as fact:
            return self._end(visit, fact)
        return self.entering.continue_with(visit, outcome, progress.username or "", caller, notice=notice)

    def _password(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        password, username = typed_password("password"), progress.username or ""
        if not password.reveal():
            return self._draw_password(visit, progress, missing("password"))
        try:
            proof = PasswordProof(username=username, password=password)
            device = self.entering.find_device(visit)
            outcome = self.sign_in.start(visit.pool, visit.client, proof, caller, device_key=device)
        except UserNotConfirmed:
            return self._confirm_first(visit, progress)
        except Fact as fact:
            return self._draw_password(visit, progress, sentence_of(fact))
        return self.entering.continue_with(visit, outcome, username, caller)

    def _passkey(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        try:
            outcome = self.passkeys.start(visit, caller)
        except Fact as fact:
            return self._draw_choice(visit, progress, sentence_of(fact))
        return self.entering.continue_with(visit, outcome, progress.username or "", caller)

    def _code(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        if not typed_code():
            return self.show(visit, missing("code"))
        try:
            outcome = self._answer(visit, progress, caller)
        except SessionUsed:
            return self.entering.after_used(visit)
        except _MENDABLE as fact:
            return self.show(visit, sentence_of(fact))
        except UserNotConfirmed:
            return self._confirm_first(visit, progress)
        except Fact as fact:
            return self._end(visit, fact)
        response = self.entering.continue_with(visit, outcome, progress.username or "", caller)
        wanted = progress.second and self.entering.may_remember(visit) and "remember_device" in request.form
        if isinstance(outcome, SignedIn) and wanted:
            return self.entering.remember(visit, response, outcome.user, caller)
        return response

    def _answer(self, visit: Visit, progress: Progress, caller: Caller) -> Challenge | SignedIn:
        """What was typed, as the answer to the step at hand."""
        pool, client, session, code = visit.pool, visit.client, Secret(progress.attempt or ""), Secret(typed_code())
        if request.args.get(VIEW) == _RECOVERY_VIEW and progress.second:
            return self.sign_in.answer(pool, client, session, RecoveryCodeAnswer(code=code), caller)
        return self.sign_in.answer(pool, client, session, CodeAnswer(code=code), caller, step=progress.step)

    def _confirm_first(self, visit: Visit, progress: Progress) -> Response:
        """Said only to who has proven to be that person."""
        waiting = Progress(username=progress.username, query=visit.query, notice="notice.not_confirmed")
        return self.frames.go(visit, visit.url("confirm"), waiting)

    def _end(self, visit: Visit, fact: Fact) -> Response:
        """The attempt is over: back to the beginning, with the reason."""
        key = "error.session_expired" if isinstance(fact, SessionExpired | SessionUsed) else sentence_of(fact).key
        return self.frames.go(visit, visit.url("login"), Progress(notice=key))

    def _draw_code(
        self, visit: Visit, progress: Progress, error: Sentence | None, *, recovery: bool = False
    ) -> Response:
        kind = _KINDS[progress.step or ""] if not recovery else "recovery"
        sent = kind in {"email", "sms"}
        several = recovery or progress.second or len(progress.choices) > 1 or self.passkeys.offered(visit)
        return self.frames.draw(
            visit,
            CodePage,
            form_page="mfa",
            view=_RECOVERY_VIEW if recovery else "",
            error=error,
            kind=kind,
            username=progress.username,
            destination=progress.destination if sent else None,
            resend_form=self.frames.form(visit, "mfa") if sent else None,
            other_ways_url=visit.url("mfa", _WAYS) if several else None,
            offers_remembering=progress.second and not recovery and self.entering.may_remember(visit),
            recovery_url=visit.url("mfa", _RECOVERY_VIEW) if kind == "authenticator" else None,
        )

    def _draw_choice(self, visit: Visit, progress: Progress, error: Sentence | None) -> Response:
        ways = [Way(value=choice, kind=_KINDS[choice]) for choice in progress.choices]
        if progress.second:
            ways.append(Way(value=_RECOVERY, kind="recovery"))
        return self.frames.draw(
            visit,
            ChooseWayPage,
            form_page="mfa",
            error=error,
            username=progress.username,
            purpose="second" if progress.second else "sign_in",
            ways=tuple(ways),
            passkey=None if progress.second else self.passkeys.for_sign_in(visit, "mfa"),
        )

    def _draw_password(self, visit: Visit, progress: Progress, error: Sentence | None) -> Response:
        several = len(progress.choices) > 1 or self.passkeys.offered(visit)
        return self.frames.draw(
            visit,
            PasswordPage,
            form_page="mfa",
            view=_PASSWORD_VIEW,
            error=error,
            username=progress.username or "",
            other_ways_url=visit.url("mfa", _WAYS) if several and progress.choices != (PASSWORD,) else None,
        )
