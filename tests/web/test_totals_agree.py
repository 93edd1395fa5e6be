"""One mark and one total, wherever they stand: the grid, the student's page, the CSV, what an LMS is sent, and the rows."""

import csv
import datetime as dt
import io
import itertools
import math
import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lti_grader.assignments.lateness import LatePolicy, LateStep
from lti_grader.classes.models import Role
from lti_grader.core.assets import show_points
from lti_grader.core.db import session, transaction
from lti_grader.core.ids import new_id
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.by_hand import typed
from lti_grader.gradebook.totals.operations import keep
from lti_grader.gradebook.totals.policy import Category
from lti_grader.gradebook.totals.reads import Scheme, scheme_of
from lti_grader.gradebook.totals.rules import Averaging, Missing, Rounding, Rules, Weighting
from lti_grader.lti import passback
from lti_grader.lti.score_body import score_json
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Visit, plain

LATE = LatePolicy(steps=(LateStep(hours=24, credit=80), LateStep(hours=48, credit=35)))
CREDITS = {-1: 100, 5: 80, 30: 35, 100: 0}
"""What submissions count, in per cent, by how many hours after the due date they come."""
WORTH = (10, 25, 40, 3)
UNLIMITED = 2
"""The place of the item without a due date."""

# Of few telling values: with few examples, one drawn from a whole range is most often nothing.
handed_in = st.tuples(st.sampled_from(["6.67", "10", "3.333", "7.5", "0"]), st.sampled_from([5, -1, 30, 100]))
said = st.sampled_from(["ex", "4.4445", "mi", "45", "0.5"])
work = st.tuples(handed_in | st.none(), st.sampled_from([None, None]) | said)
"""What somebody did for an item: what their submission got of 10 points and how late it was, and what is said by hand."""
rules = st.builds(
    Rules, weighting=st.sampled_from(Weighting), averaging=st.sampled_from(Averaging), missing=st.sampled_from(Missing),
    places=st.integers(0, 3), rounding=st.sampled_from(Rounding),
)  # fmt: skip
categories = st.tuples(st.sampled_from(["40", "33.333", "0.5", "7", "0"]), st.sampled_from([2, 1, 0]))
schemes = st.tuples(
    rules, st.lists(categories, min_size=1, max_size=2), st.tuples(*[st.sampled_from([0, 0, 1, 0, None])] * 4)
)


Done = tuple[tuple[str, int] | None, str | None]
Worth = tuple[str | None, Decimal | None]
"""What is said of an item by hand, and its points."""


