"""Who exists is told to nobody who has not proven it (``auth-flows.md`` §12): what a wrong proof is answered."""

from app.core.kernel.errors import Fact, IncorrectCredentials, PasswordResetRequired, UserDisabled, UserNotFound
from app.core.users.model import User, UserStatus


def choose_refusal(user: User | None, *, conceal: bool) -> Fact:
    """The answer to a password that did not fit. Concealed, it is one sentence for all: unknown, disabled, imported, mistyped.

    Not concealed (``PreventUserExistenceErrors`` LEGACY, on the API only), it says what it is, as Cognito does.
    """
    if conceal:
        return IncorrectCredentials()
    if user is None:
        return UserNotFound()
    if not user.enabled:
        return UserDisabled()
    if user.status is UserStatus.RESET_REQUIRED and user.password is None:
        return PasswordResetRequired()
    return IncorrectCredentials()
