"""Identity providers that roles and identity pools trust: OpenID Connect issuers and SAML metadata, named by ARN."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4
from xml.parsers.expat import ExpatError, ParserCreate

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact, InvalidParameter, QuotaExceeded
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.principals.model import OidcProvider, SamlProvider
from app.core.principals.ports import OidcProviderStore, SamlProviderStore
from app.core.principals.roles import checked_tags, merged_tags

_MOST_PROVIDERS = 100
_MOST_CLIENT_IDS = 100
_MOST_THUMBPRINTS = 5
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?", re.ASCII)
_NO_ISSUER, _NO_SAML = "OpenIDConnect Provider not found for arn", "SAML Provider not found for arn"
Provider = TypeVar("Provider", OidcProvider, SamlProvider)
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_ENTITY = f"{_METADATA} EntityDescriptor"
_DATED = frozenset({_ENTITY, f"{_METADATA} EntitiesDescriptor", f"{_METADATA} IDPSSODescriptor"})
_DEEPEST = 100
"""Elements within elements: less than any parser of assertions gives up at, so that what is saved can be read."""


class ProviderNotFound(Fact):
    message = "The identity provider does not exist."


class ProviderExists(Fact):
    message = "A provider of this name exists."


def arn_of_oidc(account_id: str, url: str) -> str:
    """The ARN that a provider of this URL has (IAM: CreateOpenIDConnectProvider)."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{url.partition('://')[2].rstrip('/')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProviders:
    """Issuers that are trusted, each with its audiences. ``read`` finds by ARN, at most a quarter of a second old."""

    store: OidcProviderStore
    read: Callable[[str], OidcProvider | None]
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)

    def create(
        self,
        account_id: str,
        url: str,
        *,
        client_ids: Sequence[str] = (),
        thumbprints: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> OidcProvider:
        """A new provider. Raises ``InvalidParameter``, ``ProviderExists``, ``QuotaExceeded`` (IAM: CreateOpenIDConnectProvider)."""
        _check_url(url)
        _check_lists(client_ids, thumbprints)
        provider = OidcProvider(
            arn=arn_of_oidc(account_id, url),
            account_id=account_id,
            url=url.rstrip("/"),
            client_ids=tuple(dict.fromkeys(client_ids)),
            thumbprints=tuple(thumbprints),
            tags=checked_tags(tags or {}),
            created_at=self.clock.now(),
        )
        with self.transactions.transaction():
            if len(self.store.list_of(account_id)) >= _MOST_PROVIDERS:
                raise QuotaExceeded(f"Cannot exceed quota for OpenIdConnectProvidersPerAccount: {_MOST_PROVIDERS}")
            self.store.add(provider)
            self.recorder.record("oidc_provider.create", "", provider=provider.arn)
        return provider

    def find(self, arn: str) -> OidcProvider | None:
        return self.read(arn)

    def find_by_issuer(self, account_id: str, issuer: str) -> OidcProvider | None:
        """The account's provider whose URL is exactly this issuer."""
        found = self.read(arn_of_oidc(account_id, issuer))
        return found if found is not None and found.url == issuer.rstrip("/") else None

    def get(self, account_id: str, arn: str) -> OidcProvider:
        """Raises ``ProviderNotFound``, also for another account's."""
        return _found(self.store.find(arn), account_id, _NO_ISSUER, arn)

    def list_of(self, account_id: str) -> list[OidcProvider]:
        """By ARN."""
        return self.store.list_of(account_id)

    def add_client_id(self, account_id: str, arn: str, client_id: str) -> None:
        """One audience more; one that is there already stays (IAM: AddClientIDToOpenIDConnectProvider)."""
        self._change(account_id, arn, lambda found: replace(found, client_ids=_with(found.client_ids, client_id)))

    def remove_client_id(self, account_id: str, arn: str, client_id: str) -> None:
        """One audience less; one that is not there is no error (IAM: RemoveClientIDFromOpenIDConnectProvider)."""
        self._change(
            account_id,
            arn,
            lambda found: replace(found, client_ids=tuple(kept for kept in found.client_ids if kept != client_id)),
        )

    def update_thumbprints(self, account_id: str, arn: str, thumbprints: Sequence[str]) -> None:
        """Others in place of those there are (IAM: UpdateOpenIDConnectProviderThumbprint). They are kept, never compared."""
        self._change(account_id, arn, lambda found: replace(found, thumbprints=tuple(thumbprints)))

    def tag(self, account_id: str, arn: str, tags: Mapping[str, str]) -> None:
        self._change(account_id, arn, lambda found: replace(found, tags=merged_tags(found.tags, tags)))

    def untag(self, account_id: str, arn: str, keys: set[str]) -> None:
        self._change(account_id, arn, lambda found: replace(found, tags=_without(found.tags, keys)))

    def remove(self, account_id: str, arn: str) -> None:
        """Gone, and no error where it was gone before, as in IAM (DeleteOpenIDConnectProvider is idempotent)."""
        with self.transactions.transaction():
            found = self.store.find(arn)
            if found is None or found.account_id != account_id:
                return
            self.store.remove(arn)
            self.recorder.record("oidc_provider.delete", "", provider=arn)

    def _change(self, account_id: str, arn: str, change: Callable[[OidcProvider], OidcProvider]) -> None:
        with self.transactions.transaction():
            changed = change(_found(self.store.find_to_change(arn), account_id, _NO_ISSUER, arn))
            _check_lists(changed.client_ids, changed.thumbprints)
            self.store.save(changed)
            self.recorder.record("oidc_provider.update", "", provider=arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlProviders:
    """SAML identity providers by their metadata. ``read`` finds by ARN, at most a quarter of a second old."""

    store: SamlProviderStore
    read: Callable[[str], SamlProvider | None]
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)

    def create(
        self, account_id: str, name: str, metadata: str, *, tags: Mapping[str, str] | None = None
    ) -> SamlProvider:
        """A new provider (IAM: CreateSAMLProvider). Raises ``InvalidParameter``, ``ProviderExists``, ``QuotaExceeded``."""
        check_metadata(metadata)
        provider = SamlProvider(
            arn=f"arn:aws:iam::{account_id}:saml-provider/{name}",
            account_id=account_id,
            name=name,
            provider_id=str(uuid4()),
            metadata=metadata,
            tags=checked_tags(tags or {}),
            created_at=self.clock.now(),
        )
        with self.transactions.transaction():
            if len(self.store.list_of(account_id)) >= _MOST_PROVIDERS:
                raise QuotaExceeded(f"Cannot exceed quota for SAMLProvidersPerAccount: {_MOST_PROVIDERS}")
            self.store.add(provider)
            self.recorder.record("saml_provider.create", "", provider=provider.arn)
        return provider

    def find(self, arn: str) -> SamlProvider | None:
        return self.read(arn)

    def get(self, account_id: str, arn: str) -> SamlProvider:
        """Raises ``ProviderNotFound``, also for another account's."""
        return _found(self.store.find(arn), account_id, _NO_SAML, arn)

    def list_of(self, account_id: str) -> list[SamlProvider]:
        """By ARN."""
        return self.store.list_of(account_id)

    def update(self, account_id: str, arn: str, metadata: str) -> SamlProvider:
        """Other metadata (IAM: UpdateSAMLProvider). Raises ``InvalidParameter``, ``ProviderNotFound``."""
        check_metadata(metadata)
        return self._change(account_id, arn, lambda found: replace(found, metadata=metadata))

    def tag(self, account_id: str, arn: str, tags: Mapping[str, str]) -> None:
        self._change(account_id, arn, lambda found: replace(found, tags=merged_tags(found.tags, tags)))

    def untag(self, account_id: str, arn: str, keys: set[str]) -> None:
        self._change(account_id, arn, lambda found: replace(found, tags=_without(found.tags, keys)))

    def remove(self, account_id: str, arn: str) -> None:
        """Raises ``ProviderNotFound`` (IAM: DeleteSAMLProvider)."""
        with self.transactions.transaction():
            self.get(account_id, arn)
            self.store.remove(arn)
            self.recorder.record("saml_provider.delete", "", provider=arn)

    def _change(self, account_id: str, arn: str, change: Callable[[SamlProvider], SamlProvider]) -> SamlProvider:
        with self.transactions.transaction():
            changed = change(_found(self.store.find_to_change(arn), account_id, _NO_SAML, arn))
            self.store.save(changed)
            self.recorder.record("saml_provider.update", "", provider=arn)
        return changed


def _found(provider: Provider | None, account_id: str, sentence: str, arn: str) -> Provider:
    if provider is None or provider.account_id != account_id:
        raise ProviderNotFound(f"{sentence} {arn}")
    return provider


def check_metadata(metadata: str) -> None:
    """Raises ``InvalidParameter`` for anything but the SAML metadata of one identity provider.

    Documents with a type declaration are refused: entities have no place in metadata, and are how parsers are attacked.
    """
    reading = _MetadataReading()
    # The text was decoded by whoever brought it: what the document says of its encoding is over.
    parser = ParserCreate("utf-8", namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reading.refuse_doctype
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(metadata.encode(), True)
    except (ExpatError, ValueError) as error:
        raise InvalidParameter("Could not parse metadata.") from error
    if not reading.providers:
        raise InvalidParameter("The metadata has no IDPSSODescriptor.")
    if len(reading.providers) > 1:
        # Names are unique at one provider only: another's user of the same name would be the same login.
        raise InvalidParameter("The metadata describe more than one identity provider.")


class _MetadataReading:
    """What is seen of a document on the way through it. ``providers`` numbers the entities that are identity providers."""

    def __init__(self) -> None:
        self.providers: set[int] = set()
        self._entities = 0
        self._depth = 0

    def refuse_doctype(self, *_: Any) -> None:
        raise InvalidParameter("The metadata must not have a document type.")

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._depth and name not in {_ENTITY, f"{_METADATA} EntitiesDescriptor"}:
            raise InvalidParameter("The document is not SAML 2.0 metadata.")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise InvalidParameter("The metadata are nested too deeply.")
        if name == _ENTITY:
            self._entities += 1
            if not attributes.get("entityID"):
                raise InvalidParameter("The metadata's EntityDescriptor has no entityID.")
        elif name == f"{_METADATA} IDPSSODescriptor":
            self.providers.add(self._entities)
        if name in _DATED and "validUntil" in attributes:
            _check_moment(attributes["validUntil"])

    def end(self, _name: str) -> None:
        self._depth -= 1


def _check_moment(written: str) -> None:
    """A moment that has passed is no mistake: it is compared when somebody signs in."""
    try:
        datetime.fromisoformat(written)
    except ValueError as error:
        raise InvalidParameter("The metadata's validUntil is not a date and time.") from error


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidParameter("Invalid Open ID Connect Provider URL") from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    plain = not (parts.query or parts.fragment or parts.username is not None or parts.password is not None)
    if not secure or not plain or not parts.hostname or not _PATH.fullmatch(parts.path) or not url.isascii():
        raise InvalidParameter("Invalid Open ID Connect Provider URL")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_lists(client_ids: Sequence[str], thumbprints: Sequence[str]) -> None:
    if len(client_ids) > _MOST_CLIENT_IDS:
        raise QuotaExceeded(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {_MOST_CLIENT_IDS}")
    if len(thumbprints) > _MOST_THUMBPRINTS:
        raise InvalidParameter("Thumbprint list must contain fewer than 5 entries.")


def _with(items: tuple[str, ...], item: str) -> tuple[str, ...]:
    return items if item in items else (*items, item)


def _without(tags: Mapping[str, str], keys: set[str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in keys}
