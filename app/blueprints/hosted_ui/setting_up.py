"""``/mfa`` while a second factor is set up: which one, its address or its app, and the first code."""

from dataclasses import dataclass, replace

from flask import Response, request

from app.blueprints.hosted_ui.entering import Entering
from app.blueprints.hosted_ui.errors import Sentence, missing, sentence_of
from app.blueprints.hosted_ui.forms import attribute_fields, typed, typed_code
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.set_up import set_up_parts
from app.blueprints.hosted_ui.visit import VIEW, Visit
from app.core.attempts import steps
from app.core.kernel.caller import Caller
from app.core.kernel.errors import (
    AliasExists,
    AttemptLimitExceeded,
    AttributeViolation,
    CodeDeliveryFailed,
    CodeExpired,
    CodeMismatch,
    Fact,
    InvalidParameter,
    LockedOut,
    SessionExpired,
    SessionUsed,
    TooManyRequests,
)
from app.core.kernel.secret import Secret
from app.core.sign_in.model import SetUpAnswer
from app.core.sign_in.second_factors import address_of
from app.core.sign_in.service import SignIn
from app.web.context_parts import Way, WayKind
from app.web.contexts import AuthenticatorPage, ChooseWayPage, CodePage, SetUpContactPage

_PAGE = "mfa"
_WAYS = "ways"
_KINDS: dict[str, WayKind] = {
    steps.SOFTWARE_TOKEN_MFA: "authenticator",
    steps.SMS_MFA: "sms",
    steps.EMAIL_OTP: "email",
}
_MENDABLE = (
    CodeMismatch, CodeExpired, LockedOut, TooManyRequests, AttemptLimitExceeded, AttributeViolation, CodeDeliveryFailed,
    InvalidParameter,
)  # fmt: skip
"""What leaves the attempt where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpPages:
    """What can be set up, and what has to be given for it, the sign-in room said: it stands in the sealed cookie."""

    frames: Frames
    sign_in: SignIn
    entering: Entering

    def show(self, visit: Visit, progress: Progress, error: Sentence | None = None) -> Response:
        view = request.args.get(VIEW, "")
        if view in progress.missing:
            return self._draw_contact(visit, progress, view, error)
        if progress.setting_up is None or (view == _WAYS and len(progress.choices) > 1):
            return self._draw_choice(visit, progress, error)
        if progress.setting_up == steps.SOFTWARE_TOKEN_MFA:
            return self._draw_authenticator(visit, progress, error)
        return self._draw_code(visit, progress, error)

    def submit(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        try:
            match request.form.get("action"):
                case "choose" if request.form.get("way") in progress.choices:
                    return self._choose(visit, progress, request.form["way"], caller)
                case "send_code" if request.args.get(VIEW) in progress.missing:
                    return self._give(visit, progress, request.args[VIEW], caller)
                case "resend" if progress.setting_up in progress.choices:
                    return self._send(visit, progress, progress.setting_up or "", None, caller, again=True)
                case "confirm" if progress.setting_up is not None:
                    return self._confirm(visit, progress, caller)
        except SessionUsed:
            return self.entering.after_used(visit)
        except _MENDABLE as fact:
            return self.show(visit, progress, sentence_of(fact))
        except Fact as fact:
            key = "error.session_expired" if isinstance(fact, SessionExpired) else sentence_of(fact).key
            return self.frames.go(visit, visit.url("login"), Progress(notice=key))
        return self.show(visit, progress, Sentence(key="error.choose_a_way"))

    def _choose(self, visit: Visit, progress: Progress, factor: str, caller: Caller) -> Response:
        if factor == steps.SOFTWARE_TOKEN_MFA:
            return self._begin_authenticator(visit, progress, caller)
        if address_of(factor) in progress.missing:
            return self.frames.go(visit, visit.url(_PAGE, address_of(factor)))
        return self._send(visit, progress, factor, None, caller)

    def _begin_authenticator(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        """Who goes to and fro between the ways finds the seed that the app may have by now."""
        if progress.seed is None:
            session = Secret(progress.attempt or "")
            seed, session = self.sign_in.begin_software_token(visit.pool, visit.client, session, caller)
            progress = replace(progress, seed=seed.reveal(), attempt=session.reveal())
        return self.frames.go(visit, visit.url(_PAGE), replace(progress, setting_up=steps.SOFTWARE_TOKEN_MFA))

    def _give(self, visit: Visit, progress: Progress, name: str, caller: Caller) -> Response:
        if not typed(name):
            return self._draw_contact(visit, progress, name, missing(name))
        factor = next(factor for factor in progress.choices if factor in _KINDS and _is_for(factor, name))
        return self._send(visit, progress, factor, typed(name), caller)

    def _send(  # noqa: PLR0917 - one step of each case
        self, visit: Visit, progress: Progress, factor: str, address: str | None, caller: Caller, *, again: bool = False
    ) -> Response:
        session = Secret(progress.attempt or "")
        destination, session = self.sign_in.begin_address(visit.pool, visit.client, session, factor, address, caller)
        waiting = replace(
            progress,
            attempt=session.reveal(),
            setting_up=factor,
            destination=destination.masked,
            notice="notice.code_on_its_way" if again else None,
        )
        return self.frames.go(visit, visit.url(_PAGE), waiting)

    def _confirm(self, visit: Visit, progress: Progress, caller: Caller) -> Response:
        if not typed_code():
            return self.show(visit, progress, missing("code"))
        pool, client, session, code = visit.pool, visit.client, Secret(progress.attempt or ""), Secret(typed_code())
        if progress.setting_up == steps.SOFTWARE_TOKEN_MFA:
            session = self.sign_in.verify_software_token(pool, client, session, code, None, caller)
        else:
            try:
                session = self.sign_in.verify_address(pool, client, session, code, caller)
            except AliasExists:
                return self._taken(visit, progress)
        outcome = self.sign_in.answer(pool, client, session, SetUpAnswer(), caller)
        return self.entering.continue_with(visit, outcome, progress.username or "", caller)

    def _taken(self, visit: Visit, progress: Progress) -> Response:
        """Somebody else has that address: another, or another way."""
        name = address_of(progress.setting_up or "")
        again = replace(progress, setting_up=None, destination=None, notice="error.alias_exists")
        return self.frames.go(visit, visit.url(_PAGE, name if name in progress.missing else ""), again)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _other_ways(self, visit: Visit, progress: Progress) -> str | None:
        return visit.url(_PAGE, _WAYS) if len(progress.choices) > 1 else None

    def _draw_choice(self, visit: Visit, progress: Progress, error: Sentence | None) -> Response:
        return self.frames.draw(
            visit,
            ChooseWayPage,
            form_page=_PAGE,
            error=error,
            username=progress.username,
            purpose="set_up",
            ways=tuple(Way(value=choice, kind=_KINDS[choice]) for choice in progress.choices),
        )

    def _draw_contact(self, visit: Visit, progress: Progress, name: str, error: Sentence | None) -> Response:
        return self.frames.draw(
            visit,
            SetUpContactPage,
            form_page=_PAGE,
            view=name,
            error=error,
            username=progress.username or "",
            field=attribute_fields(visit.pool, (name,))[0],
            other_ways_url=self._other_ways(visit, progress),
        )

    def _draw_code(self, visit: Visit, progress: Progress, error: Sentence | None) -> Response:
        factor = progress.setting_up or ""
        name = address_of(factor)
        return self.frames.draw(
            visit,
            CodePage,
            form_page=_PAGE,
            error=error,
            kind=_KINDS[factor],
            username=progress.username,
            destination=progress.destination,
            resend_form=self.frames.form(visit, _PAGE),
            change_url=visit.url(_PAGE, name) if name in progress.missing else None,
            other_ways_url=self._other_ways(visit, progress),
        )

    def _draw_authenticator(self, visit: Visit, progress: Progress, error: Sentence | None) -> Response:
        name, seed = progress.username or "", Secret(progress.seed or "")
        return self.frames.draw(
            visit,
            AuthenticatorPage,
            form_page=_PAGE,
            error=error,
            username=name,
            required=True,
            other_ways_url=self._other_ways(visit, progress),
            **set_up_parts(self.frames.brand_name(visit), name, seed),
        )


def _is_for(factor: str, name: str) -> bool:
    return factor != steps.SOFTWARE_TOKEN_MFA and address_of(factor) == name
