import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.principals.key_ids import KeyIds
from app.core.principals.model import AccessKey
from app.core.principals.policy import read_policy
from app.core.principals.ports import AccessKeyStore

_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


class AccessKeyNotFound(Fact):
    message = "The access key does not exist."


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKeys:
    """The keys that sign administrators' requests. ``read`` may be a quarter of a second old; ``root`` is the one of the settings."""

    store: AccessKeyStore
    read: Callable[[str], AccessKey | None]
    hasher: Hasher
    clock: Clock
    transactions: Transactions
    root: AccessKey | None = None
    recorder: Recorder = field(default_factory=Unrecorded)

    def create(self, account_id: str, name: str, policy: str | Mapping[str, Any] | None = None) -> AccessKey:
        """A new key; nobody but the caller is ever shown its secret. Raises ``MalformedPolicy`` for a policy that is none."""
        document = None if policy is None else read_policy(policy)
        key = AccessKey(
            access_key_id=KeyIds(hasher=self.hasher).issue("AKIA"),
            account_id=account_id,
            name=name,
            secret=Secret("".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40))),
            policy=document,
            created_at=self.clock.now(),
        )
        with self.transactions.transaction():
            self.store.add(key)
            self.recorder.record("access_key.create", "", access_key_id=key.access_key_id)
        return key

    def find(self, access_key_id: str) -> AccessKey | None:
        """The key of this id, the settings' own among them."""
        if self.root is not None and access_key_id == self.root.access_key_id:
            return self.root
        return self.read(access_key_id)

    def was_issued(self, access_key_id: str) -> bool:
        """Whether this server made the id, even if the key is gone: the id's end is a keyed mark over its beginning.

        A removed key is never mistaken for a stranger's, and a stranger's (AWS's own look the same) never for a removed one.
        """
        if self.find(access_key_id) is not None:
            return True
        return KeyIds(hasher=self.hasher).was_issued(access_key_id)

    def list_all(self) -> list[AccessKey]:
        """Those that were issued, oldest first."""
        return self.store.list_all()

    def remove(self, access_key_id: str) -> None:
        """Raises ``AccessKeyNotFound``."""
        with self.transactions.transaction():
            if not self.store.remove(access_key_id):
                raise AccessKeyNotFound
            self.recorder.record("access_key.remove", "", access_key_id=access_key_id)
