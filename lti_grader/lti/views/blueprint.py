"""The blueprint that these pages share, and the time."""

import datetime as dt

import flask

blueprint = flask.Blueprint("lti", __name__)


def now() -> dt.datetime:
    """Return the time at which what is asked is done."""
    return dt.datetime.now(dt.UTC)
