"""What people see of the LMS."""

import dataclasses
import math
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_grader.demo.lms import brought, columns
from lti_grader.demo.lms.file_models import Activity, Reviewable
from lti_grader.demo.lms.models import Column, Course, Grade, Link, Member, Person, Request, Submission, Tool
from lti_grader.demo.lms.people import COURSE_CODE, TEST_STUDENT
from lti_grader.demo.lms.platform import STORAGE_FRAMES, announce
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.services import titles
from lti_grader.demo.lms.store import PLACES_LINKS, Faults, lms

blueprint = flask.Blueprint("pages", __name__)
_SHOWN_UNGRADED = 30
_SHOWN = 200
_FAULTS = {
    "none": ("Well", Faults()),
    "slow": ("Slow: every answer takes 3 seconds", Faults(delay_ms=3000)),
    "throttled": ("Throttling: 429, come back in 5 seconds", Faults(status=429, retry_after=5)),
    "broken": ("Broken: every service answers 500", Faults(status=500)),
    "maintenance": ("In maintenance: every service answers 503", Faults(status=503)),
    "down": ("Down: every connection is closed without an answer", Faults(hangs_up=True)),
}


@dataclasses.dataclass(frozen=True)
class Seat:
    """Who is looking, in which course, as what."""

    person: Person
    course: Course
    role: str

    @property
    def is_staff(self) -> bool:
        return self.role in ("teacher", "assistant", "registrar")

    @property
    def places_links(self) -> bool:
        return self.role in PLACES_LINKS

    @property
    def is_student_view(self) -> bool:
        return self.person.login == TEST_STUDENT


def _seat(session: Session, course_id: str) -> Seat | None:
    person = session.get(Person, flask.session.get("person", ""))
    member = session.get(Member, (course_id, person.id)) if person else None
    if person is None or member is None or not member.active:
        return None
    return Seat(person, session.get_one(Course, course_id), member.role)


def _problem(words: str, status: int = 404) -> ResponseReturnValue:
    return flask.render_template("demo_lms/problem.html", words=words), status


def _gone() -> ResponseReturnValue:
    return _problem("This is not in the course any more. Go back to the course page and load it again.")


