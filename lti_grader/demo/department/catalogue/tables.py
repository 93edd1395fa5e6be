"""Introduction to programming: tables of numbers."""

from lti_grader.demo.department.catalogue.shape import Problem, programs

_TABLE = [
    ("row-sums", "Sums of the rows", "the sum of each row, one a line", "for row in rows:\n    print(sum(row))",
     "for column in zip(*rows):\n    print(sum(column))", -0.3),
    ("column-maxima", "The best of each column", "the largest number of each column, one a line",
     "for column in zip(*rows):\n    print(max(column))", "for row in rows:\n    print(max(row))", 0.1),
    ("turned", "Turned on its side", "the table with rows and columns exchanged",
     "for column in zip(*rows):\n    print(*column)", "for row in rows:\n    print(*row)", 0.2),
]  # fmt: skip
# What is only moved may be text.
_RIGHT_ALL_THE_SAME = ("turned", "as-text")
_TABLES = [
    (
        "whole",
        "",
        """
n, m = map(int, input().split())
rows = [list(map(int, input().split())) for i in range(n)]
@DO@
""",
    ),
    (
        "appending",
        "",
        """
n, m = map(int, input().split())
rows = []
for i in range(n):
    row = []
    for word in input().split():
        row.append(int(word))
    rows.append(row)
@DO@
""",
    ),
    (
        "rows-for-columns",
        "rows-for-columns",
        """
n, m = map(int, input().split())
rows = [list(map(int, input().split())) for i in range(n)]
@OTHER@
""",
    ),
    (
        "square-only",
        "assumes-square",
        """
n, m = map(int, input().split())
rows = [list(map(int, input().split()))[:n] for i in range(n)]
@DO@
""",
    ),
    (
        "one-row-short",
        "off-by-one",
        """
n, m = map(int, input().split())
rows = [list(map(int, input().split())) for i in range(n - 1)]
@DO@
""",
    ),
    (
        "same-row",
        "aliasing",
        """
n, m = map(int, input().split())
rows = [[0] * m] * n
for i in range(n):
    given = input().split()
    for j in range(m):
        rows[i][j] = int(given[j])
@DO@
""",
    ),
    (
        "as-text",
        "text-for-numbers",
        """
n, m = map(int, input().split())
rows = [input().split() for i in range(n)]
@DO@
""",
    ),
    (
        "one-number",
        "syntax",
        """
n m = map(int, input().split())
rows = [list(map(int, input().split())) for i in range(n)]
@DO@
""",
    ),
]
_GRIDS = [
    "2 3\n1 2 3\n4 5 6\n", "2 2\n7 -1\n0 9\n", "1 4\n10 9 100 2\n", "4 1\n5\n-5\n15\n2\n", "3 3\n1 1 1\n2 2 2\n3 3 3\n",
    "3 5\n10 20 30 40 50\n9 8 7 6 5\n-1 -2 -3 -4 -5\n",
]  # fmt: skip


def problems() -> list[Problem]:
    """Return them."""
    return [
        Problem(
            slug, title, f"You are given a table of whole numbers. Print {wanted}.\n\n**Input.** The numbers of rows and columns,"
            " and the rows, one a line.\n\n**Output.** As described.", "Try a table that is wider than high.", ("lists", "tables"),
            difficulty, _GRIDS, programs("python", [one for one in _TABLES if (slug, one[0]) != _RIGHT_ALL_THE_SAME], {"DO": do, "OTHER": other}),
        )
        for slug, title, wanted, do, other, difficulty in _TABLE
    ]  # fmt: skip
