"""The problems of the made-up department, with answers as students write them."""

import functools
from collections.abc import Mapping, Sequence

from lti_grader.demo.department.catalogue import algorithms, extremes, numbers, structures, tables, words
from lti_grader.demo.department.catalogue.shape import Problem, Program

__all__ = ["Problem", "Program", "by_course", "every_problem"]


@functools.cache
def by_course() -> Mapping[str, Sequence[Problem]]:
    """Return the problems of each course, the easiest first."""
    sources = {
        "intro": [*numbers.problems(), *extremes.problems(), *words.problems(), *tables.problems()],
        "structures": structures.problems(),
        "algorithms": algorithms.problems(),
    }
    return {course: sorted(found, key=lambda one: one.difficulty) for course, found in sources.items()}


def every_problem() -> list[Problem]:
    """Return them all."""
    return [one for found in by_course().values() for one in found]
