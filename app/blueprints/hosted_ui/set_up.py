"""What an authenticator app is set up with: the same seed as a picture, as a text and as a link."""

from typing import Any
from urllib.parse import quote, urlencode

from app.core.kernel.secret import Secret
from app.web.qr import draw_qr

_GROUP = 4


def set_up_parts(issuer: str, account: str, seed: Secret) -> dict[str, Any]:
    """The fields of ``AuthenticatorPage`` (the ``otpauth:`` address as Google's *Key URI Format* has it)."""
    text = seed.reveal()
    # A colon would end the issuer, in the label as in the app's list.
    issuer = issuer.replace(":", " ").strip()
    label = quote(f"{issuer}:{account}", safe=":@")
    address = f"otpauth://totp/{label}?{urlencode({'secret': text, 'issuer': issuer}, quote_via=quote)}"
    return {
        "qr": draw_qr(address),
        "groups": tuple(text[i : i + _GROUP] for i in range(0, len(text), _GROUP)),
        "set_up_url": address,
    }
