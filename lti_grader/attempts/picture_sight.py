"""Which pictures of a problem somebody may see: those that a text names which is shown to them."""

import datetime as dt
import uuid

from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts.hints import hint_parts
from lti_grader.attempts.quizzes import paper_for
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.pictures import is_named, texts_shown
from lti_grader.problems.quizzes.showing import shown_paper


def picture_of(
    opened: OpenedAssignment, item_id: uuid.UUID, version: ProblemVersion, name: str, *, at: dt.datetime
) -> str | None:
    """Return where a picture of a problem lies that whoever opened the assignment may see; None for no such picture.

    Staff may see all. A student does if the statement names it, the hint as far as it is shown, or a question of the paper that
    they answer now. Each is looked up only if those before it do not name it.
    """
    ref: str | None = version.pictures.get(name)
    if ref is None or opened.membership.is_staff or is_named(name, [version.description_markdown]):
        return ref
    if version.is_quiz:
        paper = paper_for(version, opened.membership.user_id, item_id)
        if is_named(name, texts_shown(lambda show: shown_paper(paper.quiz, paper.sheets, show=show))):
            return ref
    if is_named(name, [version.hint]) and hint_parts(opened, item_id, version, at=at)["hint"]:
        return ref
    return None
