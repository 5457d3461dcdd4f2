"""The authors in a cell, whatever divides them, as "Family, Given".

Nothing tells for certain which part of "Wang Li" is the family name. Initials tell; else a
name of two words or more is read as most exporters without commas write it, the family name
last, unless a word says that it is a group.
"""

import re

from screening.importers.people import is_group, is_nobody

_SCOPUS_NUMBER = re.compile(r" ?\([0-9]{5,20}\)")
_AND = re.compile(r",? and |,? & ", re.IGNORECASE)
_TITLES = re.compile(r"(?:(?:Prof|Dr|PD|Mr|Mrs|Ms)\b\.? ?)+(?=\S)")
_PARTICLE_WORDS = (
    "da das de del della den der di do dos du el la le los st. te ten ter van vom von zu zum zur "
    "al bin ibn"
)
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_SUFFIXES = frozenset(["jr", "jr.", "sr", "sr.", "ii", "iii", "iv"])
# "McNamara" and "DeBlieux" are one name each.
_PREFIX = re.compile(r"\b(?:Mc|Mac|Da|De|Del|Des|Di|Du|Fitz|La|Le|Van|Von)\Z")
_LIST_POINT = re.compile(r"[^\W\d_]{2,3}\.\Z")
_INITIALS_WITHOUT_POINTS = 3
_LONGEST_NAME = 120
_MOST_WORDS = 6


def people(cell: str) -> list[str]:
    """The names in a cell, one each, in its order."""
    cell = _SCOPUS_NUMBER.sub("", cell.strip())
    return [name for part in _divided(cell) if (name := _name(" ".join(part.split())))]


def _divided(cell: str) -> list[str]:
    """By the first mark of these that the cell has: semicolon, bar, line end, "and", comma."""
    for mark in (";", "|"):
        if mark in cell:
            return cell.split(mark)
    lines = [line.strip() for line in cell.split("\n")]
    if len(lines) > 1 and not any(line.startswith("and ") for line in lines):
        return lines
    line = " ".join(cell.split())
    parts = _AND.split(line)
    if len(parts) > 1 and not any(map(_is_list, parts)):
        is_one = is_group(line) and not any(map(_has_order, parts))
        return [line] if is_one else parts
    return _by_comma(
        [part for part in (part.strip() for part in ", ".join(parts).split(",")) if part]
    )


def _has_order(name: str) -> bool:
    """Whether a comma or initials say what the family name is."""
    return "," in name or _family_and_initials(name) is not None


def _is_list(part: str) -> bool:
    """Whether commas divide names here, and not the family name from the given ones."""
    pieces = [piece.strip() for piece in part.split(",")]
    if len(pieces) == 1:
        return False
    persons = [piece for piece in pieces if not _is_suffix(piece)]
    return len(persons) > 2 or all(map(_family_and_initials, persons))


def _by_comma(parts: list[str]) -> list[str]:
    """Either each part is a name, or each second one is the given names to the first."""
    if len(parts) <= 1:
        return [name for part in parts for name in _run_together(part)]
    if all(map(_family_and_initials, parts[:-1])):
        # PubMed ends its list with a point: "Roe AB, Doe C."
        without_points = not any(part.endswith(".") for part in parts[:-1])
        return [*parts[:-1], parts[-1].removesuffix(".") if without_points else parts[-1]]
    if len(parts) == 3 and _is_suffix(parts[2]):
        return [f"{parts[0]}, {parts[1]} {parts[2]}"]
    given = parts[1::2]
    if len(parts) % 2 == 0 and (all(map(_is_initials, given)) or _is_one_name(parts)):
        return [", ".join(pair) for pair in zip(parts[::2], given, strict=True)]
    return parts


def _is_one_name(parts: list[str]) -> bool:
    """Whether two parts are a family name and given ones, and not two names in full."""
    family = parts[0].split(" ")
    return len(parts) == 2 and (
        len(family) == 1 or " " not in parts[1] or family[0].casefold() in _PARTICLES
    )


def _run_together(cell: str) -> list[str]:
    """Names between which nothing stands at all, as in Springer's tables."""
    begins = [0]
    for place in range(2, len(cell)):
        if _is_joint(cell, place) and " " in cell[begins[-1] : place].strip():
            begins.append(place)
    return [cell[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True)]


def _is_joint(cell: str, place: int) -> bool:
    """Whether a name begins here without a blank: "Anna RoeBea Doe", "Roe A. B.Doe C."."""
    before, first, second = cell[place - 1], cell[place], cell[place + 1 : place + 2]
    if not first.isupper():
        return False
    if before == ".":
        return cell[place - 2].isupper() and (second.islower() or second in ("'", "\u2019"))
    starts_name = second.islower() or second == "."
    return before.islower() and starts_name and not _PREFIX.search(cell[max(0, place - 5) : place])


def _name(name: str) -> str:
    """One name as "Family, Given"; "" when it is nobody's."""
    name = _TITLES.sub("", name, count=1) if _TITLES.match(name) else name
    if is_nobody(name):
        return ""
    if "," in name:
        family, given = (part.strip() for part in name.split(",", 1))
        # RefWorks says "null" where it knows no given name.
        return f"{family}, {given}" if family and given and given != "null" else family or given
    if found := _family_and_initials(name):
        # "Roe AB." has the point of PubMed's list; "Roe A." has its own.
        family, given = found
        return f"{family}, {given[:-1] if _LIST_POINT.match(given) else given}"
    words = name.split(" ")
    is_person = 1 < len(words) <= _MOST_WORDS and len(name) <= _LONGEST_NAME
    if not is_person or is_group(name) or any(letter.isdigit() for letter in name):
        return name
    return _family_last(words)


def _family_and_initials(name: str) -> tuple[str, str] | None:
    """ "van Roe A. B." in its two parts; None when the name does not end in initials."""
    words = name.split()
    begin = len(words)
    while begin > 1 and _is_initials(words[begin - 1]):
        begin -= 1
    if begin == len(words) or all(map(_is_initials, words[:begin])):
        return None
    return " ".join(words[:begin]), " ".join(words[begin:])


def _is_initials(text: str) -> bool:
    letters = [letter for letter in text if letter not in ".-\u2010 "]
    few = "." in text or len(letters) <= _INITIALS_WITHOUT_POINTS
    are_single = "." not in text or len(letters) <= 2 * text.count(".") + 1
    return bool(letters) and few and are_single and all(map(str.isupper, letters))


def _is_suffix(word: str) -> bool:
    return word.casefold() in _SUFFIXES


def _family_last(words: list[str]) -> str:
    suffix = [words.pop()] if len(words) > 2 and _is_suffix(words[-1]) else []
    begin = len(words) - 1
    while begin > 1 and words[begin - 1].casefold() in _PARTICLES:
        begin -= 1
    given = " ".join([*words[:begin], *suffix]).replace(". -", ".-")
    return f"{' '.join(words[begin:])}, {given}"
