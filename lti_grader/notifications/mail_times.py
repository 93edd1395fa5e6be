"""When e-mails go out. Pure."""

import datetime as dt

from lti_grader.notifications.kinds import Pace

GATHER = dt.timedelta(minutes=2)
"""What comes at once waits so long for more: marks of four assignments that are released together are one e-mail."""
_MONDAY = 0


def mail_due(pace: Pace, *, at: dt.datetime, hour: int) -> dt.datetime | None:
    """Return when what is told at `at` goes out by e-mail; None for never.

    Parameters
    ----------
    hour
        Of the day, in UTC, at which the e-mails of a day and of a week go out; those of a week on Mondays.
    """
    if pace is Pace.OFF:
        return None
    if pace is Pace.AT_ONCE:
        return at + GATHER
    today = at.astimezone(dt.UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    found = today if today > at else today + dt.timedelta(days=1)
    if pace is Pace.WEEKLY:
        found += dt.timedelta(days=(_MONDAY - found.weekday()) % 7)
    return found