class Book:
    """A class of four items, of which each has a column in an LMS; its students are others for each example."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.visit = world, visit
        version = world.problem()
        self.items = [
            world.assignment(versions=[version], points=worth, late=LATE, due_date=None if at == UNLIMITED else NOW)
            for at, worth in enumerate(WORTH)
        ]
        self.problems = {one: world.items(one)[0] for one in self.items}
        for number, one in enumerate(self.items):
            world.column(one, f"https://lms.example/lineitems/{number}")
        self.staff = visit(world.user(Role.TEACHER))
        self.worth: dict[uuid.UUID, list[Worth]] = {}
        """What the items of each student have to be worth."""

    def reckon_by(self, by: Rules, wanted: Sequence[tuple[str, int]], filed: Sequence[int | None]) -> Scheme:
        """Let totals be worked out by these rules, categories and places of items in them."""
        listed = [
            Category(new_id(), f"Category {at}", Decimal(weight), drop) for at, (weight, drop) in enumerate(wanted)
        ]
        places = {
            item: listed[at].id
            for item, at in zip(self.items, filed, strict=True)
            if at is not None and at < len(listed)
        }
        with transaction(self.world.tenant_id):
            keep(self.world.class_id, scheme_of(self.world.class_id), Scheme(by, listed, places))
            return scheme_of(self.world.class_id)

    def student(self, did: Sequence[Done]) -> uuid.UUID:
        """Enroll somebody who did all that."""
        who = self.world.user()
        for item, (work, mark) in zip(self.items, did, strict=True):
            if work is not None:
                at = NOW + dt.timedelta(hours=work[1])
                self.world.judge(self.world.hand_in(who, self.problems[item], stored=False, at=at), work[0])
            if mark is not None:
                with transaction(self.world.tenant_id):
                    by_hand.decide(who, item, typed(mark), "By eye", by=self.world.teacher_id, at=NOW, seen=None)
        return who

    def rows(self, who: uuid.UUID) -> dict[uuid.UUID, tuple[str, Decimal | None]]:
        """Return what the database has of each item: its status and its points, where some stand."""
        query = sa.text(
            "SELECT content_item_id, status, CASE WHEN override_points IS NOT NULL THEN override_points"
            " WHEN status = 'missing' THEN 0 WHEN status = 'graded' THEN score_obtained END"
            " FROM gradebook_entries WHERE student_id = :who"
        )
        with transaction(self.world.tenant_id):
            return {item: (status, points) for item, status, points in session().execute(query, {"who": who})}

    def grid(self) -> dict[uuid.UUID, list[str]]:
        """Return the rows of the grid by student: the total, and a cell for each item."""
        page = self.staff.get(f"/classes/{self.world.class_id}/gradebook").text
        rows = re.findall(r'<tr data-student="(.*?)"(.*?)</tr>', page, re.DOTALL)
        return {
            uuid.UUID(who): [plain(cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
            for who, row in rows
        }

    def table(self) -> dict[uuid.UUID, dict[str, str]]:
        """Return the lines of the CSV by student, their cells by head; an item's is its id."""
        text = self.staff.get(f"/classes/{self.world.class_id}/gradebook.csv").data.decode("utf-8-sig")
        return {
            uuid.UUID(one["Student id"]): {re.sub(r".*\[(.*)\]$", r"\1", head): cell for head, cell in one.items()}
            for one in csv.DictReader(io.StringIO(text))
        }

    def own(self, who: uuid.UUID) -> tuple[str, list[str]]:
        """Return what a student's own page says: the total, and their points for each item."""
        page = self.visit(who).get(f"/classes/{self.world.class_id}/marks").text
        total = re.findall(r"<h2>Total so far</h2>.*?<strong>(.*?)</strong>", page, re.DOTALL)[0]
        rows = re.findall(r'<th scope="row">\s*<a .*?</tr>', page, re.DOTALL)
        return total, [plain(re.findall(r'<td class="number">(.*?)</td>', one, re.DOTALL)[0]).strip() for one in rows]

    def posted(self, who: uuid.UUID) -> dict[uuid.UUID, Mapping[str, object]]:
        """Return what an LMS is owed for each item, as a worker posts it."""
        query = sa.text(
            "SELECT l.content_item_id, d.id FROM score_deliveries d JOIN line_items l ON l.id = d.line_item_id"
            " WHERE d.user_id = :who AND d.is_newest"
        )
        with transaction(self.world.tenant_id):
            now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
            owed = session().execute(query.bindparams(who=who)).all()
            parcels = {item: passback.claim(one, at=now, lease=dt.timedelta(minutes=1)) for item, one in owed}
            return {item: score_json(one, "") for item, one in parcels.items() if one is not None}


def by_what_was_done(
    did: Sequence[Done],
) -> list[Worth]:
    """Return what each item has to be worth: what is said of it, and its points."""
    found: list[Worth] = []
    for place, (work, mark) in enumerate(did):
        if mark in ("ex", "mi"):
            found.append((mark, Decimal(0) if mark == "mi" else None))
        elif mark is not None:
            found.append((None, Decimal(mark)))
        elif work is not None:
            credit = 100 if place == UNLIMITED else CREDITS[work[1]]
            points = Decimal(WORTH[place]) * Decimal(work[0]) / 10 * credit / 100
            found.append((None, points.quantize(Decimal("0.0001"), ROUND_HALF_UP)))
        else:
            found.append((None, None))
    return found