@blueprint.get("/favicon.ico")
def icon() -> ResponseReturnValue:
    """What a browser asks for unasked: a window's picture."""
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#243b53"/>'
        '<path d="M8 4 2 7l6 3 6-3zM4.500 9.200v2.300q3.500 2 7 0V9.200L8 11z" fill="#fff"/></svg>'
    )
    return flask.Response(picture, mimetype="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Choose who to be."""
    with lms().store() as session:
        course = session.scalars(select(Course).where(Course.code == COURSE_CODE)).one()
        people = session.execute(
            select(Person, Member.role)
            .join(Member)
            .where(Member.course_id == course.id, Person.login.op("NOT GLOB", is_comparison=True)("student[0-9]*"))
            .order_by(brought.ORDER, Person.id)
        ).all()
        places = [(course, people), *brought.shown_people(session)]
        return flask.render_template("demo_lms/home.html", places=places, me=flask.session.get("person"))


@blueprint.post("/be")
def be() -> ResponseReturnValue:
    """Be one of the people from here on."""
    flask.session["person"] = flask.request.form["person"]
    return flask.redirect(flask.url_for("pages.course", course_id=flask.request.form["course"]), 303)


@blueprint.get("/courses/<course_id>")
def course(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        seat = _seat(session, course_id)
        if seat is None:
            return flask.redirect(flask.url_for("pages.home"))
        columns = {one.link_id: one for one in session.scalars(select(Column).where(Column.course_id == course_id))}
        grades = {one.column_id: one for one in session.scalars(select(Grade).where(Grade.person_id == seat.person.id))}
        return flask.render_template(
            "demo_lms/course.html", seat=seat, links=titles(session, course_id), columns=columns, grades=grades,
            tools=brought.tools_of(session, course_id), student_view=f"person-{TEST_STUDENT}",
            activities=session.scalars(
                select(Activity).where(Activity.course_id == course_id).order_by(Activity.made_at)
            ).all(),
            takes_files=lms().mode() is Mode.CANVAS,
            others=session.scalars(
                select(Course).join(Member)
                .where(Member.person_id == seat.person.id, Member.active, Course.id != course_id).order_by(Course.code)
            ).all(),
        )  # fmt: skip


@blueprint.get("/courses/<course_id>/links/<link_id>")
def link(course_id: str, link_id: str) -> ResponseReturnValue:
    """A course page with the tool in its frame."""
    with lms().store() as session:
        seat = _seat(session, course_id)
        found = session.get(Link, link_id)
        if seat is None:
            return flask.redirect(flask.url_for("pages.home"))
        if found is None or found.course_id != course_id:
            return _gone()
        return flask.render_template(
            "demo_lms/frame.html", seat=seat, title=found.title,
            source=flask.url_for("pages.launch", link_id=link_id), deep=False,
            storage=STORAGE_FRAMES.get(lms().mode()),
        )  # fmt: skip


@blueprint.get("/launch/<link_id>")
def launch(link_id: str) -> ResponseReturnValue:
    """Begin a launch of a link as the person who is signed in."""
    with lms().store() as session:
        found = session.get(Link, link_id)
        if found is None:
            return _gone()
        seat = _seat(session, found.course_id)
        if seat is None:
            return flask.redirect(flask.url_for("pages.home"))
        tool = session.get_one(Tool, found.client_id)
        message = {"kind": "link", "course": found.course_id, "link": link_id}
        return flask.redirect(announce(tool, seat.person.id, found.url, message))


@blueprint.get("/courses/<course_id>/add/<client_id>")
def add(course_id: str, client_id: str) -> ResponseReturnValue:
    """A course page with the tool's picker in its frame."""
    with lms().store() as session:
        seat = _seat(session, course_id)
        if seat is None or not seat.places_links:
            return flask.redirect(flask.url_for("pages.home"))
        edits = flask.request.args.get("edits")
        source = flask.url_for("pages.deep_link", course_id=course_id, client_id=client_id, edits=edits)
        return flask.render_template(
            "demo_lms/frame.html", seat=seat, title="Add from the tool", source=source, deep=True,
            storage=STORAGE_FRAMES.get(lms().mode()),
        )  # fmt: skip


@blueprint.get("/courses/<course_id>/deep-link/<client_id>")
def deep_link(course_id: str, client_id: str) -> ResponseReturnValue:
    """Begin a deep-linking launch."""
    with lms().store() as session:
        seat, tool = _seat(session, course_id), session.get(Tool, client_id)
        if seat is None or not seat.places_links:
            return flask.redirect(flask.url_for("pages.home"))
        if tool is None:
            return _problem("This tool is not registered.")
        message = {"kind": "deep", "course": course_id, "edits": flask.request.args.get("edits")}
        return flask.redirect(announce(tool, seat.person.id, tool.deep_linking_url, message))


@blueprint.get("/courses/<course_id>/tools/<client_id>")
def tool_page(course_id: str, client_id: str) -> ResponseReturnValue:
    """A course page with the tool in its frame, opened from the course's menu."""
    with lms().store() as session:
        seat, tool = _seat(session, course_id), session.get(Tool, client_id)
        if seat is None:
            return flask.redirect(flask.url_for("pages.home"))
        if tool is None:
            return _problem("This tool is not registered.")
        source = flask.url_for("pages.launch_course", course_id=course_id, client_id=client_id)
        return flask.render_template("demo_lms/frame.html", seat=seat, title=tool.name, source=source, deep=False)


@blueprint.get("/courses/<course_id>/tools/<client_id>/launch")
def launch_course(course_id: str, client_id: str) -> ResponseReturnValue:
    """Begin a launch of the tool for the course as a whole."""
    with lms().store() as session:
        seat, tool = _seat(session, course_id), session.get(Tool, client_id)
        if seat is None or tool is None:
            return flask.redirect(flask.url_for("pages.home"))
        message = {"kind": "course", "course": course_id}
        return flask.redirect(announce(tool, seat.person.id, tool.deep_linking_url, message))


@blueprint.post("/courses/<course_id>/links/<link_id>/remove")
def remove(course_id: str, link_id: str) -> ResponseReturnValue:
    with lms().store.begin() as session:
        seat = _seat(session, course_id)
        link = session.get(Link, link_id)
        # Gone already is as good as removed: two presses of the button are no mistake.
        if seat is not None and seat.is_staff and link is not None and link.course_id == course_id:
            for column in session.scalars(select(Column).where(Column.link_id == link_id)).all():
                columns.drop(session, column)
            session.delete(link)
    return flask.redirect(flask.url_for("pages.course", course_id=course_id), 303)


def _gradebook(session: Session, course_id: str) -> dict[str, Any]:
    columns = session.scalars(select(Column).where(Column.course_id == course_id).order_by(Column.made_at)).all()
    students = session.scalars(
        select(Person).join(Member).where(Member.course_id == course_id, Member.role == "student", Member.active)
        .order_by(Person.family_name, Person.given_name)
    ).all()  # fmt: skip
    grades = session.scalars(select(Grade).join(Column).where(Column.course_id == course_id)).all()
    submissions = session.scalars(
        select(Submission).join(Column).where(Column.course_id == course_id).order_by(Submission.attempt)
    ).all()
    return {
        "columns": columns,
        "students": students,
        "grades": {(one.person_id, one.column_id): one for one in grades},
        # Canvas has no launch for it: there SpeedGrader opens the address that came with the score.
        "reviewable": {one.column_id: one for one in session.scalars(select(Reviewable))}
        if lms().mode() is not Mode.CANVAS
        else {},
        # The latest of each.
        "submissions": {(one.person_id, one.column_id): one for one in submissions},
    }


@blueprint.get("/courses/<course_id>/gradebook")
def gradebook(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        seat = _seat(session, course_id)
        if seat is None:
            return flask.redirect(flask.url_for("pages.home"))
        shown = _gradebook(session, course_id)
        everybody = shown["students"] if seat.is_staff else [seat.person]
        # A thousand times a hundred cells are more than a browser draws in good time: of those without any grade, some.
        graded = {person_id for person_id, _ in (*shown["grades"], *shown["submissions"])}
        others = {one.id for one in [one for one in everybody if one.id not in graded][:_SHOWN_UNGRADED]}
        shown["students"] = [one for one in everybody if one.id in graded | others]
        left_out = len(everybody) - len(shown["students"])
        return flask.render_template("demo_lms/gradebook.html", seat=seat, left_out=left_out, **shown)


@blueprint.post("/courses/<course_id>/gradebook")
def override(course_id: str) -> ResponseReturnValue:
    """A teacher's own grade, or a lock."""
    form = flask.request.form
    text = form.get("override", "").strip().replace(",", ".")
    try:
        points = float(text) if text else None
    except ValueError:
        points = math.nan
    if points is not None and not math.isfinite(points):
        return _problem(f"{text!r} is not a number. Go back, and give the grade in points.", 400)
    with lms().store.begin() as session:
        seat = _seat(session, course_id)
        if seat is None or not seat.is_staff:
            return flask.redirect(flask.url_for("pages.home"))
        column, member = session.get(Column, form["column"]), session.get(Member, (course_id, form["person"]))
        if column is None or column.course_id != course_id or member is None:
            return _gone()
        grade = session.get(Grade, (form["column"], form["person"]))
        if grade is None:
            grade = Grade(column_id=form["column"], person_id=form["person"], posts=0, locked=False)
            session.add(grade)
        grade.override = points
        grade.locked = "locked" in form
    return flask.redirect(flask.url_for("pages.gradebook", course_id=course_id), 303)


@blueprint.get("/courses/<course_id>/people")
def people(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        seat = _seat(session, course_id)
        if seat is None or not seat.is_staff:
            return flask.redirect(flask.url_for("pages.home"))
        rows = session.execute(
            select(Person, Member)
            .join(Member)
            .where(Member.course_id == course_id, Person.login != TEST_STUDENT)
            .order_by(brought.ORDER, Person.id)
            .limit(_SHOWN)
        ).all()
        all_of_them = session.scalar(select(func.count()).where(Member.course_id == course_id)) or 0
        return flask.render_template(
            "demo_lms/people.html",
            seat=seat,
            rows=rows,
            more=max(0, all_of_them - 1 - _SHOWN),
            asks_privacy=lms().mode() is not Mode.CANVAS and seat.role == "registrar",
        )


@blueprint.get("/courses/<course_id>/controls")
def controls(course_id: str) -> ResponseReturnValue:
    """How the LMS behaves, and what passed between it and the tool."""
    with lms().store() as session:
        seat = _seat(session, course_id)
        if seat is None or not seat.is_staff:
            return flask.redirect(flask.url_for("pages.home"))
        log = session.scalars(select(Request).order_by(Request.id.desc()).limit(60)).all()
        present = lms().faults()
        chosen = next((name for name, (_, faults) in _FAULTS.items() if faults == present), "other")
        return flask.render_template(
            "demo_lms/controls.html", seat=seat, modes=list(Mode), mode=lms().mode(), faults=_FAULTS, chosen=chosen, log=log,
        )  # fmt: skip


@blueprint.post("/courses/<course_id>/controls")
def set_controls(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        seat = _seat(session, course_id)
    if seat is not None and seat.is_staff:
        lms().set_mode(Mode(flask.request.form["mode"]))
        # Faults that came by /control are none of these, and stay.
        if flask.request.form["faults"] in _FAULTS:
            lms().set_faults(_FAULTS[flask.request.form["faults"]][1])
    return flask.redirect(flask.url_for("pages.controls", course_id=course_id), 303)


@blueprint.post("/courses/<course_id>/keys")
def rotate_key(course_id: str) -> ResponseReturnValue:
    """Sign with a new key from now on; the ones before stay published."""
    with lms().store() as session:
        seat = _seat(session, course_id)
    if seat is not None and seat.is_staff:
        lms().new_key()
    return flask.redirect(flask.url_for("pages.controls", course_id=course_id), 303)
