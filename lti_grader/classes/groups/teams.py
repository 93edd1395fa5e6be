"""Who works together now, and who handed in together before."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from lti_grader.classes.groups.errors import InNoGroup
from lti_grader.classes.groups.models import GroupSet, StudentGroup, StudentGroupMember
from lti_grader.classes.groups.queries import members_of
from lti_grader.classes.groups.team_models import Team, TeamMember
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.people.models import User


def mates_of(
    set_ids: Collection[uuid.UUID], student_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], frozenset[uuid.UUID]]:
    """Return by (set, student) who is in a student's group now, themselves among them; only those who are students of the
    class count, and who is in no group is left out. One query however many they are.
    """
    mine, theirs = sa.orm.aliased(StudentGroupMember), sa.orm.aliased(StudentGroupMember)
    rows = session().execute(
        sa.select(mine.group_set_id, mine.student_id, theirs.student_id)
        .join(theirs, theirs.group_id == mine.group_id)
        .join(Enrollment, sa.and_(Enrollment.user_id == theirs.student_id, Enrollment.class_id == theirs.class_id))
        .where(
            mine.group_set_id.in_(set_ids),
            mine.student_id.in_(student_ids),
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], set[uuid.UUID]] = defaultdict(set)
    for set_id, student_id, mate_id in rows:
        found[set_id, student_id].add(mate_id)
    return {key: frozenset({key[1], *mates}) for key, mates in found.items()}


@dataclasses.dataclass(frozen=True)
class Gathered:
    """A group that hands in: nobody else of it does at the same moment, and nobody joins or leaves it."""

    group: StudentGroup
    members: frozenset[uuid.UUID]

    def team(self, *, at: dt.datetime) -> uuid.UUID:
        """Return the id of the team that they are: the group's last one, where it has the same members."""
        last = session().scalar(
            sa.select(Team.id)
            .where(Team.group_id == self.group.id)
            .order_by(Team.made_at.desc(), Team.id.desc())
            .limit(1)
        )
        if last is not None and members_of_teams([last])[last] == self.members:
            return last
        made = Team(
            id=new_id(), tenant_id=current_tenant(), group_set_id=self.group.group_set_id, group_id=self.group.id,
            name=self.group.name, made_at=at,
        )  # fmt: skip
        session().add(made)
        session().flush()
        session().execute(
            insert(TeamMember),
            [{"tenant_id": made.tenant_id, "team_id": made.id, "student_id": one} for one in sorted(self.members)],
        )
        return made.id


def gather(set_id: uuid.UUID, student_id: uuid.UUID) -> Gathered:
    """Return a student's group of a set, to hand in for it.

    Whoever changes who is in which group waits until the transaction ends, as do the others of the same group.

    Raises
    ------
    InNoGroup
    """
    name = session().scalar(sa.select(GroupSet.name).where(GroupSet.id == set_id).with_for_update(read=True))
    group = session().scalar(
        sa.select(StudentGroup)
        .join(StudentGroupMember, StudentGroupMember.group_id == StudentGroup.id)
        .where(StudentGroupMember.group_set_id == set_id, StudentGroupMember.student_id == student_id)
        .with_for_update(of=StudentGroup)
    )
    if group is None:
        raise InNoGroup(
            f"This assignment is handed in by groups of “{name}”, and you are in none. Look on the page “My groups” whether"
            " you can join one, or ask your teacher. What you wrote is kept, and Run works."
        )
    members = frozenset(one.id for one in members_of([group.id])[group.id])
    return Gathered(group, members | {student_id})


def sharers(set_id: uuid.UUID | None, student_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return these students and all whose marks hang together with theirs: who handed in with one of them by a group of a set,
    and so on from each of those.

    Parameters
    ----------
    set_id
        The set that an assignment is handed in by; None where everybody works alone.
    """
    if set_id is None or not student_ids:
        return set(student_ids)
    asked = sa.func.unnest(sa.cast(sorted(student_ids), ARRAY(sa.UUID))).table_valued("student_id").render_derived()
    found = sa.select(asked.c.student_id).cte("found", recursive=True)
    mine, theirs = sa.orm.aliased(TeamMember), sa.orm.aliased(TeamMember)
    further = (
        sa.select(theirs.student_id)
        .join(mine, mine.team_id == theirs.team_id)
        .join(found, found.c.student_id == mine.student_id)
        .join(Team, Team.id == mine.team_id)
        .where(Team.group_set_id == set_id)
    )
    return set(session().scalars(sa.select(found.union(further).c.student_id)))


def members_of_teams(team_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Return by team who handed in together, in one query."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {one: set() for one in team_ids}
    for one in session().scalars(sa.select(TeamMember).where(TeamMember.team_id.in_(team_ids))):
        found[one.team_id].add(one.student_id)
    return {team_id: frozenset(members) for team_id, members in found.items()}


def teams_with(
    set_ids: Collection[uuid.UUID], student_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """Return by team who handed in together by groups of these sets, of the teams that any of these students was in."""
    theirs = sa.select(TeamMember.team_id).where(TeamMember.student_id.in_(student_ids))
    query = (
        sa.select(TeamMember.team_id, TeamMember.student_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(Team.group_set_id.in_(set_ids), TeamMember.team_id.in_(theirs))
    )
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for team_id, student_id in session().execute(query):
        found[team_id].add(student_id)
    return {team_id: frozenset(members) for team_id, members in found.items()}


def has_handed_in(group_id: uuid.UUID) -> bool:
    """Return whether anything was ever handed in for a group."""
    return session().scalar(sa.select(Team.id).where(Team.group_id == group_id).limit(1)) is not None


@dataclasses.dataclass(frozen=True)
class TeamLine:
    """Who handed in together, as pages tell it."""

    name: str
    members: tuple[User, ...]

    @property
    def text(self) -> str:
        """Their group and their names."""
        return f"{self.name}: {', '.join(one.display_name for one in self.members)}"


def team_lines(team_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, TeamLine]:
    """Return by id what pages tell of teams, in one query at most."""
    if not team_ids:
        return {}
    rows = session().execute(
        sa.select(Team, User)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .join(User, User.id == TeamMember.student_id)
        .where(Team.id.in_(team_ids))
        .order_by(User.family_name, User.given_name, User.name, User.id)
    )
    found: dict[uuid.UUID, TeamLine] = {}
    for team, user in rows:
        before = found[team.id].members if team.id in found else ()
        found[team.id] = TeamLine(team.name, (*before, user))
    return found
