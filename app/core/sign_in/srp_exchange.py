"""The two messages of SRP: an offer that tells nobody who exists, and the proof that answers it."""

import calendar
import hashlib
import re
import time
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.attempts.model import Attempt
from app.core.devices.model import Device
from app.core.factors import srp
from app.core.factors.password import Passwords
from app.core.factors.ports import ModularPower
from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.sign_in.model import SrpAnswer
from app.core.users.identifiers import comparison_form
from app.core.users.model import User

SKEW_SECONDS = 5 * 60
_TIMESTAMP = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC [0-9]{4}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SrpExchange:
    """``real_time`` is the machine's clock: timestamps are the client's."""

    passwords: Passwords
    hasher: Hasher
    power: ModularPower
    real_time: Clock

    def begin(
        self, pool: Pool, user: User | None, typed: str, public: str
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The challenge's parameters and what the attempt keeps. For nobody, the same work with a verifier that nothing fits:
        salt and name are always the same for one name in any spelling (RFC 5054 §2.5.1.3).
        """
        verifier = None if user is None or not user.enabled else self.passwords.find_verifier(user)
        if user is not None:
            names = self.passwords.names(user)
            seed = names.member
        else:
            seed, member = self._pretended(pool, typed)
            names = srp.Names(group=srp.pool_name(pool.pool_id), member=member)
        made = verifier or self._pretended_verifier(pool, seed)
        parameters, kept = self._offer(names, made, public, real=verifier is not None)
        return {**parameters, "USER_ID_FOR_SRP": names.member, "USERNAME": names.member}, kept

    def begin_with_device(self, device: Device, public: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """As ``begin``, for a remembered device's own secret."""
        names = srp.Names(group=device.group_key, member=device.device_key)
        verifier = srp.Verifier(salt=device.salt, value=int.from_bytes(device.verifier, "big"))
        parameters, kept = self._offer(names, verifier, public, real=True)
        return {**parameters, "DEVICE_KEY": device.device_key}, kept

    def fits(self, attempt: Attempt, session: Secret, answer: SrpAnswer) -> bool:
        """Whether the answer proves the password: the right block, a timestamp of now, the right signature."""
        block = _decoded(answer.secret_block)
        data = attempt.data
        names = srp.Names(group=data["srp_group"], member=data["srp_member"])
        expected = srp.signature(bytes.fromhex(data["srp_key"]), names, block, answer.timestamp)
        right = srp.fits(expected, answer.signature)
        timely = self._is_timely(answer.timestamp)
        return right and timely and data["srp_real"] == "yes" and Secret(block.decode("latin-1")) == session

    def _offer(
        self, names: srp.Names, verifier: srp.Verifier, public: str, *, real: bool
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        client_public = srp.read_public(public)
        offer = srp.make_offer(self.power, verifier)
        key = srp.session_key(self.power, client_public, verifier, offer)
        # Only the key is kept: with b, whoever reads the store could try passwords.
        kept = {
            "srp_key": key.hex(),
            "srp_group": names.group,
            "srp_member": names.member,
            "srp_real": "yes" if real else "no",
        }
        return {"SALT": verifier.salt.hex(), "SRP_B": f"{offer.public:x}"}, kept

    def _pretended(self, pool: Pool, typed: str) -> tuple[str, str]:
        """Of which the verifier is made, and the name that is told: both the same in every spelling that would find one user."""
        form = comparison_form(pool, typed)
        if not pool.settings.username_attributes:
            # In such a pool the name that is typed is the one that is stored, in lower case and not casefolded.
            stored = unicodedata.normalize("NFKC", typed).strip()
            return form, stored if pool.settings.case_sensitive else stored.lower()
        raw = hashlib.sha256(self.hasher.digest("pretended sub", f"{pool.pool_id}:{form}").encode()).hexdigest()
        sub = f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:32]}"
        return sub, sub

    def _pretended_verifier(self, pool: Pool, seed: str) -> srp.Verifier:
        digest = self.hasher.digest("pretended verifier", f"{pool.pool_id}:{seed}").encode()
        raw = hashlib.shake_256(digest).digest(srp.SALT_BYTES + 384)
        return srp.Verifier(salt=raw[: srp.SALT_BYTES], value=int.from_bytes(raw[srp.SALT_BYTES :], "big") % srp.N)

    def _is_timely(self, timestamp: str) -> bool:
        if not _TIMESTAMP.fullmatch(timestamp):
            return False
        try:
            signed_at = calendar.timegm(time.strptime(timestamp, "%a %b %d %H:%M:%S UTC %Y"))
        except ValueError:
            return False
        return abs(signed_at - self.real_time.now()) <= SKEW_SECONDS


def secret_block(session: Secret) -> str:
    """SECRET_BLOCK: the Session once more, for clients that answer PASSWORD_VERIFIER without it."""
    return b64encode(session.reveal().encode()).decode()


def session_in(block: str) -> Secret:
    """The Session string that a SECRET_BLOCK carries."""
    return Secret(_decoded(block).decode("latin-1"))


def _decoded(block: str) -> bytes:
    try:
        return b64decode(block, validate=True)
    except ValueError as error:
        raise InvalidParameter("PASSWORD_CLAIM_SECRET_BLOCK must be the SECRET_BLOCK of the challenge.") from error
