"""LaTeX, as BibTeX files use it, turned into Unicode.

One pass over the tokens of a value, so time grows with its length however deep its braces are.
What is raised or lowered keeps its meaning as <sup> and <sub>; all other markup goes.
"""
# ruff: noqa: RUF001 (the letters that look like others are what this is about)

import re
from unicodedata import normalize

from screening.importers.bibtex.symbols import ACCENTS, FORMATTING, SCRIPTS, SYMBOLS

_COMMAND = r"\\(?P<word>[A-Za-z]+)|\\(?P<sign>.?)|(?P<brace>[{}])"
_TYPESET = re.compile(_COMMAND + r"|(?P<other>[$^_~]|---?|``|''|[?!]`)", re.DOTALL)
_VERBATIM = re.compile(_COMMAND, re.DOTALL)
_WORTH_A_LOOK = re.compile(r"[\\{}$~]|--|``|''|[?!]`")

_MATH = re.compile(r"(?<!\\)\$\$?(?=[^\s$])(?P<inside>[^$]{1,500})(?<=[^\s\\])(?P<end>\$\$?)(?!\d)")
_SURE_MATH = re.compile(r"[\\^_]")
_SEVERAL_LETTERS = re.compile(r"[A-Za-z]{3}")
_FRACTION = re.compile(r"\\[dt]?frac[ \t]{0,9}\{([^{}]{1,200})\}[ \t]{0,9}\{([^{}]{1,200})\}")
_LINK = re.compile(r"\\href[ \t]{0,9}\{[^{}]{0,2000}\}")

_TYPOGRAPHY = {"--": "–", "---": "—", "``": "“", "''": "”", "?`": "¿", "!`": "¡"}
_SPACING = {" ": " ", "\n": " ", "\t": " ", ",": " ", ";": " ", ":": " ", "\\": " "}
_NOTHING = frozenset("/-!@")
_MATH_EDGES = {"(": True, ")": False, "[": True, "]": False}
_SPACING_ACCENTS = {"\u0303": "~", "\u0302": "^"}
_DOTLESS = {"ı": "i", "ȷ": "j"}
_BLANKS = " \t\n"
# A degree or a prime is raised by itself.
_RAISED = (("<sup>∘</sup>", "°"), ("<sup>′</sup>", "′"), ("<sup></sup>", ""), ("<sub></sub>", ""))


def text(value: str) -> str:
    """The value as a reader of the typeset text would see it.

    A dollar sign that does not enclose mathematics stays, as does a tilde that means "about".
    """
    if not _WORTH_A_LOOK.search(value):
        return value
    if "\\href" in value:
        value = _LINK.sub("", value)
    if "frac" in value:
        value = _FRACTION.sub(r"\1/\2", value)
    return _Reader(value, _edges_of_math(value)).all(_TYPESET)


def verbatim(value: str) -> str:
    """The value of a field that is no running text (an address, a DOI): only commands are read."""
    if "\\" not in value and "{" not in value and "}" not in value:
        return value
    return _Reader(value, {}).all(_VERBATIM)


def _edges_of_math(value: str) -> dict[int, bool]:
    """The dollar signs that enclose mathematics: place, and whether it begins there."""
    edges: dict[int, bool] = {}
    for match in _MATH.finditer(value) if "$" in value else ():
        if _is_math(match):
            edges |= dict.fromkeys(range(match.start(), match.start("inside")), True)
            edges |= dict.fromkeys(range(match.start("end"), match.end()), False)
    return edges


def _is_math(match: re.Match[str]) -> bool:
    """`H$_2$O` and `$n$` are mathematics; "US$5 or A$7" and "$5m-$" are money."""
    if _SURE_MATH.search(match["inside"]):
        return True
    before = match.string[match.start() - 1 : match.start()]
    return not before.isalpha() and not _SEVERAL_LETTERS.search(match["inside"])


