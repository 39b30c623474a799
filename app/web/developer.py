"""Whom development mode lets in: this machine, no foreign page, nobody behind a proxy (contract, section 3)."""

from flask import Request
from werkzeug.exceptions import Forbidden

from app.web.context import current_context, has_forwarded_header
from app.web.site import is_loopback_address


def check_developer(request: Request, public_url: str) -> None:
    """Raises 403 for a foreign page, another machine, and whatever came through a proxy."""
    context = current_context()
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in {public_url, f"http://{context.host}"}:
        raise Forbidden("Pages of another origin may not use what is for developers.")
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} and request.method != "GET":
        raise Forbidden("Pages of another origin may not use what is for developers.")
    if not is_loopback_address(context.peer):
        raise Forbidden("Development mode is for this machine only.")
    if has_forwarded_header(request):
        raise Forbidden("Development mode does not answer through a proxy.")


def is_developer(request: Request, public_url: str) -> bool:
    """As ``check_developer``, as a question."""
    try:
        check_developer(request, public_url)
    except Forbidden:
        return False
    return True
