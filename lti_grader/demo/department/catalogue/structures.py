"""Data structures, in C++ and Java."""

import random

from lti_grader.demo.department.catalogue.shape import CPP, Problem, Program, fill

_CPP = CPP + "int main() {\n"
_JAVA = (
    "import java.util.*;\n\npublic class Main {\n    public static void main(String[] args) {\n"
    "        Scanner in = new Scanner(System.in);\n"
)


def _cpp(body: str) -> str:
    return f"{_CPP}{_indented(body, 4)}}}\n"


def _java(body: str) -> str:
    return f"{_JAVA}{_indented(body, 8)}    }}\n}}\n"


def _indented(body: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" if line else "\n" for line in body.strip("\n").split("\n"))


# Commands on a container: (slug, title, words, C++ type, C++ next, C++ remove, Java's first, the other end)
_CONTAINERS = [
    ("stack-machine", "A stack", "the newest of those that are still there", "c.back()", "c.pop_back()", "c.front()", "c.pop_front()",
     "Last", "First", -0.6),
    ("ticket-queue", "A queue", "the oldest of those that are still there", "c.front()", "c.pop_front()", "c.back()",
     "c.pop_back()", "First", "Last", -0.6),
]  # fmt: skip
_COMMANDS_CPP = """
int n;
cin >> n;
deque<long long> c;
while (n--) {
    string word;
    cin >> word;
    if (word == "add") {
        long long value;
        cin >> value;
        c.push_back(value);
    } else if (@EMPTY@) {
        cout << "none" << endl;
    } else {
        cout << @NEXT@ << endl;
        @REMOVE@;
    }
}
"""
_COMMANDS_JAVA = """
int n = in.nextInt();
ArrayDeque<Long> c = new ArrayDeque<>();
for (int i = 0; i < n; i++) {
    String word = in.next();
    if (@ADDS@) {
        c.addLast(in.nextLong());
    } else if (c.isEmpty()) {
        System.out.println("@NONE@");
    } else {
        System.out.println(c.@TAKE@());
    }
}
"""


def _containers() -> list[Problem]:
    found = []
    for slug, title, wanted, first, remove, other, other_remove, end, other_end, difficulty in _CONTAINERS:
        usual = {"EMPTY": "c.empty()", "NEXT": first, "REMOVE": remove}
        cpp = [
            ("deque", "", usual),
            ("other-end", "wrong-end", usual | {"NEXT": other, "REMOVE": other_remove}),
            ("no-look", "forgets-empty", usual | {"EMPTY": "n < 0"}),
            ("keeps-it", "does-not-remove", usual | {"REMOVE": "(void)0"}),
            ("mixed-ends", "wrong-end", usual | {"REMOVE": other_remove}),
            ("no-such-name", "syntax", usual | {"NEXT": "stack.top()"}),
        ]
        its = {"ADDS": 'word.equals("add")', "NONE": "none", "TAKE": f"poll{end}"}
        java = [
            ("deque", "", its),
            ("other-end", "wrong-end", its | {"TAKE": f"poll{other_end}"}),
            ("compares-by-address", "compares-by-address", its | {"ADDS": 'word == "add"'}),
            ("keeps-it", "does-not-remove", its | {"TAKE": f"peek{end}"}),
            ("other-words", "extra-output", its | {"NONE": "None"}),
            ("no-such-method", "syntax", its | {"TAKE": "next"}),
        ]
        rng = random.Random(slug)
        many = [f"add {rng.randint(1, 999)}" if rng.random() < 0.55 else "take" for _ in range(300)]
        rows = [
            ["add 1", "add 2", "take", "take"], ["take", "add 5", "take", "take"], ["add 3", "take", "add 4", "add 5", "take"],
            ["take"], ["add 7", "add 8", "add 9", "take", "add 10", "take", "take", "take", "take"], many,
        ]  # fmt: skip
        statement = (
            f"Carry out *n* commands. `add x` puts a number in; `take` takes out {wanted}, and prints it, or prints `none` where"
            " there is none.\n\n**Input.** The number *n*, and the commands, one a line.\n\n**Output.** One line for each `take`."
        )
        found.append(
            Problem(
                slug, title, statement, "Which end do you put numbers in at, and which do you take them from?", ("queues", "stacks"),
                difficulty, ["\n".join([str(len(row)), *row]) + "\n" for row in rows],
                [Program(name, "cpp", _cpp(fill(_COMMANDS_CPP, words)), belief) for name, belief, words in cpp]
                + [Program(name, "java", _java(fill(_COMMANDS_JAVA, words)), belief) for name, belief, words in java],
            )
        )  # fmt: skip
    return found


# Counting with a map: (slug, title, words, C++ that prints from `seen` and `order`, Java likewise, wrong ones)
_MAPS = [
    ("most-votes", "Most votes", "the name that occurs most often; of several the first in alphabetical order",
     "string best;\nfor (auto& [name, times] : seen) if (best.empty() || times @MORE@ seen[best]) best = name;\ncout << best << endl;",
     'String best = "";\nfor (String name : seen.keySet()) if (best.isEmpty() || seen.get(name) @MORE@ seen.get(best)) best = name;\n'
     "System.out.println(best);", ">", ">=", -0.1),
    ("only-once", "Only once", "how many names occur exactly once",
     "int total = 0;\nfor (auto& [name, times] : seen) if (times @MORE@ 1) total++;\ncout << total << endl;",
     "int total = 0;\nfor (String name : seen.keySet()) if (seen.get(name) @MORE@ 1) total++;\nSystem.out.println(total);",
     "==", ">=", -0.4),
    ("guests", "Who came twice", "how many names occur at least twice",
     "int total = 0;\nfor (auto& [name, times] : seen) if (times @MORE@ 2) total++;\ncout << total << endl;",
     "int total = 0;\nfor (String name : seen.keySet()) if (seen.get(name) @MORE@ 2) total++;\nSystem.out.println(total);",
     ">=", "==", -0.4),
]  # fmt: skip
_READ_CPP = "int n;\ncin >> n;\nmap<string, int> seen;\nfor (int i = @FROM@; i < n; i++) {\n    string name;\n    cin >> name;\n    @NOTE@;\n}\n"
_READ_JAVA = (
    "int n = in.nextInt();\nTreeMap<String, Integer> seen = new TreeMap<>();\nfor (int i = @FROM@; i < n; i++) {\n"
    "    String name = in.next();\n    @NOTE@;\n}\n"
)


def _maps() -> list[Problem]:
    found = []
    rng = random.Random("maps")
    names = ["ada", "bo", "cleo", "dan", "eve", "finn"]
    rows = [
        ["bo", "ada", "bo", "cleo"], ["eve", "dan"], ["dan", "ada", "ada", "eve", "dan"], ["finn"],
        ["ada", "ada", "ada", "bo", "bo", "bo", "cleo"], [rng.choice(names) + str(rng.randint(1, 30)) for _ in range(250)],
    ]  # fmt: skip
    for slug, title, wanted, cpp, java, right, wrong, difficulty in _MAPS:
        usual = {"FROM": "0", "NOTE": "seen[name]++", "MORE": right}
        its = {"FROM": "0", "NOTE": "seen.merge(name, 1, Integer::sum)", "MORE": right}
        kinds_cpp = [
            ("map", "", usual), ("other-comparison", "wrong-condition", usual | {"MORE": wrong}),
            ("one-short", "off-by-one", usual | {"FROM": "1"}), ("sets-one", "reset-in-loop", usual | {"NOTE": "seen[name] = 1"}),
            ("no-semicolon", "syntax", usual | {"NOTE": "seen[name]++ seen"}),
        ]  # fmt: skip
        kinds_java = [
            ("map", "", its), ("get-or-default", "", its | {"NOTE": "seen.put(name, seen.getOrDefault(name, 0) + 1)"}),
            ("other-comparison", "wrong-condition", its | {"MORE": wrong}),
            ("one-short", "off-by-one", its | {"FROM": "1"}), ("sets-one", "reset-in-loop", its | {"NOTE": "seen.put(name, 1)"}),
            ("null-count", "forgets-empty", its | {"NOTE": "seen.put(name, seen.get(name) + 1)"}),
        ]  # fmt: skip
        statement = (
            f"You are given *n* names. Print {wanted}.\n\n**Input.** The number *n*, at least 1, and the names, one a line, in small"
            " letters and digits.\n\n**Output.** One line."
        )
        found.append(
            Problem(
                slug, title, statement, "A map from each name to how often you have seen it.", ("maps",), difficulty,
                ["\n".join([str(len(row)), *row]) + "\n" for row in rows],
                [Program(name, "cpp", _cpp(fill(_READ_CPP + cpp, words)), belief) for name, belief, words in kinds_cpp]
                + [Program(name, "java", _java(fill(_READ_JAVA + java, words)), belief) for name, belief, words in kinds_java],
            )
        )  # fmt: skip
    return found


_LISTS = [
    ("rotate", "Turn a list", "the list turned left by *k* places", "(i + k) % n", "(i + k) % n", "(i + n - k % n) % n",
     "i + k < n ? i + k : i + k - n", 0.0),
    ("turn-right", "Turn a list to the right", "the list turned right by *k* places", "((i - k) % n + n) % n", "(i + n - k % n) % n",
     "(i + k) % n", "i - k >= 0 ? i - k : i - k + n", 0.2),
]  # fmt: skip
_LIST_CPP = """
long long n, k;
cin >> n >> k;
vector<long long> values(n);
for (int i = 0; i < n; i++) cin >> values[i];
for (long long i = 0; i < n; i++) cout << values@AT@ << (i + 1 < n ? "@BETWEEN@" : "\\n");
"""
_LIST_JAVA = """
int n = in.nextInt();
int k = in.nextInt();
long[] values = new long[n];
for (int i = 0; i < n; i++) values[i] = in.nextLong();
StringBuilder line = new StringBuilder();
for (int i = @FROM@; i < n; i++) line.append(values[@AT@]).append(' ');
System.out.println(line.toString().trim());
"""


def _lists() -> list[Problem]:
    found = []
    rows = [
        ([1, 2, 3, 4, 5], 2),
        ([10, 20, 30], 1),
        ([7, 8], 5),
        ([9], 1000000),
        (list(range(40)), 13),
        (list(range(7)), 700003),
    ]
    for slug, title, wanted, cpp, java, other, no_modulo, difficulty in _LISTS:
        usual = {"AT": f"[{cpp}]", "BETWEEN": " "}
        its = {"FROM": "0", "AT": java}
        kinds_cpp = [
            ("modulo", "", usual), ("other-way", "wrong-end", usual | {"AT": f"[{other}]"}),
            ("once-around", "forgets-modulo", usual | {"AT": f".at({no_modulo})"}),
            ("with-commas", "extra-output", usual | {"BETWEEN": ", "}), ("unclosed", "syntax", usual | {"AT": f"[{cpp}"}),
        ]  # fmt: skip
        kinds_java = [
            ("modulo", "", its), ("other-way", "wrong-end", its | {"AT": other}),
            ("once-around", "forgets-modulo", its | {"AT": no_modulo}), ("one-short", "off-by-one", its | {"FROM": "1"}),
        ]  # fmt: skip
        statement = (
            f"You are given a list of *n* numbers, and a number *k*. Print {wanted}.\n\n**Input.** *n* and *k* (1 ≤ *n* ≤ 1000,"
            " 0 ≤ *k* ≤ 1,000,000), and the numbers.\n\n**Output.** The numbers in one line."
        )
        found.append(
            Problem(
                slug, title, statement, "After n places the list is what it was.", ("lists",), difficulty,
                [f"{len(row)} {k}\n{' '.join(map(str, row))}\n" for row, k in rows],
                [Program(name, "cpp", _cpp(fill(_LIST_CPP, words)), belief) for name, belief, words in kinds_cpp]
                + [Program(name, "java", _java(fill(_LIST_JAVA, words)), belief) for name, belief, words in kinds_java],
            )
        )  # fmt: skip
    return found


# Heaps: (slug, title, words, what is done with the smallest two or one)
_HEAPS = [
    ("ropes", "Tying ropes", "the least that it costs to tie all of them into one, where tying two costs the sum of their lengths",
     "while (heap.size() > 1) {\n    long long a = heap.top(); heap.pop();\n    long long b = heap.top(); heap.pop();\n"
     "    total += a + b;\n    heap.push(a + b);\n}",
     "while (heap.size() > 1) {\n    long a = heap.poll(), b = heap.poll();\n    total += a + b;\n    heap.add(a + b);\n}", 0.8),
    ("three-smallest", "The three smallest", "the sum of the three shortest, or of all where there are fewer",
     "for (int i = 0; i < 3 && !heap.empty(); i++) {\n    total += heap.top();\n    heap.pop();\n}",
     "for (int i = 0; i < 3 && !heap.isEmpty(); i++) total += heap.poll();", 0.1),
]  # fmt: skip
_HEAP_CPP = """
int n;
cin >> n;
priority_queue<@KIND@> heap;
for (int i = @FROM@; i < n; i++) {
    long long value;
    cin >> value;
    heap.push(value);
}
@NUMBER@ total = 0;
@DO@
cout << total << endl;
"""
_HEAP_JAVA = """
int n = in.nextInt();
PriorityQueue<Long> heap = new PriorityQueue<>(@ORDER@);
for (int i = @FROM@; i < n; i++) heap.add(in.nextLong());
@NUMBER@ total = 0;
@DO@
System.out.println(total);
"""


def _heaps() -> list[Problem]:
    found = []
    rng = random.Random("heaps")
    rows = [
        [4, 3, 2, 6], [5, 9], [1, 2, 3, 4, 5, 6, 7], [42], [2_000_000_000, 2_000_000_000, 1_900_000_000, 5],
        [rng.randint(1, 10**6) for _ in range(300)],
    ]  # fmt: skip
    least = "long long, vector<long long>, greater<long long>"
    for slug, title, wanted, cpp, java, difficulty in _HEAPS:
        usual = {"KIND": least, "FROM": "0", "NUMBER": "long long", "DO": cpp}
        its = {"ORDER": "", "FROM": "0", "NUMBER": "long", "DO": java}
        kinds_cpp = [
            ("heap", "", usual), ("largest-first", "wrong-end", usual | {"KIND": "long long"}),
            ("too-small", "overflow", usual | {"NUMBER": "int"}), ("one-short", "off-by-one", usual | {"FROM": "1"}),
            ("no-type", "syntax", usual | {"NUMBER": "number"}),
        ]  # fmt: skip
        kinds_java = [
            ("heap", "", its), ("largest-first", "wrong-end", its | {"ORDER": "Comparator.reverseOrder()"}),
            ("too-small", "overflow", its | {"NUMBER": "int"}), ("one-short", "off-by-one", its | {"FROM": "1"}),
        ]  # fmt: skip
        statement = (
            f"You are given the lengths of *n* ropes. Print {wanted}.\n\n**Input.** The number *n*, at least 1, and the lengths, up to"
            " 2,000,000,000 each.\n\n**Output.** One number."
        )
        found.append(
            Problem(
                slug, title, statement, "Which ropes do you want to have in your hands most often?", ("heaps",), difficulty,
                [f"{len(row)}\n{' '.join(map(str, row))}\n" for row in rows],
                [Program(name, "cpp", _cpp(fill(_HEAP_CPP, words)), belief) for name, belief, words in kinds_cpp]
                + [Program(name, "java", _java(fill(_HEAP_JAVA, words)), belief) for name, belief, words in kinds_java],
            )
        )  # fmt: skip
    return found


def problems() -> list[Problem]:
    """Return them."""
    return [*_containers(), *_maps(), *_lists(), *_heaps()]
