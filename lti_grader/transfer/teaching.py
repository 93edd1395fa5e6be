"""What is taught in a class, as its file holds it: settings, modules and items, problems by their versions, materials.

With it go the sets of groups, without anybody in them, and the comments that the class's staff share.
"""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.contents import contents
from lti_grader.classes.groups.copying import sets_like, terms_of
from lti_grader.classes.material_models import Material, MaterialFile
from lti_grader.classes.models import Class, ContentItem, Module
from lti_grader.classes.queries import get_class
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.totals.reads import scheme_of
from lti_grader.marking import bank_copying
from lti_grader.problems.models import Problem, ProblemVersion
from lti_grader.problems.packages import exporting
from lti_grader.problems.packages.formats import Format, writable_for
from lti_grader.transfer.packing import Archive, Fetching, Writer, plain

FORMAT, VERSION = "lti-grader class", 1
"""What a file says that it is. Whoever changes what stands in one raises the version; docs/class-files.md says what is where."""
CLASS, CONTENTS = "class.json", "contents.json"


@dataclasses.dataclass(frozen=True)
class ProblemPlace:
    """A problem as an assignment sets it."""

    item: AssignmentProblem
    version_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class Outline:
    """What stands in a class, read at one moment, with the folder of each thing."""

    class_: Class
    said: Mapping[str, Any]
    contents: Sequence[Mapping[str, Any]]
    folders: Mapping[uuid.UUID, str]
    """Item -> the name of its folder, wherever in the file it has one."""
    problems: Mapping[uuid.UUID, Sequence[ProblemPlace]]
    """Assignment -> its problems, in their order."""
    versions: Mapping[uuid.UUID, str]
    """Version -> its folder; those too by which work was handed in that is now of another."""
    beside: Mapping[str, Any]
    """What goes along with what is taught."""
    materials: Sequence[Material]
    files: Mapping[uuid.UUID, Sequence[MaterialFile]]


def outline(tenant_id: uuid.UUID, class_id: uuid.UUID, *, with_work: bool, at: dt.datetime) -> Outline:
    """Return what stands in a class, in a fixed number of queries whatever it holds.

    Raises
    ------
    NotFound
        There is no such class.
    """
    with transaction(tenant_id):
        class_ = get_class(class_id)
        # Known before they are listed, or each would be looked up by itself.
        _known = _all_of(Assignment, class_id), _all_of(Material, class_id)
        listed = contents(class_id)
        places, scheme = _problems(class_id), scheme_of(class_id)
        versions = _versions(class_id, with_work=with_work)
        files = _files(class_id)
        items = [one for line in listed for one in line.items]
        materials = [one for one in items if isinstance(one, Material)]
        folders = {one.id: f"{number:03d}-{plain(one.title)}" for number, one in enumerate(items, start=1)}
        names = {one.id: one.name for one in scheme.categories}
        filed = {item_id: names[category] for item_id, category in scheme.filed.items()}
        sets = sets_like(class_id)
        set_names = {one.id: one.name for one in sets}
        said = {
            "format": FORMAT, "version": VERSION, "made_at": at, "with_work": with_work, "id": class_.id,
            "name": class_.name, "settings": class_.settings, "archived_at": class_.archived_at,
            "gradebook": {
                "rules": scheme.rules.model_dump(mode="json"),
                "categories": [
                    {"name": one.name, "weight": one.weight, "drop_lowest": one.drop_lowest}
                    for one in scheme.categories
                ],
            },
        }  # fmt: skip
        told = [
            {
                "title": line.module.title, "is_published": line.module.is_published,
                "publish_at": line.module.publish_at,
                "items": [
                    _item(one, folders[one.id], filed.get(one.id)) | _own(one, folders, places, versions, files, set_names)
                    for one in line.items
                ],
            }
            for line in listed
        ]  # fmt: skip
        beside = {
            "group_sets": [dataclasses.asdict(terms_of(one)) for one in sets],
            "comments": _comments(class_id, places, versions),
        }
        return Outline(class_, said, told, folders, places, versions, beside, materials, files)


def _all_of(kind: type[Assignment] | type[Material], class_id: uuid.UUID) -> Sequence[ContentItem]:
    query = sa.select(kind).join(Module, Module.id == kind.module_id).where(Module.class_id == class_id)
    return session().scalars(query).all()


def _item(item: ContentItem, folder: str, category: str | None) -> dict[str, Any]:
    return {
        "id": item.id, "type": item.type, "title": item.title, "description": item.description, "folder": folder,
        "is_published": item.is_published, "publish_at": item.publish_at, "due_date": item.due_date,
        "category": category,
    }  # fmt: skip


