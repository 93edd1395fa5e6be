"""What a Kattis package gives to every program: the files of include/, and the values of its constants."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lti_grader.problems.harness import Harness, is_file_name
from lti_grader.problems.packages.package import BadPackage

FOLDER = "include"
_FOR_ALL = "default"
_CODES = {"python3": "python", "python3numpy": "python", "cppgmp": "cpp", "cgmp": "c", "javaalgs4": "java"}
_REPLACED = re.compile(
    r"(problem_statement|statement|input_validators?|output_validators?|include|submissions)/|data/(.+/)?test_group\.yaml$"
)
_CONSTANT = re.compile(
    rb"\{\{([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?\}\}|\\constant\{([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?\}"
)
# Names of files in which a program begins.
_MAINS = {"main", "__main__"}


def with_constants(files: Mapping[str, bytes], about: Mapping[str, Any]) -> Mapping[str, bytes]:
    """Return a package's files with the values of its `constants` where their names stand.

    Raises
    ------
    BadPackage
        What is said of them has no names.
    """
    constants = about.get("constants") or {}
    if not isinstance(constants, dict):
        raise BadPackage("problem.yaml: constants have to be names with values.")
    if not constants:
        return files

    def value(found: re.Match[bytes]) -> bytes:
        name, variant = (found[1], found[2]) if found[1] else (found[3], found[4])
        said = constants.get(name.decode())
        said = said if isinstance(said, dict) else {"value": said}
        one = said.get(variant.decode() if variant else "value")
        return found[0] if one is None else str(one).encode()

    return {name: _CONSTANT.sub(value, text) if _REPLACED.match(name) else text for name, text in files.items()}


def included(files: Mapping[str, bytes]) -> tuple[Harness | None, dict[str, bytes], list[str]]:
    """Return what lies beside every program, as a harness and its files, and in words what cannot be carried over."""
    taken: dict[str, bytes] = {}
    languages: dict[str, list[str]] = {}
    losses: list[str] = []
    # Those of all languages come last: a language's own file of that name is in place of it.
    for path in sorted(files, key=lambda one: (one.startswith(f"{FOLDER}/{_FOR_ALL}/"), one)):
        parts = PurePosixPath(path).parts
        if parts[0] != FOLDER or len(parts) < 3 or parts[-1].startswith("."):
            continue
        code, name = parts[1], "/".join(parts[2:])
        if not is_file_name(name):
            losses.append(
                f"{path} is left out: only files without a folder of their own can lie beside each submission."
            )
        elif PurePosixPath(name).stem.lower() in _MAINS:
            losses.append(f"{path} is left out: it calls what is handed in, which needs a template here.")
        elif name in taken and (code == _FOR_ALL or taken[name] != files[path]):
            losses.append(f"{path} is left out: a file of that name for other languages is kept.")
        else:
            taken[name] = files[path]
            if code != _FOR_ALL:
                languages.setdefault(name, []).append(_CODES.get(code, code))
    if not taken:
        return None, {}, losses
    return Harness(files={name: name for name in taken}, only_for=languages), taken, losses


def written(harness: Harness, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files that lie beside every program as the folder include/ has them."""
    codes = {"python": "python3"}
    return {
        f"{FOLDER}/{codes.get(language, language)}/{name}": content
        for name, content in files.items()
        for language in harness.only_for.get(name, [_FOR_ALL])
    }
