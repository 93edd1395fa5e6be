"""Which cells of a notebook are run, in which order, and as what Python: read in a sandbox, by any Python from 3.9 on."""

import ast
import json
import re
import sys

MOST_CELLS = 5000
_ALONE = re.compile(r"^(\s*)(?:%(\w+)[ \t]*(.*)|!.*|\?.*|[\w.]+\?{1,2}\s*)$")
_GIVES = re.compile(r"^(\s*)[\w., ]+=\s*([%!].*)$")
_CHECK = re.compile(r"\s*\w+\.check\(\s*[\"']([^\"']+)[\"']\s*\)\s*")
_RUN_THE_REST = ("time", "timeit", "prun", "capture")


class NoNotebook(ValueError):
    """A file is no notebook."""


def read_answer(text):
    """Return the code cells of a notebook: what each may be called, and its source.

    Raises
    ------
    NoNotebook
    """
    try:
        cells = json.loads(text)["cells"]
        found = [(called(one), joined(one.get("source", ""))) for one in cells if one["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoNotebook(
            "The file is no notebook that can be read: save it again in Jupyter, and hand that in."
        ) from None
    if len(found) > MOST_CELLS:
        raise NoNotebook(f"The notebook has more than {MOST_CELLS} cells.")
    return found


def called(cell):
    """Return what a cell is known by: nbgrader's name of it, the question that otter checks there, and Jupyter's id."""
    marks = cell.get("metadata", {}).get("nbgrader", {})
    checked = _CHECK.fullmatch(joined(cell.get("source", "")))
    return [str(one) for one in (marks.get("grade_id"), checked and checked[1], cell.get("id")) if one]


def joined(source):
    return source if isinstance(source, str) else "".join(source)


def in_order(plan, answer):
    """Return what is run: (kind, name, source), where the kind is "answer", "given" or "test".

    Cells that are not the student's to change have the text of the teacher's. Where one of those is not there, it comes
    before the next one that is.
    """
    known = {name: place for place, one in enumerate(plan) for name in one["called"]}
    met, order = set(), []
    for number, (names, source) in enumerate(answer, start=1):
        place = next((known[one] for one in names if one in known), None)
        if place is None or plan[place]["kind"] == "open":
            order.append((place, "answer", "cell {}".format(number), source))
        elif place not in met:
            order.append((place, plan[place]["kind"], plan[place]["name"], plan[place]["source"]))
        met.add(place)
    for place, one in enumerate(plan):
        if one["kind"] != "open" and place not in met:
            later = (at for at, (other, *_) in enumerate(order) if other is not None and other > place)
            order.insert(next(later, len(order)), (place, one["kind"], one["name"], one["source"]))
    return [one[1:] for one in order]


def with_values(source, values):
    """Return a cell in which variables are set to what they are when it is graded."""
    for name, value in values.items():
        line = r"^(\s*){}\s*=(?!=).*$".format(re.escape(name))
        source = re.sub(line, r"\g<1>{} = {}".format(name, value), source, flags=re.MULTILINE)
    return source


def as_python(source):
    """Return a cell as Python, and what was left out of it: lines for Jupyter and for the shell."""
    first = source.lstrip().split("\n", 1)
    if first[0].startswith("%%"):
        name = first[0][2:].split(" ")[0].strip()
        if name not in _RUN_THE_REST or len(first) == 1:
            return "", [first[0]]
        source = "\n" + first[1]
    lines, left = source.split("\n"), []
    for _ in range(len(lines) + 1):
        try:
            compile(
                "\n".join(lines), "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST, dont_inherit=True
            )
        except SyntaxError as error:
            place = (error.lineno or 1) - 1
            if place >= len(lines) or not _neutral(lines, place, left):
                break
        except ValueError:
            break
        else:
            break
    return "\n".join(lines), left


def _neutral(lines, place, left):
    """Put something that Python takes in the place of a line that it does not; return whether it was one of those."""
    line = lines[place]
    alone, gives = _ALONE.match(line), _GIVES.match(line)
    if alone is None and gives is None:
        return False
    left.append(line.strip())
    if alone is None:
        words = "What {} gives is not there: lines for Jupyter or the shell are not run.".format(gives[2].strip())
        lines[place] = "{}raise RuntimeError({!r})".format(gives[1], words)
    elif alone[2] in _RUN_THE_REST and alone[3]:
        lines[place] = alone[1] + alone[3]
    else:
        lines[place] = alone[1] + "pass"
    return True


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
            read_answer(file.read())
    except NoNotebook as error:
        sys.exit(str(error))
