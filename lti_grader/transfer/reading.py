"""What is taught, out of a class's file, whoever made it: bounded, checked, and nothing of people's work."""

import dataclasses
import datetime as dt
import re
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, BinaryIO, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from lti_grader.assignments.models import AssignmentConfig, Mode
from lti_grader.classes.groups.models import MOST_MEMBERS
from lti_grader.classes.groups.operations import LONGEST_NAME
from lti_grader.classes.material_files import MOST_BYTES as MOST_FILE_BYTES
from lti_grader.core.archives import UNREADABLE
from lti_grader.core.errors import Unprocessable
from lti_grader.gradebook.totals.rules import Rules
from lti_grader.marking.bank import MOST_CHARACTERS
from lti_grader.problems.models import Difficulty
from lti_grader.problems.packages import yaml_reading
from lti_grader.problems.packages.package import BadPackage, Package
from lti_grader.problems.rubrics import MOST_POINTS
from lti_grader.transfer.teaching import CLASS, CONTENTS, FORMAT, VERSION

MOST_FILES, MOST_BYTES = 20_000, 1_073_741_824
"""Of what is taught, unpacked; people's work is never looked at."""
_MOST_JSON = 67_108_864
_MOST_SETS, _MOST_COMMENTS = 200, 5_000

_NULL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character that no text in the database can have, as JSON writes it."""
_Title = Annotated[str, Field(min_length=1, max_length=250)]
_Points = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class BadClassFile(Unprocessable):
    code = "bad_class_file"


class _Part(BaseModel):
    """Files of later tools may say more than is known here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class SetProblem(_Part):
    """A problem as an assignment sets it: the folder that it is in, and what it is worth there."""

    problem: str
    points: _Points
    config: dict[str, Any] = {}


class MaterialFile(_Part):
    """A file of a material, and where it lies in the archive."""

    name: str
    path: str


class _Item(_Part):
    id: uuid.UUID
    title: _Title
    description: str = ""
    due_date: AwareDatetime | None = None
    category: str | None = None


class GivenAssignment(_Item):
    """An assignment, as a file holds it."""

    type: Literal["assignment"]
    mode: Mode
    difficulty: Difficulty
    config: AssignmentConfig
    group_set: str | None = None
    """The name of the groups that hand it in; None where everybody does alone."""
    problems: Annotated[list[SetProblem], Field(max_length=500)]


class GivenMaterial(_Item):
    """A material, as a file holds it."""

    type: Literal["material"]
    text: str
    files: list[MaterialFile] = []


GivenItem = GivenAssignment | GivenMaterial


class GivenModule(_Part):
    """A module with what stands in it."""

    title: _Title
    items: list[Annotated[GivenItem, Field(discriminator="type")]]


def _evened(name: object) -> object:
    """Return a name as groups have it: without more than one blank between its words."""
    return " ".join(name.split()) if isinstance(name, str) else name


