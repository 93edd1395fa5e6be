"""Whose dates count: a student's own before their section's, and those before the assignment's, each by itself. Pure."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

AT_ONCE = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Open from the beginning."""
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
"""No due date, or no end."""

Kind = TypeVar("Kind", dt.datetime, int)
_OWN, _OF_SECTIONS, _USUAL = range(3)


@dataclasses.dataclass(frozen=True)
class OtherDates:
    """What is different for one student or one section; what is None stays as it would be without."""

    opens: dt.datetime | None = None
    due: dt.datetime | None = None
    closes: dt.datetime | None = None
    extra_attempts: int | None = None
    """Beyond those that the assignment allows."""


@dataclasses.dataclass(frozen=True)
class Dates:
    """Between which times somebody works on an assignment, and how often they hand in."""

    opens_at: dt.datetime | None
    """None where it is open from the beginning."""
    due_date: dt.datetime | None
    closes_at: dt.datetime | None
    """From when nothing is accepted; None for never."""
    attempts_allowed: int | None
    """Submissions to one problem; None for as many as one likes."""
    usual_due_date: dt.datetime | None
    """The assignment's."""
    late_days: int = 0
    """Late days that they spent: their due date is so much later already."""

    def later_by(self, days: int) -> "Dates":
        """Return them for whoever spent so many late days, which do not move the closing."""
        if not days or self.due_date is None:
            return self
        due = self.due_date + dt.timedelta(days=days)
        return dataclasses.replace(self, due_date=min(due, max(self.due_date, self.closes_at or NEVER)), late_days=days)

    @property
    def is_due_otherwise(self) -> bool:
        """Whether they have another due date than the assignment says."""
        return self.due_date != self.usual_due_date

    @property
    def is_extended(self) -> bool:
        """Whether they have more time than the assignment gives."""
        return (self.due_date or NEVER) > (self.usual_due_date or NEVER)


@dataclasses.dataclass(frozen=True)
class UsualDates:
    """What an assignment says of everybody whom nothing else is said of."""

    opens_at: dt.datetime | None = None
    due_date: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    attempts_allowed: int | None = None
    due_closes: bool = False
    """Whether the due date ends the work where no closing is set, as in an exam."""


def together(of_members: Collection[Dates]) -> Dates:
    """Return the dates of those who hand in together: of what each of them has, the most generous.

    The earliest opening, the latest due date and closing, the most attempts: nobody in a group takes away what another was given.

    Parameters
    ----------
    of_members
        One at least.
    """
    opens = min(one.opens_at or AT_ONCE for one in of_members)
    due, late_days = max((one.due_date or NEVER, one.late_days) for one in of_members)
    closes = max(one.closes_at or NEVER for one in of_members)
    allowed = [one.attempts_allowed for one in of_members]
    return Dates(
        opens_at=None if opens == AT_ONCE else opens,
        due_date=None if due == NEVER else due,
        closes_at=None if closes == NEVER else closes,
        attempts_allowed=None if None in allowed else max(one for one in allowed if one is not None),
        usual_due_date=next(iter(of_members)).usual_due_date,
        late_days=late_days,
    )


def dates(usual: UsualDates, own: OtherDates | None = None, of_sections: Sequence[OtherDates] = ()) -> Dates:
    """Return the dates that one person has.

    Of what is said of several sections that they are in, the most generous counts: the earliest opening, the latest due
    date and closing, the most attempts. Nobody's work closes before a due date that they were given, unless a closing
    was given more closely to them; then it is due by that closing.

    Parameters
    ----------
    own
        What is said of them.
    of_sections
        What is said of the sections that they are in, in any order.
    """
    mine = own or OtherDates()
    if usual.due_closes and usual.closes_at is None:
        mine, of_sections = _ending_when_due(mine), [one if mine.due else _ending_when_due(one) for one in of_sections]
    opens, _ = _closest(mine.opens, _least(one.opens for one in of_sections), usual.opens_at or AT_ONCE)
    due, due_from = _closest(mine.due, _most(one.due for one in of_sections), usual.due_date or NEVER)
    closes, closes_from = _closest(mine.closes, _most(one.closes for one in of_sections), usual.closes_at or NEVER)
    if closes_from < due_from:
        due = min(due, closes) if due != NEVER else NEVER
    elif closes_from == _USUAL and usual.closes_at is None:
        closes = due if usual.due_closes else NEVER
    else:
        given = _ends([mine]) or ([] if closes_from == _OWN else _ends(of_sections))
        closes = max([closes, *given])
    extra = _closest(mine.extra_attempts, _most(one.extra_attempts for one in of_sections), 0)[0]
    return Dates(
        opens_at=None if opens == AT_ONCE else opens,
        due_date=None if due == NEVER else due,
        closes_at=None if closes == NEVER else closes,
        attempts_allowed=None if usual.attempts_allowed is None else usual.attempts_allowed + extra,
        usual_due_date=usual.due_date,
    )


def last_due(usual: UsualDates, others: Iterable[OtherDates]) -> dt.datetime | None:
    """Return when the work of everybody is due who has a due date: until then nobody may learn what others could use.

    Somebody without a due date is waited for until their work closes.

    Returns
    -------
    None where the assignment has no due date, or somebody may work for ever.
    """
    if usual.due_date is None:
        return None
    others = list(others)
    ends = [usual.due_date, *_ends(others)]
    endless = [one for one in others if one.due == NEVER]
    ends += [one.closes or usual.closes_at or NEVER for one in endless]
    if endless:
        ends += [one.closes for one in others if one.closes is not None]
    return None if max(ends) == NEVER else max(ends)


def _ending_when_due(other: OtherDates) -> OtherDates:
    """Return what is said where work ends when it is due: whose is never due, theirs never ends, unless an end is said."""
    return dataclasses.replace(other, closes=NEVER) if other.due == NEVER and other.closes is None else other


def _closest(mine: Kind | None, of_sections: Kind | None, usual: Kind) -> tuple[Kind, int]:
    """Return what is said most closely of somebody, and how closely."""
    if mine is not None:
        return mine, _OWN
    return (of_sections, _OF_SECTIONS) if of_sections is not None else (usual, _USUAL)


def _ends(others: Iterable[OtherDates]) -> list[dt.datetime]:
    return [one.due for one in others if one.due is not None and one.due != NEVER]


def _least(values: Iterable[Kind | None]) -> Kind | None:
    return min((one for one in values if one is not None), default=None)


def _most(values: Iterable[Kind | None]) -> Kind | None:
    return max((one for one in values if one is not None), default=None)
