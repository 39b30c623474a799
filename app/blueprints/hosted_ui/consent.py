"""The consent page: may this application have what it asks for? The authorize endpoint asks, and answers the client."""

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

from flask import Response, request

from app.blueprints.hosted_ui.entering import SESSION_COOKIE
from app.blueprints.hosted_ui.errors import Sentence
from app.blueprints.hosted_ui.forms import shown_name
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.visit import Visit
from app.core.kernel.secret import Secret
from app.core.sessions.consent import Consents
from app.core.sessions.model import ConsentQuestion
from app.core.sessions.service import Sessions
from app.core.sessions.suffices import Suffices
from app.web.context_parts import Permission
from app.web.contexts import ConsentPage

_Kind = Literal["openid", "email", "phone", "profile", "account", "other"]
_KINDS: dict[str, _Kind] = {
    "openid": "openid",
    "email": "email",
    "phone": "phone",
    "profile": "profile",
    "aws.cognito.signin.user.admin": "account",
}
_HANDLE = "consent"
_LONGEST_HANDLE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPages:
    """``/consent``. A question that is not open for this browser's session leads back to the authorize request, which asks anew
    where it must: nothing here sends anybody to a client.
    """

    frames: Frames
    sessions: Sessions
    consents: Consents

    def show(self, visit: Visit, error: Sentence | None = None) -> Response:
        found = self._find(visit)
        return self._begin_again(visit) if found is None else self._draw(visit, *found, error)

    def submit(self, visit: Visit) -> Response:
        self.frames.caller(visit)
        found, action = self._find(visit), request.form.get("action")
        if found is None:
            return self._begin_again(visit)
        if action not in {"approve", "deny"}:
            return self._draw(visit, *found)
        signed_in, _, handle = found
        client_id = visit.client.client_id
        if not self.consents.answer(signed_in.session, client_id, handle, approved=action == "approve"):
            return self._begin_again(visit)
        return self.frames.go(visit, visit.url("oauth2/authorize"))

    def _find(self, visit: Visit) -> tuple[Suffices, ConsentQuestion, Secret] | None:
        """Who is asked, and what; None where this browser's session was not."""
        pool_id = visit.pool.pool_id
        cookie, named = self.frames.cookies.find(request, SESSION_COOKIE, pool_id), request.args.get(_HANDLE, "")
        signed_in = self.sessions.find_signed_in(pool_id, None if cookie is None else Secret(cookie))
        if signed_in is None or not named or len(named) > _LONGEST_HANDLE:
            return None
        handle = Secret(named)
        question = self.consents.find_question(signed_in.session, visit.client.client_id, handle)
        return None if question is None else (signed_in, question, handle)

    def _draw(
        self, visit: Visit, signed_in: Suffices, question: ConsentQuestion, _: Secret, error: Sentence | None = None
    ) -> Response:
        return self.frames.draw(
            visit,
            ConsentPage,
            form_page="consent",
            error=error,
            username=shown_name(visit.pool, signed_in.user),
            permissions=_permissions(question),
            switch_url=_without_question(visit).url("login"),
        )

    def _begin_again(self, visit: Visit) -> Response:
        return self.frames.go(visit, _without_question(visit).url("oauth2/authorize"))


def _permissions(question: ConsentQuestion) -> tuple[Permission, ...]:
    """The scopes in words, and the API that they are meant for."""
    asked = [Permission(kind=_KINDS.get(scope, "other"), scope=scope) for scope in question.scope]
    if question.resource is not None:
        asked.append(Permission(kind="other", scope=question.resource))
    return tuple(asked)


def _without_question(visit: Visit) -> Visit:
    kept = [(name, value) for name, value in parse_qsl(visit.query, keep_blank_values=True) if name != _HANDLE]
    return replace(visit, query=urlencode(kept, quote_via=quote))
