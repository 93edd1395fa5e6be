"""The department in the demo LMS, with its courses and people: so its classes are opened as any other, by a launch."""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.classes.models import Enrollment, EnrollmentStatus
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.demo.department.founding import Taught
from lti_grader.demo.department.making import Made
from lti_grader.demo.lms.client import Control
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.registration import Registration, keep, own_addresses
from lti_grader.people.models import Tenant, User


def let_in(made: Made, lms_url: str, public_url: str) -> None:
    """Have the demo LMS hold a department's courses and people, and lead to its classes. It hears of no mark all the same.

    Parameters
    ----------
    public_url
        Where the tool answers.

    Raises
    ------
    httpx.HTTPError
        The demo LMS does not answer.
    """
    with transaction(made.tenant_id):
        name = session().get_one(Tenant, made.tenant_id).name
    control = Control(lms_url)
    try:
        told = control.register(own_addresses(public_url), name=f"lti_grader of {name}")
        with transaction(made.tenant_id):
            courses = _courses(Registration.model_validate(told), made.classes)
        control.post("brought", client_id=told["client_id"], courses=courses)
    finally:
        control.close()


def let_out(tenant_id: uuid.UUID, lms_url: str) -> None:
    """Have the demo LMS forget a made-up institution's courses and people."""
    with transaction(tenant_id):
        client_id = session().scalars(sa.select(Platform.client_id)).one()
    control = Control(lms_url)
    try:
        control.post("brought/remove", client_id=client_id)
    finally:
        control.close()


def _courses(registration: Registration, classes: Sequence[Taught]) -> list[dict[str, Any]]:
    """Let the institution's people come from an LMS, and return its courses as the LMS takes them in."""
    platform = session().scalars(sa.select(Platform)).one()
    platform.issuer, platform.client_id = registration.issuer, registration.client_id
    session().flush()
    keep(registration, current_tenant())
    deployment_id = session().scalars(sa.select(Deployment.id).where(Deployment.platform_id == platform.id)).one()
    found = []
    for one in classes:
        context_id = f"made-up-{one.class_id.hex}"
        session().add(
            ClassContext(
                tenant_id=current_tenant(), deployment_id=deployment_id, context_id=context_id, class_id=one.class_id,
                title=one.course.title,
            )
        )  # fmt: skip
        found.append(
            {"id": context_id, "code": one.course.code, "title": one.course.name, "people": _people(one.class_id)}
        )
    return found


def _people(class_id: uuid.UUID) -> Sequence[dict[str, Any]]:
    rows = session().execute(
        sa.select(User, Enrollment)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.class_id == class_id)
        .order_by(User.id)
    )
    return [
        {
            "id": user.sub, "login": _login(user), "given_name": user.given_name, "family_name": user.family_name,
            "role": place.role, "sections": list(place.sections), "active": place.status == EnrollmentStatus.ACTIVE,
        }
        for user, place in rows
    ]  # fmt: skip


def _login(user: User) -> str:
    # Two made-up institutions may have people of one name.
    return f"{(user.email or user.sub).partition('@')[0]}.{user.tenant_id.hex[-4:]}"
