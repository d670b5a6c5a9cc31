import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webapp.settings import SettingError, Settings, kept_secret

URL = "postgresql+psycopg:///x"


def test_the_database_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="DATABASE_URL"):
        Settings.from_environment({"VAR_DIR": str(tmp_path)})


def test_a_missing_secret_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": URL, "VAR_DIR": str(tmp_path)}
    first = Settings.from_environment(environment)
    second = Settings.from_environment(environment)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_together_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: kept_secret(tmp_path / "secret_key"), range(32)))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_given_secret_is_not_written_down(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DATABASE_URL": URL, "VAR_DIR": str(tmp_path), "SECRET_KEY": "given"})
    assert settings.secret_key == "given"
    assert not (tmp_path / "secret_key").exists()


def test_the_number_of_proxies_must_be_a_number(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="TRUSTED_PROXIES"):
        Settings.from_environment({"DATABASE_URL": URL, "VAR_DIR": str(tmp_path), "TRUSTED_PROXIES": "one"})


@pytest.mark.parametrize(("given", "wanted"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_the_demo_is_switched_by_a_plain_word(tmp_path: Path, given: str, wanted: bool) -> None:
    settings = Settings.from_environment({"DATABASE_URL": URL, "VAR_DIR": str(tmp_path), "DEMO": given})
    assert settings.demo is wanted
