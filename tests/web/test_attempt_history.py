"""A student's attempts at a problem, a part of them at a time."""

import html
import re

import pytest

from lti_grader.grading import views
from tests.fixtures.world import World
from tests.web.two_sections import Visit


def test_a_long_history_comes_in_parts_and_each_attempt_stands_in_one(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_A_PAGE", 2)
    student = world.user()
    (item,) = world.items(world.assignment())
    for _ in range(5):
        world.judge(world.hand_in(student, item), 1)
    browser, url, shown = visit(student), f"/work/{item}/history", []
    while url:
        page = browser.get(url).text
        shown.append([int(one) for one in re.findall(r"<strong>Attempt (\d+)</strong>", page)])
        # The last one of a part can be compared with the one before it too.
        assert page.count("(previous)") == (2 if shown[-1][-1] > 1 else 0)
        url = next((html.unescape(one) for one in re.findall(r'hx-get="([^"]*before=[^"]*)"', page)), "")
    assert shown == [[5, 4], [3, 2], [1]]
    assert browser.get(f"/work/{item}/history?before=x").status_code == 404
