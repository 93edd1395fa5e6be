"""Items of QTI as questions: one item, one question."""

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from lti_grader.problems.packages.package import BadPackage
from lti_grader.problems.packages.qti_elements import markdown, words
from lti_grader.problems.packages.qti_pictures import is_picture, source_of, words_of
from lti_grader.problems.packages.qti_responses import (
    Response,
    Tolerance,
    is_mapped,
    number,
    points_of,
    responses_of,
    tolerances,
)
from lti_grader.problems.quizzes.form import QUESTIONS, Question

OWN_TOOL, OWN_ID = "lti-grader", "id_"
_INTERACTION = re.compile(r"\w+Interaction")
_INLINE = ("textEntryInteraction", "inlineChoiceInteraction")
_CHOICES = ("simpleChoice", "simpleAssociableChoice", "inlineChoice", "gapText", "hottext")
_NUMBERED = re.compile(r"Question \d+")
_LONGEST_UNIT = 40
_LEFT, _RIGHT = "\ue010", "\ue011"
Report = Callable[[str], None]


def question_of(item: ET.Element, report: Report, picture: Callable[[str], str | None]) -> Question:
    """Return an item as a question.

    Parameters
    ----------
    report
        Told of what is put differently, or left out.
    picture
        Returns the name by which a picture is kept, by where the item says that it is; None where it cannot be shown.

    Raises
    ------
    BadPackage
        It asks what no question here can ask; the message says what.
    """
    return _Item(item, report, picture).question()


