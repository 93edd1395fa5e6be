"""Forms of marking, read."""

import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from lti_grader.assignments.models import MarkingRules, SecondMarking
from lti_grader.marking.bank import Kept
from lti_grader.marking.commenting import Comment, Lines
from lti_grader.marking.errors import BadMarking
from lti_grader.marking.operations import Given
from lti_grader.marking.queue import Order
from lti_grader.marking.second import FIRST, MODERATED, SECOND

Form = MultiDict[str, str]
_LEVEL = "level-"
_ROUNDS = {"2": SECOND, "3": MODERATED}


def given(form: Form) -> Given:
    """Return what a form gives.

    Raises
    ------
    BadMarking
    """
    return Given(
        {an_id(name.removeprefix(_LEVEL)): an_id(value) for name, value in form.items() if name.startswith(_LEVEL)},
        _points(form.get("adjustment", ""), "the adjustment"),
        _text(form, "adjustment_reason"),
        _text(form, "private_notes"),
    )


def rules(form: Form) -> MarkingRules:
    """Return how an assignment is marked, as a form says it.

    Raises
    ------
    BadMarking
    """
    try:
        return MarkingRules.model_validate(
            {
                "is_anonymous": "anonymous" in form, "second": form.get("second", SecondMarking.NONE),
                "sample_percent": form.get("percent") or 10, "is_blind": "blind" in form,
                "tolerance_percent": form.get("tolerance") or 0,
            }
        )  # fmt: skip
    except ValidationError:
        raise BadMarking(
            "A sample has from 1 to 100 per cent, and what two markings may differ by is from 0 to 100 per cent, in whole numbers."
        ) from None


def revision(form: Form) -> int:
    """Return the revision that a page showed; one that is nobody's where it says none."""
    text = form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _points(text: str, what: str = "the points") -> Decimal:
    try:
        found = Decimal(text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-") or "0")
    except InvalidOperation:
        raise BadMarking(f"Give {what} as a number, such as 1.5 or -2.") from None
    return round(found, 4) if found.is_finite() else found


def _text(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()


def an_id(text: str) -> uuid.UUID:
    """Return the id that a text is, or raise `BadMarking`."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadMarking("The form names nothing that is there: reload the page.") from None


def kept(form: Form) -> Kept:
    """Return a comment of the bank as a form says it.

    Raises
    ------
    BadMarking
    """
    problem = form.get("problem", "")
    return Kept(
        form.get("text", ""), comment_points(form), "shared" in form, an_id(problem) if problem else None,
    )  # fmt: skip


def comment_points(form: Form) -> Decimal:
    """Return what a form says that a comment gives or takes, or raise `BadMarking`."""
    return _points(form.get("points", ""))


def where(form: Form) -> tuple[Lines | None, uuid.UUID | None]:
    """Return on which lines or which criterion a comment is; without either it is on the whole.

    Raises
    ------
    BadMarking
    """
    first, last = form.get("first", "").strip(), form.get("last", "").strip()
    lines = None
    if first:
        if not all(one.isdecimal() and len(one) < 8 for one in (first, last or first)):
            raise BadMarking("Give lines by their numbers.")
        lines = Lines(form.get("path", "")[:1000], int(first), int(last or first))
    criterion = form.get("criterion", "")
    return lines, an_id(criterion) if criterion and lines is None else None


def comment(form: Form) -> Comment:
    """Return a comment as a form says it, or raise `BadMarking`."""
    return Comment(form.get("text", ""), *where(form), comment_points(form))


def order(args: Mapping[str, str], *, is_anonymous: bool) -> Order:
    """Return in which order somebody marks, as an address says it; a name that is hidden orders nothing."""
    text = args.get("item", "")
    try:
        item_id = uuid.UUID(text) if text else None
    except ValueError:
        item_id = None
    return Order(item_id, is_anonymous or args.get("order") == "mixed", _ROUNDS.get(args.get("round", ""), FIRST))
