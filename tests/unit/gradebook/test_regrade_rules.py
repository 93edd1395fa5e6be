"""Which submissions are judged once more, and what their results come to."""

import datetime as dt
import uuid
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.models import Counts
from lti_grader.gradebook.policy import Judged, problem_score
from lti_grader.gradebook.regrades.choosing import Submission, chosen
from lti_grader.gradebook.regrades.effects import Tried, points
from lti_grader.gradebook.regrades.models import Which

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RESULTS = st.none() | st.integers(0, 10)
RULES = st.sampled_from(list(Counts))


def judged(number: int, result: int | None) -> Judged | None:
    when = START + dt.timedelta(hours=number)
    return None if result is None else Judged(number, when, Decimal(result), Decimal(10))


@given(st.lists(st.tuples(st.integers(0, 3), RESULTS), min_size=1, max_size=12), RULES)
def test_each_student_has_their_own_chosen(handed_in: list[tuple[int, int | None]], counts: Counts) -> None:
    students = [uuid.UUID(int=one) for one in range(4)]
    there = [
        Submission(uuid.uuid4(), students[who], number, judged(number, result))
        for number, (who, result) in enumerate(handed_in, start=1)
    ]
    everything = set(chosen(there, Which.ALL, counts))
    assert everything == {one.attempt_id for one in there}
    for student in {one.student_id for one in there}:
        theirs = [one for one in there if one.student_id == student]
        latest = [one for one in theirs if one.attempt_id in chosen(there, Which.LATEST, counts)]
        assert latest == [theirs[-1]]
        counting = [one for one in theirs if one.attempt_id in chosen(there, Which.COUNTING, counts)]
        results = [[one.result for one in some if one.result is not None] for some in (counting, theirs)]
        alone, all_of_them = (problem_score(some, Decimal(7), counts) for some in results)
        assert alone == all_of_them, "those that count make the score by themselves"


@given(st.lists(st.tuples(RESULTS, RESULTS), max_size=8), RULES)
def test_a_trial_says_what_the_ordinary_rule_comes_to_afterwards(
    results: list[tuple[int | None, int | None]], counts: Counts
) -> None:
    tried = [Tried(number, judged(number, old), judged(number, new)) for number, (old, new) in enumerate(results)]
    before, after = points(tried, Decimal(7), counts)
    stands = [judged(number, old if new is None else new) for number, (old, new) in enumerate(results)]
    assert after == problem_score([one for one in stands if one is not None], Decimal(7), counts)
    untouched = [Tried(one.attempt_number, one.now, None) for one in tried]
    assert points(untouched, Decimal(7), counts) == (before, before)
