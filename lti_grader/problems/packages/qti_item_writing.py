"""Questions as items of QTI 2.1; `qti_writing` makes 3.0 of the same elements."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lti_grader.core.markdown import to_html_with_tex
from lti_grader.problems.packages.qti_items import OWN_ID, OWN_TOOL
from lti_grader.problems.pictures import in_words
from lti_grader.problems.quizzes.form import (
    BLANK,
    Blanks,
    ChoiceBlank,
    Figure,
    Match,
    Multiple,
    NumberBlank,
    Numeric,
    Order,
    Question,
    Scoring,
    Single,
    Text,
    Wording,
    WordsBlank,
)

Report = Callable[[str], None]
_LEFT, _RIGHT = "\ue010", "\ue011"
_CLOSED = re.compile(r"<((?:br|hr|img)(?:\s[\w-]+=\"[^\"]*\")*)\s*>")
"""An element without an end, as HTML writes it."""


def item_of(question: Question, title: str, report: Report, pictures: Mapping[str, str]) -> ET.Element:
    """Return a question as an item.

    Parameters
    ----------
    title
        What it is called where its author gave it no name.
    report
        Told of what is not carried over.
    pictures
        Where the item finds each picture of the quiz, by its name.
    """
    return _Writing(question, title, report, pictures).item()


def _id(name: str) -> str:
    return f"{OWN_ID}{name}"


class _Writing:
    def __init__(self, question: Question, title: str, report: Report, pictures: Mapping[str, str]) -> None:
        self.question = question
        self.report = report
        self.pictures = pictures
        self.root = ET.Element(
            "assessmentItem",
            {"identifier": _id(question.id), "title": question.title or title, "adaptive": "false", "timeDependent": "false",
             "toolName": OWN_TOOL, "toolVersion": "1"},
        )  # fmt: skip
        if isinstance(question, Blanks):
            self.root.set("data-scoring", str(question.scoring))
        self.body = ET.Element("itemBody")
        self.rules: list[ET.Element] = []
        self.template = "match_correct"

    def item(self) -> ET.Element:
        for one in self._asked():
            self.root.append(one)
        score = ET.SubElement(
            self.root, "outcomeDeclaration", {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
        )
        score.set("normalMaximum", f"{self.question.points.normalize():f}")
        most = ET.SubElement(
            self.root, "outcomeDeclaration", {"identifier": "MAXSCORE", "cardinality": "single", "baseType": "float"}
        )
        ET.SubElement(ET.SubElement(most, "defaultValue"), "value").text = f"{self.question.points.normalize():f}"
        told = self._feedback()
        if told:
            ET.SubElement(
                self.root,
                "outcomeDeclaration",
                {"identifier": "FEEDBACK", "cardinality": "multiple", "baseType": "identifier"},
            )
        self.root.append(self.body)
        processing = ET.SubElement(self.root, "responseProcessing")
        if self.rules:
            processing.extend(self.rules)
        else:
            processing.set("template", self.template)
        for name, words in told.items():
            one = ET.SubElement(
                self.root, "modalFeedback", {"outcomeIdentifier": "FEEDBACK", "identifier": name, "showHide": "show"}
            )
            self._put(one, words)
        return self.root

    def _asked(self) -> list[ET.Element]:
        match self.question:
            case Single() | Multiple():
                return [self._choice(self.question)]
            case Order():
                return [self._order(self.question)]
            case Match():
                return [self._match(self.question)]
            case Blanks():
                return self._blanks(self.question)
            case Numeric() | Text():
                self._prompt()
                place = ET.SubElement(self.body, "p")
                entry = ET.SubElement(place, "textEntryInteraction", {"responseIdentifier": "RESPONSE"})
                if isinstance(self.question, Numeric):
                    return [self._figure(self.question, "RESPONSE", entry)]
                return [self._wording(self.question, "RESPONSE")]

    def _put(self, parent: ET.Element, markdown: str) -> None:
        """Put Markdown as elements into another; formulas stand there as TeX."""
        html = to_html_with_tex(markdown, self.pictures).replace("&nbsp;", "\N{NO-BREAK SPACE}")
        # It is made by our own renderer, and cleaned: it declares nothing.
        closed = _CLOSED.sub(r"<\1/>", html)
        for one in list(ET.fromstring(f"<div>{closed}</div>")):  # noqa: S314
            one.tail = None
            parent.append(one)

    def _prompt(self) -> None:
        self._put(self.body, self.question.prompt)

    def _feedback(self) -> dict[str, str]:
        question = self.question
        told = {"correct": question.feedback_right, "incorrect": question.feedback_wrong, "general": question.feedback}
        if isinstance(question, Single | Multiple):
            told |= {_id(one.id): one.feedback for one in question.options}
        said = {name: words for name, words in told.items() if words.strip()}
        if said:
            self.report("its feedback is carried, but no rule says when another program shows it.")
        return said

    def _choice(self, question: Single | Multiple) -> ET.Element:
        self._prompt()
        several = isinstance(question, Multiple)
        interaction = ET.SubElement(
            self.body, "choiceInteraction",
            {"responseIdentifier": "RESPONSE", "shuffle": str(question.shuffle).lower(), "maxChoices": "0" if several else "1"},
        )  # fmt: skip
        for one in question.options:
            self._put(ET.SubElement(interaction, "simpleChoice", {"identifier": _id(one.id)}), one.text)
        right = [_id(one.id) for one in question.options if one.right]
        declared = _declared("RESPONSE", "multiple" if several else "single", "identifier", right)
        if isinstance(question, Multiple) and question.scoring is Scoring.PARTIAL:
            self.template = "map_response"
            each = question.points / len(right) if right else Decimal(0)
            gains = {_id(one.id): each if one.right else -each for one in question.options}
            _map(declared, gains, lower=Decimal(0), upper=question.points)
        return declared

    def _order(self, question: Order) -> ET.Element:
        self._prompt()
        interaction = ET.SubElement(
            self.body, "orderInteraction", {"responseIdentifier": "RESPONSE", "shuffle": "true"}
        )
        for one in sorted(question.items, key=lambda one: one.id):
            self._put(ET.SubElement(interaction, "simpleChoice", {"identifier": _id(one.id)}), one.text)
        if question.scoring is Scoring.PARTIAL:
            self.report("what of an order is right in part counts nothing in QTI: all or nothing.")
        return _declared("RESPONSE", "ordered", "identifier", [_id(one.id) for one in question.items])

    def _match(self, question: Match) -> ET.Element:
        self._prompt()
        interaction = ET.SubElement(
            self.body, "matchInteraction",
            {"responseIdentifier": "RESPONSE", "shuffle": str(question.shuffle).lower(), "maxAssociations": str(len(question.rows))},
        )  # fmt: skip
        rows, choices = (ET.SubElement(interaction, "simpleMatchSet") for _ in range(2))
        for row in question.rows:
            self._put(
                ET.SubElement(rows, "simpleAssociableChoice", {"identifier": _id(row.id), "matchMax": "1"}), row.text
            )
        for one in question.choices:
            ET.SubElement(
                choices, "simpleAssociableChoice", {"identifier": _id(one.id), "matchMax": "0"}
            ).text = in_words(one.text)
        pairs = [f"{_id(row.id)} {_id(row.choice or '')}" for row in question.rows]
        declared = _declared("RESPONSE", "multiple", "directedPair", pairs)
        if question.scoring is Scoring.PARTIAL:
            self.template = "map_response"
            each = question.points / len(pairs) if pairs else Decimal(0)
            _map(declared, dict.fromkeys(pairs, each), lower=Decimal(0), upper=question.points)
        return declared

    def _blanks(self, question: Blanks) -> list[ET.Element]:
        self._prompt()
        known = {one.id: one for one in question.blanks}
        text = BLANK.sub(lambda found: f"{_LEFT}{found[1]}{_RIGHT}" if found[1] in known else found[0], question.text)
        holder = ET.Element("div")
        self._put(holder, text)
        declared: list[ET.Element] = []
        for name in BLANK.findall(question.text):
            blank = known.get(name)
            if blank is None:
                continue
            interaction = ET.Element("textEntryInteraction", {"responseIdentifier": _id(name)})
            if isinstance(blank, ChoiceBlank):
                interaction = ET.Element(
                    "inlineChoiceInteraction", {"responseIdentifier": _id(name), "shuffle": "false"}
                )
                for one in sorted(blank.options, key=lambda one: one.text.casefold()):
                    ET.SubElement(interaction, "inlineChoice", {"identifier": _id(one.id)}).text = in_words(one.text)
                declared.append(
                    _declared(_id(name), "single", "identifier", [_id(one.id) for one in blank.options if one.right])
                )
            elif isinstance(blank, NumberBlank):
                declared.append(self._figure(blank, _id(name), interaction, unscored=True))
            else:
                declared.append(self._wording(blank, _id(name)))
            _place(holder, f"{_LEFT}{name}{_RIGHT}", interaction)
        self.body.extend(list(holder))
        self.rules = self._summed(question, [one.get("identifier", "") for one in declared], known)
        return declared

    def _summed(self, question: Blanks, names: Sequence[str], known: Mapping[str, Any]) -> list[ET.Element]:
        """Return the processing that gives each blank its part of the points."""
        each = question.points / len(names) if names else Decimal(0)
        rules = []
        for name in names:
            blank = known[name.removeprefix(OWN_ID)]
            if isinstance(blank, WordsBlank):
                rules.append(_scored(ET.Element("mapResponse", {"identifier": name})))
            else:
                rules.append(_if_right(name, each, blank if isinstance(blank, NumberBlank) else None))
        if question.scoring is Scoring.ALL:
            self.report("blanks that count all or nothing are summed up by programs that do not know our mark for it.")
        return rules

    def _figure(self, figure: Figure, name: str, entry: ET.Element, *, unscored: bool = False) -> ET.Element:
        if figure.unit:
            entry.tail = f" {figure.unit}"
        if figure.absolute and figure.relative:
            self.report("a number has one tolerance in QTI: the absolute one is carried.")
        value = [f"{figure.value.normalize():f}"] if figure.value is not None else []
        if not unscored:
            self.rules = [_if_right(name, self.question.points, figure)]
        return _declared(name, "single", "float", value)

    def _wording(self, wording: Wording, name: str) -> ET.Element:
        forms = [one for one in wording.accepted if not one.pattern]
        if len(forms) < len(wording.accepted):
            self.report("patterns are left out: QTI compares with whole texts.")
        if not wording.accents or wording.spaces:
            self.report("that accents do not count, or that white space does, is left out.")
        if any(one.feedback for one in wording.accepted):
            self.report("the feedback on forms of an answer is left out.")
        best = [one.text for one in forms if one.share == 1][:1]
        declared = _declared(name, "single", "string", best)
        if isinstance(wording, Text):
            self.template = "map_response"
        parts = len(self.question.blanks) if isinstance(self.question, Blanks) else 1
        worth = self.question.points / max(parts, 1)
        _map(declared, {one.text: one.share * worth for one in forms}, case=wording.case)
        return declared


def _declared(name: str, cardinality: str, base: str, correct: Sequence[str]) -> ET.Element:
    said = ET.Element("responseDeclaration", {"identifier": name, "cardinality": cardinality, "baseType": base})
    if correct:
        holder = ET.SubElement(said, "correctResponse")
        for one in correct:
            ET.SubElement(holder, "value").text = one
    return said


def _map(
    declared: ET.Element, gains: Mapping[str, Decimal], *, case: bool | None = None, lower: Decimal | None = None,
    upper: Decimal | None = None,
) -> None:  # fmt: skip
    mapping = ET.SubElement(declared, "mapping", {"defaultValue": "0"})
    for name, bound in (("lowerBound", lower), ("upperBound", upper)):
        if bound is not None:
            mapping.set(name, _number(bound))
    for key, value in gains.items():
        entry = ET.SubElement(mapping, "mapEntry", {"mapKey": key, "mappedValue": _number(value)})
        if case is not None:
            entry.set("caseSensitive", str(case).lower())


def _number(value: Decimal) -> str:
    text = f"{value.quantize(Decimal('0.0001')):f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


def _if_right(name: str, points: Decimal, figure: Figure | None) -> ET.Element:
    """Return the rule that adds points where an answer is right, for a number within its tolerance."""
    condition = ET.Element("responseCondition")
    then = ET.SubElement(condition, "responseIf")
    if figure is not None:
        is_relative = bool(figure.relative) and not figure.absolute
        near = figure.relative * 100 if is_relative else figure.absolute
        compared = ET.SubElement(
            then, "equal", {"toleranceMode": "relative" if is_relative else "absolute", "tolerance": f"{near.normalize():f} {near.normalize():f}"}
        )  # fmt: skip
    else:
        compared = ET.SubElement(then, "match")
    ET.SubElement(compared, "variable", {"identifier": name})
    ET.SubElement(compared, "correct", {"identifier": name})
    gained = ET.Element("baseValue", {"baseType": "float"})
    gained.text = _number(points)
    then.append(_scored(gained))
    return condition


def _scored(gained: ET.Element) -> ET.Element:
    """Return the rule that adds something to the score."""
    set_score = ET.Element("setOutcomeValue", {"identifier": "SCORE"})
    total = ET.SubElement(set_score, "sum")
    ET.SubElement(total, "variable", {"identifier": "SCORE"})
    total.append(gained)
    return set_score


def _place(holder: ET.Element, token: str, element: ET.Element) -> None:
    """Put an element where a token stands in a text."""
    for parent in holder.iter():
        if parent.text and token in parent.text:
            before, _, after = parent.text.partition(token)
            parent.text, element.tail = before, (element.tail or "") + after
            parent.insert(0, element)
            return
        for place, one in enumerate(list(parent)):
            if one.tail and token in one.tail:
                before, _, after = one.tail.partition(token)
                one.tail, element.tail = before, (element.tail or "") + after
                parent.insert(place + 1, element)
                return
