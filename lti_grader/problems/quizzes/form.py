"""What a quiz is: the one reader and writer of `problem_versions.quiz`.

A draft may be half written, so the form only says of what kind everything is; `complaints` says what is missing before
it can be published.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lti_grader.core.errors import Unprocessable

MOST_QUESTIONS, MOST_OPTIONS = 200, 50
BLANK = re.compile(r"\{\{\s*([\w-]{1,40})\s*\}\}")
"""Where in its text a blank stands: {{name}}."""

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""What something is called within its quiz. Students' pages hold it, so that it tells nothing of what is right."""
Words = Annotated[str, Field(max_length=20_000)]
Line = Annotated[str, Field(max_length=1000)]
_Points = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=4, allow_inf_nan=False)]
_Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4, allow_inf_nan=False)]
_Number = Annotated[Decimal, Field(ge=Decimal("-1e300"), le=Decimal("1e300"), allow_inf_nan=False)]
_Tolerance = Annotated[Decimal, Field(ge=0, le=Decimal("1e300"), allow_inf_nan=False)]


class BadQuiz(Unprocessable):
    code = "bad_quiz"


class Scoring(enum.StrEnum):
    """What an answer is worth of which only parts are right."""

    ALL = "all"
    PARTIAL = "partial"


class Papers(enum.StrEnum):
    """Whether each attempt of a student has the same questions in the same order."""

    SAME = "same"
    EACH = "each"
    """Drawn anew once something was handed in."""


class Solutions(enum.StrEnum):
    """When students see what would have been right; never before their feedback is released."""

    WITH_FEEDBACK = "with_feedback"
    AFTER_DUE = "after_due"
    """When everybody's work is due."""
    NEVER = "never"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Form):
    """Something to choose, to put in order, or to match with; its text is Markdown."""

    id: Key
    text: Words = ""


class Option(Item):
    right: bool = False
    feedback: Words = ""
    """What is told whoever chose it."""


class Accepted(_Form):
    """A form of an answer in words."""

    text: Line
    pattern: bool = False
    """Whether the text is a regular expression (RE2), which the whole answer has to match."""
    share: _Share = Decimal(1)
    """What part of the points it is worth."""
    feedback: Words = ""


class Wording(_Form):
    """How words are compared."""

    accepted: list[Accepted] = Field(default=[], max_length=MOST_OPTIONS)
    case: bool = False
    """Whether capital letters count."""
    accents: bool = True
    """Whether é differs from e."""
    spaces: bool = False
    """Whether the number of blanks counts, and those at the ends."""


class Figure(_Form):
    """How numbers are compared: within the larger of both tolerances."""

    value: _Number | None = None
    absolute: _Tolerance = Decimal(0)
    relative: _Tolerance = Decimal(0)
    """A part of the value: 0.01 for a hundredth of it."""
    unit: Annotated[str, Field(max_length=40)] = ""
    """Shown behind the field; whoever writes it behind the number may."""


class WordsBlank(Wording):
    kind: Literal["words"] = "words"
    id: Key


class NumberBlank(Figure):
    kind: Literal["number"] = "number"
    id: Key


class ChoiceBlank(_Form):
    kind: Literal["choice"] = "choice"
    id: Key
    options: list[Option] = Field(default=[], max_length=MOST_OPTIONS)
    """Their texts are plain: a list of a page shows no Markdown."""


Blank = Annotated[WordsBlank | NumberBlank | ChoiceBlank, Field(discriminator="kind")]


class Row(_Form):
    """What something is matched to."""

    id: Key
    text: Words = ""
    choice: Key | None = None
    """The id of what belongs to it."""


class _Question(_Form):
    id: Key
    title: Annotated[str, Field(max_length=200)] = ""
    """What its author calls it in lists and results; students see a number."""
    prompt: Words = ""
    points: _Points = Decimal(1)
    feedback: Words = ""
    """Told everybody, with the feedback."""
    feedback_right: Words = ""
    feedback_wrong: Words = ""


class Single(_Question):
    kind: Literal["single"] = "single"
    options: list[Option] = Field(default=[], max_length=MOST_OPTIONS)
    shuffle: bool = True


class Multiple(_Question):
    kind: Literal["multiple"] = "multiple"
    options: list[Option] = Field(default=[], max_length=MOST_OPTIONS)
    shuffle: bool = True
    scoring: Scoring = Scoring.PARTIAL


