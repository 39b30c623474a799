from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.factors.destination import Destination
from app.core.kernel.ids import Sub
from app.core.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What somebody registers with. ``username`` None takes the attribute that is the username in this pool; ``password`` None is
    possible where a code or a passkey signs in as well.
    """

    username: str | None
    password: Secret | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    conceal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A registration as far as its caller may know. ``destination`` None: nothing is verified by code. ``session`` signs in
    once confirmed (``SignIn.after_sign_up``).
    """

    user_sub: Sub
    confirmed: bool
    destination: Destination | None
    session: Secret | None