def total_by_trying(scheme: Scheme, items: Sequence[uuid.UUID], worth: Sequence[Worth]) -> Decimal | None:
    """Return a total in per cent as the docs say it, by trying out everything that might be dropped."""
    held: dict[uuid.UUID | None, list[tuple[Fraction, Fraction]]] = {}
    for place, (item, (mark, points)) in enumerate(zip(items, worth, strict=True)):
        if points is None and mark is None:
            is_nothing = scheme.rules.missing is Missing.ZERO
            is_over = scheme.rules.missing is Missing.AFTER_DUE and place != UNLIMITED
            points = Decimal(0) if is_nothing or is_over else None
        if points is not None:
            held.setdefault(scheme.filed.get(item), []).append((Fraction(points), Fraction(WORTH[place])))
    parts: list[tuple[Fraction, Fraction]] = []
    by_points = scheme.rules.weighting is Weighting.POINTS
    for one in [*scheme.categories, *([Category(None, "", Decimal(0), 0)] if by_points else [])]:
        if marks := held.get(one.id):
            kept = max(len(marks) - one.drop_lowest, 1)
            best = max(_mean(some, scheme.rules.averaging) for some in itertools.combinations(marks, kept))
            weight = sum(most for _, most in marks) * Fraction(kept, len(marks)) if by_points else Fraction(one.weight)
            parts.append((weight, best))
    whole = sum(weight for weight, _ in parts)
    if not whole:
        return None
    scaled = sum(weight * share for weight, share in parts) / whole * 100 * 10**scheme.rules.places
    number = {Rounding.NEAREST: math.floor(scaled + Fraction(1, 2)), Rounding.UP: math.ceil(scaled),
              Rounding.DOWN: math.floor(scaled)}[scheme.rules.rounding]  # fmt: skip
    return Decimal(number).scaleb(-scheme.rules.places)


def _mean(marks: Sequence[tuple[Fraction, Fraction]], averaging: Averaging) -> Fraction:
    if averaging is Averaging.EVENLY:
        return sum((points / most for points, most in marks), Fraction(0)) / len(marks)
    return sum((points for points, _ in marks), Fraction(0)) / sum(most for _, most in marks)


@pytest.fixture
def book(world: World, visit: Visit) -> Book:
    return Book(world, visit)


# An example takes some tenths of a second: none is made smaller, which would take hundreds of them.
@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(did=st.tuples(*[work] * 4), tried=st.lists(schemes, min_size=3, max_size=3))
def test_marks_and_totals_are_the_same_wherever_they_stand(
    book: Book,
    did: tuple[Done, ...],
    tried: list[tuple[Rules, list[tuple[str, int]], tuple[int | None, ...]]],
) -> None:
    who, worth = book.student(did), by_what_was_done(did)
    book.worth[who] = worth
    rows, posted = book.rows(who), book.posted(who)
    for by, wanted, filed in tried:
        scheme = book.reckon_by(by, wanted, filed)
        grid, table = book.grid(), book.table()
        # Who is there from the examples before is counted by these rules as well.
        for one, theirs in book.worth.items():
            percent = total_by_trying(scheme, book.items, theirs)
            letter = next((it.name for it in by.letters if percent is not None and percent >= it.least), "")
            assert (table[one]["Total, %"], table[one]["Letter"]) == ("" if percent is None else str(percent), letter)
            assert grid[one][0] == ("" if percent is None else f"{percent} % {letter}".strip())
    own_total, own = book.own(who)
    assert own_total == (grid[who][0] or "nothing counts yet")
    for place, (item, (mark, points)) in enumerate(zip(book.items, worth, strict=True)):
        words = {"ex": "Excused", "mi": "Missing"}.get(mark or "", "")
        assert rows.get(item, ("", None))[1] == points
        assert grid[who][1 + place] == (words or ("" if points is None else show_points(points)))
        assert own[place] == (words or f"{show_points(points)} / {WORTH[place]}")
        assert table[who][str(item)] == (words.lower() or ("" if points is None else f"{points.normalize():f}"))
        sent = posted.get(item, {})
        assert sent.get("scoreGiven") == (None if points is None else float(points))
        assert sent.get("scoreMaximum") == (None if points is None else WORTH[place])
