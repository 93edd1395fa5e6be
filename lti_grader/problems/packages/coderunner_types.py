"""CodeRunner's question types: which language an answer to them is in, and how it becomes a program.

https://github.com/trampgeek/moodle-qtype_coderunner, "CodeRunner question types".
"""

import dataclasses
from collections.abc import Mapping

ANSWER = "{{ STUDENT_ANSWER }}"
_ECHO = """_read = input
def input(prompt=""):
    line = _read(prompt)
    print(line)
    return line

{{ STUDENT_ANSWER }}

{{ TEST.testcode }}
"""
_SQL = '''import os, shutil, subprocess, sys

answer = """{{ STUDENT_ANSWER | e('py') }}""".rstrip().rstrip(";") + ";"
databases = [name for name in os.listdir() if name.endswith(".db")]
if len(databases) != 1:
    sys.exit("The problem needs exactly one file that ends in .db.")
shutil.copyfile(databases[0], "work")
extra = """{{ TEST.extra | e('py') }}"""
widths = [int(width) for width in "{% for width in widths %}{{ width }} {% endfor %}".split()]
if 0 in widths:
    # As wide as in the version of SQLite that these questions were written for: ten, or what the names and the first row need.
    shutil.copyfile("work", "measured")
    commands = [".mode list", ".separator \\x1f", ".headers on", extra, answer]
    found = subprocess.run(["sqlite3", "-bail", "measured"], input="\\n".join(commands), text=True, capture_output=True)
    rows = [line.split("\\x1f") for line in found.stdout.splitlines()[:2]]
    widths = [
        width or max([10, *(len(row[place]) for row in rows if place < len(row))]) for place, width in enumerate(widths)
    ]
commands = [
    ".mode column", ".headers on", f".width {' '.join(map(str, widths))}" if widths else "", extra, answer,
    """{{ TEST.testcode | e('py') }}""",
]
done = subprocess.run(["sqlite3", "-bail", "work"], input="\\n".join(commands), text=True)
sys.exit(done.returncode)
'''


@dataclasses.dataclass(frozen=True)
class BuiltIn:
    """A type that comes with CodeRunner.

    Parameters
    ----------
    language
        What the answer is in, by our names.
    text
        Its template; "" for the language's own.
    program
        The program's language, where that is another.
    parameters
        More for the language's own template.
    """

    language: str
    text: str = ""
    program: str | None = None
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


BUILT_IN = {
    "python3": BuiltIn("python"),
    "python3_w_input": BuiltIn("python", _ECHO),
    "c_function": BuiltIn("c"),
    "c_program": BuiltIn("c", ANSWER),
    "cpp_function": BuiltIn("cpp"),
    "cpp_program": BuiltIn("cpp", ANSWER),
    "java_class": BuiltIn("java", parameters={"answer_is": "classes"}),
    "java_method": BuiltIn("java", parameters={"answer_is": "methods"}),
    "java_program": BuiltIn("java", ANSWER),
    "nodejs": BuiltIn("javascript"),
    "octave_function": BuiltIn("octave", "1;\n{{ STUDENT_ANSWER }}\n\nformat free\n{{ TEST.testcode }};\n"),
    "php": BuiltIn("php"),
    "pascal_function": BuiltIn("pascal", "{{ STUDENT_ANSWER }}\n\nbegin\n{{ TEST.testcode }};\nend.\n"),
    "pascal_program": BuiltIn("pascal", ANSWER),
    "sql": BuiltIn("sql", _SQL, program="python"),
}
CANNOT = {
    "directed_graph": "it is answered by drawing a graph, and there is no editor for that here",
    "undirected_graph": "it is answered by drawing a graph, and there is no editor for that here",
    "python2": "Python 2 is not here",
}
MULTILANGUAGE = "multilanguage"
LANGUAGES = {
    "python3": "python", "python": "python", "c": "c", "cpp": "cpp", "c_cpp": "cpp", "c++": "cpp", "java": "java", "nodejs": "javascript",
    "javascript": "javascript", "octave": "octave", "matlab": "octave", "sql": "sql", "cs": "csharp", "c#": "csharp",
    "typescript": "typescript", "rust": "rust", "go": "go", "golang": "go", "kotlin": "kotlin", "r": "r", "bash": "bash",
    "sh": "bash", "haskell": "haskell", "php": "php", "perl": "perl", "ruby": "ruby", "lua": "lua", "pascal": "pascal",
}  # fmt: skip
"""What CodeRunner, Jobe and the Ace editor call a language -> what it is called here."""
