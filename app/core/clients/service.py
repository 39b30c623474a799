from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.clients.document import completed
from app.core.clients.extensions import CLIENT_EXTENSIONS, check_frontchannel
from app.core.clients.model import Client, ClientExtensions, ClientName, ClientSettings, SecretName
from app.core.clients.ports import ClientStore
from app.core.kernel import extensions as ours
from app.core.kernel.clock import Clock
from app.core.kernel.errors import ClientNotFound, Fact, InvalidParameter, QuotaExceeded
from app.core.kernel.ids import ClientId, PoolId, new_client_id, new_client_secret
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.pools.errors import FeatureUnavailableInTier
from app.core.pools.model import Pool
from app.core.pools.ports import SettingsSchema

_MOST_SECRETS = 2


_MOST_CLIENTS = 10_000
"""Of one pool (Cognito: quotas)."""


class SecretLimitExceeded(QuotaExceeded):
    """Cognito: AddUserPoolClientSecret, LimitExceededException."""

    message = "A user pool client has at most two active secrets."


class SecretNotFound(Fact):
    """Cognito: ResourceNotFoundException."""

    message = "The client has no such secret."


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
    most_clients: int = _MOST_CLIENTS

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
            if self.store.count(pool.pool_id) >= self.most_clients:
                raise QuotaExceeded(f"A user pool has at most {self.most_clients} clients.")
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

    def list_page(self, pool_id: PoolId, *, after: str = "", limit: int) -> list[ClientName]:
        """By id, those behind ``after`` (Cognito: ListUserPoolClients)."""
        return self.store.page(pool_id, after=after, limit=limit)

    def update(self, pool: Pool, client_id: ClientId, settings: Mapping[str, Any]) -> Client:
        """Replaces the document; omitted members fall back to defaults (Cognito: UpdateUserPoolClient).

        Raises ``ClientNotFound``, ``InvalidParameter``.
        """
        self.schema.check("UpdateUserPoolClient", {**settings, "UserPoolId": pool.pool_id, "ClientId": client_id})
        with self.transactions.transaction():
            client = _found(self.store.find_to_change(client_id), pool.pool_id, client_id)
            document = self._completed(pool, settings, has_secret=not client.is_public)
            if "SSOSession" in client.settings.document:
                document["SSOSession"] = client.settings.document["SSOSession"]
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
            client = _found(self.store.find_to_change(client_id), pool_id, client_id)
            document = ours.changed(CLIENT_EXTENSIONS, client.extensions.document, key, value, self.check_branding)
            if key == "frontchannel_logout_uri":
                check_frontchannel(document, client.settings.callback_urls)
            client = replace(client, extensions=ClientExtensions.read(document), updated_at=self.clock.now())
            self.store.save(client)
            self.recorder.record("client.set_extension", pool_id, client_id=client_id, setting=key)
        return client

    def set_session_minutes(self, pool: Pool, client_id: ClientId, minutes: int) -> Client:
        """For how long a browser's session may be reused without asking (Cognito: SetUserPoolClientSessionConfiguration).

        Raises ``ClientNotFound``, ``InvalidParameter`` unless the pool tracks sessions, ``FeatureUnavailableInTier``.
        """
        given = {"UserPoolId": pool.pool_id, "ClientId": client_id, "SSOSession": {"MaxValidityMinutes": minutes}}
        self.schema.check("SetUserPoolClientSessionConfiguration", given)
        if pool.settings.document.get("UserPoolTier") == "LITE":
            raise FeatureUnavailableInTier("Session tracking")
        if not pool.settings.sessions.tracked:
            raise InvalidParameter("Session tracking must be enabled for the user pool.")
        with self.transactions.transaction():
            client = _found(self.store.find_to_change(client_id), pool.pool_id, client_id)
            document = {**client.settings.document, "SSOSession": given["SSOSession"]}
            client = replace(client, settings=ClientSettings.read(document), updated_at=self.clock.now())
            self.store.save(client)
            self.recorder.record("client.set_sessions", pool.pool_id, client_id=client_id)
        return client

    def list_secrets(self, pool_id: PoolId, client_id: ClientId) -> list[SecretName]:
        """Names and dates, newest first; never the values. Raises ``ClientNotFound``."""
        _found(self.store.find(client_id), pool_id, client_id)
        return self.store.list_secrets(client_id)

    def issue_secret(
        self, pool_id: PoolId, client_id: ClientId, given: Secret | None = None
    ) -> tuple[SecretName, Secret]:
        """A second secret beside the first, so that an app can change over without a gap (Cognito: AddUserPoolClientSecret).

        Raises ``ClientNotFound``, ``SecretLimitExceeded``, ``InvalidParameter`` for a public client or a secret it has.
        """
        members = {} if given is None else {"ClientSecret": given.reveal()}
        self.schema.check("AddUserPoolClientSecret", {"UserPoolId": pool_id, "ClientId": client_id, **members})
        with self.transactions.transaction():
            client = _found(self.store.find_to_change(client_id), pool_id, client_id)
            if client.is_public:
                raise InvalidParameter("A public client has no secret; make a confidential one.")
            if len(client.secrets) >= _MOST_SECRETS:
                raise SecretLimitExceeded
            fresh = given or Secret(new_client_secret())
            if client.accepts_secret(fresh):
                raise InvalidParameter("The client has this secret already.")
            self.store.replace_secrets(pool_id, client_id, (fresh, *client.secrets), at=self.clock.now())
            self.recorder.record("client.add_secret", pool_id, client_id=client_id)
            return self.store.list_secrets(client_id)[0], fresh

    def add_secret(self, pool_id: PoolId, client_id: ClientId) -> Secret:
        """``issue_secret`` for who needs its value only."""
        return self.issue_secret(pool_id, client_id)[1]

    def remove_secret(self, pool_id: PoolId, client_id: ClientId, secret_id: str | None = None) -> None:
        """Removes the secret so named, or the oldest (Cognito: DeleteUserPoolClientSecret).

        Raises ``ClientNotFound``, ``SecretNotFound``, ``InvalidParameter`` for the last one.
        """
        with self.transactions.transaction():
            client = _found(self.store.find_to_change(client_id), pool_id, client_id)
            names = [name.secret_id for name in self.store.list_secrets(client_id)]
            gone = secret_id if secret_id is not None or not names else names[-1]
            if names and gone not in names:
                raise SecretNotFound
            if len(names) < _MOST_SECRETS:
                raise InvalidParameter("The last secret of a client cannot be removed.")
            left = tuple(kept for kept, name in zip(client.secrets, names, strict=True) if name != gone)
            self.store.replace_secrets(pool_id, client_id, left, at=self.clock.now())
            self.recorder.record("client.remove_secret", pool_id, client_id=client_id)

    def remove(self, pool_id: PoolId, client_id: ClientId) -> None:
        """Raises ``ClientNotFound``."""
        with self.transactions.transaction():
            _found(self.store.find_to_change(client_id), pool_id, client_id)
            self.store.remove(pool_id, client_id)
            self.recorder.record("client.remove", pool_id, client_id=client_id)

    def _completed(self, pool: Pool, settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
        return completed(settings, pool.settings, has_secret=has_secret, custom_scopes=self.scopes_of(pool.pool_id))


def _found(client: Client | None, pool_id: PoolId, client_id: ClientId) -> Client:
    if client is None or client.pool_id != pool_id:
        raise ClientNotFound(f"User pool client {client_id} does not exist.")
    return client
