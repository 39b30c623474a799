"""A forgotten password: whom to send a code, and the code with a new password."""

from dataclasses import dataclass

from flask import Response, request

from app.blueprints.hosted_ui.errors import Sentence, missing, sentence_of
from app.blueprints.hosted_ui.forms import identifier_kind, passwords_differ, typed, typed_code, typed_password
from app.blueprints.hosted_ui.frame import Frames, password_rules
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import Visit
from app.core.kernel.errors import Fact
from app.core.kernel.secret import Secret
from app.core.recovery.service import Recovery
from app.web.contexts import ForgotPasswordPage, ResetPasswordPage


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPages:
    """``/forgotPassword`` and ``/confirmForgotPassword``."""

    frames: Frames
    recovery: Recovery

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        username = typed("username") or request.args.get("login_hint", "")[:320]
        return self._draw(visit, username=username, error=error)

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        username = typed("username") or self.frames.progress(visit).username or ""
        if not username:
            return self._draw(visit, error=missing("username"))
        try:
            destination = self.recovery.forgot(visit.pool, visit.client, username, caller, conceal=True)
        except Fact as fact:
            return self._draw(visit, username=username, error=sentence_of(fact))
        progress = Progress(
            username=username, destination=destination.masked, query=visit.query, notice="notice.code_sent"
        )
        return self.frames.go(visit, visit.url("confirmForgotPassword"), progress)

    def show_reset(self, visit: Visit, error: Sentence | None = None) -> Response:
        return self._draw_reset(visit, error=error)

    def submit_reset(self, visit: Visit) -> Response:
        if request.form.get("action") == "send_code":
            return self.submit(visit)
        caller = self.frames.caller(visit)
        username = typed("username") or self.frames.progress(visit).username or ""
        password = typed_password("new_password")
        for name, value in (("username", username), ("code", typed_code()), ("new_password", password.reveal())):
            if not value:
                return self._draw_reset(visit, error=missing(name))
        if passwords_differ():
            return self._draw_reset(visit, error=Sentence(key="error.password_mismatch", field="confirm_password"))
        try:
            self.recovery.reset(
                visit.pool, visit.client, username, Secret(typed_code()), password, caller, conceal=True
            )
        except Fact as fact:
            policy = visit.pool.settings.password_policy
            sentence = sentence_of(
                fact,
                password_field="new_password",
                minimum_length=policy.minimum_length,
                history=policy.history_size,
            )
            return self._draw_reset(visit, error=sentence)
        return self.frames.go(visit, visit.url("login"), Progress(notice="notice.password_changed"))

    def _draw(self, visit: Visit, *, username: str = "", error: Sentence | None = None) -> Response:
        return self.frames.draw(
            visit,
            ForgotPasswordPage,
            form_page="forgotPassword",
            error=error,
            values={"username": username},
            identifier=identifier_kind(visit.pool),
        )

    def _draw_reset(self, visit: Visit, *, error: Sentence | None = None) -> Response:
        progress = self.frames.progress(visit)
        return self.frames.draw(
            visit,
            ResetPasswordPage,
            form_page="confirmForgotPassword",
            error=error,
            values={"username": typed("username")},
            username=progress.username,
            destination=progress.destination,
            password_rules=password_rules(visit.pool),
            resend_form=self.frames.form(visit, "forgotPassword") if progress.username else None,
            identifier=identifier_kind(visit.pool),
        )
