"""Which second factors a user has switched on, and which of them is asked first (Cognito: SetUserMFAPreference)."""

from dataclasses import replace

from app.core.users.model import MfaPreference


def without_factor(mfa: MfaPreference, factor: str) -> MfaPreference:
    """The choice without one factor, whose preference goes with it."""
    return replace(
        mfa,
        enabled=tuple(name for name in mfa.enabled if name != factor),
        preferred=None if mfa.preferred == factor else mfa.preferred,
    )
