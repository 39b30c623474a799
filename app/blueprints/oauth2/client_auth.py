"""Who is the client? Basic, post or none: exactly one of them, and the one its registration demands (RFC 6749 §2.3)."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from app.blueprints.oauth2.errors import refusal
from app.blueprints.oauth2.records import ClientRecord
from app.core.kernel.secret import Secret

_ID = re.compile(r"[\w+]{1,128}", re.ASCII)


def is_client_id(value: str | None) -> bool:
    """Whether the value could be a client id at all (Cognito: ClientIdType); anything else never reaches a store."""
    return value is not None and _ID.fullmatch(value) is not None


def authenticate(
    authorization: str | None, form: Mapping[str, str], find: Callable[[str], ClientRecord | None]
) -> tuple[ClientRecord, str]:
    """The client and the method it used. Unknown clients and wrong secrets are refused alike.

    401 where the ``Authorization`` header was used, else 400 (RFC 6749 §5.2; contract: dialects).
    """
    if authorization is None:
        return _by_form(form, find)
    if "client_secret" in form:
        raise refusal("invalid_request", "The client authenticates in two ways at once.")
    client_id, secret = _read_basic(authorization)
    if form.get("client_id", client_id) != client_id:
        raise refusal("invalid_request", "The client_id of the body is not that of the Authorization header.")
    record = find(client_id)
    if record is None or record.client.is_public or not record.client.accepts_secret(secret):
        raise refusal("invalid_client", "Client authentication failed.", status=401)
    return record, "client_secret_basic"


def _by_form(form: Mapping[str, str], find: Callable[[str], ClientRecord | None]) -> tuple[ClientRecord, str]:
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if client_id is None:
        raise refusal("invalid_client", "The request names no client.")
    record = find(client_id)
    if secret is None:
        if record is None or not record.client.is_public:
            raise refusal("invalid_client", "Client authentication failed.")
        return record, "none"
    if record is None or record.client.is_public or not record.client.accepts_secret(Secret(secret)):
        raise refusal("invalid_client", "Client authentication failed.")
    return record, "client_secret_post"


def _read_basic(authorization: str) -> tuple[str, Secret]:
    """Both halves are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise refusal("invalid_client", "Clients authenticate with Basic or in the body.", status=401)
    try:
        client_id, colon, secret = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error) as error:
        raise refusal("invalid_client", "The Authorization header cannot be read.", status=401) from error
    if not colon:
        raise refusal("invalid_client", "The Authorization header cannot be read.", status=401)
    return unquote_plus(client_id), Secret(unquote_plus(secret))
