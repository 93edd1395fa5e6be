"""What is kept with a draft is judged before it is published, beside what is expected of it."""

import io
from collections.abc import Iterator

import pytest

from lti_grader.authoring.checking import programs_of
from lti_grader.core.db import session, transaction
from lti_grader.grading.tasks import close_sandbox
from lti_grader.problems.models import ProblemVersion, VersionState
from tests.fixtures.world import World
from tests.web.test_drafts import RIGHT, WRONG, Desk
from tests.web.test_problem_pages import Double
from tests.web.two_sections import Visit, plain


@pytest.fixture
def desk(visit: Visit, world: World) -> Iterator[Desk]:
    desk = Desk(Double(world), visit(world.teacher_id))
    huge = desk.test_named("huge")
    assert desk.client.post(f"{desk.url}/tests/{huge.id}/edit", data={"do": "remove"}).status_code == 303
    yield desk
    close_sandbox()


def keep(desk: Desk, name: str, text: str, expected: str) -> int:
    form = {"do": "add", "file": (io.BytesIO(text.encode()), name), "expected": expected}
    return desk.client.post(f"{desk.url}/submissions", data=form).status_code


def test_a_wrong_submission_that_is_accepted_holds_a_draft_back_unless_a_reason_is_given(
    desk: Desk, world: World
) -> None:
    assert keep(desk, "square.py", WRONG, "wrong_answer") == 303
    assert keep(desk, "lucky.py", RIGHT, "wrong_answer") == 303
    assert keep(desk, "what.xyz", RIGHT, "accepted") == 422
    assert desk.client.get(f"{desk.url}/submissions/submissions/wrong_answer/lucky.py").data == RIGHT.encode()
    early = desk.client.post(f"{desk.url}/publish", data={"reason": "I am sure."})
    assert (early.status_code, "check it first" in early.text) == (422, True)
    assert desk.press("publish") == 303
    assert desk.work() == ["done"] * 3
    assert desk.state == VersionState.DRAFT
    page = plain(desk.client.get(desk.url).text)
    assert "1 program of 3 did not come to what is expected." in page
    assert "wrong_answer/lucky.py Differs expected wrong answer, came to accepted" in page
    assert "wrong_answer/square.py As expected wrong answer · 1 of 2 tests passed" in page
    assert desk.client.post(f"{desk.url}/publish", data={"reason": "  "}).status_code == 422
    assert desk.state == VersionState.DRAFT
    assert desk.client.post(f"{desk.url}/publish", data={"reason": "Its input is to come."}).status_code == 303
    assert desk.state == VersionState.PUBLISHED
    page = plain(desk.client.get(desk.url).text)
    assert "Published all the same, because: Its input is to come." in page
    assert "wrong_answer/lucky.py Differs expected wrong answer, came to accepted" in page
    with transaction(world.tenant_id):
        assert session().get_one(ProblemVersion, desk.draft).published_by == world.teacher_id


def test_a_draft_is_published_where_wrong_submissions_are_wrong(desk: Desk) -> None:
    assert keep(desk, "lucky.py", RIGHT, "wrong_answer") == 303
    assert desk.client.post(
        f"{desk.url}/submissions", data={"do": "remove", "path": "submissions/wrong_answer/lucky.py"}
    ).status_code == 303  # fmt: skip
    assert keep(desk, "square.py", WRONG, "wrong_answer") == 303
    assert desk.press("publish") == 303
    assert desk.work() == ["done"] * 2
    assert desk.state == VersionState.PUBLISHED


def test_what_stands_in_both_places_is_judged_once() -> None:
    stored: list[bytes] = []

    def put(content: bytes) -> str:
        stored.append(content)
        return content.decode()

    kept = [
        {"path": "a.py", "language": "python", "source": "right", "expected": ["accepted"], "beside": {}},
        {"path": "b.cc", "language": "cpp", "source": "right", "expected": ["fail"], "beside": {"b.h": "h"}},
        {"path": "c", "language": None, "source": "?", "expected": None, "beside": {}},
    ]
    found = programs_of({"python": "right", "cpp": "right"}, kept, here={"python"}, put=put)  # type: ignore[arg-type]
    assert [(one.path, one.expected, bool(one.why_not)) for one in found] == [
        ("reference/cpp", ["accepted"], True), ("a.py", ["accepted"], False), ("b.cc", ["fail"], True), ("c", None, True),
    ]  # fmt: skip
