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

    def invite(self, pool: Pool, user: User, password: Secret) -> None:
        """By text message where there is a phone number and no e-mail address."""
        attribute = next((name for name in ("email", "phone_number") if user.attributes.get(name)), None)
        if attribute is None:
            raise InvalidParameter("The invitation needs an email or phone_number.")
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
