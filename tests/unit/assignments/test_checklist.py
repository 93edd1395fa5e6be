"""What would go wrong with an assignment: each thing is said, and nothing else is."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from lti_grader.assignments.checklist import Facts, OverrideFacts, ProblemFacts, checklist

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PROBLEM = ProblemFacts("Double", "id", Decimal(10), "published", 2, 2, None, ())
GOOD = Facts("homework", Decimal(10), None, NOW + DAY, NOW + 2 * DAY, "Week 1", True, ["python"], [PROBLEM], [], [])


def said(**changes: object) -> list[str]:
    return [one.text for one in checklist(dataclasses.replace(GOOD, **changes), {"python", "c"}, at=NOW)]


def problem(**changes: object) -> list[str]:
    return said(problems=[dataclasses.replace(PROBLEM, **changes)])


def test_nothing_is_said_of_what_is_right() -> None:
    assert said() == []
    assert said(mode="exam", closes=None) == []
    assert said(mode="practice", due=None, closes=None) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (said(problems=[]), "has no problem"),
        (said(points_total=Decimal(0)), "no points at all"),
        (problem(points=Decimal(0)), "“Double” is worth no points"),
        (problem(state="draft"), "is set with a draft"),
        (problem(newest=3), "version 3 is published"),
        (problem(draft=3), "has a draft that is newer"),
        (problem(answered_in=["java"]), "answered in java only"),
        (said(languages=["python", "cobol"]), "for cobol"),
        (said(due=NOW - DAY), "was due already"),
        (said(closes=NOW - DAY, due=None), "closed already"),
        (said(due=NOW + 3 * DAY), "closes before it is due"),
        (said(opens=NOW + DAY), "due before it opens"),
        (said(mode="exam", due=None, closes=None), "an exam that never closes"),
        (said(due=None, closes=None), "no due date"),
        (said(overrides=[OverrideFacts("A", NOW + DAY, False)]), "hold for nobody"),
        (said(overrides=[OverrideFacts("A", NOW - DAY, True)]), "of A was due already"),
        (said(overrides=[OverrideFacts("A", NOW + 3 * DAY, True)]), "after the assignment has closed"),
        (said(without_group=3, groups="Teams"), "3 students are in no group of “Teams”"),
        (said(module_is_out=False), "“Week 1” is not shown"),
        (said(columns=["CS1: no column"]), "CS1: no column"),
    ],
)
def test_what_is_wrong_is_said_once(found: list[str], words: str) -> None:
    assert len(found) == 1, found
    assert words in found[0]


def test_what_stops_students_stands_first() -> None:
    facts = dataclasses.replace(GOOD, columns=["x"], points_total=Decimal(0), languages=["cobol"])
    assert [one.stops for one in checklist(facts, {"python"}, at=NOW)] == [True, True, False]
