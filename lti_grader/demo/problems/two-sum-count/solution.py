import sys
from collections import Counter


def main():
    data = sys.stdin.buffer.read().split()
    target = int(data[1])
    seen = Counter()
    pairs = 0
    for number in map(int, data[2:]):
        pairs += seen[target - number]
        seen[number] += 1
    print(pairs)


main()
