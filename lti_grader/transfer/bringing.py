"""What is taught in a class, out of its file into another class: modules, assignments, problems, materials, and totals; and with
that the sets of groups, empty, and the comments that its staff share.

Everything slow comes first, with no transaction open: problems are read and compared, files go into the store. Then all of it is
written at once, or nothing. Students see none of it until a teacher publishes it. A problem that is here in the same
version, to the last letter, is used; any other becomes a problem of this institution, published as it was where it comes from.
"""

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from lti_grader.adapters.storage import Blobs
from lti_grader.assignments.bringing import MOST_WEEKS, BadChoice, Line, Part, SetLine, moved
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.group_work import hand_in_by
from lti_grader.assignments.operations import create_assignment
from lti_grader.authoring.access import readable, standing_of
from lti_grader.authoring.drafting import free_slug
from lti_grader.classes import materials
from lti_grader.classes.groups.copying import SetTerms, sets_like, take_over
from lti_grader.classes.material_files import BadFile, accept
from lti_grader.classes.materials import KeptFile, OpenedMaterial, Written
from lti_grader.classes.models import Class, ContentItem, Module
from lti_grader.classes.operations import module_named
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.totals import operations as totals
from lti_grader.gradebook.totals.reads import scheme_of
from lti_grader.gradebook.totals.rules import Rules
from lti_grader.marking import bank_copying
from lti_grader.marking.bank import Kept
from lti_grader.problems import operations
from lti_grader.problems.models import Problem, ProblemVersion, VersionState
from lti_grader.problems.operations import DraftProblem
from lti_grader.problems.packages import exporting, keeping, yaml_writing
from lti_grader.problems.packages.package import Package
from lti_grader.transfer.reading import BadClassFile, ClassFile, GivenAssignment, GivenItem, GivenMaterial

_NUMBERED = re.compile(r"-v(\d{1,6})$")


