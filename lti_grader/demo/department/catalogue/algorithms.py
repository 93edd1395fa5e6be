"""Algorithms, in Python and C++."""

import random

from lti_grader.demo.department.catalogue.shape import CPP, Problem, Program

_READ = "import sys\ndata = list(map(int, sys.stdin.read().split()))\n"


def _python(*programs: tuple[str, str, str]) -> list[Program]:
    return [Program(name, "python", _READ + text.lstrip("\n"), belief) for name, belief, text in programs]


def _cpp(*programs: tuple[str, str, str]) -> list[Program]:
    return [Program(name, "cpp", CPP + text.lstrip("\n"), belief) for name, belief, text in programs]


def _numbers(seed: str, *, many: int, low: int, high: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.randint(low, high) for _ in range(many)]


def _lines(*rows: list[int]) -> list[str]:
    return [f"{len(row)}\n{' '.join(map(str, row))}\n" for row in rows]


def _best_stretch() -> Problem:
    rows = _lines([1, -2, 3, 4, -1], [5], [-3, -1, -2], [2, -5, 6, -1, 4], [-7, 8, -7, 8, -7],
                  _numbers("stretch", many=9000, low=-900, high=900))  # fmt: skip
    return Problem(
        "best-stretch", "The best stretch",
        "You are given what a shop gained or lost on each of *n* days. Print the most that it gained in days that follow each"
        " other, at least one of them.\n\n**Input.** *n*, and the numbers.\n\n**Output.** One number.",
        "What is the best stretch that ends today, if you know the best that ended yesterday?", ("dynamic programming",), 0.4, rows,
        _python(
            ("kadane", "", "values = data[1:]\nbest = total = values[0]\nfor value in values[1:]:\n    total = max(value, total + value)\n"
             "    best = max(best, total)\nprint(best)\n"),
            ("prefix", "", "values = data[1:]\nbest = values[0]\nlow = total = 0\nfor value in values:\n    total += value\n"
             "    best = max(best, total - low)\n    low = min(low, total)\nprint(best)\n"),
            ("from-nought", "starts-from-zero", "values = data[1:]\nbest = total = 0\nfor value in values:\n"
             "    total = max(0, total + value)\n    best = max(best, total)\nprint(best)\n"),
            ("all-pairs", "quadratic", "values = data[1:]\nbest = values[0]\nfor i in range(len(values)):\n    total = 0\n"
             "    for j in range(i, len(values)):\n        total += values[j]\n        if total > best:\n            best = total\nprint(best)\n"),
            ("sum-of-gains", "greedy", "values = data[1:]\nprint(sum(value for value in values if value > 0))\n"),
            ("misses-the-last", "off-by-one", "values = data[1:-1]\nbest = total = values[0]\nfor value in values[1:]:\n"
             "    total = max(value, total + value)\n    best = max(best, total)\nprint(best)\n"),
        ) + _cpp(
            ("kadane", "", "int main() {\n    long long n, value, total = 0, best = LLONG_MIN;\n    cin >> n;\n    while (cin >> value) {\n"
             "        total = max(value, total + value);\n        best = max(best, total);\n    }\n    cout << best << endl;\n}\n"),
            ("from-nought", "starts-from-zero", "int main() {\n    long long n, value, total = 0, best = 0;\n    cin >> n;\n"
             "    while (cin >> value) {\n        total = max(0LL, total + value);\n        best = max(best, total);\n    }\n    cout << best << endl;\n}\n"),
            ("counts-too", "reads-wrongly", "int main() {\n    long long value, total = 0, best = LLONG_MIN;\n    while (cin >> value) {\n"
             "        total = max(value, total + value);\n        best = max(best, total);\n    }\n    cout << best << endl;\n}\n"),
        ),
    )  # fmt: skip


