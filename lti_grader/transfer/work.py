"""What people handed in, as the file of their class holds it: a line of JSON for each attempt, and what was handed in itself.

Attempts are read a batch at a time, each in a transaction of its own and by as many questions whatever stands in it, so that
neither the memory nor the transactions grow with the class. `students` alone is held for all of it: a name for each person.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.languages import described_languages
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.groups.teams import members_of_teams
from lti_grader.classes.models import Enrollment
from lti_grader.core.db import session, transaction
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.marking.models import Feedback, Marking, RubricScore
from lti_grader.people.models import User
from lti_grader.problems import answer_files
from lti_grader.problems.harness import takes_files, takes_notebook
from lti_grader.problems.models import ProblemKind, ProblemVersion, TestCase
from lti_grader.transfer.packing import Archive, Fetching, Writer, plain
from lti_grader.transfer.teaching import Outline, ProblemPlace

BATCH = 500
"""Attempts that are read at once."""
_ARE_FILES = "files"
Students = Mapping[uuid.UUID, str]
"""Student -> the folder of what they handed in."""


def students_of(tenant_id: uuid.UUID, class_id: uuid.UUID) -> Students:
    """Return a name for everybody who is or was in a class, which leads to them by the end of their id."""
    with transaction(tenant_id):
        rows = session().execute(
            sa.select(User.id, User.family_name, User.given_name, User.name)
            .join(Enrollment, Enrollment.user_id == User.id)
            .where(Enrollment.class_id == class_id)
        )
        return {
            user_id: folder_of(user_id, " ".join(one for one in (family, given) if one) or name or "")
            for user_id, family, given, name in rows
        }


def folder_of(user_id: uuid.UUID, name: str = "") -> str:
    """Return what the folder of somebody's work is called: their name as far as files may be called so, and the end of their id."""
    return f"{plain(name) if name else 'student'}-{user_id.hex[-8:]}"


def writers(tenant_id: uuid.UUID, found: Outline, students: Students, fetching: Fetching) -> list[Writer]:
    """Return what writes the work of a class into its file, problem by problem."""
    titles = {one["id"]: one["folder"] for part in found.contents for one in part["items"]}
    places = [(titles[one], list(enumerate(held, start=1))) for one, held in found.problems.items()]
    return [
        writer
        for folder, held in places
        for number, place in held
        for writer in _of_problem(tenant_id, f"work/{folder}/problem-{number}", place, found, students, fetching)
    ]


def _of_problem(
    tenant_id: uuid.UUID, folder: str, place: ProblemPlace, found: Outline, students: Students, fetching: Fetching
) -> list[Writer]:  # fmt: skip
    endings = _Endings(tenant_id)

    def lines(archive: Archive) -> Iterator[None]:
        yield from archive.add_lines(f"{folder}/attempts.jsonl", _lines(tenant_id, place, found, students, endings))

    def texts(archive: Archive) -> Iterator[None]:
        with archive.within(f"{folder}/handed-in.zip") as inner:
            asked = _texts(tenant_id, place, students, endings)
            before = len(fetching.missing)
            for name, content in fetching.fetched(asked):
                for path, part in _parts(name, content):
                    inner.add(path, part)
                yield
            fetching.missing[before:] = [f"{folder}/handed-in.zip/{one}" for one in fetching.missing[before:]]

    return [lines, texts]


