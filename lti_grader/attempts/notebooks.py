"""Notebooks as students get them, hand them in, and read them on a page."""

import dataclasses
from collections.abc import Callable
from pathlib import PurePosixPath

from markupsafe import Markup

from lti_grader.attempts.errors import InvalidText
from lti_grader.attempts.text import check_code
from lti_grader.core.markdown import to_html
from lti_grader.problems.harness import NOTEBOOK, takes_notebook
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.notebooks import read_notebook
from lti_grader.problems.packages.files import unzipped, zipped
from lti_grader.problems.packages.notebooks import BESIDE, LANGUAGE, OWN_FILES

MOST_BYTES = 1_048_576
"""What a notebook may have that is handed in: its page leaves outputs out."""
MIMETYPE = "application/x-ipynb+json"


@dataclasses.dataclass(frozen=True)
class ShownCell:
    """A cell as a page shows it: words as `html`, code as `source` with the `number` that Jupyter gives it."""

    source: str
    html: Markup | None = None
    number: int | None = None


def shown_cells(content: bytes) -> list[ShownCell]:
    """Return the cells of a notebook; what was put out is not among them.

    Raises
    ------
    BadNotebook
    """
    shown: list[ShownCell] = []
    number = 0
    for cell in read_notebook(content).cells:
        if cell.is_code:
            number += 1
            shown.append(ShownCell(cell.source, number=number))
        elif cell.source.strip():
            shown.append(ShownCell(cell.source, to_html(cell.source) if cell.kind == "markdown" else None))
    return shown


def check_notebook(code: object) -> bytes:
    """Return a notebook that is handed in, as UTF-8.

    Raises
    ------
    InvalidText, CodeTooLarge, BadNotebook
        It is none, or has no code.
    """
    encoded = check_code(code, max_bytes=MOST_BYTES)
    if not any(one.is_code and one.source.strip() for one in read_notebook(encoded).cells):
        raise InvalidText("This notebook has no cell with code in it. Choose the file that you worked on.")
    return encoded


def notebook_of(version: ProblemVersion) -> list[ShownCell] | None:
    """Return the cells that students begin with, None where the answer is no notebook."""
    return shown_cells(version.starter_code.get(LANGUAGE, "").encode()) if takes_notebook(version.harness) else None


@dataclasses.dataclass(frozen=True)
class Download:
    """A file to be saved."""

    filename: str
    mimetype: str
    content: bytes


def copy_for(version: ProblemVersion, slug: str, get: Callable[[str], bytes]) -> Download:
    """Return what students begin with: the notebook, in a ZIP archive where data lie beside it.

    Parameters
    ----------
    get
        Returns a blob's content.
    """
    name, text = f"{slug}{NOTEBOOK}", version.starter_code.get(LANGUAGE, "").encode()
    kept: dict[str, str] = version.harness.get("files", {})
    beside = {one: get(ref) for one, ref in kept.items() if one not in OWN_FILES}
    if BESIDE in kept:
        beside |= unzipped(get(kept[BESIDE]))
    if not beside:
        return Download(name, MIMETYPE, text)
    return Download(f"{slug}.zip", "application/zip", zipped({name: text, **beside}, PurePosixPath(slug).name))
