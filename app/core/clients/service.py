from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.clients.document import completed
from app.core.clients.extensions import CLIENT_EXTENSIONS, check_frontchannel
from app.core.clients.model import Client, ClientExtensions, ClientSettings
from app.core.clients.ports import ClientStore
from app.core.kernel import extensions as ours
from app.core.kernel.clock import Clock
from app.core.kernel.errors import ClientNotFound, Fact, InvalidParameter
from app.core.kernel.ids import ClientId, PoolId, new_client_id, new_client_secret
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Pool
from app.core.pools.ports import SettingsSchema

_MOST_SECRETS = 2


class SecretLimitExceeded(Fact):
    """Cognito: AddUserPoolClientSecret, LimitExceededException."""

    message = "A user pool client has at most two active secrets."


def _no_scopes(_pool_id: PoolId) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Plain management of app clients. ``read`` is a lookup that may be a quarter of a second old; ``scopes_of`` names the
    scopes of a pool's resource servers.
    """

    store: ClientStore
    read: Callable[[ClientId], Client | None]
    schema: SettingsSchema
    check_branding: ours.BrandingCheck
    clock: Clock
    transactions: Transactions
    scopes_of: Callable[[PoolId], frozenset[str]] = _no_scopes
    recorder: Recorder = field(default_factory=Unrecorded)

    def create(
        self,
        pool: Pool,
        name: str,
        settings: Mapping[str, Any],
        extensions: Mapping[str, Any] | None = None,
        *,
        confidential: bool = False,
        client_id: ClientId | None = None,
        secret: Secret | None = None,
    ) -> Client:
        """A new client; ``settings`` is CreateUserPoolClient's input (Cognito: CreateUserPoolClient). Raises ``InvalidParameter``.

        A confidential one gets a secret, or the one given. ``client_id`` is for imports of existing clients.
        """
        given = {**settings, "UserPoolId": pool.pool_id, "ClientName": name}
        if secret is not None:
            given["ClientSecret"] = secret.reveal()
        self.schema.check("CreateUserPoolClient", given)
        secrets = (secret or Secret(new_client_secret()),) if confidential or secret is not None else ()
        now = self.clock.now()
        client = Client(
            client_id=client_id or new_client_id(),
            pool_id=pool.pool_id,
            name=name,
            settings=ClientSettings.read(self._completed(pool, settings, has_secret=bool(secrets))),
            extensions=ClientExtensions.read(ours.completed(CLIENT_EXTENSIONS, extensions or {}, self.check_branding)),
            secrets=secrets,
            created_at=now,
            updated_at=now,
        )
        check_frontchannel(client.extensions.document, client.settings.callback_urls)
        with self.transactions.transaction():
            self.store.add(client)
            self.recorder.record("client.create", pool.pool_id, client_id=client.client_id)
        return client

    def find(self, client_id: ClientId) -> Client | None:
        """By id alone: that is how a pool is found by its client."""
        return self.read(client_id)

    def get(self, pool_id: PoolId, client_id: ClientId) -> Client:
        """Raises ``ClientNotFound``, also for another pool's client."""
        return _found(self.read(client_id), pool_id, client_id)

    def list_of(self, pool_id: PoolId) -> list[Client]:
        return self.store.list_of(pool_id)

    def update(self, pool: Pool, client_id: ClientId, settings: Mapping[str, Any]) -> Client:
        """Replaces the document; omitted members fall back to defaults (Cognito: UpdateUserPoolClient).

        Raises ``ClientNotFound``, ``InvalidParameter``.
        """
        self.schema.check("UpdateUserPoolClient", {**settings, "UserPoolId": pool.pool_id, "ClientId": client_id})
        with self.transactions.transaction():
            client = _found(self.store.find(client_id), pool.pool_id, client_id)
            document = self._completed(pool, settings, has_secret=not client.is_public)
            client = replace(
                client,
                name=str(settings.get("ClientName", client.name)),
                settings=ClientSettings.read(document),
                updated_at=self.clock.now(),
            )
            self.store.save(client)
            self.recorder.record("client.update", pool.pool_id, client_id=client_id)
        return client

    def set_extension(self, pool_id: PoolId, client_id: ClientId, key: str, value: object | None) -> Client:
        """Sets one setting of ours; None or an empty text restores its default. Raises ``ClientNotFound``, ``ExtensionInvalid``."""
        with self.transactions.transaction():
            client = _found(self.store.find(client_id), pool_id, client_id)
            document = ours.changed(CLIENT_EXTENSIONS, client.extensions.document, key, value, self.check_branding)
            if key == "frontchannel_logout_uri":
                check_frontchannel(document, client.settings.callback_urls)
            client = replace(client, extensions=ClientExtensions.read(document), updated_at=self.clock.now())
            self.store.save(client)
            self.recorder.record("client.set_extension", pool_id, client_id=client_id, setting=key)
        return client

    def add_secret(self, pool_id: PoolId, client_id: ClientId) -> Secret:
        """A second secret beside the first, so that an app can change over without a gap.

        Raises ``ClientNotFound``, ``SecretLimitExceeded``, ``InvalidParameter`` for a public client.
        """
        with self.transactions.transaction():
            client = _found(self.store.find(client_id), pool_id, client_id)
            if client.is_public:
                raise InvalidParameter("A public client has no secret; make a confidential one.")
            if len(client.secrets) >= _MOST_SECRETS:
                raise SecretLimitExceeded
            fresh = Secret(new_client_secret())
            self.store.replace_secrets(pool_id, client_id, (fresh, *client.secrets), at=self.clock.now())
            self.recorder.record("client.add_secret", pool_id, client_id=client_id)
        return fresh

    def remove_secret(self, pool_id: PoolId, client_id: ClientId, secret: Secret | None = None) -> None:
        """Removes the given secret, or the oldest. Raises ``ClientNotFound``, ``InvalidParameter`` for the last one."""
        with self.transactions.transaction():
            client = _found(self.store.find(client_id), pool_id, client_id)
            if len(client.secrets) < _MOST_SECRETS:
                raise InvalidParameter("The last secret of a client cannot be removed.")
            gone = client.secrets[-1] if secret is None else secret
            left = tuple(kept for kept in client.secrets if kept != gone)
            if len(left) == len(client.secrets):
                raise InvalidParameter("The client has no such secret.")
            self.store.replace_secrets(pool_id, client_id, left, at=self.clock.now())
            self.recorder.record("client.remove_secret", pool_id, client_id=client_id)

    def remove(self, pool_id: PoolId, client_id: ClientId) -> None:
        """Raises ``ClientNotFound``."""
        with self.transactions.transaction():
            _found(self.store.find(client_id), pool_id, client_id)
            self.store.remove(pool_id, client_id)
            self.recorder.record("client.remove", pool_id, client_id=client_id)

    def _completed(self, pool: Pool, settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
        return completed(settings, pool.settings, has_secret=has_secret, custom_scopes=self.scopes_of(pool.pool_id))


def _found(client: Client | None, pool_id: PoolId, client_id: ClientId) -> Client:
    if client is None or client.pool_id != pool_id:
        raise ClientNotFound(f"User pool client {client_id} does not exist.")
    return client
