"""Groups of more than two programs that are alike."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping


def clusters(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[uuid.UUID, int]:
    """Return the number of each program's group, the largest group first; those of groups of two are left out.

    Parameters
    ----------
    pairs
        Programs that are much alike; a group is what hangs together by them.
    """
    above: dict[uuid.UUID, uuid.UUID] = {}
    for left, right in pairs:
        above[_top(above, left)] = _top(above, right)
    sizes = Counter(_top(above, one) for one in above)
    order = sorted((one for one, size in sizes.items() if size > 2), key=lambda one: (-sizes[one], one))
    numbers = {one: number for number, one in enumerate(order, start=1)}
    tops = {one: _top(above, one) for one in above}
    return {one: numbers[top] for one, top in tops.items() if top in numbers}


def as_one(student_ids: Iterable[uuid.UUID], teams: Iterable[Collection[uuid.UUID]]) -> Mapping[uuid.UUID, uuid.UUID]:
    """Return for each student who stands for them and all who ever handed in with them, or with one of those.

    Parameters
    ----------
    teams
        Who handed in together.
    """
    above: dict[uuid.UUID, uuid.UUID] = {}
    for first, *others in map(sorted, teams):
        for other in others:
            above[_top(above, other)] = _top(above, first)
    return {one: _top(above, one) for one in student_ids}


def _top(above: dict[uuid.UUID, uuid.UUID], one: uuid.UUID) -> uuid.UUID:
    above.setdefault(one, one)
    while above[one] != one:
        above[one] = above[above[one]]
        one = above[one]
    return one
