"""Autosave: what is called saved is saved, and an older text never overwrites a newer one."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_grader.adapters import Adapters
from lti_grader.adapters.redis import KeyValue
from lti_grader.attempts import drafts
from lti_grader.attempts.drafts import Change, Draft, Saved
from lti_grader.attempts.errors import BadKey, CodeTooLarge, InvalidText, StaleRevision
from lti_grader.attempts.models import AssignmentProgress
from lti_grader.attempts.text import check_code, check_key
from lti_grader.core.db import session, transaction
from tests.fixtures.world import NOW, World


class Desk:
    """A student at a problem."""

    def __init__(self, world: World, kv: KeyValue) -> None:
        self.world, self.kv = world, kv
        self.student = world.user()
        self.item = world.items(world.assignment())[0]

    def save(
        self, code: str, base: int, *, save_id: str = "", language: str = "python", kv: KeyValue | None = None
    ) -> Saved:
        change = Change(code, language, base, save_id or uuid.uuid4().hex, 5)
        with transaction(self.world.tenant_id):
            return drafts.save(kv or self.kv, self.student, self.item, change, at=NOW)

    def load(self) -> Draft | None:
        with transaction(self.world.tenant_id):
            return drafts.load(self.kv, self.student, self.item)

    def row(self) -> AssignmentProgress | None:
        with transaction(self.world.tenant_id):
            return session().scalar(sa.select(AssignmentProgress).where(AssignmentProgress.student_id == self.student))


@pytest.fixture
def desk(world: World, held: Adapters) -> Desk:
    return Desk(world, held.kv)


@pytest.fixture
def away() -> Iterator[KeyValue]:
    """A Redis that is not there."""
    kv = KeyValue("redis://127.0.0.1:1/0")
    yield kv
    kv.client.connection_pool.disconnect()


def test_a_save_is_there_at_once_and_in_the_database_after_the_flush(desk: Desk) -> None:
    assert desk.save("a", 0).revision == 1
    assert desk.load().code == "a"
    assert desk.row() is None
    assert drafts.flush(desk.kv) == 1
    assert (desk.row().current_code, desk.row().revision, desk.row().time_spent_seconds) == ("a", 1, 5)
    assert drafts.flush(desk.kv) == 0


def test_a_repeated_request_is_answered_as_the_first_time(desk: Desk) -> None:
    first = desk.save("a", 0, save_id="the-same-save")
    assert desk.save("a", 0, save_id="the-same-save") == first


def test_a_save_on_an_older_revision_is_refused_and_carries_the_newer_text(desk: Desk) -> None:
    desk.save("a", 0)
    desk.save("b", 1)
    with pytest.raises(StaleRevision) as refused:
        desk.save("c", 1)
    assert refused.value.extra["draft"]["code"] == "b"
    assert desk.load().code == "b"


def test_changing_the_language_keeps_the_text_of_the_other(desk: Desk) -> None:
    desk.save("print()", 0)
    desk.save("int main(){}", 1, language="cpp")
    assert desk.load().others == {"python": "print()"}
    desk.save("print(1)", 2)
    assert desk.load().others == {"cpp": "int main(){}"}


def test_a_save_while_redis_is_away_goes_to_the_database(desk: Desk, away: KeyValue) -> None:
    desk.save("a", 0)
    saved = desk.save("b", 1, kv=away)
    assert (saved.stored, saved.revision) == ("database", 2)
    assert desk.load().code == "b"
    # What Redis still holds is older by now, and does not come back by the flush.
    drafts.flush(desk.kv)
    assert desk.row().current_code == "b"
    assert desk.save("c", 2).stored == "redis"
    assert desk.load().code == "c"


def test_a_redis_that_came_back_empty_goes_on_from_the_database(desk: Desk) -> None:
    desk.save("a", 0)
    drafts.flush(desk.kv)
    desk.kv.client.flushdb()
    assert desk.save("b", 1).revision == 2
    assert desk.load().code == "b"


def test_a_draft_that_changes_during_the_flush_is_flushed_again(desk: Desk) -> None:
    desk.save("a", 0)
    drafts.flush(desk.kv)
    desk.save("b", 1)
    assert drafts.flush(desk.kv) == 1
    assert desk.row().current_code == "b"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200))
def test_any_text_comes_back_as_it_was(desk: Desk, code: str) -> None:
    kept = desk.load()
    desk.save(code, kept.revision if kept else 0)
    drafts.flush(desk.kv)
    assert desk.load().code == code
    assert desk.row().current_code == code


@pytest.mark.parametrize("code", [None, 7, "a\0b", "half a pair \ud800"])
def test_what_is_no_text_is_refused_in_words(code: object) -> None:
    with pytest.raises(InvalidText):
        check_code(code, max_bytes=100)


def test_a_nul_is_named_with_its_line() -> None:
    with pytest.raises(InvalidText, match="Line 3"):
        check_code("a\nb\nc\0", max_bytes=100)


def test_size_is_counted_in_bytes() -> None:
    assert len(check_code("ä" * 50, max_bytes=100)) == 100
    with pytest.raises(CodeTooLarge, match="102 bytes"):
        check_code("ä" * 51, max_bytes=100)


@pytest.mark.parametrize("key", [None, "short", "with space in it", "x" * 101])
def test_a_key_must_be_a_plain_name(key: object) -> None:
    with pytest.raises(BadKey):
        check_key(key, "save_id")
