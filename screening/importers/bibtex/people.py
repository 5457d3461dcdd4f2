"""The names in an author field: divided by "and", each turned into "Family, Given"."""

import re
from collections.abc import Iterator

from screening.importers.bibtex.latex import text
from screening.importers.people import is_group, is_nobody

_BRACE_OR_AND = re.compile(r"[{}]| and(?= )", re.IGNORECASE)
_BRACE_OR_SEMICOLON = re.compile(r"[{}]|;")
_BRACE_OR_COMMA = re.compile(r"[{}]|,")
_BRACE_OR_BLANK = re.compile(r"[{}]|[ ~]")
_INITIALS = re.compile(r"[A-Z]{1,3}")
_SUFFIX = re.compile(r"(?:jr|sr)\.?|I{2,3}|IV", re.IGNORECASE)


def people(value: str) -> list[str]:
    """The names in a field, one each, in its order; "and others" is nobody.

    A name in braces is a group's and stays as it is. Some exporters write semicolons for "and".
    """
    value = " ".join(value.split())
    names = list(_divided(f" {value} ", _BRACE_OR_AND))
    if len(names) == 1:
        names = list(_divided(value, _BRACE_OR_SEMICOLON))
    return [_name(name) for name in names if name and not is_nobody(name)]


def _name(name: str) -> str:
    """One name; without a comma the last word is the family name, with particles before it."""
    if _is_enclosed(name):
        return text(name)
    parts = [text(part) for part in _divided(name, _BRACE_OR_COMMA)]
    if len(parts) == 3:
        # BibTeX writes "Family, Jr, Given".
        family, suffix, given = parts
        return f"{family}, {given}, {suffix}" if _SUFFIX.fullmatch(suffix) else text(name)
    if len(parts) != 1:
        return ", ".join(part for part in parts if part)
    return _family_first([text(word) for word in _divided(name, _BRACE_OR_BLANK) if word])


def _family_first(words: list[str]) -> str:
    name = " ".join(words)
    if len(words) < 2 or is_group(name):
        return name
    if _INITIALS.fullmatch(words[-1]) and not words[0].isupper():
        return f"{' '.join(words[:-1])}, {words[-1]}"
    begins = next((place for place, word in enumerate(words[:-1]) if word[:1].islower()), -1)
    if begins == 0:
        return name
    return f"{' '.join(words[begins:])}, {' '.join(words[:begins])}"


def _is_enclosed(name: str) -> bool:
    """Whether one pair of braces holds the whole name."""
    if not name.startswith("{") or not name.endswith("}"):
        return False
    inside = name[1:-1]
    depth = 0
    for mark in re.finditer(r"[{}]", inside):
        depth += 1 if mark[0] == "{" else -1
        if depth < 0:
            return False
    return depth == 0 and not inside.startswith("\\")


def _divided(value: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """The parts between marks that stand in no braces, without blanks around them."""
    depth = begun = 0
    for mark in pattern.finditer(value):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth = max(0, depth - 1)
        elif not depth:
            yield value[begun : mark.start()].strip()
            begun = mark.end()
    yield value[begun:].strip()
