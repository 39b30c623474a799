from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """Offered with tokens; it is remembered once the client confirms it."""

    device_key: str
    group_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """``salt`` and ``verifier`` are those of its own secret."""

    device_key: str
    group_key: str
    salt: bytes
    verifier: bytes
    remembered: bool
    confirmed: bool