@dataclasses.dataclass(frozen=True)
class Came:
    """What has come."""

    items: int
    problems: int
    """Of those that were not here."""
    left_out: Sequence[str]
    """Files that are not kept here, in words."""
    sets: Sequence[str] = ()
    """The names of sets of groups that are there now, without groups."""
    comments: int = 0
    """That are in the bank of the class's staff now."""


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What of a file is to come."""

    items: Collection[uuid.UUID]
    """The ids that things have in the file."""
    sets: Collection[str] = ()
    """Names of sets of groups; those by which an item is handed in come with it."""
    comments: bool = False
    """Whether the comments that its staff share come: those for every problem, and those for the problems that come."""


def everything(given: ClassFile) -> Chosen:
    """Return the choice of all that is in a file."""
    return Chosen(
        {one.id for module in given.modules for one in module.items}, {one.name for one in given.said.group_sets}, True
    )


def parts(class_id: uuid.UUID, given: ClassFile, weeks: int) -> list[Part]:
    """Return what stands in a file, as it would come into a class; in one query."""
    here, by = _here(class_id), dt.timedelta(weeks=weeks)
    return [
        Part(
            module.title,
            [
                Line(
                    one.id, one.title, one.type, one.due_date + by if one.due_date else None,
                    (module.title, one.type, one.title) in here,
                    one.group_set or "" if isinstance(one, GivenAssignment) else "",
                )
                for one in module.items
            ],
        )
        for module in given.modules
    ]  # fmt: skip


def spare_sets(class_id: uuid.UUID, given: ClassFile) -> list[SetLine]:
    """Return the sets of groups of a file that none of its assignments uses; in one query."""
    used, here = {one.group_set for one in given.said.assignments}, {one.name for one in sets_like(class_id)}
    return [
        SetLine(SetTerms(one.name, one.students_join, one.most_members), one.name in here)
        for one in given.said.group_sets if one.name not in used
    ]  # fmt: skip


def _here(class_id: uuid.UUID) -> set[tuple[str, str, str]]:
    rows = session().execute(
        sa.select(Module.title, ContentItem.type, ContentItem.title)
        .join(ContentItem, ContentItem.module_id == Module.id)
        .where(Module.class_id == class_id)
    )
    return {(module, kind, title) for module, kind, title in rows}


@dataclasses.dataclass(frozen=True)
class _Prepared:
    """What was read of a file, with all that is slow done."""

    wanted: Sequence[tuple[str, GivenItem]]
    problems: Mapping[str, uuid.UUID | DraftProblem]
    """Folder -> the version that is here, or what becomes one."""
    texts: Mapping[uuid.UUID, str]
    files: Mapping[uuid.UUID, Sequence[KeptFile]]
    left_out: Sequence[str]


def bring(
    place: Membership, tenant_id: uuid.UUID, given: ClassFile, chosen: Chosen, weeks: int,
    blobs: Blobs, *, at: dt.datetime,
) -> Came:  # fmt: skip
    """Bring what is taught out of a file into a class, behind what stands there.

    Parameters
    ----------
    weeks
        By how many the dates are moved.

    Raises
    ------
    BadChoice
        Nothing is chosen that is still to come, or the weeks are too many.
    BadClassFile
        Something of the file cannot be read.
    """
    if abs(weeks) > MOST_WEEKS:
        raise BadChoice(f"Dates are moved by {MOST_WEEKS} weeks at most.")
    with transaction(tenant_id):
        here = _here(place.class_id)
    wanted = [
        (module.title, one)
        for module in given.modules
        for one in module.items
        if one.id in chosen.items and (module.title, one.type, one.title) not in here
    ]
    found = _prepare(tenant_id, place, given, wanted, blobs)
    with transaction(tenant_id):
        session().execute(sa.select(Class.id).where(Class.id == place.class_id).with_for_update())
        came = _Bringing(place, found, dt.timedelta(weeks=weeks), at).all(given, chosen)
        if not (came.items or came.sets or came.comments):
            raise BadChoice("Choose at least one thing that does not stand in this class already.")
        return came


def _prepare(
    tenant_id: uuid.UUID, place: Membership, given: ClassFile, wanted: Sequence[tuple[str, GivenItem]], blobs: Blobs
) -> _Prepared:  # fmt: skip
    problems: dict[str, uuid.UUID | DraftProblem] = {}
    texts: dict[uuid.UUID, str] = {}
    files: dict[uuid.UUID, list[KeptFile]] = {}
    left_out: list[str] = []
    for _, one in wanted:
        if isinstance(one, GivenAssignment):
            for folder in dict.fromkeys(line.problem for line in one.problems):
                if folder not in problems:
                    package, content = given.problem(folder)
                    known = _known(tenant_id, place.user_id, folder, package, content, blobs)
                    problems[folder] = known or keeping.draft_of(package, cpu_ms=package.cpu_ms or 2000, put=blobs.put)
        else:
            texts[one.id] = given.content(one.text).decode(errors="replace").replace("\0", "�")
            files[one.id] = _kept(one, given, blobs, left_out)
    return _Prepared(wanted, problems, texts, files, left_out)


def _known(
    tenant_id: uuid.UUID, user_id: uuid.UUID, folder: str, package: Package, content: Mapping[str, bytes], blobs: Blobs
) -> uuid.UUID | None:  # fmt: skip
    """Return the version of a problem here that is the same to the last letter, where somebody may use it."""
    number = _NUMBERED.search(folder)
    with transaction(tenant_id):
        asked = sa.select(ProblemVersion.id).join(Problem, Problem.id == ProblemVersion.problem_id)
        version_id = session().scalar(
            asked.where(
                Problem.slug == package.slug,
                ProblemVersion.number == (int(number[1]) if number else 1),
                ProblemVersion.state == VersionState.PUBLISHED,
                readable(standing_of(user_id)),
            )
        )
        kept = exporting.kept_version(version_id) if version_id else None
    if kept is None:
        return None
    return version_id if yaml_writing.write(exporting.package_of(kept, blobs.get)) == content else None


def _kept(one: GivenMaterial, given: ClassFile, blobs: Blobs, left_out: list[str]) -> list[KeptFile]:
    found = []
    for file in one.files:
        try:
            accepted = accept(file.name, given.content(file.path))
        except BadFile as refused:
            left_out.append(f"{one.title}: {refused.message}")
            continue
        found.append(KeptFile(accepted, blobs.put(accepted.content)))
    return found


@dataclasses.dataclass
class _Bringing:
    """Writes what was prepared, in the transaction that is open."""

    place: Membership
    found: _Prepared
    by: dt.timedelta
    at: dt.datetime

    def all(self, given: ClassFile, chosen: Chosen) -> Came:
        versions, new = {}, 0
        sets = self._sets(given, chosen)
        for folder, one in self.found.problems.items():
            versions[folder] = one if isinstance(one, uuid.UUID) else self._problem(one)
            new += not isinstance(one, uuid.UUID)
        made = {}
        for module, item in self.found.wanted:
            made[item.id] = (
                self._assignment(item, module, versions, sets)
                if isinstance(item, GivenAssignment)
                else self._material(item, module)
            )
        self._totals(given, made)
        comments = self._comments(given, versions) if chosen.comments else 0
        empty = [name for name, (_, is_new) in sets.items() if is_new]
        return Came(len(made), new, self.found.left_out, empty, comments)

    def _sets(self, given: ClassFile, chosen: Chosen) -> Mapping[str, tuple[uuid.UUID, bool]]:
        """Return the sets of groups that are wanted, by name, each with whether it is new."""
        used = {one.group_set for _, one in self.found.wanted if isinstance(one, GivenAssignment)}
        here = {one.name for one in sets_like(self.place.class_id)}
        return {
            one.name: (
                take_over(
                    self.place.class_id, SetTerms(one.name, one.students_join, one.most_members), at=self.at
                ).id,
                one.name not in here,
            )
            for one in given.said.group_sets
            if one.name in used or one.name in chosen.sets
        }  # fmt: skip

    def _comments(self, given: ClassFile, versions: Mapping[str, uuid.UUID]) -> int:
        rows = session().execute(
            sa.select(ProblemVersion.id, ProblemVersion.problem_id).where(ProblemVersion.id.in_(versions.values()))
        )
        problems: dict[uuid.UUID, uuid.UUID] = dict(rows.all())
        wanted = [
            Kept(one.text, one.points, True, problems[versions[one.problem]] if one.problem else None)
            for one in given.said.comments
            if one.problem is None or one.problem in versions
        ]
        return bank_copying.take_in(self.place.class_id, self.place.user_id, wanted, at=self.at)

    def _problem(self, draft: DraftProblem) -> uuid.UUID:
        slug = free_slug(draft.slug)
        made = operations.create_problem(dataclasses.replace(draft, slug=slug), owner_id=self.place.user_id)
        operations.publish(made, at=self.at, by=self.place.user_id)
        return made.id

    def _assignment(
        self, one: GivenAssignment, module: str, versions: Mapping[str, uuid.UUID],
        sets: Mapping[str, tuple[uuid.UUID, bool]],
    ) -> uuid.UUID:  # fmt: skip
        made = create_assignment(
            self.place.class_id, title=one.title, problems=[(versions[line.problem], line.points) for line in one.problems],
            config=moved(one.config, self.by), description=one.description, mode=one.mode, difficulty=one.difficulty,
            due_date=one.due_date + self.by if one.due_date else None, module_title=module,
        )  # fmt: skip
        made.is_published = False
        session().flush()
        if one.group_set is not None:
            try:
                hand_in_by(made.id, sets[one.group_set][0], has_work=False)
            except BadAssignment as refused:
                raise BadClassFile(f"“{one.title}” of the file cannot come as it is there: {refused.message}") from None
        return made.id

    def _material(self, one: GivenMaterial, module_title: str) -> uuid.UUID:
        module = module_named(self.place.class_id, module_title)
        made = materials.create(self.place.class_id, one.title, module.id)
        made.description = one.description
        written = Written(one.title, self.found.texts[one.id], is_published=False, revision=made.revision)
        opened = OpenedMaterial(made, module, self.place, [])
        materials.write(opened, written, files=self.found.files[one.id], at=self.at)
        return made.id

    def _totals(self, given: ClassFile, made: Mapping[uuid.UUID, uuid.UUID]) -> None:
        """Let totals be worked out as in the file, where the class has said nothing of its own."""
        before = scheme_of(self.place.class_id)
        if before.categories or before.rules != Rules():
            return
        said = given.about.gradebook
        names = [one.name for one in said.categories]
        filed = {
            made[one.id]: names.index(one.category)
            for module in given.modules
            for one in module.items
            if one.id in made and one.category in names
        }
        wanted = [totals.Wanted(None, one.name, one.weight, one.drop_lowest) for one in said.categories]
        totals.keep(self.place.class_id, before, totals.scheme_wanted(before, said.rules, wanted, filed))
