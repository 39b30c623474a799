"""Passkeys on the pages: what the browser is asked for, and what it answered."""

from dataclasses import dataclass

from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.visit import Visit
from app.core.attempts import steps
from app.core.kernel.caller import Caller
from app.core.kernel.errors import CodeMismatch
from app.core.sign_in.model import Challenge, SignedIn
from app.core.sign_in.service import SignIn
from app.web.context_parts import Ceremony

STATE_COOKIE = "passkey"
STATE_SECONDS = 900
_LONGEST = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyCeremonies:
    """The browser is asked for whichever passkey it has for this host: no list of them tells who has one."""

    frames: Frames
    sign_in: SignIn

    def offered(self, visit: Visit) -> bool:
        """Whether the pool lets people in by a passkey."""
        return steps.WEB_AUTHN in visit.pool.settings.first_factors

    def for_sign_in(self, visit: Visit, page: str) -> Ceremony | None:
        return None

    def start(self, visit: Visit, caller: Caller) -> Challenge | SignedIn:
        raise CodeMismatch