def _coins() -> Problem:
    inputs = [
        "3 11\n1 2 5\n",
        "2 7\n2 4\n",
        "3 6\n1 3 4\n",
        "1 0\n5\n",
        "4 63\n1 10 21 25\n",
        "5 4999\n7 19 53 101 411\n",
    ]
    return Problem(
        "coins", "Fewest coins",
        "A country has *k* kinds of coins. Print the fewest coins that make up an amount, or `-1` where none do.\n\n**Input.** *k* and"
        " the amount, and what the coins are worth.\n\n**Output.** One number.",
        "If you knew the answer for each smaller amount, which of them would you ask for?", ("dynamic programming",), 0.7, inputs,
        _python(
            ("table", "", "k, amount = data[0], data[1]\ncoins = data[2:]\nbest = [0] + [10 ** 9] * amount\nfor i in range(1, amount + 1):\n"
             "    for coin in coins:\n        if coin <= i:\n            best[i] = min(best[i], best[i - coin] + 1)\n"
             "print(best[amount] if best[amount] < 10 ** 9 else -1)\n"),
            ("layers", "", "k, amount = data[0], data[1]\ncoins = data[2:]\nseen = {0}\nlayer = {0}\ntotal = 0\n"
             "while layer and amount not in layer:\n    layer = {i + coin for i in layer for coin in coins if i + coin <= amount} - seen\n"
             "    seen |= layer\n    total += 1\nprint(total if amount in layer else -1)\n"),
            ("largest-first", "greedy", "k, amount = data[0], data[1]\ntotal = 0\nfor coin in sorted(data[2:], reverse=True):\n"
             "    total += amount // coin\n    amount %= coin\nprint(total if amount == 0 else -1)\n"),
            ("tries-all", "exponential", "sys.setrecursionlimit(100000)\nk, amount = data[0], data[1]\ncoins = data[2:]\n\n\ndef best(left):\n"
             "    if left == 0:\n        return 0\n    if left < 0:\n        return 10 ** 9\n    return min(best(left - coin) + 1 for coin in coins)\n\n\n"
             "total = best(amount)\nprint(total if total < 10 ** 9 else -1)\n"),
            ("no-answer", "forgets-empty", "k, amount = data[0], data[1]\ncoins = data[2:]\nbest = [0] + [10 ** 9] * amount\n"
             "for i in range(1, amount + 1):\n    for coin in coins:\n        if coin <= i:\n            best[i] = min(best[i], best[i - coin] + 1)\n"
             "print(best[amount])\n"),
            ("one-short", "off-by-one", "k, amount = data[0], data[1]\ncoins = data[2:]\nbest = [0] + [10 ** 9] * amount\n"
             "for i in range(1, amount):\n    for coin in coins:\n        if coin <= i:\n            best[i] = min(best[i], best[i - coin] + 1)\n"
             "print(best[amount] if best[amount] < 10 ** 9 else -1)\n"),
        ) + _cpp(
            ("table", "", "int main() {\n    int k, amount;\n    cin >> k >> amount;\n    vector<int> coins(k), best(amount + 1, 1e9);\n"
             "    for (auto& coin : coins) cin >> coin;\n    best[0] = 0;\n    for (int i = 1; i <= amount; i++)\n        for (int coin : coins)\n"
             "            if (coin <= i) best[i] = min(best[i], best[i - coin] + 1);\n    cout << (best[amount] < 1e9 ? best[amount] : -1) << endl;\n}\n"),
            ("largest-first", "greedy", "int main() {\n    int k, amount, total = 0;\n    cin >> k >> amount;\n    vector<int> coins(k);\n"
             "    for (auto& coin : coins) cin >> coin;\n    sort(coins.rbegin(), coins.rend());\n    for (int coin : coins) {\n"
             "        total += amount / coin;\n        amount %= coin;\n    }\n    cout << (amount ? -1 : total) << endl;\n}\n"),
        ),
    )  # fmt: skip