def _parts(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what was handed in under the name of its file; an answer of several files as a folder of them."""
    files = answer_files.parsed(content) if name.endswith(f".{_ARE_FILES}") else None
    if files is None:
        yield name, content
        return
    folder = name.removesuffix(f".{_ARE_FILES}")
    for path, part in files.items():
        yield f"{folder}/{path}", part


class _Endings:
    """How the file is called that somebody handed in, by what it answers; versions are few and looked up once each."""

    def __init__(self, tenant_id: uuid.UUID) -> None:
        self._tenant_id = tenant_id
        self._of: dict[uuid.UUID, str] = {}

    def of(self, kind: str, language: str, version_id: uuid.UUID) -> str:
        """Return the ending, with its dot."""
        if kind == AttemptType.FILE:
            return ".bin"
        if version_id not in self._of:
            with transaction(self._tenant_id):
                self._of[version_id] = _ending_of(session().get_one(ProblemVersion, version_id))
        return self._of[version_id] or _ending_in(language)


def _ending_of(version: ProblemVersion) -> str:
    """Return the ending of every answer to a version; "" where it is that of its language."""
    if takes_files(version.harness):
        return f".{_ARE_FILES}"
    if takes_notebook(version.harness):
        return ".ipynb"
    if version.kind == ProblemKind.CODE:
        return ""
    return ".json" if version.is_quiz else ".md"


def _ending_in(language: str) -> str:
    described = described_languages().get(language)
    return PurePosixPath(described.source).suffix if described else ".txt"


def _name(attempt: SubmissionAttempt, students: Students, endings: _Endings) -> str:
    ending = endings.of(attempt.type, attempt.language, attempt.problem_version_id)
    folder = students.get(attempt.student_id) or folder_of(attempt.student_id)
    return f"{folder}/{attempt.attempt_number:04d}{ending}"


def _texts(
    tenant_id: uuid.UUID, place: ProblemPlace, students: Students, endings: _Endings
) -> Iterator[tuple[str, str, int]]:
    for batch in _batches(tenant_id, place):
        for one in batch:
            yield _name(one, students, endings), one.code_blob_ref, one.code_bytes


def _batches(tenant_id: uuid.UUID, place: ProblemPlace) -> Iterator[Sequence[SubmissionAttempt]]:
    after: tuple[dt.datetime, uuid.UUID] | None = None
    while True:
        with transaction(tenant_id):
            batch = _next(place.item.id, after)
        yield batch
        if len(batch) < BATCH:
            return
        after = batch[-1].created_at, batch[-1].id


def _next(item_id: uuid.UUID, after: tuple[dt.datetime, uuid.UUID] | None) -> Sequence[SubmissionAttempt]:
    moment = sa.tuple_(SubmissionAttempt.created_at, SubmissionAttempt.id)
    query = sa.select(SubmissionAttempt).where(SubmissionAttempt.assignment_problem_id == item_id)
    if after is not None:
        query = query.where(moment > sa.tuple_(*map(sa.literal, after)))
    return session().scalars(query.order_by(SubmissionAttempt.created_at, SubmissionAttempt.id).limit(BATCH)).all()


def _lines(
    tenant_id: uuid.UUID, place: ProblemPlace, found: Outline, students: Students, endings: _Endings
) -> Iterator[dict[str, Any]]:
    for batch in _batches(tenant_id, place):
        ids = [one.id for one in batch]
        with transaction(tenant_id):
            judged, marked = _judged(ids), _marked(ids)
            teams = members_of_teams({one.team_id for one in batch if one.team_id is not None})
        for one in batch:
            name = _name(one, students, endings)
            yield {
                "id": one.id, "student": one.student_id, "together": sorted(teams[one.team_id]) if one.team_id else [],
                "number": one.attempt_number, "kind": one.type,
                "file": name.removesuffix(f".{_ARE_FILES}"), "bytes": one.code_bytes, "language": one.language,
                "problem": found.versions.get(one.problem_version_id), "status": one.status, "handed_in_at": one.created_at,
                "seconds_focused": one.time_focused_seconds, "execution_time_ms": one.execution_time_ms,
                "memory_usage_kb": one.memory_usage_kb, "judgings": judged[one.id], "markings": marked[one.id],
            }  # fmt: skip


def _judged(attempt_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[dict[str, Any]]]:
    """Return the judgings of attempts, in two questions; the one that stands has the result of each test."""
    jobs = session().scalars(
        sa.select(GradingJob).where(GradingJob.attempt_id.in_(attempt_ids)).order_by(GradingJob.created_at, GradingJob.id)
    ).all()  # fmt: skip
    standing = [one.id for one in jobs if one.stands]
    tests: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    # By the attempt as well: that is what the parts of the table are searched by.
    # They are by far the most rows: as plain values, for objects of each would take longer than everything else.
    rows = session().execute(
        sa.select(
            TestResult.job_id, TestCase.name, TestResult.status, TestResult.score, TestResult.time_ms,
            TestResult.memory_kb, TestResult.message,
        )
        .join(TestCase, TestCase.id == TestResult.test_case_id)
        .where(TestResult.attempt_id.in_(attempt_ids), TestResult.job_id.in_(standing))
        .order_by(TestResult.job_id, TestCase.test_group_id, TestCase.order_index)
    )  # fmt: skip
    for job_id, name, status, score, time_ms, memory_kb, message in rows:
        tests[job_id].append({
            "test": name, "status": status, "score": score, "time_ms": time_ms, "memory_kb": memory_kb,
            "message": message,
        })  # fmt: skip
    judged: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for one in jobs:
        judged[one.attempt_id].append({
            "reason": one.reason, "status": one.status, "stands": bool(one.stands), "points": one.points,
            "of": one.maximum, "finished_at": one.finished_at, "compiler_output": one.compiler_output,
            "tests": tests.get(one.id, []),
        })  # fmt: skip
    return judged


def _marked(attempt_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[dict[str, Any]]]:
    """Return what people gave for attempts and said of them, in three questions."""
    markings = session().scalars(
        sa.select(Marking).where(Marking.attempt_id.in_(attempt_ids)).order_by(Marking.attempt_id, Marking.id)
    ).all()  # fmt: skip
    ids = [one.id for one in markings]
    scores: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for score in session().scalars(
        sa.select(RubricScore).where(RubricScore.marking_id.in_(ids)).order_by(RubricScore.id)
    ):
        scores[score.marking_id].append({
            "criterion": score.criterion_name, "level": score.level_description, "points": score.points,
            "of": score.criterion_points, "by": score.grader_id, "at": score.given_at,
        })  # fmt: skip
    comments: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for one in session().scalars(sa.select(Feedback).where(Feedback.marking_id.in_(ids)).order_by(Feedback.id)):
        comments[one.marking_id].append({
            "text": one.text, "file": one.path, "first_line": one.first_line, "last_line": one.last_line, "by": one.author_id,
            "at": one.created_at, "source": one.source, "state": one.state,
        })  # fmt: skip
    marked: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for marking in markings:
        marked[marking.attempt_id].append({
            "state": marking.state, "counts": marking.stands, "points": marking.points, "adjustment": marking.adjustment,
            "adjustment_reason": marking.adjustment_reason, "private_notes": marking.private_notes, "by": marking.marker_id,
            "done_at": marking.done_at, "scores": scores.get(marking.id, []), "comments": comments.get(marking.id, []),
        })  # fmt: skip
    return marked
