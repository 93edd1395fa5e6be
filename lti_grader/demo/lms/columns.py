"""What becomes of a column of the LMS's gradebook: another title or maximum, or away with it."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lti_grader.demo.lms.file_models import Reviewable
from lti_grader.demo.lms.models import Base, Column, Grade, Member, Person, Submission
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import PLACES_LINKS, lms

blueprint = flask.Blueprint("columns", __name__)


class ResultMaximum(Base):
    """The maximum that a grade was given of, where the column's is another since: Canvas goes on telling that one."""

    __tablename__ = "result_maxima"
    column_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(primary_key=True)
    maximum: Mapped[float]


def drop(session: Session, column: Column) -> None:
    """Remove a column with all that is in it."""
    for table in (Submission, Grade, Reviewable, ResultMaximum):
        session.execute(delete(table).where(table.column_id == column.id))
    session.delete(column)
    session.flush()


def resize(session: Session, column: Column, maximum: float) -> None:
    """Give a column another maximum, and do with the grades that it has what the product does.

    Moodle scales them (`rescale_grades_keep_percentage`), and the plain LMS does as well; Canvas keeps the points and
    goes on telling which maximum they were of.
    """
    if maximum == column.maximum:
        return
    for grade in session.scalars(select(Grade).where(Grade.column_id == column.id)):
        if lms().mode() is Mode.CANVAS:
            if session.get(ResultMaximum, (column.id, grade.person_id)) is None:
                session.add(ResultMaximum(column_id=column.id, person_id=grade.person_id, maximum=column.maximum))
        elif grade.score is not None:
            grade.score = round(grade.score * maximum / column.maximum, 5)
    column.maximum = maximum


def maximum_of(session: Session, column: Column, person_id: str) -> float:
    """Return the maximum that a result is of."""
    kept = session.get(ResultMaximum, (column.id, person_id))
    return column.maximum if kept is None else kept.maximum


def forget_maximum(session: Session, column_id: str, person_id: str) -> None:
    """Let a grade be of its column's maximum from now on: it was given anew."""
    session.execute(
        delete(ResultMaximum).where(ResultMaximum.column_id == column_id, ResultMaximum.person_id == person_id)
    )


@blueprint.post("/courses/<course_id>/gradebook/<column_id>/column")
def change(course_id: str, column_id: str) -> ResponseReturnValue:
    """Rename, resize or delete a column, as a teacher does."""
    form = flask.request.form
    with lms().store.begin() as session:
        person = session.get(Person, flask.session.get("person", ""))
        member = session.get(Member, (course_id, person.id)) if person else None
        if member is None or not member.active or member.role not in PLACES_LINKS:
            return flask.redirect(flask.url_for("pages.home"))
        column = session.get(Column, column_id)
        # Gone already is as good as deleted: two presses of the button are no mistake.
        if column is not None and column.course_id == course_id:
            if form.get("what") == "delete":
                drop(session, column)
            else:
                column.label = form.get("label", "").strip() or column.label
                resize(session, column, _maximum(form.get("maximum", "")) or column.maximum)
    return flask.redirect(flask.url_for("pages.gradebook", course_id=course_id), 303)


def _maximum(text: str) -> float | None:
    """Return the points that a form gives, None where it gives none above 0."""
    try:
        points = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return points if 0 < points < 1_000_000 else None
