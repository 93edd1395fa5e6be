"""The groups of a Kattis package's tests, and what they are worth."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from lti_grader.problems.models import Aggregation, OnReject
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.package import BadPackage

_AGGREGATIONS = {
    "min": Aggregation.MIN, "sum": Aggregation.SUM, "avg": Aggregation.SUM, "pass-fail": Aggregation.PASS_FAIL,
}  # fmt: skip
_OF_ONE_GROUP = {"max_score", "score_aggregation", "require_pass"}


def groups_of(
    files: Mapping[str, bytes], tests: Mapping[str, list[DraftTest]], report: list[str], *, is_scoring: bool,
    is_legacy: bool,
) -> list[DraftGroup]:  # fmt: skip
    """Return the groups of a package, the samples first.

    Parameters
    ----------
    tests
        By the folder below data/ that they are in.
    report
        What cannot be carried over is added to it.
    """
    folders = sorted(tests, key=lambda folder: (folder.split("/")[0] != "sample", folder))
    if not is_scoring:
        return _pass_fail(tests, folders)
    found = []
    for folder in folders:
        about = _inherited(files, folder)
        is_sample = folder.split("/")[0] == "sample"
        found.append(_scoring(folder, tests[folder], about, report, is_sample=is_sample, is_legacy=is_legacy))
    secret = [one for one in found if not one.name.startswith("sample")]
    if not any(one.points for one in secret):
        raise BadPackage("Its test groups are worth no points.")
    _look_at_parents(files, folders, report)
    return found


def _pass_fail(tests: Mapping[str, list[DraftTest]], folders: list[str]) -> list[DraftGroup]:
    """Return what is accepted where all of it passes, and worth nothing else."""
    samples = [one for folder in folders if folder.split("/")[0] == "sample" for one in tests[folder]]
    secret = [one for folder in folders if folder.split("/")[0] != "sample" for one in tests[folder]]
    if not secret:
        return [DraftGroup("sample", Decimal(1), samples, Aggregation.PASS_FAIL)]
    found = [DraftGroup("sample", Decimal(0), samples, Aggregation.PASS_FAIL)] if samples else []
    requires = ["sample"] if samples else []
    return [*found, DraftGroup("secret", Decimal(1), secret, Aggregation.PASS_FAIL, OnReject.STOP, requires)]


def _inherited(files: Mapping[str, bytes], folder: str) -> dict[str, Any]:
    """Return what the files of a group say, and those of the folders above it where it says nothing."""
    about: dict[str, Any] = {}
    parts = folder.split("/")
    for depth in range(len(parts) + 1):
        # In 2025-09 some are of one group alone.
        about = {name: value for name, value in about.items() if name not in _OF_ONE_GROUP}
        for name in ("testdata.yaml", "test_group.yaml"):
            place = "/".join(["data", *parts[:depth], name])
            if place not in files:
                continue
            try:
                said = yaml.safe_load(files[place]) or {}
            except yaml.YAMLError as error:
                raise BadPackage(f"{place} cannot be read: {error}") from None
            if not isinstance(said, dict):
                raise BadPackage(f"{place} holds no names with values.")
            about |= said
    return about


def _scoring(
    folder: str, tests: list[DraftTest], about: Mapping[str, Any], report: list[str], *, is_sample: bool,
    is_legacy: bool,
) -> DraftGroup:  # fmt: skip
    modern = _modern(about)
    if folder == "secret" and not is_legacy:
        modern = {"score": 100, "aggregation": "sum"} | modern
    flags = str(about.get("grader_flags", "")).split()
    words = [str(modern.get("aggregation", "")), *flags]
    chosen = next((one for one in words if one in _AGGREGATIONS), "sum" if is_legacy else "pass-fail")
    if "max" in words:
        report.append(f"data/{folder}: the best of its tests counts in the package; here it is the sum of them.")
        chosen = "sum"
    each = _score(modern.get("score", about.get("accept_score", 0 if is_sample else 1)), folder)
    points = each * len(tests) if chosen == "sum" and "score" not in modern else each
    most = str(about.get("range", "")).split()
    if len(most) == 2 and most[1] not in ("inf", "+inf"):
        points = min(points, max(_score(most[1], folder), Decimal(0)))
    requires = modern.get("require_pass") or []
    names = [requires] if isinstance(requires, str) else [str(one) for one in requires]
    stops = chosen in ("min", "pass-fail") and str(about.get("on_reject", "break")) == "break"
    return DraftGroup(
        name=folder,
        points=Decimal(0) if is_sample else points,
        tests=tests,
        aggregation=_AGGREGATIONS[chosen],
        on_reject=OnReject.STOP if stops else OnReject.CONTINUE,
        requires=[one if one == "sample" or one.startswith("secret") else f"secret/{one}" for one in names],
    )


def _modern(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a group of 2025-09 says on points; before that format was settled it stood in a mapping of its own."""
    drafted = about.get("scoring")
    said: dict[str, Any] = dict(drafted) if isinstance(drafted, dict) else {}
    names = {"max_score": "score", "score_aggregation": "aggregation", "require_pass": "require_pass"}
    return said | {
        ours: about[theirs] for theirs, ours in names.items() if about.get(theirs, "unbounded") != "unbounded"
    }


def _score(value: object, folder: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadPackage(f"data/{folder}: the score {value!r} is no number.") from None
    if not found.is_finite():
        raise BadPackage(f"data/{folder}: the score {value!r} is no number.")
    return found


def _look_at_parents(files: Mapping[str, bytes], folders: list[str], report: list[str]) -> None:
    """Say where groups make the points of a group above them otherwise than by their sum."""
    above = {"/".join(folder.split("/")[:depth]) for folder in folders for depth in range(1, folder.count("/") + 1)}
    for parent in sorted(above):
        flags = str(_inherited(files, parent).get("grader_flags", "")).split()
        if "min" in flags or "max" in flags:
            report.append(f"data/{parent}: its groups count by their {'minimum' if 'min' in flags else 'best'}; here by their sum.")  # fmt: skip
