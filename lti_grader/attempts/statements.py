"""A problem's statement as its readers in an assignment see it, with its pictures."""

import uuid

import flask
from markupsafe import Markup

from lti_grader import adapters
from lti_grader.core.downloads import person_file
from lti_grader.core.errors import NotFound
from lti_grader.problems import pictures
from lti_grader.problems.models import ProblemVersion


def text_of(text: str, version: ProblemVersion, item_id: uuid.UUID) -> Markup:
    """Return a text of a version as safe HTML; its pictures come by the assignment's item, as the text does."""
    return pictures.shown(text, version, lambda name: flask.url_for("work.picture", item_id=item_id, name=name))


def picture(ref: str | None, name: str) -> flask.Response:
    """Return a picture of a problem, or raise `NotFound` where there is none of that name. No transaction need be open."""
    media_type = pictures.type_of(name)
    if ref is None or media_type is None:
        raise NotFound("There is no such picture here.")
    return person_file(adapters.installed().blobs.get(ref), media_type, name)
