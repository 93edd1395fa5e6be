"""Jupyter notebooks as files: what of one is read here, and how one is written.

https://nbformat.readthedocs.io/en/latest/format_description.html. Read is what is needed, and nothing else is looked at: the
notebooks of half of all tools break that format's schema somewhere.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from lti_grader.core.errors import Unprocessable
from lti_grader.problems.harness import NOTEBOOK as ENDING

__all__ = ["ENDING", "BadNotebook", "Cell", "Notebook", "program_text", "read_notebook", "with_ids", "written"]

MOST_BYTES, MOST_CELLS = 16_777_216, 5000


class BadNotebook(Unprocessable):
    """A file is no notebook that can be read; the message says what to do."""

    code = "bad_notebook"


class _Cell(BaseModel):
    cell_type: Literal["code", "markdown", "raw"]
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}
    id: str | None = None
    attachments: dict[str, Any] = {}
    outputs: list[dict[str, Any]] = []


class _File(BaseModel):
    nbformat: int
    cells: list[_Cell] = Field(default=[], max_length=MOST_CELLS)
    metadata: dict[str, Any] = {}


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell; `kind` is "code", "markdown" or "raw". `outputs` are as Jupyter kept them."""

    kind: str
    source: str
    id: str = ""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    attachments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    outputs: Sequence[Mapping[str, Any]] = ()

    @property
    def is_code(self) -> bool:
        return self.kind == "code"


@dataclasses.dataclass(frozen=True)
class Notebook:
    cells: Sequence[Cell]
    metadata: Mapping[str, Any]

    @property
    def language(self) -> str:
        """The language of its code, in small letters; "python" where it does not say."""
        kernel, language = (self.metadata.get(one) for one in ("kernelspec", "language_info"))
        for about, key in ((language, "name"), (kernel, "language"), (kernel, "name")):
            if isinstance(about, Mapping) and about.get(key):
                return str(about[key]).lower()
        return "python"


def read_notebook(content: bytes) -> Notebook:
    """Read a notebook.

    Raises
    ------
    BadNotebook
    """
    if len(content) > MOST_BYTES:
        raise BadNotebook(
            f"The notebook has {len(content):,} bytes; at most {MOST_BYTES:,} are read. Clear its outputs, and save it again."
        )
    try:
        read = _File.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadNotebook(
            f"This is no notebook that can be read ({where + ': ' if where else ''}{first['msg']})."
            " Save it again in Jupyter, and take that file."
        ) from None
    if read.nbformat != 4:
        raise BadNotebook(
            f"This notebook is of version {read.nbformat} of the format: open it in Jupyter and save it, which makes it version 4."
        )
    cells = [
        Cell(one.cell_type, _joined(one.source), one.id or "", one.metadata, one.attachments, one.outputs)
        for one in read.cells
    ]
    return Notebook(cells, read.metadata)


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def program_text(content: bytes) -> str:
    """Return a program's text; of a notebook, the code of its cells one below the other, each numbered as Jupyter does."""
    text = content.decode(errors="replace")
    if not text.lstrip().startswith("{"):
        return text
    try:
        cells = [one.source for one in read_notebook(content).cells if one.is_code]
    except BadNotebook:
        return text
    return "\n".join(f"# In [{number}]\n{source.rstrip()}\n" for number, source in enumerate(cells, start=1))


def with_ids(notebook: Notebook) -> Notebook:
    """Return a notebook each of whose cells has an id, so that it is known again in another copy."""
    taken: set[str] = set()
    cells = []
    for number, one in enumerate(notebook.cells, start=1):
        cell_id = one.id if one.id and one.id not in taken else f"cell-{number}"
        taken.add(cell_id)
        cells.append(dataclasses.replace(one, id=cell_id))
    return dataclasses.replace(notebook, cells=cells)


def written(notebook: Notebook) -> bytes:
    """Return a notebook as a file, without outputs."""
    cells = []
    for one in with_ids(notebook).cells:
        cell: dict[str, Any] = {"cell_type": one.kind, "id": one.id, "metadata": dict(one.metadata)}
        if one.attachments:
            cell["attachments"] = dict(one.attachments)
        if one.is_code:
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell | {"source": one.source.splitlines(keepends=True)})
    told = {"cells": cells, "metadata": dict(notebook.metadata), "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode(errors="replace")
