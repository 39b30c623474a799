"""Consent: what a person has agreed to, and the question while it is open."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.ids import ClientId, PoolId, Sub, new_handle
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.sessions.model import BrowserSession, ConsentQuestion
from app.core.sessions.ports import ConsentStore

QUESTION_SECONDS = 900

_KIND = "consent"


def agreement(scope: tuple[str, ...], resource: str | None) -> tuple[str, ...]:
    """What is remembered of a yes. A scope for one API (RFC 8707) is another thing than the same scope for another, or for any;
    the space is in no scope's name.
    """
    if resource is None:
        return scope
    return tuple(f"resource {sha256(f'{resource} {name}'.encode()).hexdigest()}" for name in scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """A question is asked once, answered once, and its answer serves once: for the browser session it was put to, for the client,
    scopes, resource and redirect URI it named. So no second form, tab or person can turn one answer into another's.
    """

    store: ConsentStore
    ephemeral: Ephemeral
    hasher: Hasher
    clock: Clock

    def find_granted(self, pool_id: PoolId, sub: Sub, client_id: ClientId) -> frozenset[str]:
        """What the person has agreed to for this client, at any time, in the words of ``agreement``."""
        return self.store.find_scopes(pool_id, sub, client_id)

    def ask(  # noqa: PLR0917 - what the answer will be bound to
        self,
        session: BrowserSession,
        client_id: ClientId,
        scope: tuple[str, ...],
        resource: str | None,
        redirect_uri: str,
    ) -> Secret:
        """Opens a question and returns its handle; nobody can answer it without this session."""
        handle = Secret(new_handle())
        question = {
            "sid": session.sid,
            "client_id": client_id,
            "scope": list(scope),
            "resource": resource,
            "redirect_uri": redirect_uri,
            "answer": None,
        }
        expires_at = self.clock.now() + QUESTION_SECONDS
        self.ephemeral.put(_KIND, self._key(session, handle), json.dumps(question), expires_at=expires_at)
        return handle

    def find_question(self, session: BrowserSession, client_id: ClientId, handle: Secret) -> ConsentQuestion | None:
        """The question while it is unanswered; None for another session's or client's."""
        found = self._find(session, client_id, handle)
        if found is None:
            return None
        return ConsentQuestion(scope=tuple(found[1]["scope"]), resource=found[1]["resource"])

    def answer(self, session: BrowserSession, client_id: ClientId, handle: Secret, *, approved: bool) -> bool:
        """Records the answer; an approval is remembered. False, and nothing is recorded, where the question is not open:
        of two answers the first counts.
        """
        found = self._find(session, client_id, handle)
        if found is None:
            return False
        stored, question = found
        answered = json.dumps({**question, "answer": approved})
        expires_at = self.clock.now() + QUESTION_SECONDS
        key = self._key(session, handle)
        if not self.ephemeral.swap(_KIND, key, old=stored, new=answered, expires_at=expires_at):
            return False
        if approved:
            agreed, now = agreement(tuple(question["scope"]), question["resource"]), self.clock.now()
            self.store.add_scopes(session.pool_id, session.sub, client_id, agreed, at=now)
        return True

    def take_answer(  # noqa: PLR0917 - what the answer is bound to
        self,
        session: BrowserSession,
        client_id: ClientId,
        scope: tuple[str, ...],
        resource: str | None,
        redirect_uri: str,
        handle: Secret,
    ) -> bool | None:
        """What the person answered to exactly this request, once; None where there is no such answer."""
        key = self._key(session, handle)
        stored = self.ephemeral.find(_KIND, key)
        if stored is None or json.loads(stored)["answer"] is None:
            return None
        taken = self.ephemeral.take(_KIND, key)
        if taken is None:
            return None
        question = json.loads(taken)
        about = (question["scope"], question["resource"], question["redirect_uri"])
        if (question["sid"], question["client_id"], *about) != (
            session.sid,
            client_id,
            list(scope),
            resource,
            redirect_uri,
        ):
            return None
        return bool(question["answer"])

    def _find(self, session: BrowserSession, client_id: ClientId, handle: Secret) -> tuple[str, dict[str, Any]] | None:
        stored = self.ephemeral.find(_KIND, self._key(session, handle))
        if stored is None:
            return None
        question = json.loads(stored)
        if question["answer"] is not None or (question["sid"], question["client_id"]) != (session.sid, client_id):
            return None
        return stored, question

    def _key(self, session: BrowserSession, handle: Secret) -> str:
        return f"{session.pool_id}:{self.hasher.digest(_KIND, handle.reveal())}"
