"""QTI packages as quizzes, and quizzes as QTI packages."""

from decimal import Decimal

import pytest

from lti_grader.core.markdown import to_html_with
from lti_grader.problems.packages import formats, qti_writing
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.packages.formats import Format
from lti_grader.problems.packages.package import BadPackage, Package, Refused
from lti_grader.problems.quizzes.form import Accepted, Numeric, Quiz, Section, Single, quiz_of
from lti_grader.problems.quizzes.marking import mark
from lti_grader.problems.quizzes.units import units_of
from tests.fixtures.quizzes import RIGHT, a_quiz

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
HEAD = (
    '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="x" title="An item" adaptive="false">'
)
CHOICE = (
    HEAD
    + """
<responseDeclaration identifier="R" cardinality="multiple" baseType="identifier">
  <correctResponse><value>H</value><value>O</value></correctResponse>
  <mapping lowerBound="0" upperBound="2" defaultValue="-2"><mapEntry mapKey="H" mappedValue="1"/><mapEntry mapKey="O" mappedValue="1"/></mapping>
</responseDeclaration>
<itemBody><p>What is <em>water</em> made of?</p>
<choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="0"><prompt>Choose two.</prompt>
<simpleChoice identifier="H">Hydrogen <feedbackInline outcomeIdentifier="F" identifier="H" showHide="show">Yes.</feedbackInline></simpleChoice>
<simpleChoice identifier="He">Helium</simpleChoice><simpleChoice identifier="O">Oxygen</simpleChoice></choiceInteraction></itemBody>
<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response"/></assessmentItem>"""
)
NUMBER = (
    HEAD
    + """
<responseDeclaration identifier="R" cardinality="single" baseType="float"><correctResponse><value>9.81</value></correctResponse></responseDeclaration>
<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="3"/>
<itemBody><p>How fast?</p><p><textEntryInteraction responseIdentifier="R"/> m/s</p></itemBody>
<responseProcessing><responseCondition><responseIf><equal toleranceMode="relative" tolerance="1 1"><variable identifier="R"/>
<correct identifier="R"/></equal></responseIf></responseCondition></responseProcessing></assessmentItem>"""
)
TEXT = (
    HEAD
    + """
<responseDeclaration identifier="R" cardinality="single" baseType="string"><correctResponse><value>York</value></correctResponse>
<mapping defaultValue="0"><mapEntry mapKey="York" mappedValue="1"/><mapEntry mapKey="york" mappedValue="0.5"/></mapping></responseDeclaration>
<itemBody><blockquote><p>this sun of <textEntryInteraction responseIdentifier="R"/>; {{not a blank}}</p></blockquote></itemBody></assessmentItem>"""
)


def packed(quiz: Quiz, edition: object) -> tuple[bytes, list[str]]:
    package = Package("x", "A quiz", "", units_of(quiz), {}, 1, 1, (), quiz=quiz)
    files, report = qti_writing.write(package, edition)
    return zipped(files, "x"), list(report)


def read(content: str | bytes, name: str = "item.xml") -> Package:
    (found,) = formats.read_upload(name, content.encode() if isinstance(content, str) else content).problems
    assert isinstance(found, Package), found
    return found


@pytest.mark.parametrize("edition", [qti_writing.V2, qti_writing.V3])
def test_a_quiz_that_is_written_and_read_again_asks_the_same(edition: object) -> None:
    quiz = a_quiz()
    content, report = packed(quiz, edition)
    assert formats.read_upload("x.zip", content).format is Format.QTI
    back = read(content, "x.zip")
    assert back.losses == []
    assert back.title == "A quiz"
    told = " ".join(report)
    for before, after in zip(quiz.questions, back.quiz.questions, strict=True):
        assert mark(after, (RIGHT | {"cafe": "café"})[before.id]).points == before.points, before.id
        if before.kind not in ("text", "order"):
            assert after == before
    assert "patterns are left out" in told
    assert "what of an order is right in part" in told


@pytest.mark.parametrize("edition", [qti_writing.V2, qti_writing.V3])
def test_pictures_of_questions_and_choices_are_carried(edition: object) -> None:
    question = {
        "kind": "single", "id": "q", "prompt": 'Where is ![a > b & "c"](<the plan.png>)?',
        "options": [{"id": "a", "text": "![x](x.png) here", "right": True}, {"id": "b", "text": "![gone](gone.png)"}],
    }  # fmt: skip
    quiz = quiz_of({"sections": [{"id": "all", "questions": [question]}]})
    pictures = {"the plan.png": PNG, "x.png": PNG + b"x", "unused.png": PNG}
    package = Package("x", "A quiz", "", units_of(quiz), {}, 1, 1, (), quiz=quiz, pictures=pictures)
    files, _ = qti_writing.write(package, edition)
    assert sorted(one for one in files if one.startswith("pictures/")) == ["pictures/the plan.png", "pictures/x.png"]
    assert b'type="webcontent" href="pictures/the%20plan.png"' in files["imsmanifest.xml"]
    back = read(zipped(files, "x"), "x.zip")
    assert back.losses == []
    assert back.pictures == {"the plan.png": PNG, "x.png": PNG + b"x"}
    (asked,) = back.quiz.questions
    names = {name: f"/{name}" for name in back.pictures}
    assert to_html_with(asked.prompt, names) == to_html_with(quiz.questions[0].prompt, names)
    assert 'src="/x.png"' in to_html_with(asked.options[0].text, names)
    assert asked.options[1].text == "gone"


