from dataclasses import dataclass

from app.core.kernel.ids import Sub


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    rp_id: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRequest:
    options: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyProven:
    sub: Sub
    user_verified: bool
    amr: str
