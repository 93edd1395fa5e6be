"""An assistant marks several submissions without touching the mouse, and a student reads what came of it."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, go, look
from tests.fixtures.installation import Installation, until

pytestmark = pytest.mark.browser

# The problem of the installation once more, with a rubric, in an assignment of its own.
_WITH_RUBRIC = """
WITH problem AS (
    INSERT INTO problems (id, tenant_id, slug, title, shared_with)
    VALUES (gen_random_uuid(), '{tenant}', 'marked-{name}', 'Marked', 'tenant') RETURNING id
), version AS (
    INSERT INTO problem_versions (id, tenant_id, problem_id, number, state, kind, description_markdown)
    SELECT gen_random_uuid(), '{tenant}', id, 1, 'draft', 'code', 'Double it.' FROM problem RETURNING id
), grouped AS (
    INSERT INTO test_groups (id, tenant_id, problem_version_id, order_index, name, points, aggregation, on_reject)
    SELECT gen_random_uuid(), '{tenant}', id, 0, 'all', 4, 'sum', 'continue' FROM version RETURNING id
), tested AS (
    INSERT INTO test_cases (id, tenant_id, test_group_id, order_index, name, input, expected, points, visibility)
    SELECT gen_random_uuid(), '{tenant}', id, 0, 'one', '2', '4', 1, 'visible' FROM grouped
), rubric AS (
    INSERT INTO rubrics (id, tenant_id, problem_version_id, points)
    SELECT gen_random_uuid(), '{tenant}', id, 6 FROM version RETURNING problem_version_id
), criteria AS (
    INSERT INTO rubric_criteria (id, tenant_id, problem_version_id, order_index, name, points)
    SELECT gen_random_uuid(), '{tenant}', problem_version_id, place, name, 3
    FROM rubric, (VALUES (0, 'Names'), (1, 'Layout')) AS said (place, name) RETURNING id, problem_version_id
)
INSERT INTO rubric_levels (id, tenant_id, problem_version_id, criterion_id, order_index, points, description)
SELECT gen_random_uuid(), '{tenant}', problem_version_id, id, place, points, words
FROM criteria, (VALUES (0, 0, 'Hard to read'), (1, 3, 'Easy to read')) AS said (place, points, words)
RETURNING problem_version_id
"""
_ASSIGNED = """
WITH item AS (
    INSERT INTO content_items (id, tenant_id, module_id, type, title, description, order_index, is_published)
    SELECT gen_random_uuid(), '{tenant}', id, 'assignment', 'Marked {name}', '', 1000 + floor(random() * 1000000)::int, true FROM modules
    WHERE class_id = '{klass}' LIMIT 1 RETURNING id
), assigned AS (
    INSERT INTO assignments (id, tenant_id, mode, points_total, difficulty)
    SELECT id, '{tenant}', 'homework', 10, 'easy' FROM item RETURNING id
)
INSERT INTO assignment_problems (id, tenant_id, assignment_id, problem_version_id, order_index, points)
SELECT gen_random_uuid(), '{tenant}', id, '{version}', 0, 10 FROM assigned RETURNING id, assignment_id
"""


def _place(installation: Installation) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the new assignment's problem and the assignment."""
    given = {"tenant": installation.tenant_id, "klass": installation.class_id, "name": uuid.uuid4().hex[:8]}
    version = installation.rows(_WITH_RUBRIC.format(**given))[0][0]
    installation.rows(f"UPDATE problem_versions SET state = 'published' WHERE id = '{version}' RETURNING id")
    ((item, assignment),) = installation.rows(_ASSIGNED.format(**given, version=version))
    return item, assignment


def test_three_submissions_are_marked_by_keyboard_alone(seat: Seat, installation: Installation) -> None:
    item, assignment = _place(installation)
    students = [installation.student(number) for number in (391, 392, 393)]
    for one in students:
        body = {
            "type": "final_submission", "code": "number = int(input())\nprint(2 * number)\n", "language": "python",
            "idempotency_key": uuid.uuid4().hex,
        }  # fmt: skip
        answer = one.send("POST", f"{installation.url}/work/{item}/attempts", json=body)
        assert answer.status_code in (200, 201, 202), answer.text
    waiting = f"SELECT id FROM markings WHERE assignment_id = '{assignment}'"
    until(lambda: len(installation.rows(waiting)) == 3, "three submissions that wait")

    at = seat("person-teacher")
    tool = at.open("Double")
    go(tool, tool.get_by_role("link", name="Class", exact=True))
    go(tool, tool.get_by_role("link", name="Marking", exact=True))
    expect(tool.get_by_role("heading", name="Marked")).to_be_visible()
    look(at)
    go(tool, tool.get_by_role("link", name="By name").last)
    body = tool.locator("body")
    for number in range(3):
        expect(tool.locator(".criterion[aria-current]")).to_contain_text("Names")
        if number == 0:
            look(at)
            body.press("?")
            expect(tool.get_by_role("heading", name="Keys")).to_be_visible()
            tool.locator("#keys").press("Escape")
            body.press("ArrowDown")
            body.press("ArrowDown")
            body.press("c")
            text = tool.locator("#comment-text")
            expect(text).to_be_focused()
            text.fill("*Well* doubled")
            text.press("Control+Enter")
            expect(tool.locator("#line-2")).to_contain_text("Well doubled")
        body.press("2")
        expect(tool.locator(".criterion[aria-current]")).to_contain_text("Layout")
        body.press("1" if number else "2")
        expect(tool.locator("#marks-state")).to_contain_text("2 of 2 criteria")
        body.press("Enter")
        if number < 2:
            expect(tool.locator(".facts")).to_contain_text(f"{number + 1} done")
    expect(tool.get_by_text("Nothing more waits for you there")).to_be_visible()
    done = f"SELECT points FROM markings WHERE assignment_id = '{assignment}' AND stands ORDER BY points"
    assert [int(one.points) for one in installation.rows(done)] == [3, 3, 6]
