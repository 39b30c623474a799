"""What stands between an authorize request and its answer: a sign-in, a consent (OpenID Connect Core §3.1.2.1, §3.1.2.4)."""

import hmac
import json
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote, urlencode

from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.asked_again import carries_hint, find_hint
from app.blueprints.oauth2.errors import not_stored_redirect, refusal
from app.blueprints.oauth2.parameters import Parameters
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.resource import read_resource
from app.core.kernel.secret import Secret
from app.core.sessions.consent import agreement
from app.core.sessions.suffices import (
    PROMPTS,
    AuthorizeRequest,
    ConsentDenied,
    ConsentRequired,
    Hinted,
    LoginRequired,
    Suffices,
    WrongAccount,
    choose_max_age,
    consented,
    suffices,
)

if TYPE_CHECKING:
    from app.blueprints.oauth2.surroundings import Surroundings

ASKED = "asked"
"""The parameter that remembers, on the way to the sign-in page and back, when this request asked for a fresh sign-in."""

CONSENT = "consent"
"""The parameter that names the question put to this person, on the way to the consent page and back."""

_ASKED_SECONDS = 900
_OF_THIS_REQUEST = ("response_type", "redirect_uri", "state", "nonce", "code_challenge")
_LONGEST_HANDLE = 64


class Interaction:
    """Settles who the answer is for. ``prompt=none`` never shows a page: what is missing is the error then."""

    def __init__(self, surroundings: "Surroundings") -> None:
        self._surroundings = surroundings

    def settle(
        self, payload: Parameters, record: ClientRecord, scope: tuple[str, ...], redirect_uri: str
    ) -> Suffices | Response:
        """The session that the answer may be given for, or the way to the page that is needed first.

        From then on the client takes part in the session. Raises ``OAuth2Error``.
        """
        demands = self._demands(payload, record)
        outcome = self._sufficient_session(record, demands)
        match outcome:
            case LoginRequired(silent=True):
                raise refusal(
                    "login_required", "Nobody is signed in, or not recently enough, or not who was asked for."
                )
            case LoginRequired():
                return self._to_sign_in(payload, record, demands)
            case WrongAccount():
                raise refusal("login_required", "Somebody else than the id_token_hint names has signed in.")
            case Suffices():
                return self._ask_consent(payload, record, scope, redirect_uri, demands, outcome)
            case _:
                assert_never(outcome)

    def _ask_consent(  # noqa: PLR0917 - the request and what is known of it
        self,
        payload: Parameters,
        record: ClientRecord,
        scope: tuple[str, ...],
        redirect_uri: str,
        demands: AuthorizeRequest,
        outcome: Suffices,
    ) -> Suffices | Response:
        consents, client, session = self._surroundings.consents, record.client, outcome.session
        handle, resource = payload.data.get(CONSENT), read_resource(payload)
        answer = None
        if handle is not None and len(handle) <= _LONGEST_HANDLE:
            answer = consents.take_answer(session, client.client_id, scope, resource, redirect_uri, Secret(handle))
        asks = client.extensions.require_consent
        granted: frozenset[str] = frozenset()
        if asks and answer is None:
            granted = consents.find_granted(record.pool.pool_id, session.sub, client.client_id)
        missing = consented(demands, agreement(scope, resource), asks=asks, granted=granted, answer=answer)
        match missing:
            case None:
                self._surroundings.logouts.take_part(session, client)
                return outcome
            case ConsentDenied():
                raise refusal("access_denied", "The person did not allow the request.")
            case ConsentRequired(silent=True):
                raise refusal("consent_required", "The person has not agreed to what the client asks for.")
            case ConsentRequired():
                question = consents.ask(session, client.client_id, scope, resource, redirect_uri)
                return _to_page("consent", (CONSENT, question.reveal()))
            case _:
                assert_never(missing)

    def _sufficient_session(
        self, record: ClientRecord, demands: AuthorizeRequest
    ) -> Suffices | LoginRequired | WrongAccount:
        pool_id = record.pool.pool_id
        handle = self._surroundings.session_handle(pool_id)
        found = None if handle is None else self._surroundings.sessions.find_with_user(pool_id, handle)
        session, user = found or (None, None)
        if session is not None and demands.hint is not None:
            known_as = self._surroundings.tokens.subject_for(record.client, session.sub)
            if demands.hint.sub == known_as:
                demands = replace(demands, hint=Hinted(sub=session.sub))
        return suffices(session, user, demands, self._surroundings.clock.now())

    def _demands(self, payload: Parameters, record: ClientRecord) -> AuthorizeRequest:
        prompt = frozenset(payload.data.get("prompt", "").split())
        if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
            raise refusal("invalid_request", "The prompt is unknown, or none stands beside another.")
        max_age = payload.data.get("max_age")
        if max_age is not None and not (max_age.isascii() and max_age.isdecimal() and len(max_age) <= 10):
            raise refusal("invalid_request", "max_age must be a whole number of seconds.")
        return AuthorizeRequest(
            prompt=prompt,
            max_age=choose_max_age(record.pool, record.client, None if max_age is None else int(max_age)),
            asked_at=self._asked_at(payload, record),
            hint=self._hinted(payload, record),
        )

    def _hinted(self, payload: Parameters, record: ClientRecord) -> Hinted | None:
        """A hint counts where it is this pool's token for this client; any other names nobody."""
        if not carries_hint(payload):
            return None
        hint = find_hint(self._surroundings, payload, once=False)
        if hint is None or (hint.pool_id, hint.client_id) != (record.pool.pool_id, record.client.client_id):
            return Hinted(sub=None)
        return Hinted(sub=hint.sub)

    def _asked_at(self, payload: Parameters, record: ClientRecord) -> int | None:
        asked = payload.data.get(ASKED, "")
        moment, _, proof = asked.partition(".")
        if not (moment.isascii() and moment.isdecimal() and len(moment) <= 12 and proof.isascii()):
            return None
        if not hmac.compare_digest(self._asked(int(moment), payload, record), asked):
            return None
        return int(moment) if self._surroundings.clock.now() - int(moment) <= _ASKED_SECONDS else None

    def _asked(self, moment: int, payload: Parameters, record: ClientRecord) -> str:
        """The moment with a keyed hash over it and this very request: it says nothing for another request of the client."""
        about = [record.client.client_id, str(moment), *(payload.data.get(name, "") for name in _OF_THIS_REQUEST)]
        return f"{moment}.{self._surroundings.hasher.digest(ASKED, json.dumps(about))}"

    def _to_sign_in(self, payload: Parameters, record: ClientRecord, demands: AuthorizeRequest) -> Response:
        if not demands.asks_anew:
            return _to_page("login")
        return _to_page("login", (ASKED, self._asked(self._surroundings.clock.now(), payload, record)))


def _to_page(page: str, *further: tuple[str, str]) -> Response:
    """To a page of ours with the same query; what an earlier page answered stays, a parameter of ours is replaced."""
    names = {CONSENT, *(name for name, _ in further)}
    pairs = [(name, value) for name, value in flask_request.args.items(multi=True) if name not in names]
    return not_stored_redirect(f"/{page}?{urlencode([*pairs, *further], quote_via=quote)}")
