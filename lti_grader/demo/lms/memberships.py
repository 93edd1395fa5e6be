"""Who is in a course, as the platform tells it: Names and Role Provisioning Services 2.0, Course Groups Service 1.0.

Canvas says what a member's launch would say where it is asked for a link, and with it the sections. The standard's own
mode tells differences and groups, which no product known here does both of.
"""

import json
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_grader.demo.lms.guard import guarded
from lti_grader.demo.lms.models import (
    Course,
    GroupMember,
    Link,
    Member,
    MembershipChange,
    Observed,
    Person,
    SectionMember,
    Setting,
    Tool,
)
from lti_grader.demo.lms.people import TEST_STUDENT
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.services import MEMBERS, paged
from lti_grader.demo.lms.store import ROLES, lms

blueprint = flask.Blueprint("memberships", __name__)
_MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
_GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SECTION_NAMES = "$com.instructure.User.sectionNames"
_CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
_SET = {"id": "set-project", "name": "Project"}


@blueprint.get("/courses/<course_id>/Memberships")
@guarded("memberships", _MEMBERSHIP)
def list_members(course_id: str) -> ResponseReturnValue:
    mode, given = lms().mode(), flask.request.args
    with lms().store() as session:
        course = session.get_one(Course, course_id)
        tool = session.get_one(Tool, flask.g.client_id)
        since = given.get("since", type=int) if mode is Mode.GENERIC else None
        link_id = given.get("rlid")
        if link_id not in (None, course_id) and session.get(Link, link_id) is None:
            return {"errors": {"type": "bad_request", "message": "Requested rlid is invalid"}}, 400
        found = [_member(session, mode, tool, member, person) for member, person in _rows(session, course_id, since)]
        if session.get(Setting, "odd members") is not None and since is None:
            found += _ODD
        context = {"id": course.id, "label": course.code, "title": course.title}
        newest = session.scalar(select(func.max(MembershipChange.id))) or 0
    if role := given.get("role"):
        wanted = role.rpartition("#")[2]
        found = [one for one in found if any(name.rpartition("#")[2] == wanted for name in one["roles"])]
    answer = paged(found, MEMBERS, lambda page: {"id": flask.request.url, "context": context, "members": page})
    if mode is Mode.GENERIC:
        answer.headers.add("Link", f'<{lms().url}{flask.request.path}?since={newest}>; rel="differences"')
    return answer


def _rows(session: Session, course_id: str, since: int | None) -> list[tuple[Member, Person]]:
    query = select(Member, Person).join(Person).where(Member.course_id == course_id).order_by(Person.id)
    if since is None:
        query = query.where(Member.active)
    else:
        changed = select(MembershipChange.person_id).where(
            MembershipChange.course_id == course_id, MembershipChange.id > since
        )
        query = query.where(Person.id.in_(changed))
    return [
        (member, person)
        for member, person in session.execute(query)
        if member.role != "registrar" and not is_outside(member) and person.login != TEST_STUDENT
    ]


def _member(session: Session, mode: Mode, tool: Tool, member: Member, person: Person) -> dict[str, Any]:
    roles = ROLES[member.role]
    if mode is Mode.MOODLE:
        # Its rosters have short names; and an assistant, who launches as an instructor, is a learner there.
        roles = ["Instructor" if member.role == "teacher" else "Learner"]
    shown: dict[str, Any] = {"status": "Active" if member.active else "Deleted", "user_id": person.id, "roles": roles}
    if tool.shares_names:
        shown |= {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    if tool.shares_email:
        shown["email"] = person.email
    if mode is Mode.CANVAS and "rlid" in flask.request.args:
        named = sections_of(session, member.course_id, person.id)
        shown["message"] = [{_CUSTOM: {"lti_grader_sections": json.dumps(named)}, "locale": "en"}]
    if mode is Mode.GENERIC and flask.request.args.get("groups") == "true":
        shown["group_enrollments"] = [{"group_id": one} for one in _groups_of(session, member.course_id, person.id)]
    return shown


# What members may look like without being wrong (NRPS 2.0, section 2.3), and what some platforms send.
_ODD: list[dict[str, Any]] = [
    {"user_id": "odd-nameless", "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]},
    {
        "user_id": "odd-several", "name": None, "email": "", "status": "Active", "picture": 5,
        "roles": [
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor", "urn:unknown:role",
        ],
    },
    {
        "user_id": "odd-inactive", "name": "Ida Inactive", "status": "Inactive",
        "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    },
]  # fmt: skip


def sections_of(session: Session, course_id: str, person_id: str) -> list[str]:
    """Return the names of the sections that somebody is in."""
    query = select(SectionMember.section).where(
        SectionMember.course_id == course_id, SectionMember.person_id == person_id
    )
    return sorted(session.scalars(query))


def is_outside(member: Member) -> bool:
    """Return whether somebody is in no course at all in this mode: Moodle's parents watch from their own pages."""
    return member.role == "observer" and lms().mode() is Mode.MOODLE


def observed_by(session: Session, member: Member) -> list[str]:
    """Return the ids of those whom an observer watches over."""
    query = select(Observed.person_id).where(
        Observed.course_id == member.course_id, Observed.mentor_id == member.person_id
    )
    return sorted(session.scalars(query))


def _groups_of(session: Session, course_id: str, person_id: str) -> list[str]:
    query = select(GroupMember.group).where(GroupMember.course_id == course_id, GroupMember.person_id == person_id)
    return sorted(session.scalars(query))


def groups_claim(course_id: str) -> dict[str, Any]:
    """Return where the groups of a course are listed."""
    return {
        "scope": [GROUPS_SCOPE], "service_versions": ["1.0"],
        "context_groups_url": f"{lms().url}/courses/{course_id}/groups",
        "context_group_sets_url": f"{lms().url}/courses/{course_id}/group-sets",
    }  # fmt: skip


@blueprint.get("/courses/<course_id>/groups")
@guarded("memberships", GROUPS_SCOPE)
def list_groups(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        query = select(GroupMember.group).where(GroupMember.course_id == course_id).distinct()
        if wanted := flask.request.args.get("user_id"):
            query = query.where(GroupMember.person_id == wanted)
        found = [{"id": one, "name": f"Group {one}", "set_id": _SET["id"]} for one in sorted(session.scalars(query))]
    return paged(found, _GROUPS, lambda page: {"id": flask.request.url, "groups": page})


@blueprint.get("/courses/<course_id>/group-sets")
@guarded("memberships", GROUPS_SCOPE)
def list_sets(course_id: str) -> ResponseReturnValue:
    return paged([_SET], _GROUPS, lambda page: {"id": flask.request.url, "sets": page})
