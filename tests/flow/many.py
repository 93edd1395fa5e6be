"""Marks of very many students, and what it takes to change them."""

import uuid

import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from tests.fixtures.world import World

_THOUSAND = """
INSERT INTO users (id, tenant_id, platform_id, sub, name)
SELECT gen_random_uuid(), :tenant, :platform, 'big-' || n, 'Big ' || n FROM generate_series(1, :many) AS n;

INSERT INTO enrollments (id, tenant_id, class_id, user_id, role, status, source)
SELECT gen_random_uuid(), :tenant, :klass, id, 'student', 'active', 'roster' FROM users WHERE sub LIKE 'big-%';

INSERT INTO submission_attempts (id, tenant_id, type, status, student_id, assignment_problem_id, problem_version_id,
                                 attempt_number, idempotency_key, code_blob_ref, code_bytes, language, created_at)
SELECT gen_random_uuid(), :tenant, 'final_submission', 'completed', u.id, p.id, p.problem_version_id, 1,
       'press-0001', 'sha256/' || repeat('0', 64), 1, 'python', now() FROM users u, assignment_problems p WHERE u.sub LIKE 'big-%' AND p.assignment_id = :assignment;

INSERT INTO grading_jobs (id, tenant_id, attempt_id, problem_version_id, reason, status, points, maximum, created_at)
SELECT gen_random_uuid(), :tenant, id, problem_version_id, 'submitted', 'done', 8, 10, now() FROM submission_attempts;

INSERT INTO gradebook_entries (id, tenant_id, student_id, content_item_id, score_obtained, max_score, status, revision,
                               submitted_at)
SELECT gen_random_uuid(), :tenant, id, :assignment, 8, 10, 'graded', 1, now() FROM users WHERE sub LIKE 'big-%';

INSERT INTO score_deliveries (id, tenant_id, platform_id, line_item_id, user_id, revision, score, maximum, status,
                              activity_progress, grading_progress, next_try_at, created_at)
SELECT gen_random_uuid(), :tenant, :platform, :column, id, 1, 8, 10, 'pending', 'Completed', 'FullyGraded', now(), now()
FROM users WHERE sub LIKE 'big-%'
"""


def many_marks(world: World, assignment: uuid.UUID, many: int) -> None:
    """Give so many students a submission with 8 of 10 points, a mark, and a score that is owed to a column."""
    given = {
        "tenant": world.tenant_id, "platform": world.platform_id, "klass": world.class_id, "many": many,
        "assignment": assignment, "column": world.column(assignment, "https://lms.example/lineitems/many"),
    }  # fmt: skip
    with transaction(world.tenant_id):
        for statement in _THOUSAND.split(";\n"):
            session().execute(sa.text(statement), given)
