"""The whole application in this process, on a migrated database, with its stores at hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.factory import create_app
from app.installation import Installation
from tests.support.prepared_keys import PreparedKeys
from tests.support.world import fresh_sqlite

ORIGIN = "http://localhost"


class Application:
    """``create_app`` as the server calls it, in development mode unless ``environ`` says otherwise. Close it after use."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        settings = {
            "POOLHOUSE_DEV": "1",
            "POOLHOUSE_PUBLIC_URL": ORIGIN,
            "POOLHOUSE_DATA_DIR": str(folder),
            "POOLHOUSE_DATABASE_URL": fresh_sqlite(folder),
            "POOLHOUSE_PASSWORD_HASHING": "test",
        }
        settings.update(environ or {})
        self.app: Flask = create_app(
            Settings.from_env({name: value for name, value in settings.items() if value}), key_factory=PreparedKeys()
        )
        self.installation: Installation = self.app.extensions["poolhouse"]
        self.services = self.installation.services
        self.client: FlaskClient = self.app.test_client()

    def close(self) -> None:
        self.installation.close()

    def a_pool(self, settings: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """A stored pool; ``extensions`` may be given."""
        return self.services.pools.create(
            account_id="123456789012", region="us-east-1", name="pool", settings=settings or {}, **options
        )
