"""The reference of settings says what the code does."""

from pathlib import Path

import pytest

from app.cli.references import REFERENCES
from app.config import SETTINGS, Settings
from app.core.clients.extensions import CLIENT_EXTENSIONS
from app.core.pools.extensions import POOL_EXTENSIONS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_is_what_the_code_generates(name):
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == REFERENCES[name](), "run python -m app.cli.references"


@pytest.mark.parametrize("entry", [*SETTINGS, *POOL_EXTENSIONS, *CLIENT_EXTENSIONS], ids=lambda entry: entry.name)
def test_every_entry_is_explained_in_a_sentence(entry):
    assert entry.default
    assert entry.help.endswith(".")
    assert len(entry.help) > 20


def test_every_setting_reaches_the_server():
    fields = set(Settings.__dataclass_fields__)
    renamed = {"master_key": "master_keys", "master_key_file": "master_keys"}
    assert {renamed.get(setting.name.lower(), setting.name.lower()) for setting in SETTINGS} == fields
