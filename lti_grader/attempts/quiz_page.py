"""The page where students answer a quiz."""

import datetime as dt
from typing import Any

import flask

from lti_grader import adapters
from lti_grader.attempts import drafts, timing
from lti_grader.attempts.hints import hint_parts
from lti_grader.attempts.quizzes import draft_answers, paper_for
from lti_grader.attempts.statements import text_of
from lti_grader.core.web import Viewer
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.quizzes.answers import MOST_BYTES
from lti_grader.problems.quizzes.form import Papers
from lti_grader.problems.quizzes.showing import shown_paper


def quiz_page(place: Any, version: ProblemVersion, me: Viewer, *, reason: str, submissions_made: int) -> str:
    """Return the page of a quiz's questions, with what was answered so far.

    Parameters
    ----------
    place
        Where it is set: `.opened`, `.line` and `.item`.
    reason
        Why nothing is accepted now, "" where it is.
    """
    at = dt.datetime.now(dt.UTC)
    settings, item_id = adapters.installed().settings, place.item.id
    paper = paper_for(version, me.user_id, item_id)
    draft = drafts.load(adapters.installed().kv, me.user_id, item_id)
    kept = draft_answers(draft.code if draft else "", paper)
    config = {
        "ap_id": str(item_id),
        "user_id": str(me.user_id),
        "draft": draft.as_json() if draft else None,
        "sitting": paper.sitting,
        "new_papers": paper.quiz.papers is Papers.EACH,
        "languages": [],
        "urls": {
            "draft": flask.url_for("work.save_draft", item_id=item_id),
            "attempts": flask.url_for("work.hand_in", item_id=item_id),
            "history": flask.url_for("results.history", item_id=item_id),
        },
        "max_code_bytes": MOST_BYTES,
        "read_only": bool(reason),
        "read_only_reason": reason,
        "time_spent_seconds": draft.time_spent_seconds if draft else 0,
        "autosave_seconds": settings.autosave_seconds,
        "timing": None
        if place.opened.membership.is_staff
        else timing.as_json(me.user_id, item_id, place.opened.assignment, at=at),
        "last_submission": flask.current_app.extensions["last_submission"](item_id, place.opened),
    }
    return flask.render_template(
        "attempts/quiz.html",
        place=place,
        script="quiz.js",
        sections=shown_paper(paper.quiz, paper.sheets, kept.answers, show=lambda text: text_of(text, version, item_id)),
        statement=text_of(version.description_markdown, version, item_id),
        **hint_parts(place.opened, item_id, version, at=at),
        config=config,
        submissions_made=submissions_made,
        attempts_allowed=place.opened.dates.attempts_allowed,
    )