def _rooms() -> Problem:
    rng = random.Random("rooms")

    def given(rows: list[tuple[int, int]]) -> str:
        return f"{len(rows)}\n" + "".join(f"{a} {b}\n" for a, b in rows)

    many = [(a, a + rng.randint(1, 60)) for a in (rng.randint(0, 900) for _ in range(400))]
    inputs = [given(one) for one in (
        [(1, 4), (2, 3), (3, 6)], [(0, 10)], [(1, 2), (2, 3), (3, 4)], [(0, 5), (4, 7), (6, 12)],
        [(5, 6), (1, 10), (2, 4), (4, 5), (6, 9)], many,
    )]  # fmt: skip
    return Problem(
        "most-lectures", "Most lectures in one room",
        "*n* lectures want the same room, each from a time to a time. Print how many of them can be held there at most. One may begin"
        " when another ends.\n\n**Input.** *n*, and beginning and end of each.\n\n**Output.** One number.",
        "Of all lectures, which would you surely take first?", ("greedy",), 0.5, inputs,
        _python(
            ("by-end", "", "rows = sorted(zip(data[1::2], data[2::2]), key=lambda row: row[1])\nlast = -1\ntotal = 0\nfor start, end in rows:\n"
             "    if start >= last:\n        total += 1\n        last = end\nprint(total)\n"),
            ("by-start", "greedy", "rows = sorted(zip(data[1::2], data[2::2]))\nlast = -1\ntotal = 0\nfor start, end in rows:\n"
             "    if start >= last:\n        total += 1\n        last = end\nprint(total)\n"),
            ("shortest-first", "wrong-order", "rows = sorted(zip(data[1::2], data[2::2]), key=lambda row: row[1] - row[0])\ntaken = []\n"
             "for start, end in rows:\n    if all(end <= a or start >= b for a, b in taken):\n        taken.append((start, end))\nprint(len(taken))\n"),
            ("with-a-gap", "wrong-condition", "rows = sorted(zip(data[1::2], data[2::2]), key=lambda row: row[1])\nlast = -1\ntotal = 0\n"
             "for start, end in rows:\n    if start > last:\n        total += 1\n        last = end\nprint(total)\n"),
            ("in-order", "does-not-sort", "last = -1\ntotal = 0\nfor start, end in zip(data[1::2], data[2::2]):\n    if start >= last:\n"
             "        total += 1\n        last = end\nprint(total)\n"),
        ) + _cpp(
            ("by-end", "", "int main() {\n    int n;\n    cin >> n;\n    vector<pair<int, int>> rows(n);\n    for (auto& [end, start] : rows) cin >> start >> end;\n"
             "    sort(rows.begin(), rows.end());\n    int last = -1, total = 0;\n    for (auto [end, start] : rows)\n        if (start >= last) {\n"
             "            total++;\n            last = end;\n        }\n    cout << total << endl;\n}\n"),
            ("by-start", "greedy", "int main() {\n    int n;\n    cin >> n;\n    vector<pair<int, int>> rows(n);\n    for (auto& [start, end] : rows) cin >> start >> end;\n"
             "    sort(rows.begin(), rows.end());\n    int last = -1, total = 0;\n    for (auto [start, end] : rows)\n        if (start >= last) {\n"
             "            total++;\n            last = end;\n        }\n    cout << total << endl;\n}\n"),
        ),
    )  # fmt: skip


_GRAPH = "n, m = data[0], data[1]\nnear = [[] for i in range(n + 1)]\nfor a, b in zip(data[2::2], data[3::2]):\n    near[a].append(b)\n"
_BOTH = _GRAPH + "    near[b].append(a)\n"


def _graphs() -> list[tuple[int, list[tuple[int, int]]]]:
    rng = random.Random("graphs")
    many = [(rng.randint(1, 300), rng.randint(1, 300)) for _ in range(420)]
    ring = [(i, i % 60 + 1) for i in range(1, 61)]
    return [
        (4, [(1, 2), (2, 3), (3, 4), (1, 4)]), (3, [(1, 2)]), (5, [(5, 4), (4, 1), (2, 5), (1, 2)]), (1, []), (60, ring), (300, many),
    ]  # fmt: skip


