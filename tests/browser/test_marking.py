"""A marking session of thirty submissions without touching the mouse."""

import uuid

import pytest
from playwright.sync_api import FrameLocator, expect

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
# What one student handed in, once more by others, judged alike.
_OTHERS = """
WITH one AS (
    SELECT a.*, j.points, j.maximum FROM submission_attempts a JOIN grading_jobs j ON j.attempt_id = a.id
    WHERE a.assignment_problem_id = '{item}'
), persons AS (
    INSERT INTO users (id, tenant_id, platform_id, sub, given_name, family_name)
    SELECT gen_random_uuid(), '{tenant}', u.platform_id, 'marked-' || number || gen_random_uuid(), 'Person', 'No. ' || lpad(number::text, 2, '0')
    FROM one JOIN users u ON u.id = one.student_id, generate_series(2, 30) AS number RETURNING id
), enrolled AS (
    INSERT INTO enrollments (id, tenant_id, class_id, user_id, role, source, status)
    SELECT gen_random_uuid(), '{tenant}', '{klass}', id, 'student', 'launch', 'active' FROM persons
), attempts AS (
    INSERT INTO submission_attempts (id, tenant_id, type, student_id, assignment_problem_id, problem_version_id,
        attempt_number, idempotency_key, code_blob_ref, code_bytes, language, status, created_at)
    SELECT gen_random_uuid(), '{tenant}', type, persons.id, assignment_problem_id, problem_version_id,
        1, 'seeded', code_blob_ref, code_bytes, language, status, created_at FROM one, persons RETURNING id, student_id
), jobs AS (
    INSERT INTO grading_jobs (id, tenant_id, attempt_id, problem_version_id, reason, status, points, maximum, created_at, finished_at)
    SELECT gen_random_uuid(), '{tenant}', attempts.id, problem_version_id, 'submitted', 'done', points, maximum, now(), now() FROM one, attempts
)
INSERT INTO markings (id, tenant_id, attempt_id, student_id, assignment_id, assignment_problem_id, problem_version_id, state)
SELECT gen_random_uuid(), '{tenant}', attempts.id, attempts.student_id, '{assignment}', '{item}', problem_version_id, 'unmarked' FROM one, attempts
RETURNING id
"""
_SCRIPTS = 30
# Two of them marked a second time, by somebody who gives nothing.
_SECONDS = """
WITH ruled AS (
    UPDATE assignments SET config = config || jsonb_build_object('marking', jsonb_build_object('second', 'all'))
    WHERE id = '{assignment}'
), disputed AS (
    UPDATE markings SET is_disputed = true WHERE id IN (
        SELECT id FROM markings WHERE assignment_id = '{assignment}' AND points = 6 ORDER BY id LIMIT 2
    ) RETURNING *
)
INSERT INTO markings (id, tenant_id, attempt_id, student_id, assignment_id, assignment_problem_id, problem_version_id, round,
    state, done_at, marker_id)
SELECT gen_random_uuid(), tenant_id, attempt_id, student_id, assignment_id, assignment_problem_id, problem_version_id, 2,
    'done', now(), student_id FROM disputed RETURNING id
"""


def _place(installation: Installation) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the new assignment's problem and the assignment."""
    given = {"tenant": installation.tenant_id, "klass": installation.class_id, "name": uuid.uuid4().hex[:8]}
    version = installation.rows(_WITH_RUBRIC.format(**given))[0][0]
    installation.rows(f"UPDATE problem_versions SET state = 'published' WHERE id = '{version}' RETURNING id")
    ((item, assignment),) = installation.rows(_ASSIGNED.format(**given, version=version))
    return item, assignment


