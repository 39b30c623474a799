"""The gateway in this process behind a real socket, over real rooms, before a store; and stock clients of it."""

import json
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server

from app.config import Settings
from app.core.kernel.secret import Secret
from app.core.principals.model import Credentials, Role, RoleSession
from app.gateway.assembly import Stores, assemble
from app.installation import open_installation
from app.web.site import Site
from tests.support.free_port import free_port
from tests.support.gateway_wsgi import WsgiGateway
from tests.support.prepared_keys import PreparedKeys
from tests.support.world import MovedClock, fresh_sqlite

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}},
        }
    ],
}
ADA = "us-east-1:aaaaaaaa-1111-4111-8111-111111111111"
BOB = "us-east-1:bbbbbbbb-2222-4222-8222-222222222222"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Nothing."""


class GatewayHouse:
    """``admin`` signs with an administrator's issued key. Close it."""

    def __init__(
        self,
        folder: Path,
        store: str,
        *,
        token: str | None = None,
        hosts: tuple[str, ...] = (),
        trusted: tuple[str, ...] = (),
    ) -> None:
        self.clock = MovedClock()
        self.url = f"http://localhost:{free_port()}"
        self.store = store
        settings = Settings(
            public_url="http://localhost:8000",
            data_dir=folder,
            database_url=fresh_sqlite(folder),
            password_hashing="test",
            dev=True,
            mail_from="a@example.com",
        )
        self.installation = open_installation(settings, clock=self.clock, key_factory=PreparedKeys())
        self.installation.drainer.close()
        self.installation.logout_drainer.close()
        self.services = self.installation.services
        self.gateway = assemble(
            self.services,
            Stores(access_key_id="service", secret=Secret("service-secret"), s3=store, dynamodb=store),
            Site(public_url=settings.public_url, trusted_proxies=tuple(map(ip_network, trusted))),
            account_id=ACCOUNT,
            region="us-east-1",
            hosts=("localhost", "127.0.0.1", *hosts),
            authorizer_token=Secret(token) if token else None,
        )
        self._server = make_server(
            "127.0.0.1",
            urlsplit(self.url).port or 0,
            WsgiGateway(self.gateway),
            threaded=True,
            request_handler=_Quiet,
        )
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._clients: list[Any] = []
        key = self.services.access_keys.create(ACCOUNT, "tests")
        self.key_id, self.secret = key.access_key_id, key.secret.reveal()
        self.admin = self.client("s3", self.key_id, self.secret)

    def client(
        self,
        service: str,
        key_id: str,
        secret: str,
        token: str | None = None,
        *,
        region: str = "us-east-1",
        **config: Any,
    ) -> Any:
        """A stock boto3 client."""
        found = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(
                **{"retries": {"max_attempts": 0}, "signature_version": "s3v4" if service == "s3" else "v4", **config}
            ),
        )
        self._clients.append(found)
        return found

    def role(self, name: str, policy: Mapping[str, Any]) -> Role:
        """A role with this one policy; the policy is replaced where the role is there."""
        try:
            self.services.roles.get(ACCOUNT, name)
        except Exception:  # noqa: BLE001 - not there yet
            self.services.roles.create(ACCOUNT, name, json.dumps(TRUST))
        return self.services.roles.put_policy(ACCOUNT, name, "inline", json.dumps(policy))

    def credentials(self, role: Role, identity: str | None = ADA, *, seconds: int = 3600, **more: Any) -> Credentials:
        """As ``GetCredentialsForIdentity`` would vend them."""
        now = self.clock.now()
        return self.services.temporary_keys.issue(
            RoleSession(
                role_arn=role.arn,
                role_id=role.role_id,
                session_name="CognitoIdentityCredentials",
                account_id=ACCOUNT,
                context={"cognito-identity.amazonaws.com:sub": (identity,)} if identity else {},
                issued_at=now,
                expires_at=now + seconds,
                identity_pool_id="us-east-1:pool",
                identity_id=identity,
                source="tests",
                **more,
            )
        )

    def as_(self, credentials: Credentials, service: str = "s3", **config: Any) -> Any:
        """A client of these temporary credentials."""
        return self.client(
            service,
            credentials.access_key_id,
            credentials.secret.reveal(),
            credentials.session_token.reveal(),
            **config,
        )

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for client in self._clients:
            client.close()
        self.gateway.close()
        self.installation.close()
