"""``/account``: what a person sees of the own account, and what can be changed there. Ours; Cognito has no such page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from flask import Response, after_this_request, request

from app.blueprints.hosted_ui.account_rows import AccountRows
from app.blueprints.hosted_ui.contacts import ContactPages
from app.blueprints.hosted_ui.entering import SESSION_COOKIE, Entering
from app.blueprints.hosted_ui.errors import Sentence, missing, sentence_of
from app.blueprints.hosted_ui.forms import passwords_differ, shown_name, typed, typed_code, typed_password
from app.blueprints.hosted_ui.frame import Frames, password_rules
from app.blueprints.hosted_ui.passkeys import PasskeyCeremonies
from app.blueprints.hosted_ui.progress import Progress, write_progress
from app.blueprints.hosted_ui.set_up import set_up_parts
from app.blueprints.hosted_ui.visit import VIEW, Visit
from app.core.account.service import Account
from app.core.attempts import steps
from app.core.factors.errors import PasskeyNotFound
from app.core.factors.passkey import Passkey
from app.core.factors.passkeys import Passkeys
from app.core.factors.preferences import Choice, Preferences
from app.core.factors.recovery_codes import RecoveryCodes
from app.core.factors.totp import Totp
from app.core.kernel.caller import Caller
from app.core.kernel.errors import AttributeViolation, Fact, IncorrectCredentials, InvalidParameter
from app.core.kernel.secret import Secret
from app.core.sessions.service import SESSION_SECONDS, Sessions
from app.core.sessions.suffices import Suffices
from app.core.tokens.tracking import UserSessions
from app.core.users.service import Directory
from app.web.contexts import AccountPage, AccountPasskeyPage, AccountPasswordPage, AuthenticatorPage, RecoveryCodesPage

_PAGE = "account"
_HALF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPages:
    """Seeing needs a session; changing needs one that began a moment ago, or the password itself."""

    frames: Frames
    entering: Entering
    ceremonies: PasskeyCeremonies
    rows: AccountRows
    contacts: ContactPages
    account: Account
    users: Directory
    totp: Totp
    preferences: Preferences
    passkeys: Passkeys
    recovery_codes: RecoveryCodes
    sessions: Sessions
    user_sessions: UserSessions

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        present = self.entering.find_present(visit)
        if present is None:
            return self.entering.prove_again(visit, _PAGE)
        match request.args.get(VIEW, ""):
            case "password" if present.user.password is not None:
                return self._draw_password(visit, present, error)
            case "authenticator" if self.frames.progress(visit).seed is not None:
                return self._draw_authenticator(visit, present, error)
            case "passkey":
                found = self._find_passkey(visit, present, self.frames.progress(visit).renaming)
                if found is not None:
                    return self._draw_passkey(visit, present, found, error)
            case "recovery" if self.frames.progress(visit).codes:
                return self._draw_codes(visit, present)
        return self.contacts.show(visit, present.user, error) or self._draw(visit, present, error)

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        present = self.entering.find_present(visit)
        if present is None:
            return self.entering.prove_again(visit, _PAGE)
        action = request.form.get("action", "")
        if action == "change_password":
            # The old password is the proof.
            return self._change_password(visit, present, caller)
        act = self._acts.get(action)
        if act is None:
            return self._unknown(visit, present)
        if self.entering.find_fresh(visit) is None:
            return self.entering.prove_again(visit, _PAGE)
        try:
            return act(visit, present, caller)
        except Fact as fact:
            return self.show(visit, sentence_of(fact))

    @property
    def _acts(self) -> Mapping[str, Callable[[Visit, Suffices, Caller], Response]]:
        return {
            "set_up": self._set_up,
            "confirm": self._confirm,
            "change_contact": self._change_contact,
            "resend": self._resend,
            "turn_on": self._turn_on,
            "turn_off": self._turn_off,
            "rename_passkey": self._rename_passkey,
            "save_passkey": self._save_passkey,
            "remove_passkey": self._remove_passkey,
            "recovery_codes": self._recovery_codes,
            "end_others": self._end_others,
            "end_session": self._end_session,
        }

    # -- what is changed -----------------------------------------------------------------------------------------------

    def _change_password(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        old, new = typed_password("password"), typed_password("new_password")
        for name, value in (("password", old), ("new_password", new)):
            if not value.reveal():
                return self._draw_password(visit, present, missing(name))
        if passwords_differ():
            return self._draw_password(
                visit, present, Sentence(key="error.password_mismatch", field="confirm_password")
            )
        try:
            self.account.change_password(visit.pool, visit.client, present.user, old, new, caller)
        except IncorrectCredentials:
            return self._draw_password(visit, present, Sentence(key="error.wrong_password", field="password"))
        except Fact as fact:
            policy = visit.pool.settings.password_policy
            sentence = sentence_of(
                fact,
                password_field="new_password",
                minimum_length=policy.minimum_length,
                history=policy.history_size,
            )
            return self._draw_password(visit, present, sentence)
        return self._done(visit, "notice.account_password_changed")

    def _set_up(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        seed = self.totp.begin(visit.pool, present.user, caller=caller)
        return self.frames.go(visit, visit.url(_PAGE, "authenticator"), Progress(seed=seed.reveal()))

    def _confirm(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        """The first code of a new app, which is asked for from now on; or the code that was sent to an address."""
        if request.args.get(VIEW) != "authenticator":
            return self.contacts.prove(visit, present.user, caller) or self._unknown(visit, present)
        if not typed_code():
            return self.show(visit, missing("code"))
        self.totp.confirm(visit.pool, present.user, Secret(typed_code()), caller=caller)
        user = self.users.get(visit.pool, present.user.username)
        self._choose(visit, replace(present, user=user), steps.SOFTWARE_TOKEN_MFA, caller, on=True)
        return self._done(visit, "notice.factor_on")

    def _change_contact(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        return self.contacts.change(visit, present.user, caller) or self._unknown(visit, present)

    def _resend(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        return self.contacts.resend(visit, present.user, caller) or self._unknown(visit, present)

    def _unknown(self, visit: Visit, present: Suffices) -> Response:
        return self._draw(visit, present, Sentence(key="error.invalid_request"))

    def _turn_on(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        self._choose(visit, present, request.form.get("factor", ""), caller, on=True)
        return self._done(visit, "notice.factor_on")

    def _turn_off(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        factor, user = request.form.get("factor", ""), present.user
        if visit.pool.settings.mfa.is_on and set(user.mfa.enabled) <= {factor}:
            return self._draw(visit, present, Sentence(key="error.factor_required"))
        if factor == steps.SOFTWARE_TOKEN_MFA:
            self.totp.remove(visit.pool, user, caller=caller)
        else:
            self._choose(visit, present, factor, caller, on=False)
        return self._done(visit, "notice.factor_off")

    def _choose(self, visit: Visit, present: Suffices, factor: str, caller: Caller, *, on: bool) -> None:
        """The first one is asked first. Raises ``InvalidParameter`` for a factor that these pages do not know."""
        if factor not in {steps.SOFTWARE_TOKEN_MFA, steps.SMS_MFA, steps.EMAIL_OTP}:
            raise InvalidParameter
        first = on and not present.user.mfa.preferred
        choice = Choice(enabled=on, preferred=True if first else None)
        self.preferences.choose(visit.pool, present.user, {factor: choice}, caller)

    def _rename_passkey(self, visit: Visit, present: Suffices, _: Caller) -> Response:
        """To the page that takes the new name."""
        found = self._get_passkey(visit, present, _passkey())
        return self.frames.go(visit, visit.url(_PAGE, "passkey"), Progress(renaming=found.credential_id))

    def _save_passkey(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        """Of the passkey that the form names: another tab may have asked for another one's since."""
        try:
            self.passkeys.rename(visit.pool, present.user, _passkey(), typed("passkey_name"), caller)
        except AttributeViolation as fact:
            found = self._get_passkey(visit, present, _passkey())
            return self._draw_passkey(visit, present, found, sentence_of(fact))
        return self._done(visit, "notice.passkey_renamed")

    def _find_passkey(self, visit: Visit, present: Suffices, credential_id: str | None) -> Passkey | None:
        own = self.passkeys.list_of(visit.pool, present.user) if credential_id else []
        return next((one for one in own if one.credential_id == credential_id), None)

    def _get_passkey(self, visit: Visit, present: Suffices, credential_id: str) -> Passkey:
        found = self._find_passkey(visit, present, credential_id)
        if found is None:
            raise PasskeyNotFound
        return found

    def _remove_passkey(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        gone = _passkey()
        self.passkeys.remove(visit.pool, present.user, gone, caller)
        return self.frames.go(visit, visit.url(_PAGE), Progress(notice="notice.passkey_removed", gone=gone))

    def _recovery_codes(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        codes = self.recovery_codes.issue(visit.pool, present.user, caller=caller)
        shown = tuple(f"{code.reveal()[:_HALF]}-{code.reveal()[_HALF:]}" for code in codes)
        return self.frames.go(visit, visit.url(_PAGE, "recovery"), Progress(codes=shown))

    def _end_session(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        sid = request.form.get("session", "")[:128]
        self.user_sessions.end_browser(visit.pool, present.user, sid, caller, current=present.session)
        return self._done(visit, "notice.session_ended")

    def _end_others(self, visit: Visit, present: Suffices, caller: Caller) -> Response:
        """Everything that began before now ends, here as elsewhere; this browser begins anew at once."""
        pool_id = visit.pool.pool_id
        user = self.users.sign_out(visit.pool, present.user.username)
        began = max(self.sessions.clock.now(), user.sessions_valid_after + 1)
        handle, _ = self.sessions.open(pool_id, user, present.session.amr, began, caller, continues=present.session)
        old = self.frames.cookies.find(request, SESSION_COOKIE, pool_id)
        if old is not None:
            self.sessions.close(pool_id, Secret(old))
        response = self._done(visit, "notice.others_ended")
        self.frames.cookies.put(response, SESSION_COOKIE, pool_id, handle.reveal(), max_age=SESSION_SECONDS)
        return response

    def _done(self, visit: Visit, notice: str) -> Response:
        return self.frames.go(visit, visit.url(_PAGE), Progress(notice=notice))

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _draw(self, visit: Visit, present: Suffices, error: Sentence | None) -> Response:
        user = present.user
        return self.frames.draw(
            visit,
            AccountPage,
            form_page=_PAGE,
            error=error,
            username=shown_name(visit.pool, user),
            password_url=visit.url(_PAGE, "password") if user.password is not None else None,
            contacts=self.rows.contacts(visit, user),
            factors=self.rows.factors(visit.pool, user),
            factors_required=visit.pool.settings.mfa.is_on,
            passkeys=self.rows.passkeys(visit.pool, user),
            add_passkey_url=visit.url("passkeys/add") if self.ceremonies.offered(visit) else None,
            recovery_codes=self.rows.recovery_codes(visit.pool, user),
            sessions=self.rows.sessions(present),
            sign_out_form=self.frames.form(replace(visit, query=f"client_id={visit.client.client_id}"), "logout"),
            gone_passkey=self._gone(visit),
        )

    def _gone(self, visit: Visit) -> str | None:
        """For the browser's own list, once."""
        progress = self.frames.progress(visit)
        site = None if progress.gone is None else self.ceremonies.find_site(visit)
        if site is None:
            return None
        self._forget(visit)
        return json.dumps({"rpId": site.rp_id, "credentialId": progress.gone})

    def _forget(self, visit: Visit) -> None:
        """What is shown once is not kept."""

        @after_this_request
        def _clear(response: Response) -> Response:
            write_progress(self.frames.cookies, response, visit.pool.pool_id, Progress())
            return response

    def _draw_password(self, visit: Visit, present: Suffices, error: Sentence | None) -> Response:
        return self.frames.draw(
            visit,
            AccountPasswordPage,
            form_page=_PAGE,
            view="password",
            account_url=visit.url(_PAGE),
            error=error,
            username=shown_name(visit.pool, present.user),
            password_rules=password_rules(visit.pool),
        )

    def _draw_authenticator(self, visit: Visit, present: Suffices, error: Sentence | None) -> Response:
        name, seed = shown_name(visit.pool, present.user), Secret(self.frames.progress(visit).seed or "")
        return self.frames.draw(
            visit,
            AuthenticatorPage,
            form_page=_PAGE,
            view="authenticator",
            account_url=visit.url(_PAGE),
            error=error,
            username=name,
            **set_up_parts(self.frames.brand_name(visit), name, seed),
        )

    def _draw_passkey(self, visit: Visit, present: Suffices, passkey: Passkey, error: Sentence | None) -> Response:
        return self.frames.draw(
            visit,
            AccountPasskeyPage,
            form_page=_PAGE,
            view="passkey",
            account_url=visit.url(_PAGE),
            error=error,
            username=shown_name(visit.pool, present.user),
            passkey=passkey.credential_id,
            name=request.form.get("passkey_name", passkey.name),
        )

    def _draw_codes(self, visit: Visit, present: Suffices) -> Response:
        codes = self.frames.progress(visit).codes
        self._forget(visit)
        return self.frames.draw(
            visit,
            RecoveryCodesPage,
            form_page=None,
            account_url=visit.url(_PAGE),
            username=shown_name(visit.pool, present.user),
            codes=codes,
        )


def _passkey() -> str:
    """Which passkey a form is about; no id is longer."""
    return request.form.get("passkey", "")[:1400]