class _Item:
    """An item that is being read."""

    def __init__(self, item: ET.Element, report: Report, picture: Callable[[str], str | None]) -> None:
        self.item = item
        self.report = report
        self.picture = picture
        self.is_own = item.get("toolName") == OWN_TOOL
        self.responses = responses_of(item)
        self.near = tolerances(item)
        if item.find("templateDeclaration") is not None:
            raise BadPackage("what it asks is made anew for each student, by a template")
        if item.get("adaptive") == "true":
            raise BadPackage("it asks in several steps")
        self.body = item.find("itemBody")
        if self.body is None:
            raise BadPackage("it has no body")
        self.interactions = [
            one for one in self.body.iter() if isinstance(one.tag, str) and _INTERACTION.fullmatch(one.tag)
        ]

    def question(self) -> Question:
        said = self._asked()
        identifier = self.item.get("identifier", "")
        response = self._response(self.interactions[0])
        title = self.item.get("title", "")[:200]
        said |= {"id": self.id(identifier, ""), "title": "" if self.is_own and _NUMBERED.fullmatch(title) else title}
        said["points"] = points_of(self.item) or (response.worth if len(self.interactions) == 1 else None) or Decimal(1)
        said |= self._feedback()
        try:
            return QUESTIONS[said["kind"]].model_validate(said)  # type: ignore[return-value]
        except ValidationError as error:
            raise BadPackage(f"{error.errors()[0]['msg']}") from None

    def _asked(self) -> dict[str, Any]:
        kinds = {one.tag for one in self.interactions}
        if not kinds:
            raise BadPackage("it asks nothing")
        if kinds <= set(_INLINE):
            return self._entries()
        if len(self.interactions) > 1:
            raise BadPackage(f"it has several interactions ({', '.join(sorted(kinds))}); make an item of each")
        reads = {
            "choiceInteraction": self._choice, "orderInteraction": self._order, "matchInteraction": self._match,
            "gapMatchInteraction": self._gaps,
        }.get(self.interactions[0].tag)  # fmt: skip
        if reads is None:
            raise BadPackage(f"a quiz has nothing like its {self.interactions[0].tag}")
        return reads(self.interactions[0])

    def id(self, identifier: str, path: str) -> str:
        """Return what a part is called here: an identifier of elsewhere may tell what is right."""
        if self.is_own and identifier.startswith(OWN_ID):
            return identifier.removeprefix(OWN_ID)
        own = f"{self.item.get('identifier', '')}:{path}:{identifier}"
        return hashlib.sha256(own.encode()).hexdigest()[:8]

    def _response(self, interaction: ET.Element) -> Response:
        found = self.responses.get(interaction.get("responseIdentifier", ""))
        if found is None:
            raise BadPackage("nothing is said of the answer to it")
        return found

    def _markdown(self, element: ET.Element | None, instead: Callable[[ET.Element], str | None] | None = None) -> str:
        def without(one: ET.Element) -> str | None:
            if one.tag in ("feedbackInline", "feedbackBlock", "rubricBlock", "stylesheet"):
                return ""
            if one.tag in ("printedVariable", "templateInline", "templateBlock"):
                raise BadPackage("its text is made anew for each student, by a template")
            return instead(one) if instead else None

        return markdown(element, self.report, without=without, picture=self.picture)

    def _plain(self, element: ET.Element) -> str:
        """Return what an element says where no Markdown can stand, and report pictures in it."""
        pictures = [one for one in element.iter() if is_picture(one)]
        for one in pictures:
            self.report(
                f"The picture or film {source_of(one).rpartition('/')[2][:80]} of a choice in a list is left out."
            )
        return words(element) or " ".join(filter(None, map(words_of, pictures)))

    def _prompt(self, interaction: ET.Element) -> str:
        """Return what stands around an interaction, and its own prompt."""
        around = self._markdown(self.body, lambda one: "" if one is interaction else None)
        return "\n\n".join(filter(None, (around, self._markdown(interaction.find("prompt")))))

    def _choices(self, element: ET.Element, path: str, right: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "id": self.id(one.get("identifier", ""), path), "text": self._markdown(one),
                "right": one.get("identifier") in right, "feedback": self._feedback_on(one),
            }
            for one in element.iter()
            if one.tag in _CHOICES
        ]  # fmt: skip

    def _feedback_on(self, choice: ET.Element) -> str:
        inline = choice.find(".//feedbackInline")
        if inline is not None:
            return markdown(inline, self.report, without=lambda _: None, picture=self.picture)
        for one in self.item.findall("modalFeedback"):
            if one.get("identifier") == choice.get("identifier") and one.get("showHide", "show") == "show":
                return self._markdown(one.find("contentBody") if one.find("contentBody") is not None else one)
        return ""

    def _feedback(self) -> dict[str, str]:
        """Return the feedback of the whole item, as far as names say when it is shown."""
        known = {one.get("identifier") for one in self.item.iter() if one.tag in _CHOICES}
        names = {"correct": "feedback_right", "incorrect": "feedback_wrong", "general": "feedback"}
        found: dict[str, str] = {}
        for one in self.item.findall("modalFeedback"):
            name = one.get("identifier", "")
            if (field := names.get(name.lower())) is not None:
                found[field] = self._markdown(one.find("contentBody") if one.find("contentBody") is not None else one)
            elif name not in known:
                self.report(
                    f"The feedback {name!r} is left out: only that on a choice, and on right and wrong, is known here."
                )
        return found

    def _choice(self, interaction: ET.Element) -> dict[str, Any]:
        response = self._response(interaction)
        several = response.cardinality != "single"
        gains = [one.key for one in response.mapping if one.value > 0]
        right = list(response.correct) or (gains if several else gains[:1])
        said = {
            "kind": "multiple" if several else "single", "prompt": self._prompt(interaction),
            "options": self._choices(interaction, "options", right), "shuffle": interaction.get("shuffle") == "true",
        }  # fmt: skip
        mapped = is_mapped(self.item, response.id)
        if several:
            said["scoring"] = "partial" if mapped else "all"
        worths = {one.value for one in response.mapping}
        if mapped and (len({one for one in worths if one > 0}) > 1 or (not several and len(worths - {Decimal(0)}) > 1)):
            self.report("Its options are worth different points: here each right one gives the same.")
        return said

    def _order(self, interaction: ET.Element) -> dict[str, Any]:
        response = self._response(interaction)
        texts = {one.get("identifier", ""): self._markdown(one) for one in interaction.findall("simpleChoice")}
        if sorted(response.correct) != sorted(texts):
            raise BadPackage("only some of its choices are put in order")
        items = [{"id": self.id(one, "items"), "text": texts[one]} for one in response.correct]
        scoring = "partial" if is_mapped(self.item, response.id) else "all"
        return {"kind": "order", "prompt": self._prompt(interaction), "items": items, "scoring": scoring}

    def _match(self, interaction: ET.Element) -> dict[str, Any]:
        response = self._response(interaction)
        sets = interaction.findall("simpleMatchSet")
        if len(sets) != 2:
            raise BadPackage("it does not match two sets")
        pairs = [one.split() for one in response.correct or [one.key for one in response.mapping if one.value > 0]]
        of: dict[str, str] = {}
        for pair in pairs:
            if len(pair) != 2 or pair[0] in of:
                raise BadPackage("several things belong to one of its rows")
            of[pair[0]] = pair[1]
        rows = [
            {"id": self.id(one.get("identifier", ""), "rows"), "text": self._markdown(one), "choice": self.id(of[identifier], "choices")}
            if (identifier := one.get("identifier", "")) in of
            else None
            for one in sets[0]
        ]  # fmt: skip
        if any(one is None for one in rows):
            raise BadPackage("nothing belongs to one of its rows")
        choices = [{"id": self.id(one.get("identifier", ""), "choices"), "text": self._plain(one)} for one in sets[1]]
        return {
            "kind": "match", "prompt": self._prompt(interaction), "rows": rows, "choices": choices,
            "shuffle": interaction.get("shuffle") == "true",
            "scoring": "partial" if is_mapped(self.item, response.id) else "all",
        }  # fmt: skip

    def _gaps(self, interaction: ET.Element) -> dict[str, Any]:
        response = self._response(interaction)
        of = {pair[1]: pair[0] for pair in (one.split() for one in response.correct) if len(pair) == 2}
        gaps = [one.get("identifier", "") for one in interaction.iter("gap")]
        texts = {one.get("identifier", ""): self._plain(one) for one in interaction.findall("gapText")}
        if set(gaps) - set(of) or not texts:
            raise BadPackage("nothing belongs to one of its gaps, or pictures do")
        names = {gap: f"gap{number}" for number, gap in enumerate(gaps, start=1)}
        blanks = [
            {"kind": "choice", "id": names[gap], "options": [
                {"id": self.id(one, gap), "text": text, "right": one == of[gap]} for one, text in texts.items()
            ]}
            for gap in gaps
        ]  # fmt: skip

        def instead(one: ET.Element) -> str | None:
            if one.tag == "gap":
                return f"{_LEFT}{names[one.get('identifier', '')]}{_RIGHT}"
            return "" if one.tag in ("gapText", "prompt", "gapImg") else None

        scoring = "partial" if is_mapped(self.item, response.id) else "all"
        text = _placed(self._markdown(self.body, instead))
        prompt = self._markdown(interaction.find("prompt"))
        return {"kind": "blanks", "prompt": prompt, "text": text, "blanks": blanks, "scoring": scoring}

    def _entries(self) -> dict[str, Any]:
        """Return what is asked by fields in a text: one that stands alone is a question, others are blanks."""
        if len(self.interactions) == 1 and self.interactions[0].tag == "textEntryInteraction" and self._stands_alone():
            (only,) = self.interactions
            around = self._around(only)
            place = only if around is self.body else around
            prompt = self._markdown(self.body, lambda one: "" if one is place else None)
            blank = {key: value for key, value in self._entry(only, "").items() if key != "id"}
            if blank.pop("kind") == "number":
                return {"kind": "numeric", "prompt": prompt, "unit": words(around) if place is around else ""} | blank
            return {"kind": "text", "prompt": prompt} | blank
        names = {one: self._name(one, place) for place, one in enumerate(self.interactions, start=1)}
        blanks = [
            self._entry(one, name) if one.tag == "textEntryInteraction" else self._inline_choice(one, name)
            for one, name in names.items()
        ]
        text = self._markdown(self.body, lambda one: f"{_LEFT}{names[one]}{_RIGHT}" if one in names else None)
        return {"kind": "blanks", "prompt": "", "text": _placed(text), "blanks": blanks, "scoring": self._scoring()}

    def _scoring(self) -> str:
        return self.item.get("data-scoring", "partial")

    def _name(self, interaction: ET.Element, place: int) -> str:
        identifier = interaction.get("responseIdentifier", "")
        return identifier.removeprefix(OWN_ID) if self.is_own and identifier.startswith(OWN_ID) else f"blank{place}"

    def _around(self, interaction: ET.Element) -> ET.Element:
        """Return what an interaction stands in."""
        return next(parent for parent in self.item.iter() if interaction in list(parent))

    def _stands_alone(self) -> bool:
        """Return whether the only field has nothing before it in its paragraph, and behind it a unit at most."""
        (only,) = self.interactions
        around = self._around(only)
        if around is self.body:
            return True
        is_number = self._response(only).base_type in ("float", "integer")
        unit = words(around)
        before = " ".join((around.text or "").split())
        return not before and list(around) == [only] and (not unit or (is_number and len(unit) <= _LONGEST_UNIT))

    def _entry(self, interaction: ET.Element, name: str) -> dict[str, Any]:
        response = self._response(interaction)
        if response.base_type in ("float", "integer"):
            value = number(next(iter(response.correct), None))
            if value is None:
                raise BadPackage("no right number is said")
            near = self.near.get(response.id, Tolerance())
            return {"kind": "number", "id": name, "value": value, "absolute": near.absolute, "relative": near.relative}
        most = max((one.value for one in response.mapping), default=Decimal(0))
        accepted = [
            {"text": one.key, "share": (one.value / most).quantize(Decimal("0.0001"))}
            for one in response.mapping
            if one.value > 0 and most > 0
        ]
        known = {one["text"] for one in accepted}
        accepted += [{"text": one, "share": Decimal(1)} for one in response.correct if one not in known]
        pattern = interaction.get("patternMask")
        if not accepted and not pattern:
            raise BadPackage("no right answer is said")
        cased = response.mapping and all(one.case for one in response.mapping)
        return {"kind": "words", "id": name, "accepted": accepted, "case": bool(cased or not response.mapping)}

    def _inline_choice(self, interaction: ET.Element, name: str) -> dict[str, Any]:
        response = self._response(interaction)
        right = list(response.correct) or [one.key for one in response.mapping if one.value > 0][:1]
        options = [
            {
                "id": self.id(one.get("identifier", ""), name),
                "text": words(one),
                "right": one.get("identifier") in right,
            }
            for one in interaction.findall("inlineChoice")
        ]
        return {"kind": "choice", "id": name, "options": options}


def _placed(text: str) -> str:
    return text.replace("{{", "{ {").replace(_LEFT, "{{").replace(_RIGHT, "}}")
