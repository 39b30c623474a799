"""What is too much or unreadable, refused before any blueprint sees it."""

from urllib.parse import unquote_to_bytes

from flask import Flask, Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestURITooLarge, UnsupportedMediaType

_LONGEST_BODY = 64 * 1024
_LONGEST_QUERY = 16 * 1024
_MOST_PARAMETERS = 200
_FORM = "application/x-www-form-urlencoded"


def configure_limits(flask_app: Flask) -> None:
    """A view that must take more sets ``request.max_content_length`` itself."""
    flask_app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY
    flask_app.config["MAX_FORM_MEMORY_SIZE"] = _LONGEST_BODY
    flask_app.config["MAX_FORM_PARTS"] = _MOST_PARAMETERS


def check_readable(request: Request) -> None:
    """Raises an HTTP error for a query or form that is too long, has too many parameters, is not UTF-8 or holds a NUL.

    Werkzeug would pass broken UTF-8 through under another spelling, and PostgreSQL refuses a NUL with an error of its own.
    """
    query: bytes = request.query_string
    if len(query) > _LONGEST_QUERY:
        raise RequestURITooLarge
    if query:
        _check_encoded(query, BadRequest("The query has too many parameters."))
    if "\0" in request.path or "\ufffd" in request.path:
        raise BadRequest("The path is not readable.")
    mimetype = request.mimetype if "CONTENT_TYPE" in request.environ else ""
    if mimetype == "multipart/form-data":
        raise UnsupportedMediaType("Forms are sent as application/x-www-form-urlencoded.")
    # Forms at the root are the AWS query protocol's, which has limits and refusals of its own.
    if mimetype == _FORM and (request.path != "/" or request.method != "POST"):
        if request.content_length is not None and request.content_length > _LONGEST_BODY:
            raise RequestEntityTooLarge
        form = request.get_data(cache=True)
        if request.content_length is None and len(form) >= _LONGEST_BODY:
            # In chunks: Werkzeug cuts such a body off at the limit, and half a form must not be taken for a whole one.
            raise RequestEntityTooLarge
        _check_encoded(form, RequestEntityTooLarge("The form has too many fields."))


def _check_encoded(encoded: bytes, too_many: BadRequest | RequestEntityTooLarge) -> None:
    if encoded.count(b"&") >= _MOST_PARAMETERS:
        raise too_many
    try:
        text = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise BadRequest("A parameter is not UTF-8.") from None
    if "\0" in text:
        raise BadRequest("A parameter holds a NUL character.")