class GivenGroupSet(_Part):
    """How students are divided, without any of them."""

    name: Annotated[str, BeforeValidator(_evened), StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    students_join: bool = False
    most_members: Annotated[int, Field(ge=1, le=MOST_MEMBERS)] | None = None


class GivenComment(_Part):
    """A comment of the bank that the staff of the class share."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_CHARACTERS)]
    points: Annotated[Decimal, Field(ge=-MOST_POINTS, le=MOST_POINTS, decimal_places=4, allow_inf_nan=False)] | None = (
        None
    )
    problem: str | None = None
    """The folder of the problem that it is for; None for every one."""


class GivenContents(_Part):
    """What is taught in the class of a file, and what goes along with it."""

    modules: list[GivenModule]
    group_sets: Annotated[list[GivenGroupSet], Field(max_length=_MOST_SETS)] = []
    comments: Annotated[list[GivenComment], Field(max_length=_MOST_COMMENTS)] = []

    @property
    def assignments(self) -> list[GivenAssignment]:
        """The assignments, in their order."""
        return [one for module in self.modules for one in module.items if isinstance(one, GivenAssignment)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        names = [one.name for one in self.group_sets]
        if len(set(names)) < len(names):
            raise ValueError("two sets of groups have the same name")
        folders = {line.problem for one in self.assignments for line in one.problems}
        for one in self.assignments:
            if one.group_set is not None and one.group_set not in names:
                raise ValueError(f"“{one.title}” is handed in by groups that are not in the file")
        if any(one.problem is not None and one.problem not in folders for one in self.comments):
            raise ValueError("a comment is for a problem that no assignment has")
        return self


class _Category(_Part):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    weight: Decimal
    drop_lowest: int


class GivenTotals(_Part):
    """How the totals of a class are worked out."""

    rules: Rules
    categories: list[_Category]


class GivenClass(_Part):
    """What a file says of its class as a whole."""

    format: str
    version: int
    made_at: dt.datetime
    name: str
    gradebook: GivenTotals


@dataclasses.dataclass(frozen=True)
class ClassFile:
    """A class's file, open for reading."""

    about: GivenClass
    said: GivenContents
    _archive: zipfile.ZipFile
    _names: Mapping[str, zipfile.ZipInfo]

    @property
    def modules(self) -> Sequence[GivenModule]:
        """The modules of the class, in their order."""
        return self.said.modules

    def problem(self, folder: str) -> tuple[Package, Mapping[str, bytes]]:
        """Return a problem that lies in a folder, and its files.

        Raises
        ------
        BadClassFile
            There is none, or it cannot be read.
        """
        within = f"{folder}/"
        files = {name.removeprefix(within): self.content(name) for name in self._names if name.startswith(within)}
        try:
            return yaml_reading.read(folder.rpartition("/")[2], files), files
        except (BadPackage, KeyError) as error:
            raise BadClassFile(f"The problem in {folder} cannot be read: {error}") from None

    def content(self, name: str) -> bytes:
        """Return the content of a file of what is taught."""
        try:
            return self._archive.read(self._names[name])
        except KeyError:
            raise BadClassFile(f"The file lacks {name}.") from None
        except UNREADABLE as error:
            raise BadClassFile(f"{name} in the file cannot be read: {error}") from None


def opened(file: BinaryIO) -> ClassFile:
    """Return a class's file, with what it says of what is taught.

    Raises
    ------
    BadClassFile
        It is none, of a version that is not known, or more than a file of a class may be.
    """
    try:
        archive = zipfile.ZipFile(file)
        names = {
            one.filename: one for one in archive.infolist() if one.filename.startswith(("problems/", "materials/"))
        }
        _require_bounds(names.values())
        about, said = _said(archive)
    except UNREADABLE as error:
        raise BadClassFile(f"This is no ZIP archive that can be read: {error}") from None
    return ClassFile(about, said, archive, names)


def _said(archive: zipfile.ZipFile) -> tuple[GivenClass, GivenContents]:
    for name in (CLASS, CONTENTS):
        if name not in archive.namelist():
            raise BadClassFile(f"This is no file of a class: it has no {name}. Make one on a class's settings page.")
        if archive.getinfo(name).file_size > _MOST_JSON:
            raise BadClassFile(f"{name} is larger than that of any class.")
    held = {name: archive.read(name) for name in (CLASS, CONTENTS)}
    if damaged := [name for name, content in held.items() if _NULL.search(content)]:
        raise BadClassFile(f"{damaged[0]} in the file is damaged: it has null characters in its texts.")
    try:
        about = GivenClass.model_validate_json(held[CLASS])
        if about.format != FORMAT or about.version != VERSION:
            raise BadClassFile(
                f"This file is of “{about.format}”, version {about.version}; what is read here is “{FORMAT}”, version {VERSION}."
            )
        return about, GivenContents.model_validate_json(held[CONTENTS])
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadClassFile(f"What the file says of the class cannot be read: {where}: {first['msg']}") from None


def _require_bounds(members: Any) -> None:
    listed = list(members)
    if len(listed) > MOST_FILES or sum(one.file_size for one in listed) > MOST_BYTES:
        raise BadClassFile(f"What is taught in it is more than {MOST_FILES} files or {MOST_BYTES // 1024**3} GiB.")
    if any(one.file_size > 2 * MOST_FILE_BYTES for one in listed):
        raise BadClassFile(f"One of its files is larger than {2 * MOST_FILE_BYTES // 1024**2} MiB.")
