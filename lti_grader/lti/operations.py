"""What a launch means here: platform, context and person become tenant, class and enrollment."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.classes.models import STAFF, Class, EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import act_as, current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti import enrollments, leavers, links, mentoring, previews, registration_learning, roster_schedule
from lti_grader.lti.course_copy import Launcher
from lti_grader.lti.memberships import described
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.roles import class_role, is_institution_admin, is_test_user
from lti_grader.lti.verification import unknown_deployment
from lti_grader.people.described import TOLD
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Arrival:
    """Who arrived where."""

    user_id: uuid.UUID
    class_id: uuid.UUID
    context_id: uuid.UUID
    deployment_id: str
    role: Role
    assignment_id: uuid.UUID | None
    link_id: uuid.UUID | None
    """The link that was opened, as we keep it."""


def arrive(claims: Mapping[str, Any], platform: Platform, *, at: dt.datetime) -> Arrival:
    """Take in a verified launch. Any number of them at once, the first ones included, do no harm.

    Raises
    ------
    NotRegistered
        The deployment is not known.
    """
    deployment = session().scalar(
        sa.select(Deployment).where(
            Deployment.platform_id == platform.id, Deployment.deployment_id == claims[c.DEPLOYMENT_ID]
        )
    )
    deployment = deployment or registration_learning.learn_deployment(platform, claims[c.DEPLOYMENT_ID], at=at)
    if deployment is None:
        raise unknown_deployment(claims[c.DEPLOYMENT_ID], platform.issuer, platform.client_id)
    registration_learning.note_origins(platform, claims, at=at)
    roles = claims[c.ROLES]
    user_id = upsert_user(
        platform.id,
        claims,
        test_user=is_test_user(roles),
        institution_admin=is_institution_admin(roles),
        launched_at=at,
    )
    # Whoever had a session in this browser before has no part in it.
    act_as(user_id)
    role = class_role(roles)
    context = _context(claims, deployment, owner_id=user_id if role == Role.TEACHER else None)
    product = product_of(platform)
    place = enroll(
        context.class_id,
        user_id,
        previews.role_of_launch(context, user_id, role, at=at),
        source=EnrollmentSource.LAUNCH,
        sections=product.sections(claims),
        lists_know_assistants=product.lists_know_assistants,
    )
    role = place.role
    _note_seen(context, user_id, at=at)
    mentoring.take_in(claims, context, user_id, role, at=at)
    assignment_id = link_id = None
    if claims[c.MESSAGE_TYPE] == c.RESOURCE_LINK_REQUEST:
        link = links.open_link(claims, context, Launcher(user_id, role), at=at)
        assignment_id, link_id = link.assignment_id, link.id
    if role in STAFF or role == Role.PREVIEW or (place.source != EnrollmentSource.ROSTER and not is_test_user(roles)):
        roster_schedule.ask(context, at=at)
    return Arrival(user_id, context.class_id, context.id, deployment.deployment_id, role, assignment_id, link_id)


def _note_seen(context: ClassContext, user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Note that they are in this LMS course; its columns are owed what theirs of before were not, if they are new in it."""
    is_new = enrollments.not_noted(context, [user_id])
    enrollments.note_seen(context, [user_id], at=at)
    if is_new:
        leavers.owe_to(context.id, is_new, at=at)


def upsert_user(
    platform_id: uuid.UUID,
    claims: Mapping[str, Any],
    *,
    test_user: bool = False,
    institution_admin: bool | None = None,
    launched_at: dt.datetime | None = None,
) -> uuid.UUID:
    """Keep a person as their platform describes them, and return their id.

    Parameters
    ----------
    institution_admin
        Whether they administrate the institution; None where nothing was said about it, as in a roster.

    What the platform leaves out (it may keep names to itself) leaves what was known as it is.
    """
    told = described(claims["sub"], claims, test_user=test_user)
    values: dict[str, Any] = {name: value for name in TOLD if (value := getattr(told, name)) is not None}
    if test_user:
        values["is_test_user"] = True
    if institution_admin is not None:
        values["is_institution_admin"] = institution_admin
    if launched_at is not None:
        values["last_launch_at"] = launched_at
    statement = insert(User).values(
        id=new_id(), tenant_id=current_tenant(), platform_id=platform_id, sub=claims["sub"], **values
    )
    # Something must be set for the row to be returned; setting the sub to itself is nothing.
    changes = values or {"sub": claims["sub"]}
    return (
        session()
        .scalars(
            statement.on_conflict_do_update(index_elements=["platform_id", "sub"], set_=changes).returning(User.id)
        )
        .one()
    )


def _context(claims: Mapping[str, Any], deployment: Deployment, *, owner_id: uuid.UUID | None) -> ClassContext:
    described = claims.get(c.CONTEXT)
    described = described if isinstance(described, dict) else {}
    # A link outside of any course is a class of its own.
    link = claims.get(c.RESOURCE_LINK) or {}
    outside = f"resource-link:{link.get('id', 'none')}"
    context_id = c.identifier(described.get("id")) or outside
    title = c.words(described.get("title")) or c.words(described.get("label")) or c.words(link.get("title")) or "Course"
    context = context_named(deployment, context_id, title, owner_id=owner_id)
    _learn_services(context, claims)
    session().flush()
    return context


def context_named(
    deployment: Deployment, context_id: str, title: str, *, owner_id: uuid.UUID | None = None
) -> ClassContext:
    """Return an LMS course; one that is new gets a class of its own. Any number of these at once make one."""
    known = sa.select(ClassContext).where(
        ClassContext.deployment_id == deployment.id, ClassContext.context_id == context_id
    )
    context = session().scalar(known)
    if context is None:
        # Two first launches at once would make two classes: the second waits here for the first, and looks again.
        session().execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{deployment.id}:{context_id}"}
        )
        context = session().scalar(known)
    if context is None:
        made = create_class(title, owner_id=owner_id)
        context = ClassContext(
            tenant_id=current_tenant(),
            deployment_id=deployment.id,
            context_id=context_id,
            class_id=made.id,
            title=title,
            ags_scopes=[],
        )
        session().add(context)
        session().flush()
    elif owner_id is not None:
        session().execute(
            sa.update(Class).where(Class.id == context.class_id, Class.owner_id.is_(None)).values(owner_id=owner_id)
        )
    return context


def _learn_services(context: ClassContext, claims: Mapping[str, Any]) -> None:
    roster, grades = claims.get(c.NRPS), claims.get(c.AGS)
    if isinstance(roster, dict) and (members := c.address(roster.get("context_memberships_url"))):
        context.memberships_url = members
    if isinstance(groups := claims.get(c.GROUPS), dict) and (listed := c.address(groups.get("context_groups_url"))):
        context.groups_url, context.group_sets_url = listed, c.address(groups.get("context_group_sets_url"))
    if isinstance(grades, dict):
        if columns := c.address(grades.get("lineitems")):
            context.line_items_url = columns
        if isinstance(grades.get("scope"), list):
            context.ags_scopes = [scope for scope in grades["scope"] if c.address(scope)]
