"""Quizzes as packages of QTI 2.1 or 3.0. Both are one tree of elements; 3.0 has other names and other addresses."""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from lti_grader.problems.packages.package import Package
from lti_grader.problems.packages.qti_elements import kebab
from lti_grader.problems.packages.qti_item_writing import item_of
from lti_grader.problems.packages.qti_items import OWN_ID, OWN_TOOL
from lti_grader.problems.packages.qti_pictures import FOLDER, address, shown_by
from lti_grader.problems.quizzes.form import Papers, Quiz, Section, Solutions

_HTML = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Edition:
    """What differs between the editions of QTI."""

    namespace: str
    item_type: str
    test_type: str
    manifest: str
    templates: str
    is_new: bool


V2 = _Edition(
    "http://www.imsglobal.org/xsd/imsqti_v2p1", "imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1",
    "http://www.imsglobal.org/xsd/imscp_v1p1", "http://www.imsglobal.org/question/qti_v2p1/rptemplates/", is_new=False,
)  # fmt: skip
V3 = _Edition(
    "http://www.imsglobal.org/xsd/imsqtiasi_v3p0", "imsqti_item_xmlv3p0", "imsqti_test_xmlv3p0",
    "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
    is_new=True,
)  # fmt: skip


def write(package: Package, edition: _Edition) -> tuple[dict[str, bytes], Sequence[str]]:
    """Return the files of a quiz by their names, and what could not be carried over."""
    quiz = package.quiz or Quiz()
    report: list[str] = []
    if package.statement or package.hint:
        report.append("The introduction and the hint of the quiz are left out: QTI has them for questions only.")
    if quiz.solutions is not Solutions.NEVER:
        report.append("When students see what is right is another program's to say.")
    if quiz.papers is Papers.EACH:
        report.append("That each attempt has a paper of its own is another program's to say.")
    files: dict[str, bytes] = {}
    paths: dict[str, str] = {}
    addresses = {name: address(name) for name in package.pictures}
    shown = {one.id: shown_by(one, list(package.pictures)) for one in quiz.questions}
    for number, question in enumerate(quiz.questions, start=1):
        paths[question.id] = f"items/{number:03d}.xml"
        lost: list[str] = []
        item = item_of(question, f"Question {number}", lost.append, addresses)
        report += [f"Question {number}: {words}" for words in lost]
        _point(item, edition)
        files[paths[question.id]] = _written(item, edition)
    files["test.xml"] = _written(_test(package, quiz, paths), edition)
    files["imsmanifest.xml"] = _manifest(package, quiz, paths, shown, edition)
    files |= {
        f"{FOLDER}/{name}": package.pictures[name] for name in sorted({one for held in shown.values() for one in held})
    }
    return files, list(dict.fromkeys(report))


def _point(item: ET.Element, edition: _Edition) -> None:
    """Point to the template of the edition where an item is processed by one."""
    processing = item.find("responseProcessing")
    name = processing.get("template") if processing is not None else None
    if processing is not None and name:
        processing.set("template", f"{edition.templates}{name}{'.xml' if edition.is_new else ''}")


def _test(package: Package, quiz: Quiz, paths: Mapping[str, str]) -> ET.Element:
    test = ET.Element(
        "assessmentTest",
        {"identifier": f"{OWN_ID}{package.slug}", "title": package.title, "toolName": OWN_TOOL, "toolVersion": "1",
         "data-papers": str(quiz.papers), "data-solutions": str(quiz.solutions)},
    )  # fmt: skip
    part = ET.SubElement(
        test, "testPart", {"identifier": "part", "navigationMode": "nonlinear", "submissionMode": "simultaneous"}
    )
    for section in quiz.sections:
        part.append(_section(section, paths))
    return test


def _section(section: Section, paths: Mapping[str, str]) -> ET.Element:
    said = ET.Element(
        "assessmentSection", {"identifier": f"{OWN_ID}{section.id}", "title": section.title, "visible": "true"}
    )
    if section.draw is not None:
        ET.SubElement(said, "selection", {"select": str(section.draw)})
    if section.shuffle:
        ET.SubElement(said, "ordering", {"shuffle": "true"})
    for question in section.questions:
        ET.SubElement(said, "assessmentItemRef", {"identifier": f"{OWN_ID}{question.id}", "href": paths[question.id]})
    return said


def _manifest(
    package: Package, quiz: Quiz, paths: Mapping[str, str], shown: Mapping[str, Sequence[str]], edition: _Edition
) -> bytes:
    manifest = ET.Element("manifest", {"xmlns": edition.manifest, "identifier": f"manifest_{package.slug}"})
    metadata = ET.SubElement(manifest, "metadata")
    ET.SubElement(metadata, "schema").text = "QTI Package"
    ET.SubElement(metadata, "schemaversion").text = "3.0.0" if edition.is_new else "2.1"
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    asked = [f"{OWN_ID}{one.id}" for one in quiz.questions]
    names = sorted({one for held in shown.values() for one in held})
    pictures = {name: f"picture_{number}" for number, name in enumerate(names, start=1)}
    _resource(resources, "test", edition.test_type, "test.xml", asked)
    for question, identifier in zip(quiz.questions, asked, strict=True):
        needed = [pictures[name] for name in shown[question.id]]
        _resource(resources, identifier, edition.item_type, paths[question.id], needed)
    for name, identifier in pictures.items():
        _resource(resources, identifier, "webcontent", f"{FOLDER}/{quote(name)}", [])
    return _bytes(manifest)


def _resource(resources: ET.Element, identifier: str, kind: str, path: str, needs: Sequence[str]) -> None:
    one = ET.SubElement(resources, "resource", {"identifier": identifier, "type": kind, "href": path})
    ET.SubElement(one, "file", {"href": path})
    for other in needs:
        ET.SubElement(one, "dependency", {"identifierref": other})


def _written(root: ET.Element, edition: _Edition) -> bytes:
    if edition.is_new:
        for one in root.iter():
            _rename(one)
    elif "data-papers" in root.attrib or "data-scoring" in root.attrib:
        # 2.1 knows no attributes of others; what they say is its reader's usual, or lost.
        for name in ("data-papers", "data-solutions", "data-scoring"):
            root.attrib.pop(name, None)
    root.set("xmlns", edition.namespace)
    return _bytes(root)


def _rename(element: ET.Element) -> None:
    if element.tag not in _HTML:
        element.tag = f"qti-{kebab(element.tag)}"
        element.attrib = {kebab(name): value for name, value in element.attrib.items()}


def _bytes(root: ET.Element) -> bytes:
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
