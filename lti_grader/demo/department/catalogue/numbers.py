"""Introduction to programming: numbers in a row, one at a time."""

import random

from lti_grader.demo.department.catalogue.shape import Problem, programs

_PICK = [
    ("even-sum", "Sum of the even numbers", "the sum of the even ones", "value % 2 == 0", "value", "value % 2 == 1", -1.6),
    ("threes", "How many threes", "how many of them can be divided by three", "value % 3 == 0", "1", "value // 3 > 0", -1.4),
    ("positive-sum", "Money in", "the sum of those above zero", "value > 0", "value", "value >= 1 and value < 100", -1.5),
    ("above-mean", "Above the average", "how many are larger than the average of them all", "value > sum(values) / n", "1",
     "value >= sum(values) / n", -0.6),
    ("odd-squares", "Odd squares", "the sum of the squares of the odd ones", "value % 2 != 0", "value * value",
     "value % 2 == 0", -1.1),
]  # fmt: skip
_PICKING = [
    (
        "loop",
        "",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
for value in values:
    if @COND@:
        total += @VALUE@
print(total)
""",
    ),
    (
        "comprehension",
        "",
        """
n = int(input())
values = [int(word) for word in input().split()]
print(sum(@VALUE@ for value in values if @COND@))
""",
    ),
    (
        "while",
        "",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
i = 0
while i < n:
    value = values[i]
    if @COND@:
        total = total + @VALUE@
    i = i + 1
print(total)
""",
    ),
    (
        "starts-at-one",
        "off-by-one",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
for i in range(1, n):
    value = values[i]
    if @COND@:
        total += @VALUE@
print(total)
""",
    ),
    (
        "resets",
        "reset-in-loop",
        """
n = int(input())
values = list(map(int, input().split()))
for value in values:
    total = 0
    if @COND@:
        total += @VALUE@
print(total)
""",
    ),
    (
        "leaves-early",
        "early-exit",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
for value in values:
    if @COND@:
        total += @VALUE@
    else:
        break
print(total)
""",
    ),
    (
        "other-condition",
        "wrong-condition",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
for value in values:
    if @OTHER@:
        total += @VALUE@
print(total)
""",
    ),
    (
        "says-more",
        "extra-output",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
for value in values:
    if @COND@:
        total += @VALUE@
print("The answer is", total)
""",
    ),
    (
        "no-colon",
        "syntax",
        """
n = int(input())
values = list(map(int, input().split()))
total = 0
for value in values
    if @COND@:
        total += @VALUE@
print(total)
""",
    ),
]


def _rows(seed: str) -> list[str]:
    rng = random.Random(seed)
    few = [rng.randint(-30, 90) for _ in range(7)]
    many = [rng.randint(-999, 999) for _ in range(200)]
    rows = [[4, 9, 6, 3, 12], [7, 8, 10, 2], few, [6], [-3, -8, -12, 15, 130, -7], many]
    return [f"{len(row)}\n{' '.join(map(str, row))}\n" for row in rows]


def _picking() -> list[Problem]:
    found = []
    for slug, title, wanted, condition, value, other, difficulty in _PICK:
        words = {"COND": condition, "VALUE": value, "OTHER": other}
        statement = (
            f"You are given *n* whole numbers. Print {wanted}; `0` where there is none.\n\n**Input.** The number *n*, at least"
            " 1, and in the next line the *n* numbers.\n\n**Output.** One number."
        )
        found.append(
            Problem(slug, title, statement, "Go through the numbers once, and keep what you have so far.",
                    ("loops", "conditions"), difficulty, _rows(slug), programs("python", _PICKING, words))
        )  # fmt: skip
    return found


_DIGITS = [
    ("digit-sum", "Sum of digits", "the sum of its digits", "total += value % 10", "total", -0.9, "number"),
    ("digit-count", "How many digits", "how many digits it has", "total += 1", "total", -0.8, "number"),
    ("reversed", "Backwards", "the number with its digits in reverse, without zeros in front",
     "total = total * 10 + value % 10", "total", -0.3, "number"),
]  # fmt: skip
_TAKING_APART = [
    (
        "while",
        "",
        """
value = int(input())
total = 0
if value == 0:
    total = @ZERO@
while value > 0:
    @STEP@
    value //= 10
print(total)
""",
    ),
    (
        "text",
        "",
        """
text = input().strip()
print(@TEXT@)
""",
    ),
    (
        "true-division",
        "integer-division",
        """
value = int(input())
total = 0
while value >= 1:
    @STEP@
    value = value / 10
print(total)
""",
    ),
    (
        "forgets-zero",
        "forgets-empty",
        """
value = int(input())
total = 0
while value > 0:
    @STEP@
    value //= 10
if total == 0:
    print("nothing")
else:
    print(total)
""",
    ),
    (
        "leaves-one",
        "off-by-one",
        """
value = int(input())
total = 0
while value > 9:
    @STEP@
    value //= 10
print(total)
""",
    ),
    (
        "never-ends",
        "endless-loop",
        """
value = int(input())
total = 0
while value >= 0:
    @STEP@
    value //= 10
print(total)
""",
    ),
    (
        "says-more",
        "extra-output",
        """
value = int(input())
print("Result: " + str(@TEXT_OF@))
""",
    ),
    (
        "no-number",
        "text-for-numbers",
        """
value = input()
total = 0
while value > 0:
    @STEP@
    value //= 10
print(total)
""",
    ),
]
_WITH_TEXT = {
    "digit-sum": "sum(int(sign) for sign in text)",
    "digit-count": "len(text)",
    "reversed": "int(text[::-1])",
}


def _taking_apart() -> list[Problem]:
    found = []
    for slug, title, wanted, step, _, difficulty, _ in _DIGITS:
        text = _WITH_TEXT[slug]
        words = {
            "STEP": step, "ZERO": "1" if slug == "digit-count" else "0", "TEXT": text,
            "TEXT_OF": text.replace("text", "str(value)"),
        }  # fmt: skip
        inputs = [f"{one}\n" for one in (1234, 70, 0, 5, 900100, 987654321012345678)]
        statement = (
            f"You are given a whole number, not negative. Print {wanted}.\n\n**Input.** The number, with at most 18 digits."
            "\n\n**Output.** One number."
        )
        found.append(
            Problem(slug, title, statement, "`value % 10` is the last digit. What is left without it?", ("loops", "numbers"),
                    difficulty, inputs, programs("python", _TAKING_APART, words))
        )  # fmt: skip
    return found


def problems() -> list[Problem]:
    """Return them."""
    return [*_picking(), *_taking_apart()]
