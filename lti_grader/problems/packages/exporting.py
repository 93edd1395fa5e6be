"""A version of the problem bank as a package, with all that it was brought in with."""

import dataclasses
import uuid
from collections.abc import Callable, Sequence
from typing import cast

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.core.errors import TooLarge
from lti_grader.problems.harness import harness_of
from lti_grader.problems.models import (
    Aggregation,
    Difficulty,
    KeptSubmission,
    LanguageLimit,
    OnReject,
    Problem,
    ProblemVersion,
    TestCase,
    TestGroup,
    Visibility,
)
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.package import Package, Submission
from lti_grader.problems.queries import tests_of, version
from lti_grader.problems.quizzes.form import quiz_of
from lti_grader.problems.quizzes.units import units_of
from lti_grader.problems.rubrics import DraftRubric, rubric_of

ACCEPTED = frozenset({"accepted"})


@dataclasses.dataclass(frozen=True)
class KeptVersion:
    """All rows of a version; what is large lies in the object store."""

    problem: Problem
    version: ProblemVersion
    tests: Sequence[sa.Row[TestGroup, TestCase]]
    rubric: DraftRubric | None = None


def kept_version(version_id: uuid.UUID) -> KeptVersion:
    """Return the rows of a version, or raise `NotFound`."""
    kept = version(version_id)
    rubric = rubric_of(version_id)
    problem = session().get_one(Problem, kept.problem_id)
    return KeptVersion(problem, kept, tests_of(version_id), rubric.draft if rubric else None)


def bounded(get: Callable[[str], bytes], *, most: int) -> Callable[[str], bytes]:
    """Return what gets blobs as `get` does, until they are more than `most` bytes together: then it raises `TooLarge`."""
    total = 0

    def get_within(ref: str) -> bytes:
        nonlocal total
        content = get(ref)
        total += len(content)
        if total > most:
            raise TooLarge(
                f"This version holds more than {most // 1024**2} MiB, the most that a page packs. Whoever runs this tool"
                " can write it with `lti-grader problems export`."
            )
        return content

    return get_within


def package_of(found: KeptVersion, get: Callable[[str], bytes]) -> Package:
    """Return a version as a package. The store may be slow: no transaction need be open, nor should one be.

    Parameters
    ----------
    get
        Returns a blob's content.
    """
    kept, problem = found.version, found.problem
    harness = harness_of(kept.harness)
    files = {name: get(ref) for name, ref in harness.files.items()} if harness else {}
    report: list[str] = []
    quiz = quiz_of(kept.quiz)
    return Package(
        slug=problem.slug,
        title=problem.title,
        statement=kept.description_markdown,
        groups=_groups(found.tests, get, report) if quiz is None else units_of(quiz),
        checker=kept.checker,
        cpu_ms=kept.cpu_ms,
        memory_kb=kept.memory_kb,
        submissions=_submissions(kept, get),
        report=report,
        tags=problem.tags,
        difficulty=Difficulty(problem.difficulty) if problem.difficulty else None,
        starter_code=kept.starter_code,
        hint=kept.hint,
        language_limits={name: cast("LanguageLimit", one) for name, one in kept.language_limits.items()},
        harness=harness.model_copy(update={"files": {name: name for name in files}}) if harness else None,
        files=files,
        rubric=found.rubric,
        pictures={name: get(ref) for name, ref in kept.pictures.items()},
        quiz=quiz,
    )


def numbered(slug: str, number: int | None) -> uuid.UUID | None:
    """Return the version of a problem of that number, without a number its newest; None where there is none."""
    asked = sa.select(ProblemVersion.id).join(Problem).where(Problem.slug == slug)
    if number is not None:
        asked = asked.where(ProblemVersion.number == number)
    return session().scalar(asked.order_by(ProblemVersion.number.desc()).limit(1))


def _groups(
    rows: Sequence[sa.Row[TestGroup, TestCase]], get: Callable[[str], bytes], report: list[str]
) -> list[DraftGroup]:
    kept: dict[uuid.UUID, tuple[TestGroup, list[TestCase]]] = {}
    for group, test in rows:
        kept.setdefault(group.id, (group, []))[1].append(test)
    names: dict[uuid.UUID, str] = {}
    for number, (group, _) in enumerate(kept.values(), start=1):
        names[group.id] = group.name
        if not group.name or group.name in list(names.values())[:-1]:
            names[group.id] = f"{group.name or 'group'} {number}"
            report.append(f"Its group {number} has no name of its own: it is called {names[group.id]!r}.")
    return [
        DraftGroup(
            names[group.id], group.points, [_test(one, get) for one in tests], Aggregation(group.aggregation),
            OnReject(group.on_reject), [names[one] for one in group.requires if one in names],
        )
        for group, tests in kept.values()
    ]  # fmt: skip


def _test(kept: TestCase, get: Callable[[str], bytes]) -> DraftTest:
    return DraftTest(
        kept.name,
        kept.input if kept.input is not None else get(kept.input_blob_ref or ""),
        kept.expected if kept.expected is not None else get(kept.expected_blob_ref or ""),
        Visibility(kept.visibility),
        kept.points,
        code=kept.code,
        extra=kept.extra,
        cpu_ms=kept.cpu_ms,
        memory_kb=kept.memory_kb,
    )


def _submissions(kept: ProblemVersion, get: Callable[[str], bytes]) -> list[Submission]:
    """Return what came with the problem, and its reference solutions where those are others."""
    found = [_submission(one, get) for one in kept.kept_submissions]
    known = {(one.language, one.source) for one in found if one.expected == ACCEPTED}
    own = [
        Submission(f"reference/{language}", language, text.encode(), ACCEPTED)
        for language, text in kept.reference_solution.items()
        if (language, text.encode()) not in known
    ]
    return [*found, *own]


def _submission(one: KeptSubmission, get: Callable[[str], bytes]) -> Submission:
    expected = one["expected"]
    main = next((name for name, ref in one["beside"].items() if ref == one["source"]), "")
    return Submission(
        one["path"], one["language"], get(one["source"]), frozenset(expected) if expected is not None else None,
        {name: get(ref) for name, ref in one["beside"].items() if name != main}, main=main,
    )  # fmt: skip
