"""One XML element as a tree of nodes, whatever its text: what is wrong is repaired or told.

The parser is given one element alone. A document type can stand only before the first element, so
none is read here, and no entity can be declared: nothing is expanded and nothing fetched.
"""

import re
from html import escape
from html.entities import html5
from xml.parsers import expat

MOST_ELEMENTS = 200_000
"""Elements of one entry, without those that its format skips."""
MOST_LEVELS = 100
"""Elements of one entry that stand in each other."""

FORBIDDEN = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
"""Control characters, which no XML may hold: databases export them nevertheless."""

_NOT_XML = dict.fromkeys([*FORBIDDEN, 0xFFFE, 0xFFFF])
_REFERENCE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(#?[A-Za-z0-9]{1,40};)?", re.DOTALL)
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_NUMBER = re.compile(r"#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));\Z")
_UNFINISHED = frozenset(
    {
        expat.errors.codes[text]
        for text in (
            expat.errors.XML_ERROR_NO_ELEMENTS,
            expat.errors.XML_ERROR_UNCLOSED_TOKEN,
            expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        )
    }
)


class Node:
    """An element: its name as written (`dc:title`), attributes, and texts and elements in order."""

    __slots__ = ("attributes", "name", "parts")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.parts: list[str | Node] = []

    @property
    def elements(self) -> list["Node"]:
        """The elements directly below."""
        return [part for part in self.parts if isinstance(part, Node)]

    def all(self, path: str) -> list["Node"]:
        """The elements at a path of names such as `Journal/Title`, in the file's order."""
        found = [self]
        for name in path.split("/"):
            found = [below for node in found for below in node.elements if below.name == name]
        return found

    def text(self) -> str:
        """All text below."""
        return "".join(part if isinstance(part, str) else part.text() for part in self.parts)

    def texts(self, path: str) -> list[str]:
        """The texts at a path, without blank ones."""
        return [text for node in self.all(path) if (text := node.text().strip())]

    def first(self, *paths: str) -> str:
        """The first text that is not blank, at the first path that has one; or ""."""
        return next((text for path in paths for text in self.texts(path)), "")


class Damaged(Exception):
    """A piece of text that is no XML element; the message is half a sentence.

    `below` counts the lines from its first to where the parser stopped, if that tells something.
    """

    def __init__(self, message: str, below: int = 0) -> None:
        super().__init__(message)
        self.below = below


def parsed(text: str, skipped: frozenset[str] = frozenset()) -> Node:
    """The element that the text begins with; what follows its end is left out.

    References that XML does not define are read as HTML's where it has them, else as the text
    that they are: an ampersand that nobody escaped costs no entry.

    Raises: Damaged.
    """
    text = text.translate(_NOT_XML)
    try:
        return _Tree(skipped).parse(text)
    except Damaged:
        repaired = _REFERENCE.sub(_reference, text)
        if repaired == text:
            raise
    return _Tree(skipped).parse(repaired)


class _Tree:
    """Builds the nodes of one element from what the parser meets."""

    def __init__(self, skipped: frozenset[str]) -> None:
        self._skipped = skipped
        self._skipping = 0
        self._above = Node("", {})
        self._open = [self._above]
        self._number = 0
        self._is_done = False

    def parse(self, text: str) -> Node:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            if not self._is_done:
                raise _damage(error) from error
        return self._above.elements[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipping or (name in self._skipped and self._open[1:]):
            self._skipping += 1
            return
        self._number += 1
        if self._number > MOST_ELEMENTS:
            raise Damaged(f"holds more than {MOST_ELEMENTS:,} elements")
        if len(self._open) > MOST_LEVELS:
            raise Damaged(f"has elements in each other, more than {MOST_LEVELS} deep")
        node = Node(name, attributes)
        self._open[-1].parts.append(node)
        self._open.append(node)

    def _end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        self._open.pop()
        self._is_done = len(self._open) == 1

    def _text(self, text: str) -> None:
        if self._skipping:
            return
        # A CR that is written as a reference is a line end in its own field.
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._open[-1].parts.append(text)


def _damage(error: expat.ExpatError) -> Damaged:
    if error.code in _UNFINISHED:
        return Damaged("has no end: the file is damaged or was cut off there")
    return Damaged(f"is damaged ({expat.ErrorString(error.code)})", error.lineno - 1)


def _reference(found: re.Match[str]) -> str:
    """The same in XML's words: defined references stay, ampersands are escaped."""
    name = found[1]
    if found[0][0] == "<" or name in _OF_XML:
        return found[0]
    if not name:
        return "&amp;"
    if number := _NUMBER.match(name):
        return _character(int(number[1], 16) if number[1] else int(number[2]))
    return escape(html5[name]) if name in html5 else f"&amp;{name}"


def _character(number: int) -> str:
    """A numbered character, or nothing for numbers that XML does not allow."""
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return ""
    return f"&#{number};" if number and number not in _NOT_XML else ""
