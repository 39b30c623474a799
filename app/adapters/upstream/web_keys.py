import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from app.core.identity_pools.refusals import ProviderUnavailable
from app.core.kernel.clock import Clock
from app.core.kernel.outbound import Fetch, OutboundFailed, OutboundRefused, Places

_LARGEST_DOCUMENT = 256 * 1024
_MOST_KEYS = 100
_MOST_ISSUERS = 256
_KEPT_SECONDS = 3600
_ASKED_AGAIN_SECONDS = 60
"""How soon an issuer is asked again for a key that it did not publish: anybody can write any ``kid`` into a token."""
_SILENT_SECONDS = 5
"""How long an issuer that did not answer is left alone, so that waiting for it does not take up every thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """``keys`` None: the issuer did not answer. ``asked_at`` is the last look, which may have brought nothing."""

    keys: tuple[Mapping[str, Any], ...] | None
    fetched_at: int
    asked_at: int

    def is_fresh(self, now: int) -> bool:
        return 0 <= now - self.fetched_at < (_SILENT_SECONDS if self.keys is None else _KEPT_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredKeys:
    """The ``UpstreamKeys``: discovery, then the keys that it names (OpenID Connect Discovery §4). Each worker remembers both for an hour.

    ``bases`` leads an issuer's host to another address; what is published there must still call itself by the issuer's own name.
    """

    fetch: Fetch
    clock: Clock
    places: Places
    bases: Mapping[str, str] = field(default_factory=dict)
    _known: dict[str, _Published] = field(default_factory=dict, init=False, repr=False, compare=False)
    _asking: dict[str, Lock] = field(default_factory=dict, init=False, repr=False, compare=False)

    def find_key(self, issuer: str, kid: str | None) -> Mapping[str, Any] | None:
        known = self._known.get(issuer)
        now = self.clock.now()
        found = _choose(known, kid) if known is not None and known.is_fresh(now) else None
        if found is not None:
            return found
        asking = self._asking.setdefault(issuer, Lock())
        if known is not None and known.keys is not None and asking.locked():
            # Somebody asks at this moment: what was good for an hour is good until they are told otherwise.
            found = _choose(known, kid)
        return found or _choose(self._asked_by_one(issuer, now, asking), kid)

    def _asked_by_one(self, issuer: str, now: int, asking: Lock) -> _Published:
        """One at a time for each issuer: a crowd with a new key makes one call. Whoever waits for it takes up a thread, too."""
        try:
            with self.places.place(), asking:
                known = self._known.get(issuer)
                if known is None or not known.is_fresh(now) or not 0 <= now - known.asked_at < _ASKED_AGAIN_SECONDS:
                    known = self._asked(issuer, known, now)
                return known
        except OutboundFailed:
            raise ProviderUnavailable from None

    def _asked(self, issuer: str, known: _Published | None, now: int) -> _Published:
        """What the issuer publishes now. Its silence takes nothing away that is still good."""
        if len(self._known) >= _MOST_ISSUERS:
            self._known.clear()
            self._asking.clear()
        try:
            published = _Published(keys=self._ask(issuer), fetched_at=now, asked_at=now)
        except ProviderUnavailable:
            kept = known is not None and known.keys is not None and known.is_fresh(now)
            published = (
                replace(known, asked_at=now) if known and kept else _Published(keys=None, fetched_at=now, asked_at=now)
            )
        self._known[issuer] = published
        return published

    def _ask(self, issuer: str) -> tuple[Mapping[str, Any], ...]:
        parts = urlsplit(issuer)
        base = self.bases.get(parts.netloc, f"{parts.scheme}://{parts.netloc}") + parts.path.rstrip("/")
        discovered = self._document(f"{base}/.well-known/openid-configuration")
        address = discovered.get("jwks_uri")
        if discovered.get("issuer") not in (issuer, f"{issuer}/") or not isinstance(address, str):
            raise ProviderUnavailable
        keys = self._document(address).get("keys")
        if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
            raise ProviderUnavailable
        return tuple(key for key in keys if isinstance(key, dict))

    def _document(self, url: str) -> Mapping[str, Any]:
        return read_document(self.fetch, url, largest=_LARGEST_DOCUMENT)


def read_document(
    fetch: Fetch, url: str, *, largest: int, accepted: frozenset[int] = frozenset({200})
) -> Mapping[str, Any]:
    """The JSON object at the address. Raises ``ProviderUnavailable``, which never repeats what was asked."""
    try:
        answer = fetch.get(url, largest=largest)
        document = json.loads(answer.body) if answer.status in accepted else None
    except (OutboundFailed, OutboundRefused, ValueError, RecursionError):
        raise ProviderUnavailable from None
    if not isinstance(document, dict):
        raise ProviderUnavailable
    return document


def _choose(published: _Published, kid: str | None) -> Mapping[str, Any] | None:
    """Without a ``kid`` in the token there is no choosing, so there must be nothing to choose. Raises ``ProviderUnavailable``."""
    if published.keys is None:
        raise ProviderUnavailable
    if kid is None:
        return published.keys[0] if len(published.keys) == 1 else None
    named = [key for key in published.keys if key.get("kid") == kid]
    return named[0] if len(named) == 1 else None