def _steps() -> Problem:
    inputs = [f"{n} {len(edges)}\n" + "".join(f"{a} {b}\n" for a, b in edges) for n, edges in _graphs()]
    search = (
        "from collections import deque\nfar = {1: 0}\nqueue = deque([1])\nwhile queue:\n    i = queue.popleft()\n    for j in near[i]:\n"
        "        if j not in far:\n            far[j] = far[i] + 1\n            queue.append(j)\nprint(far.get(n, -1))\n"
    )
    return Problem(
        "fewest-changes", "Fewest changes",
        "A town has *n* stops and *m* lines, each going to and fro between two stops. Print the fewest lines that lead from stop 1 to"
        " stop *n*, or `-1` where none do.\n\n**Input.** *n* and *m*, and the two stops of each line.\n\n**Output.** One number.",
        "Which stops do you reach with one line, and which with two?", ("graphs",), 0.5, inputs,
        _python(
            ("queue", "", _BOTH + search),
            ("layers", "", _BOTH + "far = {1}\nlayer = {1}\ntotal = 0\nwhile layer and n not in far:\n"
             "    layer = {j for i in layer for j in near[i]} - far\n    far |= layer\n    total += 1\nprint(total if n in far else -1)\n"),
            ("one-way", "directed-only", _GRAPH + search),
            ("depth-first", "depth-for-breadth", "sys.setrecursionlimit(100000)\n" + _BOTH + "far = {}\n\n\ndef go(i, total):\n    far[i] = total\n"
             "    for j in near[i]:\n        if j not in far:\n            go(j, total + 1)\n\n\ngo(1, 0)\nprint(far.get(n, -1))\n"),
            ("no-answer", "forgets-empty", _BOTH + search.replace("far.get(n, -1)", "far[n]")),
            ("counts-stops", "off-by-one", _BOTH + search.replace("{1: 0}", "{1: 1}")),
        ) + _cpp(
            ("queue", "", "int main() {\n    int n, m;\n    cin >> n >> m;\n    vector<vector<int>> near(n + 1);\n    while (m--) {\n        int a, b;\n"
             "        cin >> a >> b;\n        near[a].push_back(b);\n        near[b].push_back(a);\n    }\n    vector<int> far(n + 1, -1);\n    queue<int> waiting;\n"
             "    far[1] = 0;\n    waiting.push(1);\n    while (!waiting.empty()) {\n        int i = waiting.front();\n        waiting.pop();\n"
             "        for (int j : near[i])\n            if (far[j] < 0) {\n                far[j] = far[i] + 1;\n                waiting.push(j);\n            }\n    }\n"
             "    cout << far[n] << endl;\n}\n"),
            ("one-way", "directed-only", "int main() {\n    int n, m;\n    cin >> n >> m;\n    vector<vector<int>> near(n + 1);\n    while (m--) {\n        int a, b;\n"
             "        cin >> a >> b;\n        near[a].push_back(b);\n    }\n    vector<int> far(n + 1, -1);\n    queue<int> waiting;\n"
             "    far[1] = 0;\n    waiting.push(1);\n    while (!waiting.empty()) {\n        int i = waiting.front();\n        waiting.pop();\n"
             "        for (int j : near[i])\n            if (far[j] < 0) {\n                far[j] = far[i] + 1;\n                waiting.push(j);\n            }\n    }\n"
             "    cout << far[n] << endl;\n}\n"),
        ),
    )  # fmt: skip


