"""The tests of this problem: (group, points, visibility, name, input)."""

import random


def tests() -> list[tuple[str, int, str, str, str]]:
    """Return the tests in their order; the same every time."""
    dice = random.Random(13)

    def town(n: int, m: int, longest: int, *, chain: bool) -> str:
        streets = [(i, i + 1, dice.randint(1, longest)) for i in range(1, n)] if chain else []
        while len(streets) < m:
            streets.append((dice.randint(1, n), dice.randint(1, n), dice.randint(1, longest)))
        dice.shuffle(streets)
        return f"{n} {len(streets)}\n" + "".join(f"{a} {b} {w}\n" for a, b, w in streets)

    return [
        ("Samples", 0, "sample", "The example", "4 4\n1 2 5\n2 4 6\n1 3 2\n3 4 7\n"),
        ("Samples", 0, "sample", "Cut off", "3 1\n1 2 4\n"),
        ("Small", 8, "visible", "Two streets, same places", "2 2\n1 2 9\n1 2 3\n"),
        ("Small", 8, "visible", "Longer is shorter", "4 5\n1 4 100\n1 2 1\n2 3 1\n3 4 1\n2 4 50\n"),
        ("Small", 8, "hidden", "A hundred places", town(100, 300, 50, chain=True)),
        ("Large", 12, "hidden", "A long chain", town(50_000, 49_999, 1_000_000_000, chain=True)),
        ("Large", 12, "hidden", "Many streets", town(50_000, 100_000, 1_000_000_000, chain=False)),
        ("Large", 12, "hidden", "Many short streets", town(20_000, 100_000, 3, chain=True)),
    ]
