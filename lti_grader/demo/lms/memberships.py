"""Who is in a course, as tools see it (Names and Role Provisioning Services 2.0), and the names of roles."""

from typing import Any

import flask
import sqlalchemy as sa
from werkzeug.wrappers import Response

from lti_grader.demo.lms import wire
from lti_grader.demo.lms.models import Course, Installation, Membership, ResourceLink, Role, Tool
from lti_grader.demo.lms.services import authorised, base_url, find_course, installation, services
from lti_grader.demo.lms.store import store

_COURSE = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
_ROLES = {
    Role.TEACHER: [f"{_COURSE}#Instructor", f"{_PERSON}#Instructor"],
    Role.ASSISTANT: [f"{_COURSE}/Instructor#TeachingAssistant", f"{_COURSE}#Instructor"],
    Role.STUDENT: [f"{_COURSE}#Learner", f"{_PERSON}#Student"],
    Role.REGISTRAR: [f"{_COURSE}#Administrator", f"{_PERSON}#Administrator"],
    Role.TEST_STUDENT: [f"{_COURSE}#Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"],
}


def launch_roles(role: Role, here: Installation) -> list[str]:
    """Return the roles that a launch carries, as full URIs."""
    if role == Role.ASSISTANT and wire.manner(here).assistant_as_instructor:
        return [f"{_COURSE}#Instructor"]
    return list(_ROLES[role])


def roster_roles(role: Role, here: Installation) -> list[str]:
    """Return the roles that the roster shows; Moodle's are short, and its assistants are learners there."""
    held = wire.manner(here)
    roles = [f"{_COURSE}#Learner"] if role == Role.ASSISTANT and held.assistant_as_instructor else _ROLES[role]
    inside = [one for one in roles if one.startswith(_COURSE)]
    return [one.rpartition("#")[2] for one in inside] if held.short_roles_in_roster else inside


def roster_url(course: Course) -> str:
    """Return the address of a course's roster; it is of mixed case, which a client must leave alone."""
    return f"{base_url()}/api/lti/courses/{course.id}/Names_And_Roles"


@services.get("/api/lti/courses/<course_id>/Names_And_Roles", endpoint="memberships")
def memberships(course_id: str) -> Response:
    """List a course's people, filtered by role and in pages."""
    asked = flask.request.args
    with store().reading() as session:
        here = installation(session)
        tool = authorised(session, wire.MEMBERS)
        wire.require_accept(here, wire.MEMBERS_TYPE)
        course = find_course(session, course_id)
        if "rlid" in asked and session.get(ResourceLink, asked["rlid"]) is None:
            raise wire.Refused(404, "not_found", "There is no such resource link.")
        people = session.scalars(
            sa.select(Membership)
            .where(Membership.course_id == course.id, Membership.role != Role.TEST_STUDENT)
            .order_by(Membership.person_id)
        ).all()
        chosen = [one for one in people if _has_role(one, asked.get("role"), here)]
        shown, link = wire.page(chosen, here, roster_url(course))
        body = {
            "id": flask.request.url,
            "context": {"id": course.id, "label": course.code, "title": course.title},
            "members": [_member(one, tool, here) for one in shown],
        }
    response = wire.answer(body, wire.MEMBERS_TYPE)
    if link:
        response.headers["Link"] = link
    return response


def _has_role(member: Membership, role: str | None, here: Installation) -> bool:
    if role is None:
        return True
    held = roster_roles(member.role, here)
    return role in held or role in [one.rpartition("#")[2] for one in held]


def _member(member: Membership, tool: Tool, here: Installation) -> dict[str, Any]:
    return {
        "status": "Active" if member.active else "Inactive",
        "user_id": member.person_id,
        "roles": roster_roles(member.role, here),
        "lis_person_sourcedid": f"sis-{member.person.username}",
    } | personal(member, tool)


def personal(member: Membership, tool: Tool) -> dict[str, str]:
    """Return of a person's name and address what this tool may know."""
    person, known = member.person, {}
    if tool.share_names:
        known |= {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    if tool.share_emails:
        known["email"] = person.email
    return known
