"""TOML files that each describe one thing: a language, a runner of tests, a tool."""

import contextlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lti_grader.core.errors import SettingsError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model], *, what: str) -> Model:
    """Return what a file describes.

    Parameters
    ----------
    what
        What it describes, as in "a language", for messages.

    Raises
    ------
    SettingsError
        The file has a mistake; the message names it and the key.
    """
    with naming(path, what=what):
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


@contextlib.contextmanager
def naming(path: Path, *, what: str) -> Iterator[None]:
    """Turn what is found wrong with a file's content into a `SettingsError` that names the file."""
    try:
        yield
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    except ValidationError as error:
        said = [_in_words(one, what) for one in error.errors()]
        raise SettingsError("\n".join([f"{path} needs your attention:", *said])) from None


def _in_words(problem: Mapping[str, Any], what: str) -> str:
    key = ".".join(map(str, problem["loc"]))
    said = {"missing": "is not given", "extra_forbidden": f"is no key of {what}: check its spelling"}.get(
        problem["type"], problem["msg"].removeprefix("Value error, ")
    )
    return f"  {key}: {said}" if key else f"  {said}"
