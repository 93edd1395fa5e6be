"""Students split into groups by chance."""

import uuid
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.classes.groups.splitting import Split, split

STUDENTS = st.dictionaries(st.uuids(), st.sampled_from(["", "A", "B", "C"]), max_size=40)
NUMBER = st.integers(1, 12)
SEED = st.integers(0, 1000)


@given(students=STUDENTS, number=NUMBER, within=st.booleans(), by_size=st.booleans(), seed=SEED)
def test_everybody_is_in_one_group_and_groups_differ_by_one_at_most(
    students: dict[uuid.UUID, str], number: int, within: bool, by_size: bool, seed: int
) -> None:
    how = Split(number if by_size else None, None if by_size else number, within)
    parts = split(students, how, seed)
    assert Counter(one for part in parts for one in part.members) == Counter(list(students))
    for section in {part.section for part in parts}:
        sizes = [len(part.members) for part in parts if part.section == section]
        assert max(sizes) - min(sizes) <= 1
        assert min(sizes) >= 1
        assert max(sizes) <= number if by_size else len(sizes) <= number
    if within:
        assert all(students[one] == part.section for part in parts for one in part.members)


@given(students=STUDENTS, number=NUMBER, seed=SEED)
def test_the_same_seed_splits_the_same_students_alike(students: dict[uuid.UUID, str], number: int, seed: int) -> None:
    turned = dict(reversed(students.items()))
    assert split(students, Split(size=number), seed) == split(turned, Split(size=number), seed)


def test_another_seed_splits_otherwise() -> None:
    students = dict.fromkeys((uuid.UUID(int=one) for one in range(20)), "")
    assert len({tuple(split(students, Split(size=3), seed)) for seed in range(5)}) == 5
