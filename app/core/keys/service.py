import hashlib
import json
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import JWKRegistry, Key, RSAKey

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Unavailable
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.keys.algorithms import DEFAULT_ALGORITHM, KEY_TYPES
from app.core.keys.certificates import write_certificate
from app.core.keys.model import JwksDocument, KeyPurpose, Signer, SigningKey
from app.core.keys.ports import KeyFactory, KeyStore
from app.core.keys.schedule import choose_published, choose_signing, is_published, last_published, next_signs_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The signing keys of every pool. Each worker keeps parsed keys and the ready JWKS until the stored keys change.

    ``read_keys`` answers with a pool's keys, None where it has none; it is the store's ``list_of`` behind the worker's
    configuration cache. As long as it returns the same list, the keys are taken to be the same. ``certified``: the JWKS
    shows RSA keys in certificates, too, and the keys that sign now before the others.
    """

    store: KeyStore
    read_keys: Callable[[str], Sequence[SigningKey] | None]
    factory: KeyFactory
    transactions: Transactions
    clock: Clock
    recorder: Recorder = field(default_factory=Unrecorded)
    purposes: tuple[KeyPurpose, ...] = tuple(KeyPurpose)
    certified: bool = False
    _rings: dict[str, "_Ring"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def signer(self, pool_id: str, purpose: KeyPurpose) -> Signer:
        """The one key that signs now; always this key and its kid, never a set to choose from. Raises ``Unavailable`` where the pool has none."""
        ring = self._ring(pool_id)
        chosen = choose_signing(ring.keys, purpose, now=self.clock.now())
        if chosen is None:
            raise Unavailable("The user pool has no signing key.")
        return Signer(kid=chosen.kid, algorithm=chosen.algorithm, key=ring.parsed[chosen.kid])

    def find_verifier(self, pool_id: str, purpose: KeyPurpose, kid: str) -> Signer | None:
        """The published key of that kid and purpose with the one algorithm it is used with, else None.

        An ID token's key never verifies an access token. RFC 8725 §3.1: the algorithm is the key's, not the token's.
        """
        ring = self._ring(pool_id)
        now = self.clock.now()
        for key in ring.keys:
            if key.kid == kid and key.purpose is purpose and is_published(key, now=now):
                return Signer(kid=key.kid, algorithm=key.algorithm, key=ring.parsed[key.kid])
        return None

    def jwks(self, pool_id: str) -> JwksDocument:
        """The JWK Set (RFC 7517 §5) as ready bytes; without members where the pool has no key."""
        ring = self._ring(pool_id)
        now = self.clock.now()
        shown = choose_published(ring.keys, now=now)
        if self.certified:
            # Who reads certificates may read no further than the first one (Ceph 16).
            signing = [choose_signing(ring.keys, purpose, now=now) for purpose in self.purposes]
            shown.sort(key=lambda key: key not in signing)
        names = tuple(key.kid for key in shown)
        document = ring.documents.get(names)
        if document is None:
            document = _document([self._published(key, ring.parsed[key.kid]) for key in shown])
            ring.documents[names] = document
        return document

    def algorithms(self, pool_id: str, purpose: KeyPurpose) -> frozenset[str]:
        """Every algorithm that tokens of the purpose may be signed with now or soon: those of the published keys."""
        now = self.clock.now()
        published = (key for key in self._ring(pool_id).keys if is_published(key, now=now))
        return frozenset(key.algorithm for key in published if key.purpose is purpose)

    def ensure(self, pool_id: str, algorithm: str = DEFAULT_ALGORITHM) -> None:
        """Gives the pool its first keys, one for each purpose; harmless to repeat. Call it outside transactions: making keys takes time."""
        lacking = self._lacking(self.store.list_of(pool_id))
        made = [self._new_key(pool_id, purpose, algorithm, at_once=True, current=None) for purpose in lacking]
        if not made:
            return
        with self.transactions.transaction():
            # Removing takes the lock that every change of configuration takes, so the second look below is the last word.
            self.store.remove_expired(pool_id, now=self.clock.now())
            still = self._lacking(self.store.list_of(pool_id))
            for key in made:
                if key.purpose in still:
                    self.store.add(key)

    def rotate(self, pool_id: str, *, now: bool = False, algorithm: str | None = None) -> tuple[SigningKey, ...]:
        """A new key for each purpose, and the time its predecessors leave; returns the new ones.

        ``now`` is for a compromise: the new keys sign at once and every older key is gone from the JWKS at once, so what
        they signed is refused. Otherwise nothing signed before or after is ever refused. ``algorithm`` None: as before.
        """
        moment = self.clock.now()
        existing = self.store.list_of(pool_id)
        made = []
        for purpose in self.purposes:
            current = choose_signing(existing, purpose, now=moment)
            chosen = algorithm or (current.algorithm if current else DEFAULT_ALGORITHM)
            made.append(self._new_key(pool_id, purpose, chosen, at_once=now, current=current))
        with self.transactions.transaction():
            for key in made:
                self.store.add(key)
                until = last_published(key.signs_from, now=moment, at_once=now)
                self.store.retire(pool_id, key.purpose, but=key.kid, published_until=until)
            self.store.remove_expired(pool_id, now=moment)
            kids = " ".join(key.kid for key in made)
            self.recorder.record("keys.rotate", pool_id, kids=kids, at_once="yes" if now else "no")
        return tuple(made)

    def _new_key(
        self, pool_id: str, purpose: KeyPurpose, algorithm: str, *, at_once: bool, current: SigningKey | None
    ) -> SigningKey:
        pem = self.factory.new_private_pem(algorithm)
        key = _parse(pem, algorithm)
        kid = _kid(key)
        moment = self.clock.now()
        members = {name: str(value) for name, value in key.as_dict(private=False).items()}
        return SigningKey(
            kid=kid,
            pool_id=pool_id,
            purpose=purpose,
            algorithm=algorithm,
            private_pem=pem,
            public_jwk={**members, "kid": kid, "alg": algorithm, "use": "sig"},
            created_at=moment,
            signs_from=next_signs_from(current, now=moment, at_once=at_once),
        )

    def _published(self, key: SigningKey, parsed: Key) -> Mapping[str, Any]:
        raw = parsed.raw_value
        if not self.certified or not isinstance(raw, RSAPrivateKey):
            return key.public_jwk
        return {**key.public_jwk, "x5c": [write_certificate(key.kid, raw, created_at=key.created_at)]}

    def _lacking(self, keys: Iterable[SigningKey]) -> list[KeyPurpose]:
        present = {key.purpose for key in keys if key.published_until is None}
        return [purpose for purpose in self.purposes if purpose not in present]

    def _ring(self, pool_id: str) -> "_Ring":
        keys = self.read_keys(pool_id)
        known = self._rings.get(pool_id)
        if keys is None:
            self._rings.pop(pool_id, None)
            return _Ring(keys=())
        if known is not None and known.keys is keys:
            return known
        before = known.parsed if known else {}
        parsed = {key.kid: before.get(key.kid) or _parse(key.private_pem, key.algorithm) for key in keys}
        ring = _Ring(keys=keys, parsed=parsed)
        self._rings[pool_id] = ring
        return ring


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ring:
    """One pool's keys as this worker holds them. ``documents`` remembers the JWKS by the kids it shows."""

    keys: Sequence[SigningKey]
    parsed: dict[str, Key] = field(default_factory=dict)
    documents: dict[tuple[str, ...], JwksDocument] = field(default_factory=dict)


def _parse(pem: Secret, algorithm: str) -> Key:
    """The key ready for use. That an RSA key's numbers fit together, a tenth of a second's work, was true when it was made, and
    the seal around it proves that it is still the same.
    """
    if KEY_TYPES[algorithm] != "RSA":
        return JWKRegistry.import_key(pem.reveal(), KEY_TYPES[algorithm])
    encoded = pem.reveal().encode()
    raw = load_pem_private_key(encoded, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(raw, RSAPrivateKey):
        raise TypeError(f"an {algorithm} key is an RSA key")
    return RSAKey(raw, encoded)


def _kid(key: Key) -> str:
    """44 characters: the SHA-256 thumbprint (RFC 7638 §3) in the base64 that Cognito's kids are written in."""
    return b64encode(urlsafe_b64decode(key.thumbprint() + "=")).decode()


def _document(keys: Sequence[Mapping[str, Any]]) -> JwksDocument:
    body = json.dumps({"keys": [dict(key) for key in keys]}, sort_keys=True, separators=(",", ":")).encode()
    return JwksDocument(body=body, etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"')
