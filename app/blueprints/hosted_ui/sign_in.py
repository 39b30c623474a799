"""The sign-in page, the page for a new password in the middle of a sign-in, and how a sign-in ends."""

from dataclasses import dataclass

from flask import Response, request

from app.blueprints.hosted_ui.entering import Entering
from app.blueprints.hosted_ui.errors import Sentence, missing, sentence_of
from app.blueprints.hosted_ui.forms import (
    asks_for_choice,
    attribute_fields,
    identifier_kind,
    passwords_differ,
    shown_name,
    typed,
    typed_attributes,
    typed_password,
)
from app.blueprints.hosted_ui.frame import Frames, password_rules
from app.blueprints.hosted_ui.passkeys import PasskeyCeremonies
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import Visit
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Fact, SessionExpired, SessionUsed, UserNotConfirmed
from app.core.kernel.secret import Secret
from app.core.sign_in.model import ChoiceProof, NewPassword, PasswordProof
from app.core.sign_in.service import SignIn
from app.web.contexts import ChangePasswordPage, SignInPage


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPages:
    """``/login`` and ``/changePassword``."""

    frames: Frames
    sign_in: SignIn
    entering: Entering
    passkeys: PasskeyCeremonies

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        hint = request.args.get("login_hint", "")[:320] or self._present_account(visit)
        return self._draw(visit, username=typed("username") or hint, error=error)

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        username = typed("username")
        if request.form.get("action") == "passkey":
            return self._passkey(visit, caller)
        if asks_for_choice(visit.pool):
            return self._choice(visit, username, caller)
        password = typed_password("password")
        for name, value in (("username", username), ("password", password.reveal())):
            if not value:
                return self._draw(visit, error=missing(name), username=username)
        proof = PasswordProof(username=username, password=password)
        try:
            device = self.entering.find_device(visit)
            outcome = self.sign_in.start(visit.pool, visit.client, proof, caller, device_key=device)
        except UserNotConfirmed:
            # Raised only after the right password, so it tells nobody anything new.
            progress = Progress(username=username, query=visit.query, notice="notice.not_confirmed")
            return self.frames.go(visit, visit.url("confirm"), progress)
        except Fact as fact:
            return self._draw(visit, error=sentence_of(fact), username=username)
        return self.entering.continue_with(visit, outcome, username, caller)

    def _choice(self, visit: Visit, username: str, caller: Caller) -> Response:
        """The name alone: whoever it is, the next page offers what the pool offers."""
        if not username:
            return self._draw(visit, error=missing("username"), username=username)
        try:
            outcome = self.sign_in.start(visit.pool, visit.client, ChoiceProof(username=username), caller)
            return self.entering.continue_with(visit, outcome, username, caller)
        except Fact as fact:
            return self._draw(visit, error=sentence_of(fact), username=username)

    def _passkey(self, visit: Visit, caller: Caller) -> Response:
        try:
            outcome = self.passkeys.start(visit, caller)
        except Fact as fact:
            return self._draw(visit, error=sentence_of(fact), username="")
        return self.entering.continue_with(visit, outcome, "", caller)

    def show_new_password(self, visit: Visit, error: Sentence | None = None) -> Response:
        if self.frames.progress(visit).attempt is None:
            return self.entering.start_again(visit)
        return self._draw_new_password(visit, error)

    def submit_new_password(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        progress = self.frames.progress(visit)
        if progress.attempt is None:
            return self.entering.start_again(visit)
        for name in progress.missing:
            if not typed(name):
                return self._draw_new_password(visit, missing(name))
        if passwords_differ():
            return self._draw_new_password(visit, Sentence(key="error.password_mismatch", field="confirm_password"))
        answer = NewPassword(password=typed_password("new_password"), attributes=typed_attributes(progress.missing))
        try:
            outcome = self.sign_in.answer(visit.pool, visit.client, Secret(progress.attempt), answer, caller)
        except SessionUsed:
            # The same form a second time: whoever was signed in by the first goes on.
            return self.frames.go(visit, visit.onward, Progress())
        except SessionExpired:
            return self.entering.start_again(visit)
        except Fact as fact:
            policy = visit.pool.settings.password_policy
            sentence = sentence_of(
                fact,
                password_field="new_password",
                minimum_length=policy.minimum_length,
                history=policy.history_size,
            )
            return self._draw_new_password(visit, sentence)
        return self.entering.continue_with(visit, outcome, progress.username or "", caller)

    def _present_account(self, visit: Visit) -> str:
        """Where an account is to be selected, the present one is offered; another name may be typed over it."""
        if "select_account" not in request.args.get("prompt", "").split():
            return ""
        present = self.entering.find_present(visit)
        return "" if present is None else shown_name(visit.pool, present.user)

    def _draw(self, visit: Visit, *, error: Sentence | None = None, username: str) -> Response:
        local = "COGNITO" in visit.client.settings.identity_providers
        return self.frames.draw(
            visit,
            SignInPage,
            form_page="login",
            error=error,
            values={"username": username},
            identifier=identifier_kind(visit.pool),
            password_sign_in=local,
            asks_password=not asks_for_choice(visit.pool),
            passkey=self.passkeys.for_sign_in(visit, "login") if local else None,
        )

    def _draw_new_password(self, visit: Visit, error: Sentence | None = None) -> Response:
        progress = self.frames.progress(visit)
        return self.frames.draw(
            visit,
            ChangePasswordPage,
            form_page="changePassword",
            error=error,
            username=progress.username or "",
            reason="expired" if progress.reason == "expired" else "temporary",
            attributes=attribute_fields(visit.pool, progress.missing),
            password_rules=password_rules(visit.pool),
        )
