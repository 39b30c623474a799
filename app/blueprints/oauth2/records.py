"""Our values in the clothes that Authlib asks for. They answer questions; nothing here changes anything."""

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin

from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.core.tokens.model import AuthorizationCode, RefreshFamily
from app.core.tokens.scopes import choose_scope


class ClientRecord(ClientMixin):  # type: ignore[misc]  # Authlib is untyped
    """A client and the pool it belongs to. ``living_scopes`` are those of its scopes that still exist."""

    def __init__(self, pool: Pool, client: Client, living_scopes: tuple[str, ...]) -> None:
        self.pool = pool
        self.client = client
        self.living_scopes = living_scopes

    def __repr__(self) -> str:
        return f"<client {self.client.client_id}>"

    def get_client_id(self) -> str:
        return self.client.client_id

    def get_default_redirect_uri(self) -> str | None:
        return self.client.settings.default_redirect_uri

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """None where anything asked for is unknown: Authlib answers ``invalid_scope`` then, instead of granting less."""
        granted = choose_scope(self.client, scope, self.living_scopes)
        return None if granted is None else " ".join(granted)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Character by character (RFC 9700 §2.1)."""
        return redirect_uri in self.client.settings.callback_urls

    def check_response_type(self, response_type: str) -> bool:
        """``code`` by the code flow, tokens by the implicit one; which types there are at all is the grants' to say."""
        return ("code" if response_type == "code" else "implicit") in self.client.settings.oauth_flows

    def check_grant_type(self, grant_type: str) -> bool:
        flow = "client_credentials" if grant_type == "client_credentials" else "code"
        return flow in self.client.settings.oauth_flows


class CodeRecord(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib is untyped
    def __init__(self, code: AuthorizationCode) -> None:
        self.code = code

    def get_redirect_uri(self) -> str | None:
        """None where the client did not name it at the authorization endpoint and so need not repeat it."""
        return self.code.redirect_uri if self.code.redirect_uri_given else None

    def get_scope(self) -> str:
        return " ".join(self.code.scope)


class FamilyRecord(TokenMixin):  # type: ignore[misc]  # Authlib is untyped
    def __init__(self, family: RefreshFamily) -> None:
        self.family = family

    def check_client(self, client: ClientRecord) -> bool:
        session = self.family.session
        return session.client_id == client.client.client_id and session.pool_id == client.pool.pool_id

    def get_scope(self) -> str:
        return " ".join(self.family.session.scope)
