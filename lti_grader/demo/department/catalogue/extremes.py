"""Introduction to programming: the largest and the smallest."""

from lti_grader.demo.department.catalogue.shape import Problem, fill, programs

_BEST = [
    ("warmest", "The warmest day", "the highest temperature", ">", "max(values)", "values[0]", "0", -1.2),
    ("coldest", "The coldest day", "the lowest temperature", "<", "min(values)", "values[0]", "1000", -1.2),
    ("first-warmest", "When it was warmest", "the number of the first day with the highest temperature, days counting from 1",
     ">", "values.index(max(values)) + 1", "values[0]", "0", -0.4),
    ("swing", "From cold to warm", "the difference between the highest and the lowest temperature", ">",
     "max(values) - min(values)", "values[0]", "0", -0.7),
]  # fmt: skip
_SEEKING = [
    (
        "built-in",
        "",
        """
n = int(input())
values = list(map(int, input().split()))
print(@ANSWER@)
""",
    ),
    (
        "loop",
        "",
        """
n = int(input())
values = list(map(int, input().split()))
@LOOP@
""",
    ),
    (
        "from-nought",
        "starts-from-zero",
        """
n = int(input())
values = list(map(int, input().split()))
@NOUGHT@
""",
    ),
    (
        "as-text",
        "text-for-numbers",
        """
n = int(input())
values = input().split()
@TEXT@
""",
    ),
    (
        "misses-the-last",
        "off-by-one",
        """
n = int(input())
values = list(map(int, input().split()))[:n - 1]
print(@ANSWER@)
""",
    ),
    (
        "says-more",
        "extra-output",
        """
n = int(input())
values = list(map(int, input().split()))
print("Answer:", @ANSWER@)
""",
    ),
    (
        "one-number-only",
        "reads-wrongly",
        """
n = int(input())
values = [int(input()) for i in range(n)]
print(@ANSWER@)
""",
    ),
    (
        "unclosed",
        "syntax",
        """
n = int(input())
values = list(map(int, input().split())
print(@ANSWER@)
""",
    ),
]
_LOOPS = {
    "warmest": "best = values[0]\nfor value in values:\n    if value > best:\n        best = value\nprint(best)",
    "coldest": "best = values[0]\nfor value in values:\n    if value < best:\n        best = value\nprint(best)",
    "first-warmest": "best = 0\nfor i in range(n):\n    if values[i] > values[best]:\n        best = i\nprint(best + 1)",
    "swing": "ordered = sorted(values)\nprint(ordered[-1] - ordered[0])",
}
_NOUGHT = {
    "warmest": "best = 0\nfor value in values:\n    if value > best:\n        best = value\nprint(best)",
    "coldest": "best = 0\nfor value in values:\n    if value < best:\n        best = value\nprint(best)",
    "first-warmest": "best = 0\nplace = 0\nfor i in range(n):\n    if values[i] > best:\n        best = values[i]\n        place = i + 1\n"
    "print(place)",
    "swing": "high = 0\nlow = 0\nfor value in values:\n    high = max(high, value)\n    low = min(low, value)\nprint(high - low)",
}
_TEXT = {
    "warmest": "print(max(values))",
    "coldest": "print(min(values))",
    "first-warmest": "print(values.index(max(values)) + 1)",
    "swing": "print(int(max(values)) - int(min(values)))",
}


def problems() -> list[Problem]:
    """Return them."""
    found = []
    for slug, title, wanted, _, answer, _, _, difficulty in _BEST:
        words = {"ANSWER": answer, "LOOP": _LOOPS[slug], "NOUGHT": _NOUGHT[slug], "TEXT": _TEXT[slug]}
        rows = [[12, 17, 9, 17, 11], [3, 21, 8], [-4, -9, -2, -15], [5], [9, 10, 100, 2, 99], list(range(-40, 41, 5))]
        inputs = [f"{len(row)}\n{' '.join(map(str, row))}\n" for row in rows]
        statement = fill(
            "A weather station noted the temperature of *n* days, in whole degrees. Print @W@.\n\n**Input.** The number *n*,"
            " at least 1, and in the next line the temperatures.\n\n**Output.** One number.", {"W": wanted}
        )  # fmt: skip
        found.append(
            Problem(slug, title, statement, "What would be a good first guess, before you have looked at the others?",
                    ("lists",), difficulty, inputs, programs("python", _SEEKING, words))
        )  # fmt: skip
    return found
