from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.adapters.upstream.web_keys import read_document
from app.core.kernel.outbound import Fetch

_LARGEST_ANSWER = 64 * 1024
_LARGEST_TOKEN = 8192
_REFUSED = frozenset({200, 400, 401})
"""Both providers say of a bad token what is wrong with it, under one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedProviders:
    """The ``SocialTokens``: providers whose access tokens only they can read.

    ``bases`` leads a provider's host to another address.
    """

    fetch: Fetch
    bases: Mapping[str, str] = field(default_factory=dict)

    def find_facebook(self, token: str) -> Mapping[str, Any] | None:
        """Facebook: ``debug_token``. The token looks at itself: an identity pool knows the application's id and not its secret."""
        answer = self._ask("graph.facebook.com", "/debug_token", {"input_token": token, "access_token": token})
        data = answer.get("data") if answer else None
        if not isinstance(data, dict) or data.get("is_valid") is not True:
            return None
        return {**data, "app_id": str(data.get("app_id", ""))}

    def find_amazon(self, token: str) -> Mapping[str, Any] | None:
        """Login with Amazon: ``tokeninfo``."""
        answer = self._ask("api.amazon.com", "/auth/o2/tokeninfo", {"access_token": token})
        return answer if answer and "error" not in answer else None

    def _ask(self, host: str, path: str, query: Mapping[str, str]) -> Mapping[str, Any] | None:
        if any(len(value) > _LARGEST_TOKEN for value in query.values()):
            return None
        base = self.bases.get(host, f"https://{host}")
        return read_document(self.fetch, f"{base}{path}?{urlencode(query)}", largest=_LARGEST_ANSWER, accepted=_REFUSED)
