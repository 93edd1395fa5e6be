"""A desk whose marks are released by hand."""

import datetime as dt

import pytest

from tests.lti.desk import Desk
from tests.lti.releases.releasing import BY_HAND, set_rule


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A desk whose marks are released by hand. Its clock is the real one, which releases go by."""
    desk.at = dt.datetime.now(dt.UTC)
    set_rule(desk, BY_HAND)
    return desk
