from sums import add, mean
import pytest

def test_add():
    assert add(1, 2) == 3

@pytest.mark.parametrize("numbers", [[1, 2, 3], [4]])
def test_mean(numbers):
    assert mean(numbers) == sum(numbers) / len(numbers)
