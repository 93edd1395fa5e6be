"""Tests in a runner's own form, and looks at the style of an answer, as a package describes them.

For every format that can hold them: one that reads YAML gives what stands under its key to `with_unit_tests`. A Kattis package
has it in `unit_tests/unit_tests.yaml`, with the files beside that, and looks at style in `checks.yaml`. docs/unit-tests.md tells authors what can stand there.
"""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_grader.problems.harness import FileName, Harness, StyleCheck, UnitTests
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.package import BadPackage, Package, TestFile

FOLDER = "unit_tests"
DESCRIPTION = "unit_tests.yaml"
CHECKS = "checks.yaml"
_Points = Annotated[Decimal, Field(ge=0, le=10_000)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    file: FileName
    visibility: Visibility = Visibility.HIDDEN
    each: _Points = Decimal(1)
    """What a test is worth that `points` does not name."""
    points: dict[str, _Points] = {}


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    runner: str
    answer: FileName | None = None
    tests: list[_File] = Field(min_length=1)


def with_unit_tests(package: Package, described: Mapping[str, Any], files: Mapping[str, bytes]) -> Package:
    """Return a package whose tests a runner runs.

    Parameters
    ----------
    described
        `runner`, `answer` and `tests`, a list of `file`, `visibility`, `each` and `points`.
    files
        What lies beside the tests, by name, without folders: those that hold tests, and any that these need.

    Raises
    ------
    BadPackage
        Something is missing or misspelt; the message names it.
    """
    try:
        read = _Described.model_validate(dict(described))
        unit_tests = UnitTests(
            runner=read.runner, answer=read.answer, tests={one.file: one.visibility for one in read.tests}
        )
        checks = package.harness.checks if package.harness else {}
        harness = Harness(unit_tests=unit_tests, files={name: name for name in files}, checks=checks)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadPackage(f"The unit tests: {where + ': ' if where else ''}{first['msg']}.") from None
    return dataclasses.replace(
        package,
        harness=harness,
        files=files,
        test_files=[TestFile(one.file, one.visibility, one.points, one.each) for one in read.tests],
    )


class _Check(StyleCheck):
    points: _Points | None = None
    """None for advice only."""
    visibility: Visibility = Visibility.VISIBLE


def with_checks(package: Package, described: Mapping[str, Any]) -> Package:
    """Return a package whose answers are looked at for style as well.

    Parameters
    ----------
    described
        Name -> `tool` and, where they differ from what is usual, `level`, `rules`, `without`, `loss`, `most`, `points` and
        `visibility`. With points it is a test of that name, after all others; without it is advice.

    Raises
    ------
    BadPackage
        Something is misspelt; the message names it.
    """
    try:
        read = {str(name): _Check.model_validate(about) for name, about in described.items()}
    except ValidationError as error:
        first = error.errors()[0]
        raise BadPackage(f"The checks of style: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    fields = set(StyleCheck.model_fields)
    checks = {name: StyleCheck.model_validate(one.model_dump(include=fields)) for name, one in read.items()}
    groups = [
        DraftGroup(name, one.points, [DraftTest(name, b"", b"", one.visibility)])
        for name, one in read.items()
        if one.points is not None
    ]
    harness = (package.harness or Harness()).model_copy(update={"checks": checks})
    return dataclasses.replace(package, harness=harness, groups=[*package.groups, *groups])


def beside(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a package's folder `unit_tests` by name, without what describes them."""
    inside = {name.removeprefix(f"{FOLDER}/"): text for name, text in files.items() if name.startswith(f"{FOLDER}/")}
    return {name: text for name, text in inside.items() if name != DESCRIPTION}
