"""Students whose programs are alike, and workers who compare them."""

import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.assignments.models import AssignmentConfig
from lti_grader.assignments.operations import create_assignment
from lti_grader.assignments.queries import problem_lines
from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.grading.similarity import queries, reports
from lti_grader.grading.similarity.models import SimilarityPair, SimilarityReport
from lti_grader.grading.similarity.sides import sides
from tests.fixtures.world import World

COUNTING = """\
import sys

def read():
    lines = sys.stdin.read().split("\\n")
    numbers = []
    for line in lines:
        if line.strip():
            numbers.append(int(line))
    return numbers

def most_common(numbers):
    seen = {}
    for number in numbers:
        seen[number] = seen.get(number, 0) + 1
    best, times = None, 0
    for number, count in seen.items():
        if count > times or (count == times and number < best):
            best, times = number, count
    return best

print(most_common(read()))
"""
# The same by somebody who renames, comments and reorders.
COPIED = """\
# My very own work
import sys

def winner(values):
    table = {}
    for v in values:   # count them
        table[v] = table.get(v, 0) + 1
    top, n = None, 0
    for v, c in table.items():
        if c > n or (c == n and v < top):
            top, n = v, c
    return top

def load():
    rows = sys.stdin.read().split("\\n")
    out = []
    for row in rows:
        if row.strip():
            out.append(int(row))
    return out

print(winner(load()))
"""
HONEST = """\
from collections import Counter
import fileinput

tally = Counter(int(x) for x in fileinput.input() if not x.isspace())
highest = max(tally.values())
candidates = sorted(k for k in tally if tally[k] == highest)
while len(candidates) > 1:
    candidates.pop()
print(candidates[0])
assert highest >= 1, "nothing was read"
"""
SUM_IN_C = """\
#include <stdio.h>
int main(void) {
    long total = 0, next;
    while (scanf("%ld", &next) == 1) {
        if (next > 0) total += next;
        else total -= 2 * next;
    }
    for (int i = 0; i < 3; i++) printf("%ld\\n", total * i);
    return 0;
}
"""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Alike:
    """A class with an assignment of one problem, which another class has set before."""

    def __init__(self, world: World, version: uuid.UUID | None = None) -> None:
        self.world = world
        self.version = version or world.problem()
        self.assignment = world.assignment(versions=[self.version], languages=["python", "c", "cpp", "java"])
        self.item = world.items(self.assignment)[0]

    def submitted(self, code: str, *, student: uuid.UUID | None = None, language: str = "python") -> uuid.UUID:
        student = student or self.world.user()
        self.world.hand_in(student, self.item, code, language=language)
        return student

    def earlier(self, code: str, *, teacher: uuid.UUID | None = None) -> uuid.UUID:
        """Let a student of another class have submitted to the same problem; return them."""
        world = self.world
        student, owner = world.user(enrolled=False), teacher or world.user(enrolled=False)
        with transaction(world.tenant_id):
            elsewhere = create_class("CS101, last year", owner_id=owner)
            enroll(elsewhere.id, owner, Role.TEACHER, source=EnrollmentSource.LAUNCH)
            enroll(elsewhere.id, student, Role.STUDENT, source=EnrollmentSource.LAUNCH)
            made = create_assignment(
                elsewhere.id, title="Last year", problems=[(self.version, Decimal(10))], config=AssignmentConfig()
            )
            item = problem_lines(made.id)[0].item.id
        world.hand_in(student, item, code)
        return student

    def start(self, *, with_earlier: bool = False, without_solution: bool = False) -> uuid.UUID:
        with transaction(self.world.tenant_id):
            place = membership(self.world.class_id, self.world.teacher_id)
            return reports.start(
                place, self.item, with_earlier=with_earlier, without_solution=without_solution, at=now()
            ).id  # fmt: skip

    def carry_out(self, report: uuid.UUID) -> str:
        return reports.carry_out(self.world.tenant_id, report, adapters.installed().blobs, now)

    def report(self, report: uuid.UUID) -> SimilarityReport:
        with transaction(self.world.tenant_id):
            return session().get_one(SimilarityReport, report)

    def compared(self, **how: bool) -> uuid.UUID:
        report = self.start(**how)
        assert self.carry_out(report) == "done", self.report(report).error
        return report

    def pairs(self, report: uuid.UUID) -> dict[frozenset[uuid.UUID], SimilarityPair]:
        """Return what was found, by the two students."""
        with transaction(self.world.tenant_id):
            line, opened = queries.opened(report, self.world.teacher_id)
            rows = session().scalars(sa.select(SimilarityPair).where(SimilarityPair.report_id == report)).all()
            programs = {id_ for one in rows for id_ in (one.left_id, one.right_id)}
            who = sides(line.row, opened.membership, programs)
            return {
                frozenset({who[one.left_id].attempt.student_id, who[one.right_id].attempt.student_id}): one
                for one in rows
            }