def test_a_picture_is_what_lies_in_the_package_and_nothing_else() -> None:
    shown = [
        '<img src="a/x.png" alt="one"/>', '<img src="b/x.png" alt="two"/>', '<object data="a/x.png" type="image/png">three</object>',
        '<img src="https://elsewhere.example/x.png" alt="four"/>', '<img src="../../x.png" alt="five"/>', '<img src="a/bad.png" alt="six"/>',
    ]  # fmt: skip
    item = CHOICE.replace("<p>What is", f"<p>{''.join(shown)} What is")
    files = {"imsmanifest.xml": b"<manifest/>", "items/i.xml": item.encode(), "items/a/x.png": PNG}
    files |= {"items/b/x.png": PNG + b"b", "items/a/bad.png": b"<html>", "x.png": PNG}
    back = read(zipped(files, ""), "x.zip")
    assert back.pictures == {"x.png": PNG, "x-2.png": PNG + b"b"}
    (asked,) = back.quiz.questions
    assert asked.prompt.startswith("![one](<x.png>)![two](<x-2.png>)![three](<x.png>)fourfivesix What is")
    assert len(back.losses) == 2, "x.png of elsewhere and of outside are one"


@pytest.mark.parametrize("edition", [qti_writing.V2, qti_writing.V3])
def test_sections_and_what_they_draw_are_carried(edition: object) -> None:
    pool = [Numeric(id=f"n{one}", prompt=f"{one}?", value=Decimal(one), relative=Decimal("0.1")) for one in range(4)]
    alone = Single(id="s", prompt="?", options=a_quiz().questions[0].options, shuffle=False)
    quiz = Quiz(
        sections=[
            Section(id="a", title="Pool", draw=2, shuffle=True, questions=pool),
            Section(id="b", questions=[alone]),
        ]
    )
    assert read(packed(quiz, edition)[0], "x.zip").quiz == quiz


def test_items_of_elsewhere_are_read_with_what_is_right() -> None:
    choice = read(CHOICE).quiz.questions[0]
    assert (choice.kind, choice.points, choice.scoring) == ("multiple", 2, "partial")
    assert [(one.text, one.right, one.feedback) for one in choice.options] == [
        ("Hydrogen", True, "Yes."), ("Helium", False, ""), ("Oxygen", True, ""),
    ]  # fmt: skip
    assert choice.prompt == "What is *water* made of?\n\nChoose two."
    assert not {one.id for one in choice.options} & {"H", "He", "O"}, "their names might tell what is right"
    number = read(NUMBER).quiz.questions[0]
    assert (number.kind, number.points, number.unit, number.relative) == ("numeric", 3, "m/s", Decimal("0.01"))
    text = read(TEXT).quiz.questions[0]
    assert text.text == "> this sun of {{blank1}}; { {not a blank}}"
    assert text.blanks[0].accepted == [Accepted(text="York"), Accepted(text="york", share=Decimal("0.5"))]
    assert quiz_of(read(TEXT).quiz.as_json()) is not None


def test_what_no_question_can_ask_is_told_with_its_reason() -> None:
    drawn = CHOICE.replace("<responseDeclaration", '<templateDeclaration identifier="N"/><responseDeclaration', 1)
    other = CHOICE.replace("choiceInteraction", "hotspotInteraction")
    for item, why in ((drawn, "by a template"), (other, "hotspotInteraction")):
        (found,) = formats.read_upload("item.xml", item.encode()).problems
        assert isinstance(found, Refused)
        assert why in found.why
    files = {"imsmanifest.xml": b"<manifest/>", "a.xml": CHOICE.encode(), "b.xml": other.encode()}
    partly = read(zipped(files, ""), "bank.zip")
    assert len(partly.quiz.questions) == 1
    assert "hotspotInteraction" in partly.losses[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + CHOICE, "entities"), (CHOICE[:400], "no XML"),
        ('<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"/>', "QTI 1.2"), ("<other/>", "no test and no item"),
    ],
)  # fmt: skip
def test_what_is_no_package_or_does_harm_is_refused(content: str, words: str) -> None:
    with pytest.raises(BadPackage, match=words):
        formats.read_upload("x.zip", zipped({"imsmanifest.xml": b"<manifest/>", "item.xml": content.encode()}, ""))
