"""A class as a file: which parts there are, in which order, and what its README says of them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator

from lti_grader.adapters.storage import Blobs
from lti_grader.transfer import records, teaching, work
from lti_grader.transfer.packing import Archive, Fetching, streamed

_README = """\
{name}
{line}

Everything that lti_grader holds of this class{scope}, read on {at} (UTC).
Format: {format}, version {version}. docs/class-files.md of lti_grader describes each field.

What is taught
    class.json      the class, its settings, and how its totals are worked out
    contents.json   modules and what stands in them, in order: assignments with their rules and problems, materials;
                    sets of groups, and the comments for marking that the staff share
    problems/       each problem by its version, in lti_grader's own format, with tests, checker and solutions
    qti/            quizzes once more, as QTI 3.0 for other programs; what that cannot say stands beside them
    materials/      texts in Markdown, with their files
"""
_WORK = """\
What people did
    people/roster.csv   who is or was in the class; every other file names people by the “Person id” of this one
    people/*.jsonl      dates that sections or students were given; late days that were given and spent; groups and who is in them
    marks/gradebook.csv the gradebook with totals and letters
    marks/*.jsonl       each mark with comments and notes; requests for a regrade, and what was written in them; the comment bank
    work/               by assignment and problem: attempts.jsonl has each Run and Submit with results, marks and
                        comments; handed-in.zip has what was handed in, in a folder for each person
    announcements.jsonl, calendar.jsonl, audit.jsonl

Times are in UTC; points are text, with all their digits. In .jsonl files each line is a JSON value of its own.
The parts were read one after the other while the class may have been at work: hold them against each other with that in mind.
It is personal data of everybody in it. Keep it where such data belongs, and no longer than you need it.
"""
_MISSING = "MISSING.txt"


@dataclasses.dataclass
class Packed:
    """A class as a file, while it is made and after."""

    parts: Iterator[bytes]
    fetching: Fetching

    @property
    def missing(self) -> int:
        """How many files the store did not have any more, as far as it is made."""
        return len(self.fetching.missing)


def packed(tenant_id: uuid.UUID, class_id: uuid.UUID, blobs: Blobs, *, with_work: bool, at: dt.datetime) -> Packed:
    """Return a class as a ZIP archive that comes in parts. No transaction is open while the store is waited for.

    Parameters
    ----------
    with_work
        Everything; without it only what is taught, and nobody's work or name.

    Raises
    ------
    NotFound
        There is no such class.
    """
    found = teaching.outline(tenant_id, class_id, with_work=with_work, at=at)
    fetching = Fetching(blobs)

    def readme(archive: Archive) -> Iterator[None]:
        text = _README.format(
            name=found.class_.name, line="=" * len(found.class_.name), at=f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M}",
            format=teaching.FORMAT, version=teaching.VERSION,
            scope="" if with_work else " that is taught, and nobody's work",
        )  # fmt: skip
        archive.add("README.txt", text + ("\n" + _WORK if with_work else ""))
        yield

    def missing(archive: Archive) -> Iterator[None]:
        if fetching.missing:
            listed = "".join(f"{one}\n" for one in fetching.missing)
            archive.add(_MISSING, f"These files are gone from the store; a backup of it may have them.\n\n{listed}")
        yield

    writers = [readme, *teaching.writers(tenant_id, found, fetching)]
    if with_work:
        students = work.students_of(tenant_id, class_id)
        writers += work.writers(tenant_id, found, students, fetching)
        writers += records.writers(tenant_id, class_id, at)
    return Packed(streamed([*writers, missing], at), fetching)
