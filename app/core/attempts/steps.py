"""The names that an attempt's ``step`` and ``proven`` take."""

NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"
SIGNED_UP = "SIGNED_UP"
"""Ours: the Session of a sign-up, which waits for the confirmation."""

PASSWORD = "pwd"
REGISTERED = "signed_up"
NEW_PASSWORD = "new_password"
