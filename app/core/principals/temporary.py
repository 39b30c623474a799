"""Temporary credentials that need no row: everything they stand for travels sealed in their session token."""

import hmac
import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact, InvalidParameter
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.sealing import Hasher, Sealer, Unsealable
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.principals.key_ids import KeyIds
from app.core.principals.model import Credentials, RoleSession, TemporaryKey
from app.core.principals.ports import CutoffStore

LONGEST_SECONDS = 12 * 3600
"""No role's sessions are longer (IAM: MaxSessionDuration)."""
_KEPT_SECONDS = 2 * LONGEST_SECONDS
_LARGEST_TOKEN = 16 * 1024
_LARGEST_SESSION = 64 * 1024
SCOPES = ("identity", "role", "identity-pool")
_GONE = {"identity": "gone-identity", "identity-pool": "gone-pool"}
"""Under which scopes it stands that they are no more: then no time of issue counts."""


class SessionTokenInvalid(Fact):
    """Forged, altered, of another key, or of another server."""

    message = "The security token included in the request is invalid."


class SessionTokenExpired(Fact):
    message = "The security token included in the request is expired."


class SessionRevoked(SessionTokenExpired):
    """Its identity, role or identity pool was cut off after it was issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryKeys:
    """Issues ``ASIA…`` credentials and opens them again, on any worker, across restarts and master key rotations.

    ``read_cutoffs`` gives ``(scope, name) -> Unix seconds`` of everything that was revoked, at most a quarter of a second old.
    """

    sealer: Sealer
    hasher: Hasher
    clock: Clock
    store: CutoffStore
    read_cutoffs: Callable[[], Mapping[tuple[str, str], int]]
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)

    def issue(self, session: RoleSession) -> Credentials:
        """Credentials for the session, good until its ``expires_at``. STS promises nothing about their length, nor do we."""
        # What is issued in the second of a revocation comes after it.
        session = replace(session, issued_at=max(session.issued_at, self._cut_off_at(session) + 1))
        access_key_id = KeyIds(hasher=self.hasher).issue("ASIA")
        packed = zlib.compress(json.dumps(asdict(session), separators=(",", ":")).encode(), 9)
        token = self.sealer.seal(packed, row=_row(access_key_id))
        return Credentials(
            access_key_id=access_key_id,
            secret=self._secret(access_key_id, token),
            session_token=Secret(token),
            expires_at=session.expires_at,
        )

    def open(self, access_key_id: str, session_token: str) -> TemporaryKey:
        """The key behind a token. Raises ``SessionTokenInvalid``, ``SessionTokenExpired``, ``SessionRevoked``."""
        if len(session_token) > _LARGEST_TOKEN:
            raise SessionTokenInvalid
        try:
            packed = self.sealer.unseal(session_token, row=_row(access_key_id))
        except (Unsealable, UnicodeError) as error:
            raise SessionTokenInvalid from error
        session = _session(packed)
        if self.clock.now() >= session.expires_at:
            raise SessionTokenExpired
        if session.issued_at <= self._cut_off_at(session) or self._is_gone(session):
            raise SessionRevoked
        return TemporaryKey(
            access_key_id=access_key_id, secret=self._secret(access_key_id, session_token), session=session
        )

    def revoke(self, scope: str, name: str) -> None:
        """Ends every session of an identity, a role (by ARN) or an identity pool that was issued until now.

        What is revoked stays revoked until the last of them would have expired. Raises ``InvalidParameter`` for another scope.
        """
        if scope not in SCOPES:
            raise InvalidParameter(f"Sessions are revoked by {', '.join(SCOPES)}.")
        now = self.clock.now()
        # What was issued since an earlier revocation of the same second bears a later one.
        before = max(now, self.read_cutoffs().get((scope, name), -1) + 1)
        with self.transactions.transaction():
            self.store.set(scope, [name], before=before, forget_before=now - _KEPT_SECONDS)
            self.recorder.record("credentials.revoke", "", scope=scope, name=name)

    def end(self, scope: str, names: Sequence[str]) -> None:
        """Ends every session of what is no more and never comes back: identities, identity pools.

        Also those that somebody issues later, who still remembers it. Joins the caller's transaction.
        """
        now = self.clock.now()
        with self.transactions.transaction():
            self.store.set(_GONE[scope], names, before=now, forget_before=now - _KEPT_SECONDS)

    def _is_gone(self, session: RoleSession) -> bool:
        cutoffs = self.read_cutoffs()
        named = zip(_GONE.values(), (session.identity_id, session.identity_pool_id), strict=True)
        return any((scope, name) in cutoffs for scope, name in named if name is not None)

    def cut_off_at(self, *, identity_id: str | None, identity_pool_id: str | None, role_arn: str | None = None) -> int:
        """When what had been issued for any of these was last ended, in Unix seconds; -1 for never."""
        cutoffs = self.read_cutoffs()
        named = zip(SCOPES, (identity_id, role_arn, identity_pool_id), strict=True)
        return max((cutoffs.get((scope, name), -1) for scope, name in named if name is not None), default=-1)

    def _cut_off_at(self, session: RoleSession) -> int:
        return self.cut_off_at(
            identity_id=session.identity_id, identity_pool_id=session.identity_pool_id, role_arn=session.role_arn
        )

    def _secret(self, access_key_id: str, token: str) -> Secret:
        """40 characters, from key id and token alone: nothing to store, and nothing of it is in the token."""
        key = self.hasher.derive("temporary secrets")
        mac = hmac.digest(key, f"{access_key_id}\0{token}".encode(), "sha256")
        return Secret(b64encode(mac).decode()[:40])


def _row(access_key_id: str) -> str:
    return f"session_token:{access_key_id}"


def _session(packed: bytes) -> RoleSession:
    opened = zlib.decompressobj()
    raw = opened.decompress(packed, _LARGEST_SESSION)
    if not opened.eof:
        raise SessionTokenInvalid
    fields = json.loads(raw)
    fields["context"] = {name: tuple(values) for name, values in fields["context"].items()}
    fields["session_policies"] = tuple(fields["session_policies"])
    return RoleSession(**fields)
