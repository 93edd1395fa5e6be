"""A class as large as they come: a thousand students with sixty graded items each."""

import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from tests.fixtures.world import World

_STATES = """CASE WHEN n % 500 = 1 THEN 'failed' WHEN n % 500 = 2 THEN 'overridden' WHEN n % 50 = 3 THEN 'pending'
ELSE 'verified' END"""
_ROWS = f"""
INSERT INTO users (id, tenant_id, platform_id, sub, name, given_name, family_name, email)
SELECT gen_random_uuid(), :tenant, :platform, 'big-' || n, 'Given' || n || ' Family' || n % 97, 'Given' || n,
       'Family' || n % 97, 'big' || n || '@example.edu'
FROM generate_series(1, :students) AS n;

INSERT INTO enrollments (id, tenant_id, class_id, user_id, role, sections, status, source)
SELECT gen_random_uuid(), :tenant, :klass, id, 'student', ARRAY['Section ' || length(sub) % 3], 'active', 'roster'
FROM users WHERE sub LIKE 'big-%';

INSERT INTO modules (id, tenant_id, class_id, title, order_index)
SELECT gen_random_uuid(), :tenant, :klass, 'Big', 900;

INSERT INTO content_items (id, tenant_id, module_id, type, title, order_index)
SELECT gen_random_uuid(), :tenant, (SELECT id FROM modules WHERE title = 'Big'), 'assignment',
       'Item ' || lpad(n::text, 2, '0'), n
FROM generate_series(1, :items) AS n;

INSERT INTO assignments (id, mode, points_total, difficulty, config, tenant_id)
SELECT id, 'homework', 10, 'easy', '{{}}', :tenant FROM content_items WHERE title LIKE 'Item %';

INSERT INTO line_items (id, tenant_id, class_context_id, content_item_id, url, score_maximum)
SELECT gen_random_uuid(), :tenant, :context, id, 'https://lms.example/big/' || id, 10
FROM content_items WHERE title LIKE 'Item %';

INSERT INTO score_deliveries (id, tenant_id, platform_id, line_item_id, user_id, revision, is_newest, score, maximum,
                              activity_progress, grading_progress, status, tries, next_try_at, lms_holds, last_error, created_at, sent_at)
SELECT gen_random_uuid(), :tenant, :platform, item, student, revision, revision = :revisions, n % 11, 10, 'Completed', 'FullyGraded',
       CASE WHEN revision < :revisions THEN 'superseded' ELSE {_STATES} END, 1, now(), n % 11,
       CASE {_STATES} WHEN 'failed' THEN CASE n % 3 WHEN 0 THEN 'The grade is locked. Unlock it, then resend.'
            ELSE 'Given up after ' || n % 7 || ' tries.' END END,
       now() - n * interval '1 second', now() - n * interval '1 second'
FROM (SELECT l.id AS item, u.id AS student, row_number() OVER () AS n
      FROM line_items l, users u WHERE l.url LIKE 'https://lms.example/big/%' AND u.sub LIKE 'big-%') AS pairs,
     generate_series(1, :revisions) AS revision
"""


_MARKS = """
INSERT INTO gradebook_entries (id, tenant_id, student_id, content_item_id, score_obtained, max_score, status)
SELECT gen_random_uuid(), :tenant, u.id, c.id, (abs(hashtext(u.sub || c.title)) % 101) / 10.0, 10, 'graded'
FROM users u, content_items c
WHERE u.sub LIKE 'big-%' AND c.title LIKE 'Item %' AND abs(hashtext(c.title || u.sub)) % 20 <> 0
"""


def fill_marks(world: World) -> None:
    """Give the students of a class that was filled marks for nineteen of twenty items."""
    with transaction(world.tenant_id):
        session().execute(sa.text(_MARKS), {"tenant": world.tenant_id})


def fill(world: World, *, students: int, items: int, revisions: int = 2) -> None:
    """Give the world's class that many students, items with a column each, and scores."""
    given = {
        "tenant": world.tenant_id, "platform": world.platform_id, "klass": world.class_id, "context": world.context_id,
        "students": students, "items": items, "revisions": revisions,
    }  # fmt: skip
    with transaction(world.tenant_id):
        for statement in _ROWS.split(";\n"):
            session().execute(sa.text(statement), given)
    # As autovacuum does on a server that lives longer than a test.
    owner = sa.create_engine(adapters.installed().settings.database_owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for table in ("score_deliveries", "users", "enrollments", "line_items", "content_items"):
            connection.execute(sa.text(f"VACUUM ANALYZE {table}"))
    owner.dispose()
