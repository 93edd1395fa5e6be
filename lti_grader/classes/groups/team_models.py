"""Who handed in together: a group's members as they were then. What became of the group since changes nothing of it."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted


class Team(Row, Tenanted, Base):
    """The members of a group at the time of a submission; the next one is of the same team while nobody comes or goes."""

    __tablename__ = "submission_teams"

    group_set_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("group_sets.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("student_groups.id", ondelete="SET NULL"), index=True
    )
    """None once the group is removed."""
    name: Mapped[str]
    """The group's at that time."""
    made_at: Mapped[dt.datetime]


class TeamMember(Tenanted, Base):
    """One of those who handed in together. Rows stay as they are: a trigger refuses anything else."""

    __tablename__ = "submission_team_members"

    team_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_teams.id", ondelete="CASCADE"), primary_key=True
    )
    student_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
