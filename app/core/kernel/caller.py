"""Who is asking, as far as the web side can tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """``address`` is the client's as far as trusted proxies vouch for it. ``browser`` is a hash of the cookie that marks the
    browser on hosted pages, None on the APIs. ``language`` is what the page is shown in.
    """

    address: str | None = None
    user_agent: str | None = None
    request_id: str = ""
    browser: str | None = None
    language: str | None = None
