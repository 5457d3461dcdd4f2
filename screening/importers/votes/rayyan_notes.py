"""What Rayyan writes into the notes of a record.

As in: RAYYAN-INCLUSION: {"A"=>"Included", "B"=>"Maybe"} | RAYYAN-LABELS: x,y |
RAYYAN-EXCLUSION-REASONS: wrong population | USER-NOTES: {"A"=>["look again"]}
"""

import re
from dataclasses import dataclass, field

from screening.importers.votes.base import Decision

_SECTION = re.compile(r"(RAYYAN-[A-Z]+(?:-[A-Z]+){0,3}|USER-NOTES)\s*:\s*")
_TEXT = r'"((?:[^"\\]|\\.)*+)"'
_PAIR = re.compile(rf"{_TEXT}\s*=>\s*{_TEXT}\s*,?\s*")
_NOTES = re.compile(rf'{_TEXT}\s*=>\s*\[((?:\s*"(?:[^"\\]|\\.)*+"\s*,?)*+)\s*\]\s*,?\s*')
_ONE_TEXT = re.compile(_TEXT)
_ESCAPED = re.compile(r"\\(.)")
_DECISIONS = {
    "included": Decision.INCLUDE,
    "excluded": Decision.EXCLUDE,
    "maybe": Decision.MAYBE,
}


@dataclass(slots=True)
class Notes:
    """Decisions and notes by the names of people; reasons and labels are said of the record."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    not_understood: list[str] = field(default_factory=list)


def read(text: str) -> Notes:
    """The parts of the notes; text that is none of Rayyan's is the record's own and left out."""
    found = Notes()
    for name, content in _sections(text):
        if name == "RAYYAN-INCLUSION":
            _decisions(content, found)
        elif name == "USER-NOTES":
            _notes(content, found)
        elif name == "RAYYAN-EXCLUSION-REASONS":
            found.reasons = listed(content)
        elif name == "RAYYAN-LABELS":
            found.labels = listed(content)
        else:
            found.not_understood.append(f"{name}: {content}")
    return found


def listed(content: str) -> tuple[str, ...]:
    """The parts between commas, each once."""
    words = (" ".join(word.split()) for word in content.split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def _sections(text: str) -> list[tuple[str, str]]:
    begins = list(_SECTION.finditer(text))
    ends = [*(match.start() for match in begins[1:]), len(text)]
    return [
        (match[1], text[match.end() : end].strip().removesuffix("|").strip())
        for match, end in zip(begins, ends, strict=False)
    ]


def _decisions(content: str, found: Notes) -> None:
    inside = content.removeprefix("{").removesuffix("}").strip()
    for pair in _PAIR.finditer(inside):
        person, said = _plain(pair[1]), pair[2].strip().casefold()
        if said in _DECISIONS:
            found.decisions[person] = _DECISIONS[said]
        else:
            found.not_understood.append(f"{person}: {pair[2]}")
    if rest := _PAIR.sub("", inside).strip():
        found.not_understood.append(rest)


def _notes(content: str, found: Notes) -> None:
    inside = content.removeprefix("{").removesuffix("}").strip()
    for pair in _NOTES.finditer(inside):
        texts = (_plain(text[1]) for text in _ONE_TEXT.finditer(pair[2]))
        found.notes[_plain(pair[1])] = "\n".join(filter(None, texts))
    if rest := _NOTES.sub("", inside).strip():
        found.not_understood.append(rest)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text).strip()
