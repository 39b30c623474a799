from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.oauth_app import OAuthApp
from tests.support.world import fresh_sqlite


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OAuthApp]:
    """The OAuth endpoints over an empty database, with one pool, one public client and one user."""
    app = OAuthApp(fresh_sqlite(tmp_path))
    yield app
    app.close()
