"""The tests of this problem: (group, points, visibility, name, input)."""

import random


def tests() -> list[tuple[str, int, str, str, str]]:
    """Return the tests in their order; the same every time."""
    dice = random.Random(7)

    def case(n: int, target: int, span: int) -> str:
        return f"{n} {target}\n{' '.join(str(dice.randint(-span, span)) for _ in range(n))}\n"

    return [
        ("Samples", 0, "sample", "The example", "5 6\n1 5 3 3 1\n"),
        ("Samples", 0, "sample", "No pair", "3 100\n1 2 3\n"),
        ("Small", 4, "visible", "One number", "1 2\n1\n"),
        ("Small", 4, "visible", "All the same", "6 4\n2 2 2 2 2 2\n"),
        ("Small", 4, "visible", "Negative numbers", "6 0\n-3 3 0 0 5 -5\n"),
        ("Small", 4, "visible", "A thousand", case(1000, 10, 50)),
        ("Large", 6, "hidden", "Many small numbers", case(200_000, 1, 40)),
        ("Large", 6, "hidden", "Many large numbers", case(200_000, 12_345, 1_000_000_000)),
        ("Large", 6, "hidden", "All zero", "200000 0\n" + "0 " * 199_999 + "0\n"),
    ]