class Numeric(_Question, Figure):
    kind: Literal["numeric"] = "numeric"


class Text(_Question, Wording):
    kind: Literal["text"] = "text"


class Order(_Question):
    kind: Literal["order"] = "order"
    items: list[Item] = Field(default=[], max_length=MOST_OPTIONS)
    """In the right order."""
    scoring: Scoring = Scoring.ALL


class Match(_Question):
    kind: Literal["match"] = "match"
    rows: list[Row] = Field(default=[], max_length=MOST_OPTIONS)
    choices: list[Item] = Field(default=[], max_length=MOST_OPTIONS)
    """What can be matched, for several rows or for none; plain texts."""
    shuffle: bool = True
    scoring: Scoring = Scoring.PARTIAL


class Blanks(_Question):
    kind: Literal["blanks"] = "blanks"
    text: Words = ""
    """Markdown with {{name}} where a blank stands."""
    blanks: list[Blank] = Field(default=[], max_length=MOST_OPTIONS)
    scoring: Scoring = Scoring.PARTIAL


Question = Annotated[Single | Multiple | Numeric | Text | Order | Match | Blanks, Field(discriminator="kind")]
QUESTIONS: Mapping[str, type[_Question]] = {
    str(one.model_fields["kind"].default): one for one in (Single, Multiple, Numeric, Text, Order, Match, Blanks)
}
"""The kinds of questions by their names."""


class Section(_Form):
    """Questions that stand together; of a pool some are drawn."""

    id: Key
    title: Annotated[str, Field(max_length=200)] = ""
    draw: Annotated[int, Field(ge=1, le=MOST_QUESTIONS)] | None = None
    """How many of its questions each student is given; None for all."""
    shuffle: bool = False
    """Whether they come in another order for each student."""
    questions: list[Question] = []


class Quiz(_Form):
    sections: list[Section] = []
    papers: Papers = Papers.SAME
    solutions: Solutions = Solutions.AFTER_DUE

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Self:
        for ids in (
            [one.id for one in self.sections],
            [one.id for one in self.questions],
            *(own for one in self.questions for own in _ids_of(one)),
        ):
            if twice := next((one for one in ids if ids.count(one) > 1), None):
                raise ValueError(f"two of its parts are called {twice!r}")
        if len(self.questions) > MOST_QUESTIONS:
            raise ValueError(f"a quiz has {MOST_QUESTIONS} questions at most")
        return self

    @property
    def questions(self) -> list[Question]:
        """All of them, in their sections' order."""
        return [question for section in self.sections for question in section.questions]

    def question(self, question_id: str) -> Question | None:
        """Return a question, None where there is none of that id."""
        return next((one for one in self.questions if one.id == question_id), None)

    def as_json(self) -> dict[str, Any]:
        """Return it as its column holds it."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"sections": [
            one.model_dump(mode="json", exclude_defaults=True) | {"questions": [
                question.model_dump(mode="json", exclude_defaults=True) | {"kind": question.kind}
                | ({"blanks": [_blank_json(blank) for blank in question.blanks]} if isinstance(question, Blanks) else {})
                for question in one.questions
            ]}
            for one in self.sections
        ]}  # fmt: skip


def _blank_json(blank: Any) -> dict[str, Any]:
    told: dict[str, Any] = blank.model_dump(mode="json", exclude_defaults=True)
    return told | {"kind": blank.kind}


def _ids_of(question: Question) -> Iterator[list[str]]:
    """Yield the ids that have to differ within a question."""
    match question:
        case Single() | Multiple():
            yield [one.id for one in question.options]
        case Order():
            yield [one.id for one in question.items]
        case Match():
            yield [one.id for one in question.rows]
            yield [one.id for one in question.choices]
        case Blanks():
            yield [one.id for one in question.blanks]
            yield from (
                [one.id for one in blank.options] for blank in question.blanks if isinstance(blank, ChoiceBlank)
            )


def quiz_of(config: Mapping[str, Any]) -> Quiz | None:
    """Return what a version's `quiz` describes, checked; None for {}.

    Raises
    ------
    BadQuiz
    """
    if not config:
        return None
    try:
        return Quiz.model_validate(dict(config))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadQuiz(f"This quiz cannot have {where or 'such parts'}: {first['msg']}.") from None
