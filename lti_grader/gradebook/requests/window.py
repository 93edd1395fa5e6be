"""Until when a regrade may be asked for. Pure."""

import datetime as dt


def until(days: int | None, out_at: dt.datetime | None, judged_at: dt.datetime) -> dt.datetime | None:
    """Return until when a student may ask about a result.

    Parameters
    ----------
    days
        For how many days after the marks are out; None for never.
    out_at
        When the marks of the assignment came out; None where each is out as soon as it is judged.
    judged_at
        When this result came: whoever is judged later has as many days.
    """
    if days is None:
        return None
    return max(judged_at, out_at or judged_at) + dt.timedelta(days=days)
