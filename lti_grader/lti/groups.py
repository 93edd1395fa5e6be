"""Groups of an LMS course: read where the platform lists them, and kept as it does (Course Groups Service 1.0)."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti import http, paging
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.group_models import ClassGroup, ClassGroupMember
from lti_grader.lti.memberships import Member
from lti_grader.lti.tokens import Services
from lti_grader.people.models import User

_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"


@dataclasses.dataclass(frozen=True)
class Group:
    """A group as the platform lists it."""

    group_id: str
    name: str
    set_name: str | None


def read(groups_url: str, sets_url: str | None, services: Services) -> list[Group]:
    """Read the groups of a course.

    Raises
    ------
    ServiceError
        They could not be read whole.
    """
    sets = {} if sets_url is None else {
        set_id: c.words(one.get("name"))
        for one in _listed(sets_url, "sets", services)
        if (set_id := c.any_identifier(one.get("id")))
    }  # fmt: skip
    groups = {}
    for one in _listed(groups_url, "groups", services):
        group_id = c.any_identifier(one.get("id"))
        if group_id is not None:
            set_id = c.any_identifier(one.get("set_id"))
            name = c.words(one.get("name")) or f"Group {group_id}"
            groups[group_id] = Group(group_id, name, sets.get(set_id) if set_id else None)
    return list(groups.values())


def _listed(url: str, key: str, services: Services) -> list[dict[str, Any]]:
    if not http.is_safe_url(url):
        raise ServiceError(f"The LMS gave {url[:200]!r} as the groups' address, which is none that can be called.")
    found: list[dict[str, Any]] = []
    for page in paging.pages(services, url, [c.GROUPS_READ], accept=_TYPE, what=f"list of {key}"):
        listed = page.get(key) if isinstance(page, dict) else None
        if not isinstance(listed, list):
            raise ServiceError(f"The LMS's list of {key} is none.", body=str(page)[:500])
        found += [one for one in listed if isinstance(one, dict)]
    return found


def keep(context_id: uuid.UUID, platform_id: uuid.UUID, groups: Sequence[Group], members: Sequence[Member]) -> None:
    """Keep the groups of a course as the platform lists them, and who is in which as far as its roster says.

    Parameters
    ----------
    members
        Those of whom the roster spoke; of the others nothing changes.
    """
    told = {one.person.sub: set(one.group_ids) for one in members if one.group_ids is not None}
    ids = _keep_groups(context_id, groups)
    people = dict(
        session().execute(sa.select(User.sub, User.id).where(User.platform_id == platform_id, User.sub.in_(told))).all()
    )
    wanted = {
        (ids[group_id], people[sub])
        for sub, theirs in told.items()
        for group_id in theirs
        if group_id in ids and sub in people
    }
    _keep_members(context_id, set(people.values()), wanted)


def _keep_groups(context_id: uuid.UUID, groups: Sequence[Group]) -> Mapping[str, uuid.UUID]:
    """Write what is new about the groups, remove those that are gone, and return the ids by what the LMS names them."""
    known = {
        one.group_id: one
        for one in session().scalars(sa.select(ClassGroup).where(ClassGroup.class_context_id == context_id))
    }
    listed = {one.group_id for one in groups}
    for group_id, row in known.items():
        if group_id not in listed:
            session().delete(row)
    for one in groups:
        if one.group_id not in known:
            known[one.group_id] = ClassGroup(
                id=new_id(), tenant_id=current_tenant(), class_context_id=context_id, group_id=one.group_id
            )
            session().add(known[one.group_id])
        known[one.group_id].name, known[one.group_id].set_name = one.name, one.set_name
    session().flush()
    return {one.group_id: known[one.group_id].id for one in groups}


def _keep_members(context_id: uuid.UUID, people: set[uuid.UUID], wanted: set[tuple[uuid.UUID, uuid.UUID]]) -> None:
    rows = session().execute(
        sa.select(ClassGroupMember.class_group_id, ClassGroupMember.user_id)
        .join(ClassGroup, ClassGroup.id == ClassGroupMember.class_group_id)
        .where(ClassGroup.class_context_id == context_id, ClassGroupMember.user_id.in_(people))
    )
    known = {(row.class_group_id, row.user_id) for row in rows}
    pair = sa.tuple_(ClassGroupMember.class_group_id, ClassGroupMember.user_id)
    if gone := known - wanted:
        session().execute(sa.delete(ClassGroupMember).where(pair.in_(gone)))
    if new := sorted(wanted - known):
        session().execute(
            insert(ClassGroupMember).on_conflict_do_nothing(),
            [{"tenant_id": current_tenant(), "class_group_id": group, "user_id": user} for group, user in new],
        )
