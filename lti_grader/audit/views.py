"""Who changed what in a class, for its staff."""

import uuid

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from lti_grader.audit import queries
from lti_grader.audit.models import AuditEntry
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import ContentItem
from lti_grader.classes.queries import class_of_item, get_class, items, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.people.models import User

blueprint = flask.Blueprint("audit", __name__)


@blueprint.get("/classes/<uuid:class_id>/history")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """What was changed in a class, of one assignment or of one student's marks there, the latest first."""
    me = viewer()
    item_id, student_id, actor_id = (asked_id(name) for name in ("item", "student", "by"))
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        if item_id is not None and class_of_item(item_id) != class_id:
            raise NotFound("There is no such assignment in this class.")
        of_it = AuditEntry.class_id == class_id if item_id is None else AuditEntry.content_item_id == item_id
        about = AuditEntry.student_id
        # What is about one student is for who sees that student's work.
        seen = sa.or_(about.is_(None), whose_work(place, about))
        if student_id is not None:
            seen = sa.and_(seen, sa.or_(about.is_(None), about == student_id) if item_id else about == student_id)
        by = AuditEntry.actor_id == actor_id if actor_id is not None else sa.true()
        return flask.render_template(
            "audit/class.html",
            class_=get_class(class_id),
            within=place.within,
            found=queries.acts(of_it, seen, by, before=asked_number("before")),
            item=session().get(ContentItem, item_id) if item_id else None,
            items=items(class_id),
            student=session().get(User, student_id) if student_id else None,
            actors=queries.actors(of_it, seen),
            actor_id=actor_id,
        )


def asked_id(name: str) -> uuid.UUID | None:
    """Return the id that the address asks for by this name; None where it asks for none."""
    given = flask.request.args.get(name, "")
    try:
        return uuid.UUID(given) if given else None
    except ValueError:
        raise NotFound("There is no such thing. Choose it from the page.") from None


def asked_number(name: str) -> int | None:
    """Return the number that the address asks for by this name; None where it asks for none."""
    given = flask.request.args.get(name, "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound("There is no such part of this page.")
    return int(given) if given else None
