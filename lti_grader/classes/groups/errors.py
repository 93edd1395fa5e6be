"""What is said where groups cannot be as somebody wants them."""

from lti_grader.core.errors import Conflict, Unprocessable


class BadGroups(Unprocessable):
    code = "bad_groups"


class GroupsInUse(Conflict):
    """An assignment is handed in by the groups of a set that somebody wants to remove."""

    code = "groups_in_use"


class CannotJoin(Conflict):
    code = "cannot_join_group"


class InNoGroup(Conflict):
    """An assignment is handed in by groups, and who hands in is in none."""

    code = "in_no_group"
