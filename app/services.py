"""The rooms that a blueprint may call, in one typed object. ``factory.py`` fills it; nothing else makes one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.core.audit.ports import AuditLog
from app.core.clients.service import Clients
from app.core.groups.service import Groups
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.keys.service import Keys
from app.core.messages.service import Messages
from app.core.pools.model import Pool
from app.core.pools.service import Pools
from app.core.sessions.service import Sessions
from app.core.tokens.service import Tokens
from app.core.users.model import User


class UserDirectory(Protocol):
    """ROOM directory: the part of ``core.users.service.Directory`` that commands use; gives way to the room itself."""

    def create(
        self,
        pool: Pool,
        username: str,
        attributes: Mapping[str, str],
        *,
        temporary_password: Secret | None = None,
        permanent_password: Secret | None = None,
        send_invitation: bool = False,
    ) -> User: ...

    def set_password(self, pool: Pool, username: str, password: Secret, *, permanent: bool) -> object: ...

    def find(self, pool: Pool, username: str) -> User | None: ...

    def enable(self, pool: Pool, username: str) -> object: ...

    def disable(self, pool: Pool, username: str) -> object: ...

    def confirm(self, pool: Pool, username: str) -> object: ...

    def delete(self, pool: Pool, username: str) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One field a room. ``clock``, ``hasher`` and ``ephemeral`` are here for what the web side seals and counts itself."""

    clock: Clock
    hasher: Hasher
    ephemeral: Ephemeral
    audit: AuditLog
    pools: Pools
    clients: Clients
    groups: Groups
    keys: Keys
    sessions: Sessions
    tokens: Tokens
    messages: Messages
    users: UserDirectory | None = None
    # ROOM directory: users: Directory; sign_in: SignIn; sign_up: SignUp; recovery: Recovery; account: Account