def _islands() -> Problem:
    inputs = [f"{n} {len(edges)}\n" + "".join(f"{a} {b}\n" for a, b in edges) for n, edges in _graphs()]
    walk = (
        "seen = set()\ntotal = 0\nfor first in range(1, n + 1):\n    if first in seen:\n        continue\n    total += 1\n    stack = [first]\n"
        "    while stack:\n        i = stack.pop()\n        if i not in seen:\n            seen.add(i)\n            stack.extend(near[i])\nprint(total)\n"
    )
    return Problem(
        "circles-of-friends", "Circles of friends",
        "*n* people, and *m* pairs of them who are friends. Friends of friends belong to the same circle. Print how many circles there"
        " are; who has no friend is one alone.\n\n**Input.** *n* and *m*, and the pairs.\n\n**Output.** One number.",
        "Begin with somebody, and find their whole circle.", ("graphs",), 0.3, inputs,
        _python(
            ("stack", "", _BOTH + walk),
            ("union", "", "n, m = data[0], data[1]\nhead = list(range(n + 1))\n\n\ndef find(i):\n    while head[i] != i:\n        i = head[i]\n    return i\n\n\n"
             "for a, b in zip(data[2::2], data[3::2]):\n    head[find(a)] = find(b)\nprint(sum(head[i] == i for i in range(1, n + 1)))\n"),
            ("one-way", "directed-only", _GRAPH + walk),
            ("n-minus-m", "greedy", "n, m = data[0], data[1]\nprint(max(1, n - m))\n"),
            ("no-loners", "forgets-empty", _BOTH + walk.replace("    total += 1\n", "    total += 1 if near[first] else 0\n")),
            ("from-nought", "off-by-one", _BOTH + walk.replace("range(1, n + 1)", "range(0, n + 1)")),
        ) + _cpp(
            ("union", "", "int main() {\n    int n, m;\n    cin >> n >> m;\n    vector<int> head(n + 1);\n    iota(head.begin(), head.end(), 0);\n"
             "    function<int(int)> find = [&](int i) { return head[i] == i ? i : head[i] = find(head[i]); };\n    int total = n;\n    while (m--) {\n"
             "        int a, b;\n        cin >> a >> b;\n        a = find(a), b = find(b);\n        if (a != b) head[a] = b, total--;\n    }\n    cout << total << endl;\n}\n"),
            ("every-pair", "greedy", "int main() {\n    int n, m;\n    cin >> n >> m;\n    cout << max(1, n - m) << endl;\n}\n"),
        ),
    )  # fmt: skip


def _pairs() -> Problem:
    def given(wanted: int, row: list[int]) -> str:
        return f"{len(row)} {wanted}\n{' '.join(map(str, row))}\n"

    inputs = [
        given(6, [1, 5, 3, 3]), given(10, [1, 2, 3]), given(4, [2, 2, 2, 2]), given(0, [0]), given(0, [-1, 1, 0, 0, -2, 2]),
        given(500, _numbers("pairs", many=9000, low=-4000, high=4000)),
    ]  # fmt: skip
    return Problem(
        "pairs", "Pairs that add up", "Print how many pairs of *n* numbers add up to *t*.\n\n**Input.** *n* and *t*, and the numbers."
        "\n\n**Output.** One number.", "Which number would you have to have seen before?", ("hashing",), 0.2, inputs,
        _python(
            ("counting", "", "n, wanted = data[0], data[1]\nseen = {}\ntotal = 0\nfor value in data[2:]:\n    total += seen.get(wanted - value, 0)\n"
             "    seen[value] = seen.get(value, 0) + 1\nprint(total)\n"),
            ("all-pairs", "quadratic", "n, wanted = data[0], data[1]\nvalues = data[2:]\ntotal = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n"
             "        if values[i] + values[j] == wanted:\n            total += 1\nprint(total)\n"),
            ("set", "set-for-list", "n, wanted = data[0], data[1]\nvalues = set(data[2:])\nprint(sum(wanted - value in values for value in values) // 2)\n"),
            ("twice", "counts-twice", "n, wanted = data[0], data[1]\nseen = {}\nfor value in data[2:]:\n    seen[value] = seen.get(value, 0) + 1\n"
             "print(sum(seen.get(wanted - value, 0) for value in data[2:]))\n"),
            ("neighbours", "off-by-one", "n, wanted = data[0], data[1]\nvalues = sorted(data[2:])\n"
             "print(sum(values[i] + values[i + 1] == wanted for i in range(n)))\n"),
        ) + _cpp(
            ("counting", "", "int main() {\n    long long n, wanted, value, total = 0;\n    cin >> n >> wanted;\n    map<long long, long long> seen;\n"
             "    while (cin >> value) {\n        total += seen[wanted - value];\n        seen[value]++;\n    }\n    cout << total << endl;\n}\n"),
            ("with-itself", "counts-twice", "int main() {\n    long long n, wanted, value, total = 0;\n    cin >> n >> wanted;\n    map<long long, long long> seen;\n"
             "    while (cin >> value) {\n        seen[value]++;\n        total += seen[wanted - value];\n    }\n    cout << total << endl;\n}\n"),
        ),
    )  # fmt: skip


