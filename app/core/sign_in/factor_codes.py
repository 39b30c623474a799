"""Codes that are sent in the middle of a sign-in. They live and die with the attempt, which counts the wrong ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.attempts.model import Attempt
from app.core.clients.model import Client
from app.core.factors.destination import CHANNELS, Destination, destination_as_typed, destination_of
from app.core.kernel.caller import Caller
from app.core.kernel.ids import new_numeric_code
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.messages.model import Notice, NoticeKind
from app.core.messages.ports import Messenger
from app.core.pools.model import Pool
from app.core.users.model import User


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorCodes:
    hasher: Hasher
    messages: Messenger

    def send(
        self, pool: Pool, client: Client, user: User, attribute: str, caller: Caller
    ) -> tuple[Destination, Mapping[str, str]]:
        """At once, to a user who has proven a password already; what the attempt keeps. Raises ``CodeDeliveryFailed``."""
        code = Secret(new_numeric_code())
        self.messages.send(pool, self._notice(client, user, attribute, code, caller))
        return destination_of(attribute, user.attributes[attribute]), self._kept(code, attribute, user)

    def queue(  # noqa: PLR0917 - as ``send``, and the name as typed
        self, pool: Pool, client: Client, user: User | None, attribute: str, caller: Caller, typed: str
    ) -> tuple[Destination, Mapping[str, str]]:
        """To whoever claims to be somebody: answered alike and in the same time whether there is such a user."""
        code = Secret(new_numeric_code())
        shown = destination_as_typed(typed, (attribute,))
        if user is None or not user.attributes.get(attribute):
            self.messages.queue_nothing(pool)
            return shown, self._kept(code, attribute, None)
        self.messages.queue(pool, self._notice(client, user, attribute, code, caller))
        return shown, self._kept(code, attribute, user)

    def fits(self, attempt: Attempt, code: Secret) -> bool:
        """Whether this is the code of this attempt."""
        typed = "".join(code.reveal()[:32].split())
        return self.hasher.matches("factor code", typed, attempt.data.get("code", ""))

    def proves(self, attempt: Attempt, user: User) -> str | None:
        """The attribute that a right code proves; None where the address is another by now."""
        attribute = attempt.data["attribute"]
        address = self.hasher.digest("address of a factor code", user.attributes.get(attribute, ""))
        return attribute if address == attempt.data["address"] else None

    def _kept(self, code: Secret, attribute: str, user: User | None) -> Mapping[str, str]:
        address = user.attributes[attribute] if user else ""
        return {
            "code": self.hasher.digest("factor code", code.reveal()),
            "attribute": attribute,
            "address": self.hasher.digest("address of a factor code", address),
        }

    def _notice(self, client: Client, user: User, attribute: str, code: Secret, caller: Caller) -> Notice:
        return Notice(
            kind=NoticeKind.AUTHENTICATION,
            channel=CHANNELS[attribute],
            address=user.attributes[attribute],
            username=user.username,
            code=code,
            client_id=client.client_id,
            language=caller.language,
        )
