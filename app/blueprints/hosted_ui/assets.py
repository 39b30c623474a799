"""Static files of themes, and the stylesheet and logo made from a client's branding. Addressed by content, cached for good."""

import gzip
from dataclasses import dataclass
from functools import lru_cache

from flask import Response, request
from werkzeug.exceptions import NotFound

from app.core.branding import Branding, Logo
from app.core.branding.customization import ALL_CLIENTS
from app.core.kernel.ids import PoolId
from app.web.look import brand_stylesheet, branding_of, current_customizations
from app.web.pages import Pages
from app.web.pool import WhichPool

_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    pages: Pages
    which: WhichPool

    def theme_file(self, theme: str, digest: str, path: str) -> Response:
        found = self.pages.find_asset(theme, digest, path)
        if found is None:
            raise NotFound
        content, content_type = found
        return _cached(content, content_type)

    def stylesheet(self, client_id: str, digest: str) -> Response:
        text, current = brand_stylesheet(self._branding(client_id))
        if digest != current:
            raise NotFound
        return _cached(text.encode(), "text/css; charset=utf-8")

    def logo(self, client_id: str, digest: str) -> Response:
        """Only pictures that were recognised when they were set; a sandbox in the policy, whatever they are opened as."""
        branding = self._branding(client_id)
        for logo in (branding.logo, branding.logo_dark):
            if logo is not None and logo.digest == digest:
                return _picture(logo)
        raise NotFound

    def classic_logo(self, pool_id: str, client_id: str, digest: str) -> Response:
        """The picture of a classic branding, at the address that the API tells."""
        customizations = current_customizations()
        # Only what exists is looked up: answers are remembered, and anybody can think up names.
        client = self.which.find_client(client_id)
        known = client_id == ALL_CLIENTS if client is None else client[0].pool_id == pool_id
        if customizations is None or not known or self.which.pools.find(PoolId(pool_id)) is None:
            raise NotFound
        found = customizations.find_shown(PoolId(pool_id), client_id)
        if found is None or found.image is None or found.image.digest != digest:
            raise NotFound
        return _picture(found.image)

    def _branding(self, client_id: str) -> Branding:
        found = self.which.find_client(client_id)
        if found is None:
            raise NotFound
        return branding_of(*found)


def _picture(logo: Logo) -> Response:
    response = _cached(logo.content, logo.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _cached(content: bytes, content_type: str) -> Response:
    """Compressed where that helps: stylesheets and scripts are the same for everybody, so their length tells nothing (BREACH)."""
    is_text = content_type.startswith("text/")
    zipped = is_text and request.accept_encodings["gzip"] > 0
    response = Response(_zipped(content) if zipped else content, content_type=content_type)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    if is_text:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = _FOR_GOOD
    return response


@lru_cache(maxsize=256)
def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
