"""The whole application over a real database, seen through a browser without JavaScript: forms are read from pages and sent back."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from app.config import Settings
from app.core.kernel.secret import Secret
from app.factory import create_app
from tests.support.prepared_keys import PreparedKeys
from tests.support.waiting import wait_until
from tests.support.world import MovedClock

ORIGIN = "http://localhost:8000"
APP = "http://localhost:8001"
PASSWORD = "Correct-Horse-7"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass
class Form:
    """One form of a page: where it goes and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, dict[str, str | None]] = field(default_factory=dict)


class Document(HTMLParser):
    """The forms, alerts and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.title = ""
        self.alert: str | None = None
        self.status: str | None = None
        self._into: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.forms.append(Form(found["action"] or ""))
        elif tag == "input" and self.forms:
            name = found["name"] or ""
            self.forms[-1].fields[name] = found.get("value") or ""
            self.forms[-1].inputs[name] = found
        elif tag == "button" and self.forms and found.get("type") == "submit":
            self.forms[-1].fields[found["name"] or ""] = found.get("value") or ""
        elif tag == "a":
            self.links.append(found.get("href") or "")
        elif tag == "title":
            self._into = "title"
        if found.get("role") == "alert":
            self._into, self.alert = "alert", ""
        elif found.get("role") == "status" and tag == "div":
            self._into, self.status = "status", ""

    def handle_endtag(self, tag: str) -> None:
        if tag in {"div", "title"}:
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into == "title":
            self.title += data
        elif self._into == "alert":
            self.alert = f"{self.alert or ''} {data.strip()}".strip()
        elif self._into == "status":
            self.status = f"{self.status or ''} {data.strip()}".strip()


class HostedApp:
    """A server in development mode. ``begin_anew`` gives it another e-mail pool with one public client and an empty outbox."""

    def __init__(self, folder: Path, database_url: str) -> None:
        settings = {
            "POOLHOUSE_DEV": "1",
            "POOLHOUSE_DATA_DIR": str(folder),
            "POOLHOUSE_DATABASE_URL": database_url,
            "POOLHOUSE_PASSWORD_HASHING": "test",
        }
        self.clock = MovedClock()
        self.flask = create_app(Settings.from_env(settings), clock=self.clock, key_factory=PreparedKeys())
        self.installation = self.flask.extensions["poolhouse"]
        self.services = self.installation.services
        self.begin_anew()

    def begin_anew(self, settings: dict[str, Any] | None = None) -> "HostedApp":
        self.pool = self.a_pool(settings)
        self.client = self.a_client(self.pool)
        self.installation.messaging.outbox.clear()
        return self

    def close(self) -> None:
        self.installation.close()

    def a_pool(self, settings: dict[str, Any] | None = None) -> Any:
        given = {
            "UsernameAttributes": ["email"],
            "AutoVerifiedAttributes": ["email"],
            "UsernameConfiguration": {"CaseSensitive": False},
            **(settings or {}),
        }
        return self.services.pools.create(
            account_id="123456789012",
            region="us-east-1",
            name="pool",
            settings={name: value for name, value in given.items() if value is not None},
        )

    def a_client(self, pool: Any, callback: str = f"{APP}/callback", name: str = "An app", **members: Any) -> Any:
        given = {
            "SupportedIdentityProviders": ["COGNITO"],
            "CallbackURLs": [callback],
            "LogoutURLs": [f"{APP}/"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email"],
            **members,
        }
        return self.services.clients.create(pool, name, given)

    def a_user(self, email: str = "ada@example.com", *, temporary: bool = False, pool: Any = None) -> Any:
        password = Secret(PASSWORD)
        given = {"temporary_password": password} if temporary else {"permanent_password": password}
        attributes = {"email": email, "email_verified": "true"}
        return self.services.users.create(pool or self.pool, email, attributes, **given)

    def query(self, **changes: str | None) -> str:
        """An authorize request."""
        asked = {
            "client_id": self.client.client_id,
            "redirect_uri": self.client.settings.callback_urls[0],
            "response_type": "code",
            "scope": "openid",
            "state": "s1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return urlencode({n: v for n, v in {**asked, **changes}.items() if v is not None}, quote_via=quote)

    def browser(self) -> "Visitor":
        return Visitor(self)


class Visitor:
    """One browser: its cookies, the page it is on. ``go`` and ``send`` follow redirects until a page or another origin."""

    def __init__(self, house: HostedApp) -> None:
        self.house = house
        self.http = house.flask.test_client()
        self.address = ""
        self.response: Any = None
        self.left: str | None = None
        self.statuses: list[int] = []

    @property
    def page(self) -> Document:
        return Document(self.response.text)

    @property
    def landed(self) -> dict[str, str]:
        """What the application was given at its callback."""
        assert self.left is not None, self.response.text
        return dict(parse_qsl(urlsplit(self.left).query))

    def go(self, url: str, **options: Any) -> "Visitor":
        return self._follow(self.http.get(self._local(url), base_url=ORIGIN, **options), url)

    def post(self, url: str, data: dict[str, str], **options: Any) -> "Visitor":
        return self._follow(self.http.post(self._local(url), base_url=ORIGIN, data=data, **options), url)

    def send(self, form: int = 0, headers: dict[str, str] | None = None, **typed: str) -> "Visitor":
        """Fills in and submits a form of the page."""
        found = self.page.forms[form]
        return self.post(found.action, {**found.fields, **typed}, headers=headers or {})

    def sign_in(self, username: str = "ada@example.com", password: str = PASSWORD) -> "Visitor":
        return self.send(username=username, password=password)

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Newest first."""
        return self.house.installation.messaging.outbox.list(to)

    def mail(self, to: str, count: int = 1) -> dict[str, Any]:
        """The newest message to an address, once there are ``count``."""
        wait_until(lambda: len(self.mails(to)) >= count, seconds=30, what=f"message {count} to {to}")
        return self.mails(to)[0]

    def cookie(self, kind: str, pool: Any = None) -> Any:
        return self.http.get_cookie(f"poolhouse-{kind}-{(pool or self.house.pool).pool_id}", domain="localhost")

    def _follow(self, response: Any, url: str) -> "Visitor":
        self.left, self.address = None, url
        self.statuses = [response.status_code]
        while response.status_code in {302, 303}:
            self.address = response.headers["Location"]
            if not self.address.startswith("/"):
                self.left = self.address
                break
            response = self.http.get(self.address, base_url=ORIGIN)
            self.statuses.append(response.status_code)
        self.response = response
        return self

    @staticmethod
    def _local(url: str) -> str:
        return url.removeprefix(ORIGIN)
