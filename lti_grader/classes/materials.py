"""Materials of a class: who reads them, and what staff do with them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.classes import contents
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.material_files import MOST_BYTES_IN_ALL, MOST_FILES, Accepted, BadFile
from lti_grader.classes.material_models import Material, MaterialFile, MaterialOpening
from lti_grader.classes.models import ContentType, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.operations import module_named
from lti_grader.classes.publishing import seen_by_students
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.acting import look
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Conflict, Forbidden, NotFound, Unprocessable
from lti_grader.people.models import User

LONGEST_TEXT = 200_000
DEFAULT_MODULE = "Materials"


class BadMaterial(Unprocessable):
    code = "bad_material"


@dataclasses.dataclass(frozen=True)
class OpenedMaterial:
    """A material that somebody may read."""

    material: Material
    module: Module
    place: Membership
    files: Sequence[MaterialFile]

    @property
    def may_change(self) -> bool:
        """Whether they may write it."""
        return self.place.is_staff and self.place.within is None

    def require_writer(self) -> None:
        """Raise `Forbidden` unless they may write it."""
        self.place.require_staff()
        require_everybody(self.place, "Materials are written")

    def file(self, name: str) -> MaterialFile:
        """Return the file of that name, or raise `NotFound`."""
        found = next((one for one in self.files if one.name == name), None)
        if found is None:
            raise NotFound("There is no such file beside this material any more. Go back and reload the page.")
        return found


@dataclasses.dataclass(frozen=True)
class MaterialLine:
    """A material as its student's list shows it."""

    type: ClassVar[ContentType] = ContentType.MATERIAL
    id: uuid.UUID
    title: str
    module_title: str
    place: tuple[int, int]
    """Of its module in the class, and its own in there."""
    is_opened: bool
    files: int


