from collections.abc import Sequence
from dataclasses import dataclass

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.factors.destination import CHANNELS
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.secret import Secret
from app.core.messages.model import Notice, NoticeKind
from app.core.messages.ports import Messenger
from app.core.pools.model import Pool
from app.core.sessions.logout import Logouts
from app.core.users.model import User

_MEDIUMS = {"EMAIL": "email", "SMS": "phone_number"}
_ENDING = frozenset({"disable", "delete", "sign_out"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrationRecord:
    """The ``Administration`` that the directory reports to: an audit row for each change, a message for each invitation."""

    audit: AuditLog
    messages: Messenger
    logouts: Logouts | None = None

    def record(self, event: str, user: User) -> None:
        """Where the change ends every session, the clients of those sessions hear of it (Back-Channel Logout 1.0)."""
        if self.logouts is not None and event in _ENDING:
            self.logouts.end_user(user.pool_id, user.sub)
        self.audit.record(AuditEvent(event=f"directory.{event}", outcome="ok", pool_id=user.pool_id, sub=user.sub))

    def invite(self, pool: Pool, user: User, password: Secret, mediums: Sequence[str] = ()) -> None:
        """By the mediums asked for; by mail, or else by text message, where none of them has an address."""
        having = [name for name in _MEDIUMS.values() if user.attributes.get(name)]
        wanted = [_MEDIUMS[medium] for medium in mediums if _MEDIUMS.get(medium) in having]
        if not having:
            raise InvalidParameter("The invitation needs an email or phone_number.")
        for attribute in wanted or having[:1]:
            address = user.attributes[attribute]
            self.messages.send(
                pool,
                Notice(
                    kind=NoticeKind.INVITATION,
                    channel=CHANNELS[attribute],
                    address=address,
                    username=address if pool.settings.username_attributes else user.username,
                    code=password,
                ),
            )
