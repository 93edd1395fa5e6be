"""Each row of the conformance table has a test, and `pytest -k row_27` finds it."""

import pytest

from tests.lti.conftest import rows_of

LAST = 38


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("test_row_2_a_key", {2}), ("test_rows_13_to_15_and_37_roles", {13, 14, 15, 37}), ("test_03_04_a", {3, 4}),
        ("test_06_08_to_10_a", {6, 8, 9, 10}), ("test_22_23_the_key_of_2_platforms", {22, 23}), ("test_many", set()),
    ],
)  # fmt: skip
def test_a_name_says_its_rows(name: str, rows: set[int]) -> None:
    assert rows_of(name) == rows


def test_every_row_has_a_test(request: pytest.FixtureRequest) -> None:
    here = request.config.rootpath / "tests" / "lti"
    names = {
        line.strip().removeprefix("def ").split("(")[0]
        for file in here.glob("test_*.py") for line in file.read_text().splitlines()
        if line.strip().startswith("def test_")
    }  # fmt: skip
    covered = set().union(*map(rows_of, names))
    assert covered >= set(range(1, LAST + 1)), set(range(1, LAST + 1)) - covered
