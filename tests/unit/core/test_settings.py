"""A bad setting is named, with what it should be."""

import pytest

from lti_grader.core.errors import SettingsError
from lti_grader.core.settings import Settings

GOOD = {
    "database_url": "postgresql://u:p@localhost/d",
    "redis_url": "redis://localhost",
    "s3_access_key_id": "k",
    "s3_secret_access_key": "s",
    "secret_key": "x" * 32,
    "encryption_keys": "one",
    "public_url": "https://grader.example.edu",
}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_good_settings_are_taken_with_the_defaults_of_the_file() -> None:
    read = Settings.read(**GOOD)
    assert read.database_url.startswith("postgresql+psycopg://")
    assert read.max_code_bytes == 65536


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_CODE_BYTES", "2048")
    assert Settings.read(**GOOD).max_code_bytes == 2048


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("database_url", "mysql://x", "DATABASE_URL: must look like postgresql://"),
        ("secret_key", "short", "SECRET_KEY: must be at least 32"),
        ("public_url", "http://grader.example.edu", "PUBLIC_URL: must begin with https"),
        ("public_url", "https://grader.example.edu/path", "PUBLIC_URL: must be a bare address"),
        ("autosave_seconds", "1", "AUTOSAVE_SECONDS"),
        ("sandbox", "none", "SANDBOX"),
        ("encryption_keys", ",", "ENCRYPTION_KEYS: give at least one key"),
        ("max_coed_bytes", 1, "MAX_COED_BYTES: is not a setting"),
    ],
)
def test_a_bad_value_is_named_with_what_it_should_be(name: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.read(**(GOOD | {name: value}))


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL: is not set[\s\S]*REDIS_URL: is not set"):
        Settings.read()


def test_no_secret_is_in_the_message() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read(**(GOOD | {"secret_key": "hunter2"}))
    assert "hunter2" not in str(refused.value)
