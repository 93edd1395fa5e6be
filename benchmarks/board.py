"""The registrar's boards with many scores, and the gradebook: what is read for a page, beside the same counts asked for plainly."""

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from benchmarks.scores import application
from lti_grader import adapters
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.grid import BY_TOTAL, Asked, grid
from lti_grader.gradebook.marks import marks
from lti_grader.gradebook.totals.reads import scheme_of, totals
from lti_grader.lti import board, board_institution
from lti_grader.lti.board import Filter, Sorting
from tests.fixtures.world import World, make_world
from tests.lti import big_class

_PLAINLY = """
SELECT m.class_id, count(*), count(*) FILTER (WHERE n.status IN ('failed', 'overridden'))
FROM (SELECT DISTINCT ON (line_item_id, user_id) * FROM score_deliveries
      ORDER BY line_item_id DESC, user_id DESC, revision DESC) AS n
JOIN line_items l ON l.id = n.line_item_id
JOIN content_items c ON c.id = l.content_item_id
JOIN modules m ON m.id = c.module_id
GROUP BY m.class_id
"""


def report(scores: int) -> None:
    """Measure, and print a table."""
    students, items = max(1, scores // 60), 60
    print(f"\n{students * items} scores, each with an older one behind it")
    print(f"{'':44} {'ms':>8}")
    with application():
        world = make_world()
        with _without_trigger():
            big_class.fill(world, students=students, items=items)
        with transaction(world.tenant_id):
            (counted,) = session().execute(sa.text(_PLAINLY)).all()
        asked = Filter(left="0")
        plain = _line("the institution's counts, asked for plainly", world, _plainly)
        ours = _line("the institution's board", world, board_institution.read)
        with transaction(world.tenant_id):
            (line,) = board_institution.read().classes
            assert (line.id, line.total, line.trouble) == tuple(counted)
        print(f"{'':44} {plain / ours:8.1f} times as fast")
        _line("the class's board", world, lambda: board.read(world.class_id, asked))
        _line("its last page", world, lambda: board.read(world.class_id, asked, page=10**6))
        by_student = Filter(left="0", sorting=Sorting.STUDENT)
        _line("by student", world, lambda: board.read(world.class_id, by_student))
        big_class.fill_marks(world)
        place, at = Membership(world.class_id, world.teacher_id, Role.TEACHER), dt.datetime.now(dt.UTC)
        _line("the gradebook: all names, fifty with marks", world, lambda: _gradebook(place, Asked(), at))
        by_total = Asked(sort=BY_TOTAL, is_down=True)
        _line("the gradebook by total", world, lambda: _gradebook(place, by_total, at))


def _gradebook(place: Membership, asked: Asked, at: dt.datetime) -> None:
    found = grid(place, asked, at=at)
    ids = [one.id for one in found.part(0)]
    totals(place.class_id, scheme_of(place.class_id), found.columns, ids, marks(place.class_id, student_ids=ids), at=at)


def _plainly() -> None:
    session().execute(sa.text(_PLAINLY)).all()


def _line(name: str, world: World, read: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        with transaction(world.tenant_id):
            began = time.perf_counter()
            read()
            taken.append((time.perf_counter() - began) * 1000)
    print(f"{name:44} {(found := statistics.median(taken)):8.0f}", flush=True)
    return found


@contextmanager
def _without_trigger() -> Iterator[None]:
    """Let the rows themselves say which is the newest: they come all at once, which they otherwise never do."""
    owner = sa.create_engine(adapters.installed().settings.database_owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(sa.text("ALTER TABLE score_deliveries DISABLE TRIGGER place_score"))
        yield
        connection.execute(sa.text("ALTER TABLE score_deliveries ENABLE TRIGGER place_score"))
    owner.dispose()
