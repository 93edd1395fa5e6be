"""Every page of a class asks the database as often for fifty students as for five: what is listed is read at once.

And each can be followed by who does not see it: in the order of its headings, by the names of what is used on it.
"""

import dataclasses
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Mapping

import flask
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader import adapters
from lti_grader.assignments.models import AccessOverride, Assignment, AssignmentProblem
from lti_grader.attempts.models import AssignmentProgress, SubmissionAttempt
from lti_grader.classes.groups.operations import make_set, split_students
from lti_grader.classes.groups.splitting import Split
from lti_grader.classes.models import Class, Enrollment
from lti_grader.core.db import session, transaction
from lti_grader.core.ids import new_id
from lti_grader.gradebook.leaderboard import boards
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.people.models import User
from lti_grader.problems import queries as problems
from lti_grader.problems.models import ProblemVersion
from tests.fixtures.statements import statements
from tests.fixtures.world import DOUBLE, NOW, World, make_world
from tests.web.outline import trouble_in

FEW, MANY = 5, 50
# What is read once in a while is kept: a page is asked again before it is called grown.
TIMES = 3
KNOWN = frozenset({"class_id", "assignment_id", "student_id", "attempt_id", "problem_id", "version_id", "set_id"})
# What goes with the address of a page that wants something more.
WITH: dict[str, Callable[[Mapping[str, uuid.UUID]], dict[str, object]]] = {
    "gradebook.rows": lambda ids: {"from": 0, "students": ids["student_id"]}
}
# Pages of this walk that are not looked at, and why.
LEFT_OUT = {
    "results.events": "stays open while somebody looks",
    "gradebook.mentored_home": "is for mentors; it is the student's home that is walked",
    "own_marks.mentored": "is for mentors; it is the student's own page that is walked",
    "results.diff": "compares two attempts that its address names",
    "lti.attempt_link": "leads to another address",
    "results.files_zip": "is there for answers of several files",
    "authoring.compare": "compares two versions that its address names",
    "drafts.edit": "is there for drafts",
    "rubrics.edit": "is there for drafts",
    "previews.notebook": "is there for notebooks",
}


# What a teacher opens all day asks for little.
FEW_AT_MOST = {
    "/classes/<uuid:class_id>": 24,
    "/classes/<uuid:class_id>/gradebook": 18,
    "/classes/<uuid:class_id>/gradebook/rows": 12,
    "/classes/<uuid:class_id>/marking": 9,
}


@dataclasses.dataclass(frozen=True)
class Place:
    """A class with its addresses' parts, for its teacher and for a student."""

    world: World
    ids: Mapping[str, uuid.UUID]


def class_of(count: int) -> Place:
    """Make a class of so many students, of whom each has handed in, was judged and has a mark, and some more time."""
    world = make_world()
    first, second = world.assignment(due_date=NOW + dt.timedelta(days=1)), world.assignment()
    shared = {"tenant_id": world.tenant_id}
    students = [new_id() for _ in range(count)]
    code = adapters.installed().blobs.put(DOUBLE.encode())
    with transaction(world.tenant_id):
        session().execute(sa.insert(User), [
            {"id": one, "platform_id": world.platform_id, "sub": f"s{place}", "name": f"Student {place}", **shared}
            for place, one in enumerate(students)
        ])  # fmt: skip
        session().execute(sa.insert(Enrollment), [
            {"class_id": world.class_id, "user_id": one, "role": "student", "source": "roster",
             "sections": ["A" if place % 2 else "B"], **shared}
            for place, one in enumerate(students)
        ])  # fmt: skip
        # Its leaderboard is there too.
        class_ = session().get_one(Class, world.class_id)
        class_.settings = {boards.SETTING: True}
        items = session().scalars(sa.select(AssignmentProblem).order_by(AssignmentProblem.id)).all()
        attempts, jobs, results, drafts = [], [], [], []
        for item in items:
            tests = [test.id for _, test in problems.tests_of(item.problem_version_id)]
            for student in students:
                attempt_id, job_id = new_id(), new_id()
                what = {"problem_version_id": item.problem_version_id, **shared}
                attempts.append(
                    {"id": attempt_id, "type": "final_submission", "student_id": student, "attempt_number": 1,
                     "assignment_problem_id": item.id, "idempotency_key": "one", "code_blob_ref": code,
                     "code_bytes": 9, "language": "python", "status": "completed", "created_at": NOW, **what}
                )  # fmt: skip
                jobs.append(
                    {"id": job_id, "attempt_id": attempt_id, "status": "done", "points": 4, "maximum": 4, "created_at": NOW,
                     "finished_at": NOW, **what}
                )  # fmt: skip
                results += [
                    {"job_id": job_id, "attempt_id": attempt_id, "test_case_id": one, "graded_at": dt.datetime.now(dt.UTC),
                     "status": "pass", "score": 1, "time_ms": 1, "memory_kb": 1, **shared}
                    for one in tests
                ]  # fmt: skip
                drafts.append({"student_id": student, "assignment_problem_id": item.id, "attempts_made": 1, **shared})
        for table, rows in (
            (SubmissionAttempt, attempts), (GradingJob, jobs), (TestResult, results), (AssignmentProgress, drafts),
        ):  # fmt: skip
            session().execute(sa.insert(table), rows)
        session().execute(sa.insert(GradebookEntry), [
            {"student_id": student, "content_item_id": assignment, "score_obtained": 10, "max_score": 10,
             "status": "graded", "revision": 1, "submitted_at": NOW, **shared}
            for assignment in (first, second) for student in students
        ])  # fmt: skip
        session().execute(sa.insert(AccessOverride), [
            {"assignment_id": first, "user_id": one, "due_date": NOW + dt.timedelta(days=2), "created_at": NOW,
             "granted_by": world.teacher_id, **shared}
            for one in students[::2]
        ])  # fmt: skip
        groups = make_set(world.class_id, "Pairs", at=NOW)
        split_students(groups, Split(size=2), 1, anew=False, at=NOW)
        session().get_one(Assignment, first).group_set_id = groups.id
        version = session().get_one(ProblemVersion, items[0].problem_version_id)
        return Place(world, {
            "class_id": world.class_id, "assignment_id": first, "student_id": students[0], "attempt_id": attempts[0]["id"],
            "problem_id": version.problem_id, "version_id": version.id, "set_id": groups.id,
        })  # fmt: skip


