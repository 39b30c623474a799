"""The whole server in this process behind a real socket, for stock AWS clients, with a clock that tests move."""

from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server

from app.config import Settings
from app.core.clients.model import Client
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User
from app.factory import create_app
from app.installation import Installation
from tests.support.free_port import free_port
from tests.support.house import PASSWORD
from tests.support.prepared_keys import PreparedKeys
from tests.support.world import MovedClock, fresh_sqlite

FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Nothing: the server has its own access log."""


class AwsHouse:
    """``idp`` and ``identity`` sign with an administrator's key that this server issued, ``unsigned`` with none. Close it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.url = f"http://localhost:{free_port()}"
        self.clock = MovedClock()
        given = {
            "public_url": self.url,
            "data_dir": folder,
            "password_hashing": "test",
            "dev": True,
            "mail_from": "a@example.com",
        }
        if "database_url" not in settings:
            given["database_url"] = fresh_sqlite(folder)
        self.app = create_app(Settings(**{**given, **settings}), clock=self.clock, key_factory=PreparedKeys())
        self.installation: Installation = self.app.extensions["poolhouse"]
        self.services = self.installation.services
        # What is queued is sent when a test looks, not by a thread at some time.
        self.installation.drainer.close()
        self.installation.logout_drainer.close()
        key = self.services.access_keys.create("123456789012", "tests")
        self.key_id, self.secret = key.access_key_id, key.secret.reveal()
        self._server = make_server(
            "127.0.0.1", urlsplit(self.url).port or 0, self.app, threaded=True, request_handler=_Quiet
        )
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.idp = self.client(self.key_id, self.secret)
        self.iam, self.sts, self.identity = (
            self.client(self.key_id, self.secret, service=name) for name in ("iam", "sts", "cognito-identity")
        )
        unsigned = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
        self.unsigned = self._boto(config=unsigned)
        self.identity_unsigned = self._boto("cognito-identity", config=unsigned)

    def client(
        self,
        key_id: str,
        secret: str,
        region: str = "us-east-1",
        token: str | None = None,
        service: str = "cognito-idp",
    ) -> Any:
        """A stock boto3 client that signs with these credentials."""
        return self._boto(
            service,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name=region,
            config=Config(retries={"max_attempts": 0}),
        )

    def unsigned_client(self, service: str) -> Any:
        """A stock boto3 client without credentials."""
        return self._boto(service, config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}))

    def _boto(self, service: str = "cognito-idp", **options: Any) -> Any:
        return boto3.client(service, **{"endpoint_url": self.url, "region_name": "us-east-1", **options})

    def outbox(self, to: str) -> list[dict[str, Any]]:
        """What was sent to this address, newest first."""
        self.services.messages.deliveries.drain()
        outbox = self.installation.messaging.outbox
        return [] if outbox is None else outbox.list(to)

    def pool(self, name: str = "pool", **settings: Any) -> Pool:
        return self.services.pools.create(account_id="123456789012", region="us-east-1", name=name, settings=settings)

    def app_client(self, pool: Pool, *, confidential: bool = False, **settings: Any) -> Client:
        given = {"ExplicitAuthFlows": FLOWS, **settings}
        return self.services.clients.create(pool, "app", given, confidential=confidential)

    def user(self, pool: Pool, username: str = "ada", **attributes: str) -> User:
        """Confirmed, with ``PASSWORD``."""
        return self.services.users.create(pool, username, attributes, permanent_password=Secret(PASSWORD))

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for client in (self.idp, self.iam, self.sts):
            client.close()
        self.unsigned.close()
        self.identity.close()
        self.identity_unsigned.close()
        self.installation.close()
