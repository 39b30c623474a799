"""Who must hear that a session has ended, and how they are told."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from app.core.clients.model import Client
from app.core.kernel.clock import Clock
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.kernel.transactions import Transactions
from app.core.sessions.ended import EndedSessions
from app.core.sessions.model import BrowserSession, Participant
from app.core.sessions.ports import FindClient, NameIssuer, ParticipantStore, Queue
from app.core.sessions.service import SESSION_SECONDS

BACKCHANNEL_LOGOUT = "backchannel_logout"
"""The kind of delivery that is a logout token on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logouts:
    """Which clients took part in a browser session, told once when it ends: by frames in the browser (front channel), by a
    signed token from server to server (back channel).
    """

    store: ParticipantStore
    find_client: FindClient
    issuer: NameIssuer
    queue: Queue
    ended: EndedSessions
    clock: Clock
    transactions: Transactions

    def take_part(self, session: BrowserSession, client: Client) -> None:
        """Remembers the client, where it wants to hear of the end; for as long as its tokens may live on."""
        if not client.extensions.wants_logout:
            return
        lifetime = max(SESSION_SECONDS, client.settings.lifetimes.refresh_token)
        self.store.add(
            Participant(
                pool_id=session.pool_id,
                sid=session.sid,
                sub=session.sub,
                client_id=client.client_id,
                expires_at=self.clock.now() + lifetime,
            )
        )

    def end(self, pool_id: PoolId, sid: str) -> tuple[str, ...]:
        """Tells every client of the session; returns the addresses that the browser must load (Front-Channel Logout 1.0 §3). Codes
        that were given in the session buy nothing from now on.
        """
        self.ended.mark(pool_id, sid)
        frames = []
        with self.transactions.transaction():
            for participant in self.store.take_session(pool_id, sid, now=self.clock.now()):
                client = self._find(participant)
                if client is None:
                    continue
                if client.extensions.backchannel_logout_uri is not None:
                    self._enqueue(client, participant.sub, sid)
                if client.extensions.frontchannel_logout_uri is not None:
                    frames.append(self._frame(client.extensions.frontchannel_logout_uri, pool_id, sid))
        return tuple(frames)

    def end_user(self, pool_id: PoolId, sub: Sub) -> None:
        """Tells every client of every session of the user, over the back channel; joins the open transaction.

        A client that needs no ``sid`` gets one token for all its sessions: without ``sid`` it means all of the user's
        (Back-Channel Logout 1.0 §2.4).
        """
        with self.transactions.transaction():
            told: set[tuple[ClientId, str | None]] = set()
            for participant in self.store.take_user(pool_id, sub, now=self.clock.now()):
                client = self._find(participant)
                if client is None or client.extensions.backchannel_logout_uri is None:
                    continue
                sid = participant.sid if client.extensions.backchannel_logout_session_required else None
                if (client.client_id, sid) not in told:
                    told.add((client.client_id, sid))
                    self._enqueue(client, sub, sid)

    def _find(self, participant: Participant) -> Client | None:
        client = self.find_client(participant.client_id)
        return client if client is not None and client.pool_id == participant.pool_id else None

    def _enqueue(self, client: Client, sub: Sub, sid: str | None) -> None:
        payload = {"pool_id": client.pool_id, "client_id": client.client_id, "sub": sub, "sid": sid}
        self.queue.enqueue(BACKCHANNEL_LOGOUT, json.dumps(payload))

    def _frame(self, uri: str, pool_id: PoolId, sid: str) -> str:
        """Always with ``iss`` and ``sid``, which a client may use to refuse a frame that somebody else made."""
        joint = "&" if "?" in uri else "?"
        return f"{uri}{joint}{urlencode({'iss': self.issuer(pool_id), 'sid': sid})}"
