"""What a person is in a class, from the roles that a platform sends (LTI 1.3 Core, appendix A.2)."""

from collections.abc import Iterable

from lti_grader.classes.models import Role

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_PRIVACY_STAFF = {
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#AccountAdmin",
}
_TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
_INSTITUTION_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
_ASSISTANTS = {"TeachingAssistant", "TeachingAssistantSection", "TeachingAssistantGroup", "TeachingAssistantOffering",
               "TeachingAssistantTemplate", "TeachingAssistantSectionAssociation", "Grader"}  # fmt: skip


def class_role(roles: Iterable[str]) -> Role:
    """Return the role in the class; what is not known counts for nothing, and nothing known is an observer.

    An assistant is also sent as an instructor, so that role is looked at first. Who administrates the
    course sees what assistants see.
    """
    main, sub = set(), set()
    for role in roles:
        name = _context_role(role)
        if name is not None:
            principal, _, special = name.partition("#")
            main.add(principal)
            sub.add(special)
    if sub & _ASSISTANTS:
        return Role.ASSISTANT
    if "Instructor" in main:
        return Role.TEACHER
    if "Administrator" in main:
        return Role.ASSISTANT
    if "Learner" in main:
        return Role.STUDENT
    return Role.OBSERVER


def _context_role(role: str) -> str | None:
    """Return "Principal" or "Principal#Sub" of a role in the course; None for roles elsewhere."""
    if role.startswith(_MEMBERSHIP + "#"):
        return role.removeprefix(_MEMBERSHIP + "#")
    if role.startswith(_MEMBERSHIP + "/"):
        return role.removeprefix(_MEMBERSHIP + "/")
    # Short names are allowed for roles in the course only.
    return role if role and ":" not in role and "/" not in role else None


def is_mentor(roles: Iterable[str]) -> bool:
    """Return whether this person is a mentor in the course: an observer in Canvas, a parent, an adviser."""
    named = {_context_role(role) for role in roles}
    return any(name is not None and name.partition("#")[0] == "Mentor" for name in named)


def is_test_user(roles: Iterable[str]) -> bool:
    """Return whether this is the platform's own Student View user."""
    return _TEST_USER in set(roles)


def is_institution_admin(roles: Iterable[str]) -> bool:
    """Return whether the platform calls this person an administrator of the whole institution.

    Roles in the course and in the LMS as a system (`system/person#Administrator`, who looks after the
    software) are none.
    """
    return _INSTITUTION_ADMIN in set(roles)


def may_see_personal_data(roles: Iterable[str]) -> bool:
    """Return whether the platform calls this person an administrator, of the institution or of the LMS itself."""
    return bool(set(roles) & _PRIVACY_STAFF)
