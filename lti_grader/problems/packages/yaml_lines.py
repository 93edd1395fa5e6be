"""YAML whose values are read as they are written, and whose lines are known."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from lti_grader.problems.packages.package import BadPackage

Place = tuple[str | int, ...]
"""Where a value stands: names of a mapping and places in a list, from the top."""

_MOST_NODES = 100_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Lines:
    """A YAML file: what it holds, and in which line.

    Parameters
    ----------
    typed
        Names at the top below which numbers, truth and nothing are read as such. Everywhere else each word is the text
        that it is: an expected output of `1.50` or `no` stays what it is.

    Raises
    ------
    BadPackage
        It is no YAML, or no mapping, or names something twice.
    """

    def __init__(self, name: str, content: bytes, *, typed: Sequence[str] = ()) -> None:
        self.name = name
        self._lines: dict[Place, int] = {}
        self._typed = typed
        self._nodes = 0
        try:
            node = yaml.compose(content.decode(), Loader=_LOADER)
        except UnicodeDecodeError:
            raise BadPackage(f"{name} is not in UTF-8: save it so.") from None
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            raise BadPackage(
                f"{name}{f', line {mark.line + 1}' if mark else ''}: this is no YAML: {problem}."
            ) from None
        if not isinstance(node, yaml.MappingNode):
            raise BadPackage(f"{name} holds no names with values.")
        self.content: dict[str, Any] = self._mapping(node, ())

    def line_of(self, place: Place) -> int:
        """Return the line of a value, where it is not there that of what it would be in."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def at(self, place: Place) -> str:
        """Return the file and the line of a value, as an error begins."""
        return f"{self.name}, line {self.line_of(place)}"

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._nodes += 1
        # Names that stand for each other many times over would never end.
        if self._nodes > _MOST_NODES or len(place) > 50:
            raise BadPackage(f"{self.name} holds more than can be read: put large texts into files of their own.")
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, (*place, number)) for number, one in enumerate(node.value)]
        return self._typed_scalar(node) if place[0] in self._typed else node.value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadPackage(f"{self.name}, line {line}: a name has to be one word or line.")
            if key.value in found:
                raise BadPackage(f"{self.name}, line {line}: {key.value} is there twice: leave one of them out.")
            self._lines[(*place, key.value)] = line
            found[key.value] = self._value(value, (*place, key.value))
        return found

    def _typed_scalar(self, node: yaml.Node) -> Any:
        try:
            return yaml.constructor.SafeConstructor().construct_document(node)
        except (yaml.YAMLError, ValueError) as error:
            raise BadPackage(f"{self.name}, line {node.start_mark.line + 1}: {error}") from None


def nested(content: Mapping[str, Any], place: Place) -> Any:
    """Return the value at a place, None where there is none."""
    found: Any = content
    for step in place:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found