def _seed(installation: Installation) -> uuid.UUID:
    """Let thirty submissions wait in an assignment of their own, and return it."""
    item, assignment = _place(installation)
    body = {
        "type": "final_submission", "code": "number = int(input())\nprint(2 * number)\n", "language": "python",
        "idempotency_key": uuid.uuid4().hex,
    }  # fmt: skip
    answer = installation.student(391).send("POST", f"{installation.url}/work/{item}/attempts", json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    waiting = f"SELECT id FROM markings WHERE assignment_id = '{assignment}'"
    until(lambda: installation.rows(waiting), "a submission that waits")
    given = {"tenant": installation.tenant_id, "klass": installation.class_id, "item": item, "assignment": assignment}
    assert len(installation.rows(_OTHERS.format(**given))) == _SCRIPTS - 1
    return assignment


def test_thirty_submissions_are_marked_by_keyboard_alone(seat: Seat, installation: Installation) -> None:
    assignment = _seed(installation)
    at = seat("person-teacher")
    tool = at.open("Double")
    go(tool, tool.get_by_role("link", name="Class", exact=True))
    go(tool, tool.get_by_role("navigation", name="Class").get_by_role("link", name="Marking", exact=True))
    expect(tool.get_by_role("heading", name="Marked")).to_be_visible()
    look(at)
    go(tool, tool.get_by_role("link", name="By name").last)
    body = tool.locator("body")
    for number in range(_SCRIPTS):
        expect(tool.locator(".facts")).to_contain_text(f", {number} done")
        expect(tool.locator(".criterion[aria-current]")).to_contain_text("Names")
        if number == 0:
            _comment_by_keys(at, tool)
        elif number == 1:
            _use_the_bank_by_keys(at, tool)
        body.press("2")
        expect(tool.locator(".criterion[aria-current]")).to_contain_text("Layout")
        body.press("1" if number % 3 else "2")
        # It waits for what is still being kept.
        body.press("Enter")
    expect(tool.get_by_text("Nothing more waits for you there")).to_be_visible()
    done = f"SELECT points, count(*) FROM markings WHERE assignment_id = '{assignment}' AND stands GROUP BY points ORDER BY points"
    assert [(float(one.points), one.count) for one in installation.rows(done)] == [(1.5, 1), (3, 19), (6, 10)]
    kept = f"SELECT text, uses FROM saved_comments WHERE tenant_id = '{installation.tenant_id}' AND text = '*Well* doubled'"
    assert [tuple(one) for one in installation.rows(kept)] == [("*Well* doubled", 1)]
    _decide_by_keys(at, tool, installation, assignment)


def _comment_by_keys(at: Seat, tool: FrameLocator) -> None:
    """Write a comment on the second line, and keep it."""
    body = tool.locator("body")
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
    text.press("Tab")
    tool.locator("#comment-points").fill("-1.5")
    tool.locator("#comment-points").press("Control+Enter")
    expect(tool.locator("#line-2")).to_contain_text("Well doubled")
    expect(tool.locator("#bank")).to_contain_text("0 comments")
    body.press("s")
    expect(tool.locator("#bank")).to_contain_text("1 comment")
    tool.locator("#line-2 .comment summary").press("Enter")
    tool.locator("#line-2 .comment [value=remove]").press("Enter")
    expect(tool.locator("#line-2 .comment")).to_have_count(0)


def _use_the_bank_by_keys(at: Seat, tool: FrameLocator) -> None:
    """Put the comment that was kept on the first line."""
    body = tool.locator("body")
    body.press("ArrowDown")
    body.press("b")
    search = tool.locator("#bank-search")
    expect(search).to_be_focused()
    look(at)
    search.fill("no such words")
    expect(tool.locator("#bank-none")).to_contain_text("No comment has these words")
    search.fill("doubled well")
    search.press("Enter")
    expect(tool.locator("#line-1 .comment")).to_contain_text("-1.5 points")


def _decide_by_keys(at: Seat, tool: FrameLocator, installation: Installation, assignment: uuid.UUID) -> None:
    """Decide about two submissions that two people marked differently."""
    assert len(installation.rows(_SECONDS.format(assignment=assignment))) == 2
    go(tool, tool.get_by_role("navigation", name="Class").get_by_role("link", name="Marking", exact=True))
    go(tool, tool.get_by_role("link", name="Decide"))
    look(at)
    for key, reason in (("3", "Both have a point"), ("1", "The second is too harsh")):
        who = tool.locator("h1").inner_text()
        expect(tool.locator("#reason")).to_have_value("")
        tool.locator("body").press(key)
        expect(tool.locator("#reason")).to_be_focused()
        tool.locator("#reason").fill(reason)
        tool.locator("#reason").press("Control+Enter")
        if key == "3":
            expect(tool.locator("h1")).not_to_have_text(who)
    expect(tool.get_by_text("Nothing more waits for you there")).to_be_visible()
    decided = f"""
        SELECT d.decision, m.points + m.adjustment AS given FROM moderations d JOIN markings m ON m.attempt_id = d.attempt_id
        AND m.stands WHERE d.assignment_id = '{assignment}' ORDER BY given
    """
    assert [(one.decision, int(one.given)) for one in installation.rows(decided)] == [("mean", 3), ("first", 6)]
