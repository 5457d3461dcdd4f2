"""Reading the fields of a block: `name = {value}`, `"value"`, macros, and parts joined by #.

First as BibTeX itself would. Where that fails (a brace too many or too few, a value without its
end), a field ends where the next one begins.
"""

import re
from collections.abc import Mapping

from screening.importers.bibtex.blocks import LONGEST

Fields = list[tuple[str, str]]
"""Names in small letters and values as written, without what encloses them."""

_NAME = r"[A-Za-z][\w:.+/-]{0,63}"
_FIELD = re.compile(rf"(?<![\w:.+/-])({_NAME})\s*=\s*")
_FIELD_BEGINS = re.compile(
    rf"^[ \t,]*({_NAME})[ \t]{{0,9}}=[ \t]{{0,9}}(?=[{{\"]|[\w.-]{{1,100}}[ \t]{{0,9}},?[ \t}}]*$)"
    rf"|,[ \t]{{0,9}}({_NAME})[ \t]{{0,9}}=[ \t]{{0,9}}(?=[{{\"])",
    re.MULTILINE,
)
_BETWEEN = re.compile(r"[\s,]*")
_BLANKS = re.compile(r"\s*")
_BARE = re.compile(r"[^\s,{}\"#]*")
_BRACE = re.compile(r"[{}]")
_BRACE_OR_QUOTE = re.compile(r"[{}\"]")
# Exporters leave quotation marks within quoted values: the last one is told by what follows.
_BEHIND_QUOTED = re.compile(
    rf"\s*(?:\Z|\}}|\)\s*\Z|\#\s*[\"{{A-Za-z]|,\s*(?:\Z|[}})]|{_NAME}\s*=)|{_NAME}\s*=\s*[\"{{])"
)
_END = "}) ,\t\n"


class Malformed(Exception):
    """BibTeX itself could not read the block."""


def fields(content: str, macros: Mapping[str, str]) -> Fields:
    """The fields of a block in their order; repeated ones stay.

    `content` begins behind `@type{`; a name that is in `macros` stands for its text.
    """
    try:
        return _as_bibtex(content, macros)
    except Malformed:
        return _by_beginnings(content, macros)


def _as_bibtex(content: str, macros: Mapping[str, str]) -> Fields:
    """What precedes the first field is the key, which may hold blanks or lack its comma."""
    read: Fields = []
    field = _FIELD.search(content)
    while field:
        value, place = _value(content, field.end(), macros)
        read.append((field[1].lower(), value))
        place = _behind(_BETWEEN, content, place)
        if place < len(content) and content[place] in "})":
            if _FIELD_BEGINS.search(content, place + 1):
                raise Malformed
            return read
        field = _FIELD.match(content, place)
    if read:
        raise Malformed
    return read


def _by_beginnings(content: str, macros: Mapping[str, str]) -> Fields:
    begun = list(_FIELD_BEGINS.finditer(content))
    ends = [*(field.start() for field in begun), len(content)][1:]
    return [
        ((field[1] or field[2]).lower(), _unenclosed(content[field.end() : end], macros))
        for field, end in zip(begun, ends, strict=True)
    ]


def _unenclosed(piece: str, macros: Mapping[str, str]) -> str:
    """The value in a piece of a damaged block, which may lack one of its ends."""
    try:
        value, end = _value(piece, 0, macros)
    except Malformed:
        pass
    else:
        if not piece[end:].strip(_END):
            return value
    piece = piece.strip().rstrip(_END)
    if piece.startswith('"'):
        return piece[1:].removesuffix('"')
    return piece.removeprefix("{")


def _value(content: str, place: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """The value that begins at a place, and the place behind it.

    Raises: Malformed when it has no end.
    """
    parts: list[str] = []
    room = LONGEST
    while True:
        part, place = _part(content, _behind(_BLANKS, content, place), macros)
        parts.append(part[:room])
        room -= len(parts[-1])
        place = _behind(_BLANKS, content, place)
        if not content.startswith("#", place):
            return "".join(parts), place
        place += 1


def _part(content: str, place: int, macros: Mapping[str, str]) -> tuple[str, int]:
    if content.startswith("{", place):
        end = _closing_brace(content, place + 1)
        return content[place + 1 : end], end + 1
    if content.startswith('"', place):
        end = _closing_quote(content, place + 1)
        return content[place + 1 : end], end + 1
    end = _behind(_BARE, content, place)
    word = content[place:end]
    return macros.get(word.lower(), word), end


def _closing_brace(content: str, place: int) -> int:
    depth = 1
    for brace in _BRACE.finditer(content, place):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    raise Malformed


def _closing_quote(content: str, place: int) -> int:
    depth = 0
    for mark in _BRACE_OR_QUOTE.finditer(content, place):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth = max(0, depth - 1)
        elif not depth and _BEHIND_QUOTED.match(content, mark.end()):
            return mark.start()
    raise Malformed


def _behind(pattern: re.Pattern[str], content: str, place: int) -> int:
    match = pattern.match(content, place)
    return match.end() if match else place
