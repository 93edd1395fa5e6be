"""Commands of the shell, where an installation is not as it should be."""

import pytest

from lti_grader.cli import main


def test_a_database_that_does_not_answer_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "REDIS_URL": "redis://127.0.0.1:1/0", "S3_ACCESS_KEY_ID": "x",
        "S3_SECRET_ACCESS_KEY": "x", "SECRET_KEY": "x" * 32, "PUBLIC_URL": "http://127.0.0.1:1",
        "ENCRYPTION_KEYS": "A" * 43 + "=",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="2"):
        main(["platforms", "list"])
    said = capsys.readouterr().err
    assert said.startswith("The database does not answer: connection failed")
    assert "lti-grader doctor" in said
    assert len(said.splitlines()) == 1