class _Reader:
    """Takes tokens in their order; an accent or a raising waits for what it applies to."""

    def __init__(self, value: str, edges: dict[int, bool]) -> None:
        self._value = value
        self._edges = edges
        self._out: list[str] = []
        self._closings: list[str] = []
        self._accent = ""
        self._script = ""
        self._in_math = False
        self._skips_blanks = False

    def all(self, pattern: re.Pattern[str]) -> str:
        done = 0
        for token in pattern.finditer(self._value):
            self._add(self._value[done : token.start()])
            done = token.end()
            if token["brace"]:
                self._brace(token["brace"])
            elif token["word"]:
                self._word(token["word"], done)
            elif token["sign"] is not None:
                self._sign(token["sign"])
            else:
                self._other(token["other"], token.start())
        self._add(self._value[done:])
        self._out += filter(None, reversed(self._closings))
        read = "".join(self._out)
        for raised, plain in _RAISED:
            read = read.replace(raised, plain)
        return read

    def _add(self, piece: str) -> None:
        if self._skips_blanks or self._accent or self._script:
            piece = piece.lstrip(_BLANKS)
        if not piece:
            return
        self._skips_blanks = False
        if self._accent:
            letter = _DOTLESS.get(piece[0], piece[0])
            first, piece = normalize("NFC", letter + self._accent), piece[1:]
            self._accent = ""
        elif self._script:
            first, piece = piece[0], piece[1:]
        else:
            first = ""
        if self._script:
            first = f"<{self._script}>{first}</{self._script}>"
            self._script = ""
        self._out += (first, piece)

    def _brace(self, brace: str) -> None:
        if brace == "{":
            self._skips_blanks = False
            self._closings.append(f"</{self._script}>" if self._script else "")
            if self._script:
                self._out.append(f"<{self._script}>")
            self._script = ""
            return
        # An accent on nothing is how a tilde or a circumflex is written for itself.
        self._out.append(_SPACING_ACCENTS.get(self._accent, ""))
        self._accent = self._script = ""
        self._skips_blanks = False
        if self._closings:
            self._out.append(self._closings.pop())

    def _word(self, word: str, end: int) -> None:
        if word in ACCENTS:
            self._accent = ACCENTS[word]
        elif word in SYMBOLS:
            self._add_symbol(SYMBOLS[word])
        elif word in SCRIPTS:
            self._script = SCRIPTS[word]
        elif word in FORMATTING:
            self._skips_blanks = not self._in_math
        elif not self._value.startswith("{", end):
            self._add(word)

    def _add_symbol(self, symbol: str) -> None:
        if symbol.isspace():
            self._out.append(symbol)
        else:
            self._add(symbol)
        # TeX takes blanks behind a command as its end; around an operator readers want them.
        self._skips_blanks = not self._in_math

    def _sign(self, sign: str) -> None:
        if sign in ACCENTS:
            self._accent = ACCENTS[sign]
        elif sign in _MATH_EDGES:
            self._in_math = _MATH_EDGES[sign]
        elif sign in _SPACING:
            self._out.append(_SPACING[sign])
        elif sign not in _NOTHING:
            self._add(sign or "\\")

    def _other(self, mark: str, place: int) -> None:
        if mark == "$" and place in self._edges:
            self._in_math = self._edges[place]
        elif mark in ("^", "_") and self._in_math:
            self._script = "sup" if mark == "^" else "sub"
        elif mark == "~":
            self._add(" " if self._is_tie(place) else "~")
        elif self._in_math:
            self._add(mark)
        else:
            self._add(_TYPOGRAPHY.get(mark, mark))

    def _is_tie(self, place: int) -> bool:
        """Whether a tilde binds two words: "Fig.~1", not "p~0.05" or "in ~5 %"."""
        before = self._value[place - 1 : place] if place else ""
        behind = self._value[place + 1 : place + 2]
        if not before or before in " \t\n([" or not behind or behind.isspace():
            return False
        return before == "." or not behind.isdigit()