def _rising() -> Problem:
    rows = _lines([3, 1, 4, 1, 5, 9, 2, 6], [5, 4, 3], [1, 1, 1, 1], [7], [1, 9, 2, 8, 3, 7, 4, 6, 5],
                  _numbers("rising", many=12000, low=0, high=10**6))  # fmt: skip
    return Problem(
        "rising", "The longest rise",
        "From *n* numbers some are struck out, so that each of the rest is larger than the one before it. Print how many can be left at"
        " most.\n\n**Input.** *n*, and the numbers.\n\n**Output.** One number.",
        "For each length: how small can the last number of such a rise be?", ("dynamic programming", "binary search"), 1.2, rows,
        _python(
            ("tails", "", "from bisect import bisect_left\ntails = []\nfor value in data[1:]:\n    i = bisect_left(tails, value)\n    tails[i:i + 1] = [value]\n"
             "print(len(tails))\n"),
            ("as-large", "wrong-condition", "from bisect import bisect_right\ntails = []\nfor value in data[1:]:\n    i = bisect_right(tails, value)\n"
             "    tails[i:i + 1] = [value]\nprint(len(tails))\n"),
            ("all-pairs", "quadratic", "values = data[1:]\nbest = [1] * len(values)\nfor i in range(len(values)):\n    for j in range(i):\n"
             "        if values[j] < values[i]:\n            best[i] = max(best[i], best[j] + 1)\nprint(max(best))\n"),
            ("without-gaps", "needs-neighbours", "values = data[1:]\nbest = total = 1\nfor i in range(1, len(values)):\n"
             "    total = total + 1 if values[i] > values[i - 1] else 1\n    best = max(best, total)\nprint(best)\n"),
            ("takes-what-comes", "greedy", "last = -1\ntotal = 0\nfor value in data[1:]:\n    if value > last:\n        total += 1\n        last = value\nprint(total)\n"),
        ) + _cpp(
            ("tails", "", "int main() {\n    int n, value;\n    cin >> n;\n    vector<int> tails;\n    while (cin >> value) {\n"
             "        auto i = lower_bound(tails.begin(), tails.end(), value);\n        if (i == tails.end()) tails.push_back(value);\n        else *i = value;\n    }\n"
             "    cout << tails.size() << endl;\n}\n"),
            ("takes-what-comes", "greedy", "int main() {\n    int n, value, last = -1, total = 0;\n    cin >> n;\n    while (cin >> value)\n"
             "        if (value > last) total++, last = value;\n    cout << total << endl;\n}\n"),
        ),
    )  # fmt: skip


def problems() -> list[Problem]:
    """Return them."""
    return [_pairs(), _islands(), _best_stretch(), _rooms(), _steps(), _coins(), _rising()]
