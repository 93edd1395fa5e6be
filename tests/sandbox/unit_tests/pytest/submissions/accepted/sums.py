def add(a, b):
    return a + b

def mean(numbers):
    if not numbers:
        raise ValueError("no numbers")
    return add(sum(numbers), 0) / len(numbers)
