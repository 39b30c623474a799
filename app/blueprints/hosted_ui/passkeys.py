"""Passkeys on the pages: what the browser is asked for, and what it answered. ``/passkeys/add`` makes one."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from app.blueprints.hosted_ui.entering import Entering
from app.blueprints.hosted_ui.errors import Sentence, sentence_of
from app.blueprints.hosted_ui.forms import shown_name
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import Visit
from app.core.attempts import steps
from app.core.factors.errors import PasskeyRefused, PasskeysNotConfigured
from app.core.factors.passkeys import Passkeys, RelyingParty
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Fact, InvalidParameter
from app.core.sign_in.model import Challenge, PasskeyProof, SignedIn
from app.core.sign_in.service import SignIn
from app.web.context import current_context
from app.web.context_parts import Ceremony
from app.web.contexts import AddPasskeyPage

_LONGEST = 16384
_LONGEST_STATE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyCeremonies:
    """The browser is asked for whichever passkey it has for this host: no list of them tells who has one."""

    frames: Frames
    sign_in: SignIn
    passkeys: Passkeys

    def offered(self, visit: Visit) -> bool:
        """Whether the pool lets people in by a passkey, and has a host that they can be for."""
        return steps.WEB_AUTHN in visit.pool.settings.first_factors and self.find_site(visit) is not None

    def find_site(self, visit: Visit) -> RelyingParty | None:
        """Whose passkeys this page may ask for; None on a host that they are not for, where every browser would refuse."""
        try:
            site = self.passkeys.relying_party(visit.pool)
        except PasskeysNotConfigured:
            return None
        scheme = "https" if self.frames.cookies.is_https else "http"
        return site if site.allows(f"{scheme}://{current_context().host}") else None

    def for_sign_in(self, visit: Visit, page: str) -> Ceremony | None:
        """A fresh request, answered once."""
        site = self.find_site(visit) if self.offered(visit) else None
        if site is None:
            return None
        asked = self.sign_in.ask_passkey(visit.pool, site)
        return Ceremony(form=self.frames.form(visit, page), options=asked.options, state=asked.state)

    def start(self, visit: Visit, caller: Caller) -> Challenge | SignedIn:
        """Raises ``PasskeyRefused``, and whatever else stands in the way of this person."""
        site = self.find_site(visit)
        state, credential = request.form.get("state", ""), request.form.get("credential", "")
        if site is None or not state or len(state) > _LONGEST_STATE or not 0 < len(credential) <= _LONGEST:
            raise PasskeyRefused
        proof = PasskeyProof(state=state, credential=credential)
        return self.sign_in.start_with_passkey(visit.pool, visit.client, proof, caller, relying_party=site)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPasskeyPages:
    """``/passkeys/add``: for whoever has just signed in, from an application (with its redirect URI) or from the account page."""

    frames: Frames
    entering: Entering
    passkeys: Passkeys
    ceremonies: PasskeyCeremonies

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        present, site = self.entering.find_fresh(visit), self.ceremonies.find_site(visit)
        if present is None:
            return self.entering.prove_again(visit, "passkeys/add")
        try:
            if site is None:
                raise PasskeysNotConfigured
            options = self.passkeys.begin(visit.pool, visit.client, present.user, site)
        except Fact as fact:
            return self.frames.go(visit, visit.url("account"), Progress(notice=sentence_of(fact).key))
        return self.frames.draw(
            visit,
            AddPasskeyPage,
            form_page=None,
            error=error,
            account_url=visit.url("account"),
            application_url=visit.redirect_uri if visit.names_redirect_uri else None,
            username=shown_name(visit.pool, present.user),
            passkey=Ceremony(form=self.frames.form(visit, "passkeys/add"), options=json.dumps(options)),
        )

    def submit(self, visit: Visit) -> Response:
        caller = self.frames.caller(visit)
        present, site = self.entering.find_fresh(visit), self.ceremonies.find_site(visit)
        if present is None or site is None:
            return self.entering.prove_again(visit, "passkeys/add")
        try:
            self.passkeys.complete(visit.pool, visit.client, present.user, _credential(), site, caller)
        except Fact as fact:
            return self.show(visit, sentence_of(fact))
        if visit.names_redirect_uri and visit.redirect_uri is not None:
            return self.frames.go(visit, visit.redirect_uri)
        return self.frames.go(visit, visit.url("account"), Progress(notice="notice.passkey_added"))


def _credential() -> dict[str, Any]:
    """What the browser made. Raises ``InvalidParameter`` for what is no JSON object."""
    text = request.form.get("credential", "")
    try:
        found = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidParameter
    return found
