"""The sign-in page, the page for a new password in the middle of a sign-in, and how a sign-in ends."""

from dataclasses import dataclass

from flask import Response, request

from app.blueprints.hosted_ui.errors import Sentence, missing, sentence_of
from app.blueprints.hosted_ui.forms import (
    attribute_fields,
    identifier_kind,
    passwords_differ,
    typed,
    typed_attributes,
    typed_password,
)
from app.blueprints.hosted_ui.frame import Frames, password_rules
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import Visit
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Fact, SessionExpired, SessionUsed, UserNotConfirmed
from app.core.kernel.secret import Secret
from app.core.sessions.service import SESSION_SECONDS, Sessions
from app.core.sign_in.model import Challenge, NewPassword, PasswordProof, SignedIn
from app.core.sign_in.service import SignIn
from app.web.contexts import ChangePasswordPage, SignInPage

SESSION_COOKIE = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPages:
    """``/login`` and ``/changePassword``."""

    frames: Frames
    sign_in: SignIn
    sessions: Sessions

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        return self._draw(visit, username=typed("username") or request.args.get("login_hint", "")[:320], error=error)

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        username = typed("username")
        password = typed_password("password")
        for name, value in (("username", username), ("password", password.reveal())):
            if not value:
                return self._draw(visit, error=missing(name), username=username)
        proof = PasswordProof(username=username, password=password)
        try:
            outcome = self.sign_in.start(visit.pool, visit.client, proof, caller)
        except UserNotConfirmed:
            # Raised only after the right password, so it tells nobody anything new.
            progress = Progress(username=username, query=visit.query, notice="notice.not_confirmed")
            return self.frames.go(visit, visit.url("confirm"), progress)
        except Fact as fact:
            return self._draw(visit, error=sentence_of(fact), username=username)
        return self.continue_with(visit, outcome, username, caller)

    def continue_with(self, visit: Visit, outcome: Challenge | SignedIn, username: str, caller: Caller) -> Response:
        """To the page of the next step, or back to the authorize request with a session."""
        if isinstance(outcome, SignedIn):
            return self._finish(visit, outcome, caller)
        progress = Progress(
            username=username,
            attempt=outcome.session.reveal(),
            reason=outcome.parameters.get("reason", "temporary"),
            missing=outcome.missing_attributes,
            query=visit.query,
        )
        return self.frames.go(visit, visit.url("changePassword"), progress)

    def show_new_password(self, visit: Visit, error: Sentence | None = None) -> Response:
        if self.frames.progress(visit).attempt is None:
            return self._start_again(visit)
        return self._draw_new_password(visit, error)

    def submit_new_password(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        progress = self.frames.progress(visit)
        if progress.attempt is None:
            return self._start_again(visit)
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
            return self.frames.go(visit, visit.url("oauth2/authorize"), Progress())
        except SessionExpired:
            return self._start_again(visit)
        except Fact as fact:
            policy = visit.pool.settings.password_policy
            sentence = sentence_of(
                fact,
                password_field="new_password",
                minimum_length=policy.minimum_length,
                history=policy.history_size,
            )
            return self._draw_new_password(visit, sentence)
        return self.continue_with(visit, outcome, progress.username or "", caller)

    def _finish(self, visit: Visit, signed_in: SignedIn, caller: Caller) -> Response:
        """A new session with a new handle, whatever cookie came: nobody can plant one (session fixation)."""
        old = self.frames.cookies.find(request, SESSION_COOKIE, visit.pool.pool_id)
        if old is not None:
            self.sessions.close(visit.pool.pool_id, Secret(old))
        handle, _ = self.sessions.open(visit.pool.pool_id, signed_in.user, signed_in.amr, signed_in.auth_time, caller)
        response = self.frames.go(visit, visit.url("oauth2/authorize"), Progress())
        self.frames.cookies.put(response, SESSION_COOKIE, visit.pool.pool_id, handle.reveal(), max_age=SESSION_SECONDS)
        return response

    def _start_again(self, visit: Visit) -> Response:
        return self.frames.go(visit, visit.url("login"), Progress(notice="error.session_expired"))

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
