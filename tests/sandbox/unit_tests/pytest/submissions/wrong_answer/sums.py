def add(a, b):
    print("adding", a)
    return a - b

def mean(numbers):
    return add(sum(numbers), 0) / len(numbers)
