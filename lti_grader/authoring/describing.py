"""What a problem is called, what it is found by, how difficult it is, and who it is shared with: of all of its versions together."""

import dataclasses
from collections.abc import Sequence

from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.errors import BadDraft
from lti_grader.core.db import session
from lti_grader.problems.models import Difficulty, Sharing

MOST_TITLE, MOST_TAGS, MOST_TAG = 200, 20, 50
"""Characters of a title, tags of a problem, characters of a tag."""


@dataclasses.dataclass(frozen=True)
class Description:
    """What a form says of a problem."""

    title: str
    tags: Sequence[str]
    shared_with: Sharing
    difficulty: Difficulty | None = None


def describe(opened: OpenedProblem, said: Description) -> None:
    """Change what a problem is called, its tags, how difficult it is, and who it is shared with.

    A problem that nobody owns becomes theirs who share it with fewer than the institution.

    Raises
    ------
    BadDraft
    """
    title, problem = said.title.strip(), opened.problem
    tags = list(dict.fromkeys(one for tag in said.tags if (one := " ".join(tag.split()))))
    if not title or len(title) > MOST_TITLE:
        raise BadDraft(f"Give the problem a title of {MOST_TITLE} characters at most.")
    if len(tags) > MOST_TAGS or any(len(one) > MOST_TAG for one in tags):
        raise BadDraft(f"Give {MOST_TAGS} tags at most, each of {MOST_TAG} characters at most.")
    if said.shared_with != problem.shared_with:
        if said.shared_with is Sharing.SELF and problem.owner_id not in (None, opened.author.user_id):
            raise BadDraft("Only its owner can keep a problem to themselves.")
        if problem.owner_id is None:
            problem.owner_id = opened.author.user_id
    problem.title, problem.tags, problem.shared_with = title, tags, said.shared_with
    problem.difficulty = said.difficulty
    session().flush()
