"""Submissions compared: what is found, what does not count, and what survives a worker."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.adapters.storage import StorageUnavailable
from lti_grader.classes.models import Role
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import Forbidden
from lti_grader.grading.similarity import comparing, reports
from lti_grader.grading.similarity.errors import BadReport, CannotCompare, OtherState
from lti_grader.grading.similarity.models import SimilarityProgram, SimilarityReport
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem, publish
from tests.fixtures.world import World
from tests.flow.alike import COPIED, COUNTING, HONEST, SUM_IN_C, Alike, now


@pytest.fixture
def alike(world: World) -> Alike:
    return Alike(world)


def test_a_renamed_and_reordered_copy_is_found_and_honest_work_is_not(alike: Alike) -> None:
    one, other, honest = (alike.submitted(code) for code in (COUNTING, COPIED, HONEST))
    report = alike.compared()
    pairs = alike.pairs(report)
    assert pairs.keys() == {frozenset({one, other})}
    assert honest not in frozenset().union(*pairs)
    (pair,) = pairs.values()
    assert pair.score > Decimal("0.7")
    assert pair.cluster is None, "two are no group"
    for first, last, theirs, until in pair.passages:
        assert 1 <= first <= last <= COUNTING.count("\n") + 1
        assert 1 <= theirs <= until <= COPIED.count("\n") + 1
    with transaction(alike.world.tenant_id):
        found = session().scalars(sa.select(SimilarityProgram).where(SimilarityProgram.report_id == report)).all()
    assert sorted(float(one.highest or 0) >= 0.7 for one in found) == [False, True, True]


def test_each_students_latest_counts_and_a_students_own_languages_are_no_pair(alike: Alike) -> None:
    one = alike.submitted(COUNTING)
    alike.submitted(HONEST, student=one)
    alike.submitted(COUNTING)
    two = alike.submitted(SUM_IN_C, language="c")
    alike.submitted(SUM_IN_C, language="cpp", student=two)
    assert alike.pairs(alike.compared()) == {}
    three = alike.submitted(SUM_IN_C, language="cpp")
    assert alike.pairs(alike.compared()).keys() == {frozenset({two, three})}, "what is C in one may be C++ in another"


def test_three_who_share_are_a_group(alike: Alike) -> None:
    students = {alike.submitted(COUNTING), alike.submitted(COPIED), alike.submitted(COUNTING + "\nprint()\n")}
    alike.submitted(HONEST)
    pairs = alike.pairs(alike.compared())
    assert frozenset().union(*pairs) == students
    assert {one.cluster for one in pairs.values()} == {1}


def test_what_was_given_does_not_count(alike: Alike) -> None:
    given = comparing.compare(
        [comparing.Text(uuid.uuid4(), text, uuid.uuid4(), is_own=True) for text in (COUNTING, COPIED)],
        [COUNTING], "python", on_wait=lambda: None,
    )  # fmt: skip
    assert given.pairs == []
    assert all(one["highest"] < 0.25 for one in given.programs)


def test_starter_code_never_counts_and_the_solution_where_that_is_wanted(world: World) -> None:
    with transaction(world.tenant_id):
        groups = [DraftGroup("all", Decimal(4), [DraftTest("sample", b"2\n", b"4\n", Visibility.SAMPLE)])]
        half = COUNTING[: COUNTING.index("def most_common")]
        made = create_problem(
            DraftProblem("most-common", "Most common", "Which?", groups, starter_code={"python": half},
                         reference_solution={"python": COUNTING})
        )  # fmt: skip
        publish(made, at=now())
    alike = Alike(world, made.id)
    alike.submitted(COUNTING)
    alike.submitted(COPIED)
    (pair,) = alike.pairs(alike.compared()).values()
    shared = {line for first, last, _, _ in pair.passages for line in range(first, last + 1)}
    # A passage that runs on from what was given may begin in its last lines.
    assert len([line for line in shared if line <= half.count("\n") - 4]) == 0, "the first half was given"
    assert len(shared) >= 8
    assert alike.pairs(alike.compared(without_solution=True)) == {}


def test_other_classes_are_compared_with_on_request_and_not_among_each_other(alike: Alike) -> None:
    mine = alike.submitted(COUNTING)
    alike.submitted(HONEST)
    theirs = {alike.earlier(COPIED), alike.earlier(COPIED)}
    assert alike.pairs(alike.compared()) == {}
    pairs = alike.pairs(alike.compared(with_earlier=True))
    assert pairs.keys() == {frozenset({mine, one}) for one in theirs}


@pytest.mark.parametrize(
    "language", ["java", "cpp", "javascript", "csharp", "kotlin", "r", "bash", "haskell", "octave"]
)
def test_every_kind_of_language_is_read(language: str) -> None:
    # No program in most of these, yet its words and signs are read, and the names in it are not looked at.
    lines = [f"value{n} = compute(value{n}, {n}) + other[{n}] * (first - second);" for n in range(12)]
    text = "\n".join(lines)
    renamed = text.replace("value", "wert").replace("compute", "rechne").replace("other", "anderes")
    found = comparing.compare(
        [comparing.Text(uuid.uuid4(), one, uuid.uuid4(), is_own=True) for one in (text, renamed, "x")],
        [], language, on_wait=lambda: None,
    )  # fmt: skip
    assert [one["score"] for one in found.pairs] == [1]


def test_hostile_texts_are_compared_like_others() -> None:
    texts = [
        "(" * 60_000,
        "\x00\ud7ff" * 10_000,
        "a" * 60_000,
        "",
        "x = 1 if a else " * 4_000,
        "if a: b = c + d\n" * 3_000,
    ]
    wanted = [comparing.Text(uuid.uuid4(), one, uuid.uuid4(), is_own=True) for one in texts for _ in range(2)]
    found = comparing.compare(wanted, [], "python", on_wait=lambda: None)
    assert len(found.programs) == len(wanted)


class TestWorkers:
    def test_one_that_dies_leaves_it_to_the_next(self, alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
        alike.submitted(COUNTING)
        alike.submitted(COPIED)
        alike.submitted("class A { int a(int b) { return b; } }\n" * 8, language="java")
        alike.submitted("class C { int d(int e) { return e; } }\n" * 8, language="java")
        report = alike.start()
        real = comparing.compare

        def dies(texts: Any, given: Any, highlight: str, **more: Any) -> Any:
            if highlight == "python":
                raise SystemExit
            return real(texts, given, highlight, **more)

        monkeypatch.setattr(comparing, "compare", dies)
        with pytest.raises(SystemExit):
            alike.carry_out(report)
        kept = set(alike.pairs(report))
        assert len(kept) == 1, "Java was done"
        monkeypatch.setattr(comparing, "compare", real)
        assert alike.carry_out(report) == "nothing to do", "somebody may still have it"
        assert (alike.world.tenant_id, report) not in reports.due(at=now())
        later = now() + dt.timedelta(seconds=30)
        assert (alike.world.tenant_id, report) in reports.due(at=later)
        blobs = adapters.installed().blobs
        assert reports.carry_out(alike.world.tenant_id, report, blobs, lambda: later) == "done"
        assert len(alike.pairs(report)) == 2
        assert kept < set(alike.pairs(report))

    def test_a_cancelled_report_stops_the_worker_and_keeps_nothing(self, alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        alike.submitted(COUNTING)
        alike.submitted(COPIED)
        report = alike.start()

        def cancelled(*_: Any, on_wait: Any) -> Any:
            with transaction(alike.world.tenant_id):
                reports.cancel(reports.locked(report), by=alike.world.teacher_id, at=now())
            on_wait()

        monkeypatch.setattr(comparing, "compare", cancelled)
        assert alike.carry_out(report) == "stopped"
        assert alike.report(report).state == "cancelled"
        assert alike.pairs(report) == {}
        with pytest.raises(OtherState), transaction(alike.world.tenant_id):
            reports.cancel(reports.locked(report), by=alike.world.teacher_id, at=now())

    def test_what_ends_every_worker_is_given_up_in_words(self, alike: Alike) -> None:
        alike.submitted(COUNTING)
        alike.submitted(COPIED)
        report = alike.start()
        with transaction(alike.world.tenant_id):
            session().get_one(SimilarityReport, report).tries = 5
        assert alike.carry_out(report) == "failed"
        assert "ended every worker" in (alike.report(report).error or "")

    def test_a_machine_without_node_says_so(self, alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
        alike.submitted(COUNTING)
        alike.submitted(COPIED)
        report = alike.start()
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setattr(comparing, "_packaged", lambda: None)
        comparing.node.cache_clear()
        try:
            assert alike.carry_out(report) == "failed"
        finally:
            comparing.node.cache_clear()
        assert "apt-get install nodejs" in (alike.report(report).error or "")

    def test_a_store_that_is_away_is_waited_for(self, alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
        alike.submitted(COUNTING)
        alike.submitted(COPIED)
        report = alike.start()

        def away(_: str) -> bytes:
            raise StorageUnavailable("connection refused")

        monkeypatch.setattr(adapters.installed().blobs, "get", away)
        for hour in range(9):
            at = now() + dt.timedelta(hours=hour)
            told = reports.carry_out(alike.world.tenant_id, report, adapters.installed().blobs, lambda at=at: at)
            assert told == "waits for the store"
        assert alike.report(report).state == "comparing"

    def test_memory_that_is_not_enough_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(comparing, "_MEMORY_MB", 20)
        many = [comparing.Text(uuid.uuid4(), COUNTING * 20, uuid.uuid4(), is_own=True) for _ in range(100)]
        with pytest.raises(CannotCompare, match="broke off"):
            comparing.compare(many, [], "python", on_wait=lambda: None)


def test_who_may_start_and_what_there_must_be(alike: Alike) -> None:
    with pytest.raises(BadReport):
        alike.start()
    alike.submitted(COUNTING)
    with pytest.raises(BadReport):
        alike.start()
    alike.submitted(COPIED)
    assistant = alike.world.user(Role.ASSISTANT)
    with pytest.raises(Forbidden), transaction(alike.world.tenant_id):
        place = membership(alike.world.class_id, assistant)
        reports.start(place, alike.item, with_earlier=False, without_solution=False, at=now())
    alike.start()
    with pytest.raises(OtherState):
        alike.start()
