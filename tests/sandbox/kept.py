"""Programs run by a copy of an interpreter, and by one that is started for them."""

import dataclasses

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Limits, Program, RunOutcome, Sandbox
from lti_grader.grading.sandbox.slots import SlotSandbox


def cold(language: Language) -> Language:
    """Return the same language without anything kept started."""
    return dataclasses.replace(language, file=language.file.model_copy(update={"warm": None}))


def once(slot: Sandbox, program: Program, given: bytes, limits: Limits) -> RunOutcome:
    """Run a program as its language says, also where a crash would be looked at once more without a copy."""
    assert isinstance(slot, SlotSandbox)
    return slot._ran(program, given, limits)