def open_material(material_id: uuid.UUID, user_id: uuid.UUID) -> OpenedMaterial:
    """Return a material for one of its class.

    Raises
    ------
    NotFound
        There is none, or the person is not in the class.
    Forbidden
        A student asks for what is not published yet.
    """
    query = sa.select(Material, Module, seen_by_students()).join(Module, Module.id == Material.module_id)
    row = session().execute(query.where(Material.id == material_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such material. Open the class again from your course page.")
    material, module, is_seen = row
    place = membership(module.class_id, user_id)
    if not (place.is_staff or is_seen):
        raise Forbidden("This material is not published yet.")
    files = session().scalars(
        sa.select(MaterialFile).where(MaterialFile.material_id == material_id).order_by(MaterialFile.name)
    )
    return OpenedMaterial(material, module, place, files.all())


def note_opened(opened: OpenedMaterial, *, at: dt.datetime) -> None:
    """Note that a student has opened a material; of others nothing is noted."""
    if opened.place.role is Role.STUDENT and look() is None and not opened.place.is_archived:
        values = {"tenant_id": current_tenant(), "material_id": opened.material.id, "user_id": opened.place.user_id}
        session().execute(insert(MaterialOpening).values(**values, opened_at=at).on_conflict_do_nothing())


def materials_for(class_id: uuid.UUID, student_id: uuid.UUID) -> list[MaterialLine]:
    """Return the materials of a class that its students see, as one of them stands with them, in one query."""
    of_it = MaterialFile.material_id == Material.id
    files = sa.select(sa.func.count()).where(of_it).correlate(Material).scalar_subquery()
    is_opened = sa.exists().where(MaterialOpening.material_id == Material.id, MaterialOpening.user_id == student_id)
    rows = session().execute(
        sa.select(Material, Module, is_opened.correlate(Material), files)
        .join(Module, Module.id == Material.module_id)
        .where(Module.class_id == class_id, seen_by_students())
        .order_by(Module.order_index, Material.order_index)
    )
    return [
        MaterialLine(one.id, one.title, module.title, (module.order_index, one.order_index), opened, count)
        for one, module, opened, count in rows
    ]


def readers(class_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """Return how many of a class's students have opened each of its materials; those whom nobody has opened are left out."""
    rows = session().execute(
        sa.select(MaterialOpening.material_id, sa.func.count())
        .join(Material, Material.id == MaterialOpening.material_id)
        .join(Module, Module.id == Material.module_id)
        .join(Enrollment, sa.and_(Enrollment.user_id == MaterialOpening.user_id, Enrollment.class_id == class_id))
        .join(User, User.id == Enrollment.user_id)
        .where(
            Module.class_id == class_id, Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE, ~User.is_test_user,
        )
        .group_by(MaterialOpening.material_id)
    )  # fmt: skip
    return {one[0]: one[1] for one in rows}


def create(class_id: uuid.UUID, title: str, module_id: uuid.UUID | None) -> Material:
    """Put an empty material, which students do not see yet, at the end of a module.

    Parameters
    ----------
    module_id
        None for a module of materials, which is made where there is none.

    Raises
    ------
    BadMaterial
        It has no title.
    NotFound
        The class has no such module.
    """
    plain = _title(title)
    module = module_named(class_id, DEFAULT_MODULE) if module_id is None else contents.module(class_id, module_id)
    material = Material(
        tenant_id=current_tenant(),
        module_id=module.id,
        title=plain,
        order_index=contents.next_place(module.id),
        is_published=False,
        body_markdown="",
    )
    session().add(material)
    session().flush()
    return material


@dataclasses.dataclass(frozen=True)
class Written:
    """What a material is to be."""

    title: str
    body_markdown: str
    is_published: bool
    revision: int
    """The one that was read before."""


@dataclasses.dataclass(frozen=True)
class KeptFile:
    """A file that lies in the store."""

    file: Accepted
    blob_ref: str


def write(
    opened: OpenedMaterial,
    written: Written,
    *,
    files: Sequence[KeptFile] = (),
    remove: Collection[str] = (),
    at: dt.datetime,
) -> None:
    """Write a material, add or replace files, and take others away.

    Raises
    ------
    BadMaterial
        It has no title, or its text is too long.
    BadFile
        There would be too many files, or too large ones in all.
    Conflict
        Somebody else wrote it meanwhile.
    """
    material = opened.material
    session().refresh(material, with_for_update={"of": Material})
    if material.revision != written.revision:
        raise Conflict(
            "Somebody else has changed this material since you opened this page. Copy your text, reload, and put it in again."
        )
    if len(written.body_markdown) > LONGEST_TEXT:
        raise BadMaterial(f"The text is longer than {LONGEST_TEXT} characters. Make two materials of it.")
    material.title, material.body_markdown = _title(written.title), written.body_markdown
    material.is_published, material.revision = written.is_published, material.revision + 1
    replaced = {one.file.name for one in files}
    stay = [one for one in opened.files if one.name not in replaced and one.name not in remove]
    _require_room(stay, files)
    for one in opened.files:
        if one not in stay:
            session().delete(one)
    session().flush()
    session().add_all(_row(material.id, one, at) for one in {one.file.name: one for one in files}.values())
    session().flush()


def remove(opened: OpenedMaterial) -> None:
    """Take a material away, with its files and with who has opened it."""
    module_id = opened.module.id
    session().delete(opened.material)
    session().flush()
    contents.close_ranks(module_id)


def _row(material_id: uuid.UUID, kept: KeptFile, at: dt.datetime) -> MaterialFile:
    return MaterialFile(
        tenant_id=current_tenant(),
        material_id=material_id,
        name=kept.file.name,
        blob_ref=kept.blob_ref,
        size=len(kept.file.content),
        media_type=kept.file.media_type,
        added_at=at,
    )


def _require_room(stay: Sequence[MaterialFile], new: Sequence[KeptFile]) -> None:
    if len(stay) + len(new) > MOST_FILES:
        raise BadFile(f"A material has {MOST_FILES} files at most. Put several into one ZIP archive.")
    if sum(one.size for one in stay) + sum(len(one.file.content) for one in new) > MOST_BYTES_IN_ALL:
        raise BadFile(f"The files of a material have {MOST_BYTES_IN_ALL // 1024**2} MiB at most in all.")


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not 1 <= len(title) <= contents.LONGEST_TITLE:
        raise BadMaterial(f"A material has a title of 1 to {contents.LONGEST_TITLE} characters.")
    return title