def _own(
    item: ContentItem,
    folders: Mapping[uuid.UUID, str],
    places: Mapping[uuid.UUID, Sequence[ProblemPlace]],
    versions: Mapping[uuid.UUID, str],
    files: Mapping[uuid.UUID, Sequence[MaterialFile]],
    set_names: Mapping[uuid.UUID, str],
) -> dict[str, Any]:
    """Return what an item has that those of other kinds have not."""
    if isinstance(item, Assignment):
        return {
            "mode": item.mode, "difficulty": item.difficulty, "points_total": item.points_total,
            "config": item.rules.model_dump(mode="json"), "marks_released_at": item.marks_released_at,
            "feedback_released_at": item.feedback_released_at,
            "group_set": set_names[item.group_set_id] if item.group_set_id else None,
            "problems": [
                {"id": one.item.id, "problem": versions[one.version_id], "points": one.item.points, "config": one.item.config}
                for one in places.get(item.id, ())
            ],
        }  # fmt: skip
    folder = f"materials/{folders[item.id]}"
    return {
        "text": f"{folder}/text.md",
        "files": [
            {"name": one.name, "path": f"{folder}/files/{one.name}", "size": one.size, "media_type": one.media_type}
            for one in files.get(item.id, ())
        ],
    }


def _comments(
    class_id: uuid.UUID, places: Mapping[uuid.UUID, Sequence[ProblemPlace]], versions: Mapping[uuid.UUID, str]
) -> list[dict[str, Any]]:
    """Return what the class's staff share of their bank of comments; those for a problem if an assignment sets it."""
    set_versions = {one.version_id for held in places.values() for one in held}
    rows = session().execute(
        sa.select(ProblemVersion.problem_id, ProblemVersion.id)
        .where(ProblemVersion.id.in_(set_versions))
        .order_by(ProblemVersion.number)
    )
    folders = {problem_id: versions[version_id] for problem_id, version_id in rows}
    return [
        {"text": one.text, "points": one.points, "problem": folders[one.problem_id] if one.problem_id else None}
        for one in bank_copying.shared(class_id)
        if one.problem_id is None or one.problem_id in folders
    ]


def _problems(class_id: uuid.UUID) -> dict[uuid.UUID, list[ProblemPlace]]:
    rows = session().scalars(
        sa.select(AssignmentProblem)
        .join(ContentItem, ContentItem.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id)
        .order_by(AssignmentProblem.assignment_id, AssignmentProblem.order_index)
    )
    found = defaultdict(list)
    for one in rows:
        found[one.assignment_id].append(ProblemPlace(one, one.problem_version_id))
    return dict(found)


def _versions(class_id: uuid.UUID, *, with_work: bool) -> dict[uuid.UUID, str]:
    here = (
        sa.select(AssignmentProblem.id, AssignmentProblem.problem_version_id.label("version_id"))
        .join(ContentItem, ContentItem.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id)
    ).cte("here")
    used: sa.Select[tuple[uuid.UUID]] | sa.CompoundSelect[tuple[uuid.UUID]] = sa.select(here.c.version_id)
    if with_work:
        of_work = sa.select(SubmissionAttempt.problem_version_id).join(
            here, here.c.id == SubmissionAttempt.assignment_problem_id
        )
        used = sa.union(sa.select(here.c.version_id), of_work)
    rows = session().execute(
        sa.select(ProblemVersion.id, Problem.slug, ProblemVersion.number)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .where(ProblemVersion.id.in_(used))
        .order_by(Problem.slug, ProblemVersion.number)
    )
    return {version_id: f"problems/{plain(slug)}-v{number}" for version_id, slug, number in rows}


def _files(class_id: uuid.UUID) -> dict[uuid.UUID, list[MaterialFile]]:
    rows = session().scalars(
        sa.select(MaterialFile)
        .join(ContentItem, ContentItem.id == MaterialFile.material_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id)
        .order_by(MaterialFile.material_id, MaterialFile.name)
    )
    found = defaultdict(list)
    for one in rows:
        found[one.material_id].append(one)
    return dict(found)


def writers(tenant_id: uuid.UUID, found: Outline, fetching: Fetching) -> list[Writer]:
    """Return what writes what is taught in a class into its file."""
    return [
        lambda archive: _about(archive, found),
        lambda archive: _every_problem(archive, tenant_id, found, fetching),
        lambda archive: _every_material(archive, found, fetching),
    ]


def _about(archive: Archive, found: Outline) -> Iterator[None]:
    archive.add_json(CLASS, found.said)
    archive.add_json(CONTENTS, {"modules": found.contents, **found.beside})
    yield


def _every_problem(archive: Archive, tenant_id: uuid.UUID, found: Outline, fetching: Fetching) -> Iterator[None]:
    for version_id, folder in found.versions.items():
        with transaction(tenant_id):
            kept = exporting.kept_version(version_id)
        package = exporting.package_of(kept, fetching.get)
        writable = writable_for(is_quiz=kept.version.is_quiz)
        _add(archive, folder, writable[Format.OWN](package).files)
        if Format.QTI3 in writable:
            written = writable[Format.QTI3](package)
            told = {"NOT-CARRIED-OVER.txt": "\n".join(written.report).encode() + b"\n"} if written.report else {}
            _add(archive, f"qti/{folder.removeprefix('problems/')}", {**written.files, **told})
        yield


def _add(archive: Archive, folder: str, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        archive.add(f"{folder}/{name}", content)


def _every_material(archive: Archive, found: Outline, fetching: Fetching) -> Iterator[None]:
    for one in found.materials:
        folder = f"materials/{found.folders[one.id]}"
        archive.add(f"{folder}/text.md", one.body_markdown)
        files = ((f"{folder}/files/{file.name}", file.blob_ref, file.size) for file in found.files.get(one.id, ()))
        for name, content in fetching.fetched(files):
            archive.add(name, content)
            yield