def pages(app: flask.Flask, place: Place) -> dict[str, str]:
    """Return the pages of a class, an assignment, a student's work in it, and a problem, as the map of addresses lists them."""
    with app.test_request_context():
        return {
            rule.rule: flask.url_for(
                rule.endpoint,
                **{name: place.ids[name] for name in rule.arguments},
                **(WITH[rule.endpoint](place.ids) if rule.endpoint in WITH else {}),
            )
            for rule in app.url_map.iter_rules()
            if rule.arguments
            and rule.arguments <= KNOWN
            and "GET" in (rule.methods or ())
            and rule.endpoint not in LEFT_OUT
        }


def browser(app: flask.Flask, place: Place, user_id: uuid.UUID) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as kept:
        world = place.world
        kept.update(user=str(user_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
    return client


def asked(client: FlaskClient, url: str) -> tuple[int, list[str], str]:
    """Return the status of a page, what was asked of the database for it, and its HTML; "" where it is none."""
    with statements() as seen:
        answer = client.get(url, follow_redirects=True)
        answer.get_data()
    text = answer.text if answer.mimetype == "text/html" and "<html" in answer.text[:200] else ""
    return answer.status_code, seen, text


def test_pages_ask_as_often_for_fifty_students_as_for_five_and_are_in_order(app: flask.Flask) -> None:
    few, many = class_of(FEW), class_of(MANY)
    grown, unread, untidy, took = {}, {}, {}, {}
    for who in ("teacher", "student"):
        visits = [
            (browser(app, one, one.world.teacher_id if who == "teacher" else one.ids["student_id"]), pages(app, one))
            for one in (few, many)
        ]
        assert len(visits[0][1]) > 20
        for rule in visits[0][1]:
            for _ in range(TIMES):
                (status, first, _), (also, second, page) = (asked(client, listed[rule]) for client, listed in visits)
                assert status == also, rule
                if page and (trouble := trouble_in(page)):
                    untidy[f"{rule} ({who})"] = trouble
                if status != 200:
                    unread[rule, who] = status
                took[rule, who] = len(second)
                if len(second) <= len(first):
                    break
            else:
                grown[f"{rule} ({who})"] = (len(first), len(second), list(Counter(second) - Counter(first)))
    assert not grown, grown
    too_many = {rule: took[rule, "teacher"] for rule, most in FEW_AT_MOST.items() if took[rule, "teacher"] > most}
    assert not too_many, too_many
    assert not untidy, untidy
    # Whatever else cannot be read so wants to be named above, with a reason.
    refused = {
        one: status
        for one, status in unread.items()
        if status != 403 or {(one[0], "teacher"), (one[0], "student")} <= unread.keys()
    }
    assert not refused, refused


def test_what_is_left_out_of_this_walk_is_there(app: flask.Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= LEFT_OUT.keys()


def test_a_page_that_is_out_of_order_is_told_so() -> None:
    page = (
        '<html><main><h1>Marks</h1><h3>Late</h3><nav></nav><label for="gone">Points</label><input id="points">'
        '<button><svg aria-hidden="true"><title>Up</title></svg></button><table><th>Name</th></table></main>'
    )
    told = "; ".join(trouble_in(page))
    for words in ("“Late” of level 3 comes after", "called “”", "'gone', which is not", "has no label", "says nothing",
                  "head of a table", "in which language"):  # fmt: skip
        assert words in told
    assert trouble_in('<html lang="en"><main><h1>A <b>page</b></h1><label>Points <input></label></main></html>') == []
