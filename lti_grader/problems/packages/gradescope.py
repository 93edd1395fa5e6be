"""Autograders of Gradescope: a ZIP archive with run_autograder and setup.sh.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import dataclasses
import re
from collections.abc import Mapping
from decimal import Decimal

from lti_grader.problems.harness import Autograder, Harness
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.packages.package import Package

MARK = "run_autograder"
_ARCHIVE = "autograder.zip"
_CPU_MS, _MEMORY_KB = 60_000, 786_432
"""What is usual there is 0.75 GB; its ten minutes and more are too long for a queue."""
_POINTS = Decimal(100)
_INSTALLS = re.compile(
    r"^\s*(?:sudo\s+)?((?:apt(?:-get)?|pip3?|python3? -m pip|npm|conda|cargo|gem)\s+(?:-\S+\s+)*install\b.*)$",
    re.MULTILINE,
)
_FETCHES = re.compile(r"\b(git clone|git pull|curl|wget|ssh|scp|pip3? install|apt-get)\b")


def read(slug: str, files: Mapping[str, bytes]) -> Package:
    """Read an autograder.

    Parameters
    ----------
    slug
        What it is called where it comes from: nothing in it says so.
    files
        Its files, as `files.read_files` returns them.
    """
    report = [
        "It has no statement and no solution: write the one, and add the other, before it is published.",
        "It is worth 100 points here, of which an answer gets the share that results.json says.",
        "It finds the answer by the usual name of its language, such as main.py: say `answer` where it wants another.",
    ]
    setup = files.get("setup.sh", b"").decode(errors="replace")
    wanted = [" ".join(one.split()) for one in _INSTALLS.findall(setup)]
    if wanted:
        report.append(
            "setup.sh is never run here. What it installs has to be on each machine that grades, for all users, below /usr: "
            + "; ".join(wanted)
        )
    elif setup.strip():
        report.append("setup.sh is never run here: what it prepares has to be on each machine that grades.")
    fetching = sorted(set(_FETCHES.findall(files[MARK].decode(errors="replace"))))
    if fetching:
        report.append(f"run_autograder calls {', '.join(fetching)}: there is no network where it runs.")
    return Package(
        slug=re.sub(r"[^a-z0-9-]+", "-", slug.lower()).strip("-") or "problem",
        title=slug[:250] or "Autograder",
        statement="",
        groups=[DraftGroup("autograder", _POINTS, [DraftTest("autograder", b"", b"", Visibility.VISIBLE)])],
        checker={"kind": "tokens"},
        cpu_ms=_CPU_MS,
        memory_kb=_MEMORY_KB,
        submissions=[],
        report=report,
        harness=Harness(autograder=Autograder(archive=_ARCHIVE), files={_ARCHIVE: _ARCHIVE}),
        files={_ARCHIVE: zipped(files, "")},
    )


def with_answer(package: Package, name: str) -> Package:
    """Return a package whose autograder, if it has one that says no name, finds the answer by this one."""
    autograder = package.harness.autograder if package.harness else None
    if package.harness is None or autograder is None or autograder.answer is not None:
        return package
    named = autograder.model_copy(update={"answer": name})
    return dataclasses.replace(package, harness=package.harness.model_copy(update={"autograder": named}))
