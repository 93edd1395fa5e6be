"""What is taught, out of a class's file, whoever made it: bounded, checked, and nothing of people's work."""

import dataclasses
import datetime as dt
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lti_grader.assignments.models import AssignmentConfig, Mode
from lti_grader.classes.material_files import MOST_BYTES as MOST_FILE_BYTES
from lti_grader.core.archives import UNREADABLE
from lti_grader.core.errors import Unprocessable
from lti_grader.gradebook.totals.rules import Rules
from lti_grader.problems.models import Difficulty
from lti_grader.problems.packages import yaml_reading
from lti_grader.problems.packages.package import BadPackage, Package
from lti_grader.transfer.teaching import CLASS, CONTENTS, FORMAT, VERSION

MOST_FILES, MOST_BYTES = 20_000, 1_073_741_824
"""Of what is taught, unpacked; people's work is never looked at."""
_MOST_JSON = 67_108_864
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


_MODULES = TypeAdapter(list[GivenModule])


@dataclasses.dataclass(frozen=True)
class ClassFile:
    """A class's file, open for reading."""

    about: GivenClass
    modules: Sequence[GivenModule]
    _archive: zipfile.ZipFile
    _names: Mapping[str, zipfile.ZipInfo]

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
        about, modules = _said(archive)
    except UNREADABLE as error:
        raise BadClassFile(f"This is no ZIP archive that can be read: {error}") from None
    return ClassFile(about, modules, archive, names)


def _said(archive: zipfile.ZipFile) -> tuple[GivenClass, list[GivenModule]]:
    for name in (CLASS, CONTENTS):
        if name not in archive.namelist():
            raise BadClassFile(f"This is no file of a class: it has no {name}. Make one on a class's settings page.")
        if archive.getinfo(name).file_size > _MOST_JSON:
            raise BadClassFile(f"{name} is larger than that of any class.")
    try:
        about = GivenClass.model_validate_json(archive.read(CLASS))
        if about.format != FORMAT or about.version != VERSION:
            raise BadClassFile(
                f"This file is of “{about.format}”, version {about.version}; what is read here is “{FORMAT}”, version {VERSION}."
            )
        held = TypeAdapter(dict[str, Any]).validate_json(archive.read(CONTENTS))
        return about, _MODULES.validate_python(held.get("modules"))
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
