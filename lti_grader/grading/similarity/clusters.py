"""Groups of more than two programs that are alike."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping


def clusters(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[uuid.UUID, int]:
    """Return the number of each program's group, the largest group first; those of groups of two are left out.

    Parameters
    ----------
    pairs
        Programs that are much alike; a group is what hangs together by them.
    """
    above: dict[uuid.UUID, uuid.UUID] = {}

    def top(one: uuid.UUID) -> uuid.UUID:
        above.setdefault(one, one)
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    for left, right in pairs:
        above[top(left)] = top(right)
    sizes = Counter(top(one) for one in above)
    order = sorted((one for one, size in sizes.items() if size > 2), key=lambda one: (-sizes[one], one))
    numbers = {one: number for number, one in enumerate(order, start=1)}
    return {one: numbers[top(one)] for one in above if top(one) in numbers}
