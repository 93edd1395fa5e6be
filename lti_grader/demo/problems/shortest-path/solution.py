import heapq
import sys


def main():
    data = list(map(int, sys.stdin.buffer.read().split()))
    n, m = data[0], data[1]
    streets = [[] for _ in range(n + 1)]
    for k in range(m):
        a, b, w = data[2 + 3 * k : 5 + 3 * k]
        streets[a].append((b, w))
        streets[b].append((a, w))
    best = [None] * (n + 1)
    queue = [(0, 1)]
    while queue:
        length, place = heapq.heappop(queue)
        if best[place] is not None:
            continue
        best[place] = length
        for other, w in streets[place]:
            if best[other] is None:
                heapq.heappush(queue, (length + w, other))
    print("no way" if best[n] is None else best[n])


main()
