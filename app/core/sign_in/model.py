from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.core.devices.model import NewDevice
from app.core.factors.destination import Destination
from app.core.kernel.secret import Secret
from app.core.users.model import User

Door = Literal["pages", "api", "admin"]
"""Through which a sign-in came. Devices are remembered on the API alone, and never for an administrator's call."""


# -- first proofs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProof:
    """A username as typed and a password."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SrpProof:
    """A username as typed and the client's public value A in hex."""

    username: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceProof:
    """A username alone: which factor comes first is chosen, by ``preferred`` (a challenge's AWS name) or in a challenge of its own."""

    username: str
    preferred: str | None = None
    password: Secret | None = None
    public: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyProof:
    """No username: the passkey itself says whose it is. ``state`` and the credential belong to ``SignIn.ask_passkey``."""

    state: str
    credential: str


Proof = PasswordProof | SrpProof | ChoiceProof

# -- answers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """The answer to NEW_PASSWORD_REQUIRED: the password and attributes the pool requires and the user lacks."""

    password: Secret
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SrpAnswer:
    """To PASSWORD_VERIFIER and DEVICE_PASSWORD_VERIFIER: the proof over the secret block and the client's own timestamp."""

    signature: str
    secret_block: str
    timestamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnswer:
    """To SMS_MFA, SMS_OTP, EMAIL_OTP and SOFTWARE_TOKEN_MFA."""

    code: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeAnswer:
    """Instead of any second factor, on the hosted pages: one of the codes kept for the day the phone is lost."""

    code: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceAnswer:
    """To SELECT_CHALLENGE and SELECT_MFA_TYPE, and what the chosen factor needs at once. On the pages also to any code's
    challenge, to take another way.
    """

    choice: str
    password: Secret | None = None
    public: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAnswer:
    """To WEB_AUTHN: the authenticator's answer as JSON."""

    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpAnswer:
    """To MFA_SETUP, once the set-up is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStart:
    """To DEVICE_SRP_AUTH."""

    device_key: str
    public: str


Answer = (
    NewPassword | SrpAnswer | CodeAnswer | RecoveryCodeAnswer | ChoiceAnswer | PasskeyAnswer | SetUpAnswer | DeviceStart
)

# -- outcomes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Something remains to be proven. ``session`` is the opaque Session string; ``step`` the challenge's AWS name.

    ``username`` is the stored one, as USER_ID_FOR_SRP carries it. ``parameters`` are the challenge's own in AWS's names.
    ``choices`` are the factors to choose from, or those that can be set up. ``destination`` is where a code went.
    ``reason`` says why NEW_PASSWORD_REQUIRED asks: the password is an administrator's, or too old.
    """

    step: str
    session: Secret
    username: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    destination: Destination | None = None
    missing_attributes: tuple[str, ...] = ()
    user: User | None = None
    reason: Literal["temporary", "expired"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Nothing remains. ``amr`` are RFC 8176-like method names, ``auth_time`` Unix seconds. ``device_key`` is that of the device
    the tokens belong to; ``new_device`` is offered to be remembered.
    """

    user: User
    amr: tuple[str, ...]
    auth_time: int
    device_key: str | None = None
    new_device: NewDevice | None = None
