"""The LMS's levers, for the demo's set-up and for tests: what a machine does, as JSON, from this machine only."""

import dataclasses
import uuid
from typing import Any
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, select

from lti_grader.demo.lms.file_models import Handler, Reviewable
from lti_grader.demo.lms.memberships import GROUPS_SCOPE
from lti_grader.demo.lms.models import (
    Column,
    Course,
    Grade,
    GroupMember,
    Link,
    Member,
    MembershipChange,
    Observed,
    Person,
    Request,
    SectionMember,
    Setting,
    Submission,
    Tool,
)
from lti_grader.demo.lms.people import add_students, enroll_people
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import Faults, lms
from lti_grader.demo.lms.tokens import ALL_SCOPES

blueprint = flask.Blueprint("control", __name__, url_prefix="/control")


@blueprint.before_request
def only_from_here() -> ResponseReturnValue | None:
    """Refuse whoever is not on this machine, pages that would make a browser ask, and names made to lead here."""
    name = urlsplit(f"//{flask.request.host}").hostname
    is_here = flask.request.remote_addr in ("127.0.0.1", "::1") and name in ("localhost", "127.0.0.1", "::1")
    if not is_here or flask.request.headers.get("Origin"):
        return {"error": "only from this machine, and not from a page"}, 403
    return None


@blueprint.post("/registrations")
def register() -> ResponseReturnValue:
    """Register a tool, or bring its addresses up to date; return what the tool needs to know of this platform."""
    given: dict[str, Any] = flask.request.get_json()
    client_id = given.get("client_id") or f"client-{uuid.uuid5(uuid.NAMESPACE_URL, given['name']).hex[:12]}"
    with lms().store.begin() as session:
        session.merge(
            Tool(
                client_id=client_id, name=given["name"], login_url=given["login_url"],
                redirect_urls=[given["redirect_url"]], jwks_url=given["jwks_url"],
                deep_linking_url=given["deep_linking_url"], deployment_id=given.get("deployment_id", "1"),
                shares_names=given.get("shares_names", True), shares_email=given.get("shares_email", True),
                scopes=given.get("scopes", [*ALL_SCOPES, GROUPS_SCOPE]),
            )
        )  # fmt: skip
        # A tool that moved to another port takes its links along.
        origin = urlsplit(given["deep_linking_url"])
        for link in session.scalars(select(Link).where(Link.client_id == client_id)):
            link.url = urlsplit(link.url)._replace(scheme=origin.scheme, netloc=origin.netloc).geturl()
    mode = lms().mode()
    return {
        "issuer": lms().url,
        "client_id": client_id,
        "name": "Demo University",
        "product_family": mode if mode is not Mode.GENERIC else "other",
        "auth_login_url": f"{lms().url}/auth",
        "auth_token_url": f"{lms().url}/token",
        "auth_audience": None,
        "jwks_url": f"{lms().url}/keys",
        "frame_origins": [lms().url],
        "deployments": [given.get("deployment_id", "1")],
    }


@blueprint.post("/registrations/remove")
def remove() -> ResponseReturnValue:
    """Forget a tool that has no links."""
    client_id = flask.request.get_json()["client_id"]
    with lms().store.begin() as session:
        session.execute(delete(Handler).where(Handler.client_id == client_id))
        session.delete(session.get_one(Tool, client_id))
    return {}


@blueprint.post("/mode")
def set_mode() -> ResponseReturnValue:
    lms().set_mode(Mode(flask.request.get_json()["mode"]))
    return {"mode": lms().mode()}


@blueprint.post("/faults")
def set_faults() -> ResponseReturnValue:
    given = flask.request.get_json()
    if "services" in given:
        given["services"] = tuple(given["services"])
    lms().set_faults(Faults(**given))
    return dataclasses.asdict(lms().faults())


@blueprint.post("/keys/rotate")
def rotate() -> ResponseReturnValue:
    return {"kid": lms().new_key().kid}


@blueprint.post("/courses")
def add_course() -> ResponseReturnValue:
    """Have another course, in which nothing is yet: the people who have a name are in it."""
    given = flask.request.get_json()
    with lms().store.begin() as session:
        course = Course(id=uuid.uuid4().hex, code=given["code"], title=given["title"])
        session.add(course)
        session.flush()
        enroll_people(session, course)
        return {"id": course.id}


@blueprint.post("/students")
def students() -> ResponseReturnValue:
    """Put numbered students into the demo course."""
    given = flask.request.get_json()
    with lms().store.begin() as session:
        course = session.get_one(Course, given.get("course_id", "course-cs101"))
        return {"ids": add_students(session, course, int(given["count"]))}


