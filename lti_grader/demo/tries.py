"""Programs as students of the demo course wrote them: right, wrong, slow, crashing and not compiling."""

from lti_grader.demo.problems import solution

_SLOW_PAIRS = """import sys
data = list(map(int, sys.stdin.read().split()))
n, t, a = data[0], data[1], data[2:]
count = 0
for i in range(n):
    for j in range(i + 1, n):
        if a[i] + a[j] == t:
            count += 1
print(count)
"""
_WRONG_PAIRS = """data = input().split()
t = int(data[1])
a = list(map(int, input().split()))
print(sum(1 for x in set(a) if t - x in a))
"""
_CRASHING_PAIRS = """n, t = map(int, input().split())
a = list(map(int, input().split()))
count = 0
for i in range(n):
    if a[i] + a[i + 1] == t:
        count += 1
print(count)
"""
_BROKEN_PAIRS = """n, t = map(int, input().split())
a = list(map(int, input().split())
print(0)
"""
_WRONG_BRACKETS = """import sys
for text in sys.stdin.read().split()[1:]:
    good = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
    print("yes" if good else "no")
"""
_RECURSIVE_BRACKETS = """import sys
CLOSES = {"(": ")", "[": "]", "{": "}"}
def read(text, i):
    while i < len(text) and text[i] in CLOSES:
        j = read(text, i + 1)
        if j >= len(text) or text[j] != CLOSES[text[i]]:
            return len(text) + 1
        i = j + 1
    return i
for text in sys.stdin.read().split()[1:]:
    print("yes" if read(text, 0) == len(text) else "no")
"""
_BROKEN_CPP = """#include <iostream>
#include <string>
int main() {
    int n;
    std::cin >> n
    std::string text;
    while (std::cin >> text) std::cout << "no\\n";
}
"""
_WRONG_PATH = """import sys
data = list(map(int, sys.stdin.read().split()))
n, m = data[0], data[1]
best = {1: 0}
for k in range(m):
    a, b, w = data[2 + 3 * k : 5 + 3 * k]
    if a in best:
        best[b] = min(best.get(b, best[a] + w), best[a] + w)
print(best.get(n, "no way"))
"""
_SLOW_PATH = """import sys
data = list(map(int, sys.stdin.read().split()))
n, m = data[0], data[1]
streets = [tuple(data[2 + 3 * k : 5 + 3 * k]) for k in range(m)]
FAR = float("inf")
best = [FAR] * (n + 1)
best[1] = 0
changed = True
while changed:
    changed = False
    for a, b, w in streets:
        for x, y in ((a, b), (b, a)):
            if best[x] + w < best[y]:
                best[y] = best[x] + w
                changed = True
print("no way" if best[n] == FAR else best[n])
"""
_CRASHING_PATH = """#include <cstdio>
#include <vector>
int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    std::vector<std::vector<int>> length(n, std::vector<int>(n));
    int *nowhere = nullptr;
    if (n > 50) *nowhere = 1;
    puts("9");
}
"""

Try = tuple[str, float, str, str, str, str]


def tries() -> list[Try]:
    """Return (person, days ago, problem, type, language, program) of each try, the oldest first."""
    run, submit = "test_run", "final_submission"
    pairs, brackets, path = "two-sum-count", "balanced-brackets", "shortest-path"
    return [
        ("person-amina", 20.4, pairs, run, "python", _BROKEN_PAIRS),
        ("person-amina", 20.39, pairs, run, "python", _SLOW_PAIRS),
        ("person-amina", 20.3, pairs, submit, "python", _SLOW_PAIRS),
        ("person-ben", 19.8, pairs, submit, "python", _CRASHING_PAIRS),
        ("person-ben", 19.7, pairs, run, "python", _WRONG_PAIRS),
        ("person-ben", 19.6, pairs, submit, "python", _WRONG_PAIRS),
        ("person-amina", 18.2, pairs, submit, "python", solution(pairs, "python")),
        ("person-chloe", 17.5, pairs, submit, "cpp", solution(pairs, "cpp")),
        ("person-ben", 16.1, pairs, submit, "python", _SLOW_PAIRS),
        ("person-chloe", 13.3, brackets, run, "cpp", _BROKEN_CPP),
        ("person-chloe", 13.2, brackets, submit, "cpp", solution(brackets, "cpp")),
        ("person-amina", 12.9, brackets, submit, "python", _WRONG_BRACKETS),
        ("person-amina", 12.8, brackets, submit, "python", _RECURSIVE_BRACKETS),
        ("person-ben", 12.0, brackets, submit, "javascript", solution(brackets, "javascript")),
        ("person-amina", 11.1, brackets, submit, "java", solution(brackets, "java")),
        ("person-amina", 6.6, path, run, "python", _WRONG_PATH),
        ("person-amina", 6.5, path, submit, "python", _SLOW_PATH),
        ("person-chloe", 5.9, path, submit, "cpp", _CRASHING_PATH),
        ("person-chloe", 5.2, path, submit, "java", solution(path, "java")),
        ("person-ben", 4.4, path, submit, "python", _WRONG_PATH),
        ("person-amina", 2.2, path, submit, "python", solution(path, "python")),
    ]
