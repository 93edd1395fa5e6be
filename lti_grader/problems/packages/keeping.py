"""A package as a draft for the problem bank."""

import dataclasses
from collections.abc import Callable

from lti_grader.problems.harness import Harness
from lti_grader.problems.models import KeptSubmission
from lti_grader.problems.operations import DraftProblem
from lti_grader.problems.packages.package import BadPackage, Package, Submission

INLINE_BYTES = 65_536
"""What is larger is kept in the object store."""


def draft_of(package: Package, *, cpu_ms: int, put: Callable[[bytes], str]) -> DraftProblem:
    """Return a package as a draft.

    Parameters
    ----------
    cpu_ms
        The limit of a test, as the package says it or as it was found here.
    put
        Keeps a blob, and returns its name.

    Raises
    ------
    BadPackage
        A group requires one that is not before it.
    """
    known: set[str] = set()
    groups = []
    for group in package.groups:
        if missing := set(group.requires) - known:
            raise BadPackage(f"The group {group.name!r} requires {', '.join(sorted(missing))}, which is not before it.")
        known.add(group.name)
        tests = [
            dataclasses.replace(one, input=_kept(one.input, put), expected=_kept(one.expected, put))
            for one in group.tests
        ]
        groups.append(dataclasses.replace(group, tests=tests))
    solutions = {
        one.language: one.source.decode(errors="replace")
        for one in reversed(package.submissions)
        if one.expected == frozenset({"accepted"}) and one.language is not None and not one.beside
    }
    return DraftProblem(
        slug=package.slug,
        title=package.title,
        description_markdown=package.statement,
        groups=groups,
        reference_solution=solutions,
        cpu_ms=cpu_ms,
        memory_kb=package.memory_kb,
        checker=package.checker,
        harness=_harness(package, put),
        tags=package.tags,
        difficulty=package.difficulty,
        starter_code=package.starter_code,
        hint=package.hint,
        language_limits=package.language_limits,
        submissions=[_submission(one, put) for one in package.submissions],
        rubric=package.rubric,
        pictures={name: put(content) for name, content in package.pictures.items()},
        quiz=package.quiz,
    )


def _submission(one: Submission, put: Callable[[bytes], str]) -> KeptSubmission:
    """Return a submission as it is kept; one that is several files is itself among those beside it."""
    return {
        "path": one.path, "language": one.language, "source": put(one.source),
        "expected": sorted(one.expected) if one.expected is not None else None,
        "beside": {name: put(content) for name, content in (one.files or one.beside).items()},
    }  # fmt: skip


def _harness(package: Package, put: Callable[[bytes], str]) -> Harness | None:
    if package.harness is None:
        return None
    return package.harness.model_copy(update={"files": {name: put(text) for name, text in package.files.items()}})


def _kept(content: bytes | str, put: Callable[[bytes], str]) -> bytes | str:
    return content if isinstance(content, str) or len(content) <= INLINE_BYTES else put(content)
