"""Introduction to programming: text and its words."""

from lti_grader.demo.department.catalogue.shape import Problem, programs

_COUNT = [
    ("vowels", "Vowels", "vowels (a, e, i, o, u, small or capital) a line has", 'sign in "aeiouAEIOU"', 'sign in "aeiou"', -1.0),
    ("capitals", "Capital letters", "capital letters a line has", "sign.isupper()", "sign.upper()", -1.1),
    ("digits-in-text", "Digits in a text", "digits a line has", "sign.isdigit()", "sign.isalnum()", -1.0),
    ("no-letters", "Signs and spaces", "characters of a line are neither letters nor digits", "not sign.isalnum()",
     "not sign.isalpha()", -0.7),
]  # fmt: skip
_COUNTING = [
    (
        "loop",
        "",
        """
text = input()
total = 0
for sign in text:
    if @COND@:
        total += 1
print(total)
""",
    ),
    (
        "sum",
        "",
        """
text = input()
print(sum(1 for sign in text if @COND@))
""",
    ),
    (
        "list",
        "",
        """
text = input()
found = [sign for sign in text if @COND@]
print(len(found))
""",
    ),
    (
        "other-condition",
        "wrong-condition",
        """
text = input()
total = 0
for sign in text:
    if @OTHER@:
        total += 1
print(total)
""",
    ),
    (
        "misses-the-last",
        "off-by-one",
        """
text = input()
total = 0
for i in range(len(text) - 1):
    sign = text[i]
    if @COND@:
        total += 1
print(total)
""",
    ),
    (
        "each-once",
        "set-for-list",
        """
text = input()
total = 0
for sign in set(text):
    if @COND@:
        total += 1
print(total)
""",
    ),
    (
        "resets",
        "reset-in-loop",
        """
text = input()
for sign in text:
    total = 0
    if @COND@:
        total += 1
print(total)
""",
    ),
    (
        "first-word",
        "reads-wrongly",
        """
text = input().split()[0]
total = 0
for sign in text:
    if @COND@:
        total += 1
print(total)
""",
    ),
    (
        "unindented",
        "syntax",
        """
text = input()
total = 0
for sign in text:
if @COND@:
    total += 1
print(total)
""",
    ),
]
_LINES = [
    "Hello, World 2026! A\n",
    "The Quick Brown fox? E1\n",
    "AEIOU aeiou 12345 77 --- !\n",
    "I\n",
    "7\n",
    "ANNA and OTTO: 3 Ubungen, 33 cakes! OK? YES! 42% E\n",
]


def _counting() -> list[Problem]:
    return [
        Problem(
            slug, title, f"Print how many {wanted}.\n\n**Input.** One line of text.\n\n**Output.** One number.",
            "A text can be gone through like a list.", ("text", "loops"), difficulty, _LINES,
            programs("python", _COUNTING, {"COND": condition, "OTHER": other}),
        )
        for slug, title, wanted, condition, other, difficulty in _COUNT
    ]  # fmt: skip


_TELL = [
    ("different-words", "Different words", "how many different words a text has; capital and small letters count as the same",
     "len(set(words))", "len(words)", -0.2),
    ("longest-word", "The longest word", "the longest word of a text, in small letters; of several the first",
     "max(words, key=len)", "max(words)", -0.3),
    ("frequent-word", "The most frequent word",
     "the most frequent word of a text, in small letters; of several the first in alphabetical order",
     "min(words, key=lambda word: (-words.count(word), word))", "max(words, key=words.count)", 0.4),
]  # fmt: skip
# Empty words are never the longest.
_RIGHT_ALL_THE_SAME = ("longest-word", "single-spaces")
_TELLING = [
    (
        "short",
        "",
        """
import sys
words = sys.stdin.read().lower().split()
print(@ANSWER@)
""",
    ),
    (
        "by-line",
        "",
        """
import sys
words = []
for line in sys.stdin:
    for word in line.split():
        words.append(word.lower())
print(@ANSWER@)
""",
    ),
    (
        "keeps-capitals",
        "forgets-case",
        """
import sys
words = sys.stdin.read().split()
print(@ANSWER@)
""",
    ),
    (
        "one-line",
        "reads-wrongly",
        """
words = input().lower().split()
print(@ANSWER@)
""",
    ),
    (
        "single-spaces",
        "splits-wrongly",
        """
import sys
words = sys.stdin.read().lower().replace("\\n", " ").split(" ")
print(@ANSWER@)
""",
    ),
    (
        "other-answer",
        "wrong-condition",
        """
import sys
words = sys.stdin.read().lower().split()
print(@OTHER@)
""",
    ),
    (
        "misses-the-last",
        "off-by-one",
        """
import sys
words = sys.stdin.read().lower().split()[:-1]
print(@ANSWER@)
""",
    ),
    (
        "says-more",
        "extra-output",
        """
import sys
words = sys.stdin.read().lower().split()
print("It is:", @ANSWER@)
""",
    ),
    (
        "no-bracket",
        "syntax",
        """
import sys
words = sys.stdin.read().lower().split(
print(@ANSWER@)
""",
    ),
]
_TEXTS = [
    "the cat and the dog\n", "one fish two fish red fish\nblue fish\n", "To be or not to be\nTo sleep to dream\n", "word\n",
    "a  b   a\n\nB A Longest\n", "zeta alpha Zeta beta ALPHA\ngamma gamma delta zeta\nalpha omega\n",
]  # fmt: skip


def _telling() -> list[Problem]:
    return [
        Problem(
            slug, title, f"Print {wanted}. Words are separated by spaces and line ends, as many as there are.\n\n**Input.** A"
            " text of one or more lines.\n\n**Output.** One line.", "What does `split` do with several spaces in a row?",
            ("text", "dictionaries"), difficulty, _TEXTS, programs("python", [one for one in _TELLING if (slug, one[0]) != _RIGHT_ALL_THE_SAME], {"ANSWER": answer, "OTHER": other}),
        )
        for slug, title, wanted, answer, other, difficulty in _TELL
    ]  # fmt: skip


def problems() -> list[Problem]:
    """Return them."""
    return [*_counting(), *_telling()]
