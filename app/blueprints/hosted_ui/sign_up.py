"""Sign-up and confirmation: by code on a page, by link from a mail, and the code once more."""

from dataclasses import dataclass, replace

from flask import Response, request

from app.blueprints.hosted_ui.entering import Entering
from app.blueprints.hosted_ui.errors import Sentence, invalid_name, missing, sentence_of
from app.blueprints.hosted_ui.forms import (
    attribute_fields,
    identifier_kind,
    sign_up_attributes,
    typed,
    typed_attributes,
    typed_code,
    typed_password,
)
from app.blueprints.hosted_ui.frame import Frames, password_rules
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import Visit
from app.core.kernel.caller import Caller
from app.core.kernel.errors import AttributeViolation, Fact, InvalidParameter, SignUpNotPermitted, UserAlreadyConfirmed
from app.core.kernel.secret import Secret
from app.core.sign_in.service import SignIn
from app.core.sign_up.model import Registration
from app.core.sign_up.service import SignUp
from app.web.contexts import ConfirmLinkPage, ConfirmPage, ResendCodePage, SignUpPage


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPages:
    """``/signup``, ``/confirm``, ``/resendcode`` and ``/confirmUser``."""

    frames: Frames
    sign_up: SignUp
    sign_in: SignIn
    entering: Entering

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        if visit.pool.settings.admin_create_only:
            return self._draw(visit, error=sentence_of(SignUpNotPermitted()), open_to_all=False)
        return self._draw(visit, error=error)

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        names = sign_up_attributes(visit.pool, visit.client)
        username = typed("username")
        password, attributes = typed_password("password"), typed_attributes(names)
        for name, value in (
            ("username", username),
            *((n, attributes.get(n)) for n in names),
            ("password", password.reveal()),
        ):
            if not value:
                return self._draw(visit, error=missing(name))
        registration = Registration(
            username=username,
            password=password,
            attributes=attributes,
            conceal=bool(visit.pool.settings.username_attributes),
        )
        try:
            registered = self.sign_up.register(visit.pool, visit.client, registration, caller)
        except AttributeViolation as violation:
            return self._draw(visit, error=self._sentence(visit, violation))
        except InvalidParameter:
            return self._draw(visit, error=invalid_name(identifier_kind(visit.pool)))
        except Fact as fact:
            return self._draw(visit, error=self._sentence(visit, fact))
        progress = Progress(
            username=username,
            destination=registered.destination.masked if registered.destination else None,
            sign_up=registered.session.reveal() if registered.session else None,
            query=visit.query,
        )
        if registered.confirmed:
            return self._enter(visit, progress, caller)
        return self.frames.go(visit, visit.url("confirm"), progress)

    def show_confirm(self, visit: Visit, error: Sentence | None = None) -> Response:
        return self._draw_confirm(visit, error=error)

    def submit_confirm(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        progress = self.frames.progress(visit)
        if request.form.get("action") == "resend":
            return self.submit_resend(visit)
        username = typed("username") or progress.username or ""
        if not username:
            return self._draw_confirm(visit, error=missing("username"))
        if not typed_code():
            return self._draw_confirm(visit, error=missing("code"))
        try:
            self.sign_up.confirm(visit.pool, visit.client, username, Secret(typed_code()), caller)
        except UserAlreadyConfirmed:
            # The same form a second time: whoever was signed in by the first goes on, everybody else signs in.
            return self.frames.go(visit, visit.onward, Progress())
        except Fact as fact:
            return self._draw_confirm(visit, error=self._sentence(visit, fact))
        mine = username == progress.username
        return self._enter(visit, progress if mine else Progress(), caller)

    def show_resend(self, visit: Visit, error: Sentence | None = None) -> Response:
        return self._draw_resend(visit, error)

    def submit_resend(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        progress = self.frames.progress(visit)
        username = typed("username") or progress.username or ""
        if not username:
            return self._draw_resend(visit, missing("username"))
        try:
            destination = self.sign_up.resend(visit.pool, visit.client, username, caller)
        except Fact as fact:
            return self._draw_resend(visit, self._sentence(visit, fact))
        kept = progress if username == progress.username else Progress(query=visit.query)
        kept = replace(kept, username=username, destination=destination.masked, notice="notice.code_sent")
        return self.frames.go(visit, visit.url("confirm"), kept)

    def show_link(self, visit: Visit, error: Sentence | None = None) -> Response:
        """A GET from a mail confirms nothing: mail scanners follow links."""
        return self._draw_link(visit, error=error)

    def submit_link(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        username = request.args.get("user_name", "")
        code = Secret(request.args.get("confirmation_code", ""))
        try:
            self.sign_up.confirm(visit.pool, visit.client, username, code, caller)
        except Fact as fact:
            sentence = self._sentence(visit, fact)
            if sentence.field == "code":
                return self._draw_link(visit, error=Sentence(key="error.link_invalid"), spent=True)
            return self._draw_link(visit, error=sentence)
        progress = self.frames.progress(visit)
        if progress.query:
            # The browser that signed up: it goes on where it was.
            began = replace(visit, query=progress.query)
            return self._enter(began, progress, caller)
        return self.frames.go(visit, visit.url("confirmUser"), Progress(notice="notice.confirmed"))

    def _enter(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        """Signs in the browser that signed up; anybody else signs in by hand."""
        if progress.sign_up is not None:
            try:
                outcome = self.sign_in.after_sign_up(visit.pool, visit.client, Secret(progress.sign_up), caller)
            except Fact:
                pass
            else:
                return self.entering.continue_with(visit, outcome, progress.username or "", caller)
        return self.frames.go(visit, visit.url("login"), Progress(notice="notice.confirmed"))

    def _sentence(self, visit: Visit, fact: Fact) -> Sentence:
        policy = visit.pool.settings.password_policy
        sentence = sentence_of(fact, minimum_length=policy.minimum_length, history=policy.history_size)
        names = visit.pool.settings.username_attributes
        # The box for the identifier is called ``username``, whichever attribute it fills.
        return replace(sentence, field="username") if sentence.field in names else sentence

    def _draw(self, visit: Visit, *, error: Sentence | None = None, open_to_all: bool = True) -> Response:
        names = sign_up_attributes(visit.pool, visit.client)
        return self.frames.draw(
            visit,
            SignUpPage,
            form_page="signup" if open_to_all else None,
            error=error,
            values={"username": typed("username")},
            identifier=identifier_kind(visit.pool),
            attributes=attribute_fields(visit.pool, names),
            password_rules=password_rules(visit.pool),
        )

    def _draw_confirm(self, visit: Visit, *, error: Sentence | None = None) -> Response:
        progress = self.frames.progress(visit)
        return self.frames.draw(
            visit,
            ConfirmPage,
            form_page="confirm",
            error=error,
            values={"username": typed("username")},
            username=progress.username,
            destination=progress.destination,
            by_link=visit.pool.settings.messages.verification_by_link,
            resend_form=self.frames.form(visit, "resendcode") if progress.username else None,
            identifier=identifier_kind(visit.pool),
        )

    def _draw_resend(self, visit: Visit, error: Sentence | None = None) -> Response:
        return self.frames.draw(
            visit,
            ResendCodePage,
            form_page="resendcode",
            error=error,
            values={"username": typed("username")},
            identifier=identifier_kind(visit.pool),
        )

    def _draw_link(self, visit: Visit, *, error: Sentence | None = None, spent: bool = False) -> Response:
        """Without the button where there is nothing left to press it for."""
        done = spent or self.frames.progress(visit).notice == "notice.confirmed"
        return self.frames.draw(visit, ConfirmLinkPage, form_page=None if done else "confirmUser", error=error)