@blueprint.post("/members")
def change_member() -> ResponseReturnValue:
    given = flask.request.get_json()
    with lms().store.begin() as session:
        member = session.get_one(Member, (given.get("course_id", "course-cs101"), given["person_id"]))
        member.active = given.get("active", member.active)
        member.role = given.get("role", member.role)
        for table, name in ((SectionMember, "section"), (GroupMember, "group")):
            if f"{name}s" in given:
                session.execute(
                    delete(table).where(table.course_id == member.course_id, table.person_id == member.person_id)
                )
                for one in given[f"{name}s"]:
                    session.add(table(course_id=member.course_id, person_id=member.person_id, **{name: one}))
        if "observes" in given:
            session.execute(
                delete(Observed).where(Observed.course_id == member.course_id, Observed.mentor_id == member.person_id)
            )
            for one in given["observes"]:
                session.add(Observed(course_id=member.course_id, mentor_id=member.person_id, person_id=one))
        session.add(MembershipChange(course_id=member.course_id, person_id=member.person_id))
    return {}


@blueprint.post("/odd-members")
def odd_members() -> ResponseReturnValue:
    """List people who have no name, several roles, or are no longer active."""
    with lms().store.begin() as session:
        session.merge(Setting(name="odd members", value={}))
    return {}


@blueprint.post("/grades")
def change_grade() -> ResponseReturnValue:
    """Override or lock a grade, as a teacher in the LMS would."""
    given = flask.request.get_json()
    with lms().store.begin() as session:
        key = (given["column_id"], given["person_id"])
        grade = session.get(Grade, key)
        if grade is None:
            grade = Grade(column_id=key[0], person_id=key[1], posts=0, locked=False)
            session.add(grade)
        if "override" in given:
            grade.override = given["override"]
        grade.locked = given.get("locked", grade.locked)
    return {}


@blueprint.get("/log")
def log() -> ResponseReturnValue:
    after = flask.request.args.get("after", 0, type=int)
    with lms().store() as session:
        rows = session.scalars(select(Request).where(Request.id > after).order_by(Request.id)).all()
        return {
            "requests": [
                {"id": one.id, "at": one.at.isoformat(), "method": one.method, "path": one.path, "status": one.status,
                 "body": one.body, "answer": one.answer}
                for one in rows
            ]
        }  # fmt: skip


@blueprint.get("/state")
def state() -> ResponseReturnValue:
    """Everything a test may want to look at; with `person`, of grades and submissions only that person's."""
    grades_of, submissions_of = select(Grade, Column, Person).join(Column).join(Person), select(Submission)
    if person_id := flask.request.args.get("person"):
        grades_of = grades_of.where(Grade.person_id == person_id)
        submissions_of = submissions_of.where(Submission.person_id == person_id)
    with lms().store() as session:
        grades = session.execute(grades_of).all()
        return {
            "tools": [
                {"client_id": one.client_id, "name": one.name, "deployment_id": one.deployment_id, "scopes": one.scopes,
                 "shares_names": one.shares_names, "shares_email": one.shares_email}
                for one in session.scalars(select(Tool).order_by(Tool.client_id))
            ],
            "links": [
                {"id": one.id, "title": one.title, "course_id": one.course_id, "custom": one.custom}
                for one in session.scalars(select(Link).order_by(Link.made_at, Link.id))
            ],
            "columns": [
                {"id": one.id, "label": one.label, "maximum": one.maximum, "link_id": one.link_id,
                 "resource_id": one.resource_id, "tag": one.tag}
                for one in session.scalars(select(Column).order_by(Column.made_at))
            ],
            "grades": [
                {"column_id": column.id, "label": column.label, "person_id": person.id, "login": person.login,
                 "score": grade.score, "maximum": column.maximum, "override": grade.override, "posts": grade.posts,
                 "timestamp": grade.timestamp, "submitted_at": grade.submitted_at, "grading": grade.grading}
                for grade, column, person in grades
            ],
            "submissions": [
                {"column_id": one.column_id, "person_id": one.person_id, "attempt": one.attempt, "kind": one.kind,
                 "data": one.data, "files": one.files, "submitted_at": one.submitted_at}
                for one in session.scalars(submissions_of.order_by(Submission.person_id, Submission.attempt))
            ],
        }  # fmt: skip


@blueprint.post("/reset")
def reset() -> ResponseReturnValue:
    """Forget links, columns, grades and what passed; people and registrations stay."""
    with lms().store.begin() as session:
        for table in (Submission, Grade, Reviewable, Column, Link, Request):
            session.execute(delete(table))
    lms().set_faults(Faults())
    return {}


@blueprint.post("/sign")
def sign() -> ResponseReturnValue:
    """Sign any claims with the platform's key, for tests of what a tool refuses."""
    return {"token": lms().sign(flask.request.get_json())}
