import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.adapters.system.master_key import MasterKeyFileError, read_or_make


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "new" / "master.key"
    (key,) = read_or_make(path)
    assert len(key) == 32
    assert read_or_make(path) == (key,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_of_many_that_start_at_once_all_get_the_same_key(tmp_path):
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_or_make(path), range(24)))
    assert len(keys) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("content", ["", "AAAA", "nonsense", "AAAA,"])
def test_a_file_that_holds_no_key_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "master.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyFileError, match="32 bytes in base64"):
        read_or_make(path)
    assert path.read_text() == content


def test_a_folder_in_its_place_is_refused(tmp_path):
    with pytest.raises(MasterKeyFileError, match="cannot be read"):
        read_or_make(tmp_path)


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "master.key"
    read_or_make(path)
    path.chmod(0o640)
    with pytest.raises(MasterKeyFileError, match="chmod 600"):
        read_or_make(path)
