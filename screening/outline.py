"""Criteria, reasons and terms as people type them: one a line, guidance indented below. Pure."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

INDENT = "  "
LINE_BREAK = re.compile(r"\r\n|\r|\n")
CODE = re.compile(r"E\d{1,3}", re.IGNORECASE)
CODE_AND_LABEL = re.compile(r"(E\d{1,3})[:.)]?\s+(.+)", re.IGNORECASE | re.DOTALL)


class OutlineError(ValueError):
    """Every problem of an outline, each a sentence that names its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Entry:
    """A line and the guidance below it; `line` is where it stood, from 1."""

    text: str
    hint: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    text: str
    against: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How many lines, and how many characters a line and its guidance may have.

    Args:
        hint: 0 where lines have no guidance.
    """

    entries: int
    text: int
    hint: int = 0


CRITERIA = Limits(entries=50, text=500, hint=2_000)
REASONS = Limits(entries=50, text=200, hint=2_000)
FRAMEWORK = Limits(entries=20, text=120, hint=2_000)
TERMS = Limits(entries=200, text=80)


def entry(text: str, hint: str = "") -> Entry:
    """An entry that `render` and `parse` give back unchanged, from texts of any shape."""
    lines = [line.strip() for line in LINE_BREAK.split(hint)]
    joined = " ".join(part for line in LINE_BREAK.split(text) if (part := line.strip()))
    return Entry(joined, "\n".join(line for line in lines if line))


def parse(text: str, limits: Limits) -> list[Entry]:
    """The entries of an outline; empty lines between them say nothing.

    Raises:
        OutlineError: guidance under nothing or where there is none, too long, said twice.
    """
    entries, problems = _read(text, guided=limits.hint > 0)
    problems += _beyond(entries, limits)
    problems += _said_twice(entries)
    if problems:
        raise OutlineError(problems)
    return entries


def render(entries: Iterable[Entry]) -> str:
    """The outline as `parse` reads it."""
    lines: list[str] = []
    for one in entries:
        lines.append(one.text)
        lines += [f"{INDENT}{line}" for line in one.hint.split("\n") if line]
    return "\n".join(lines)


def parse_reasons(text: str, *, taken: Collection[str] = ()) -> list[Reason]:
    """Reasons in their order, such as "E1 Not in English"; those without a code are given one.

    Args:
        taken: codes that are given to none, since they were those of other reasons before.

    Raises:
        OutlineError: as `parse`; also a code given twice, or without a reason.
    """
    lines, problems = _read(text, guided=True)
    codes: list[str] = []
    lines_by_code: dict[str, int] = {}
    labels: list[Entry] = []
    for found in lines:
        code, label = _code_and_label(found.text)
        if not label:
            problems.append(f"Line {found.line} has a code and no reason.")
        if code in lines_by_code:
            earlier = lines_by_code[code]
            problems.append(f"Line {found.line} has the code {code}, as line {earlier} has.")
        if code:
            lines_by_code.setdefault(code, found.line)
        codes.append(code)
        labels.append(Entry(label, found.hint, found.line))
    problems += _beyond(labels, REASONS) + _said_twice(labels)
    if problems:
        raise OutlineError(problems)
    free = (code for n in range(1, 1_000) if (code := f"E{n}") not in {*lines_by_code, *taken})
    return [
        Reason(code or next(free), one.text, one.hint)
        for code, one in zip(codes, labels, strict=True)
    ]


def render_reasons(reasons: Iterable[Reason]) -> str:
    return render(Entry(f"{reason.code} {reason.label}", reason.hint) for reason in reasons)


def parse_terms(text: str) -> list[Term]:
    """Terms to highlight; "-" in front of one says that it speaks against inclusion.

    Raises:
        OutlineError: as `parse`; also a * that is not at the end, or no letter at all.
    """
    lines, problems = _read(text, guided=False)
    bare: list[Entry] = []
    for found in lines:
        term = Entry(found.text.lstrip("-").strip(), line=found.line)
        stem = term.text.removesuffix("*")
        if not any(character.isalnum() for character in stem):
            problems.append(f"Line {found.line} has no letter or digit.")
        if "*" in stem:
            problems.append(f"Line {found.line}: a * may stand at the end of a term only.")
        bare.append(term)
    problems += _beyond(bare, TERMS) + _said_twice(bare)
    if problems:
        raise OutlineError(problems)
    return [
        Term(term.text, against=found.text.startswith("-"))
        for found, term in zip(lines, bare, strict=True)
    ]


def render_terms(terms: Iterable[Term]) -> str:
    return "\n".join(f"- {term.text}" if term.against else term.text for term in terms)


def _read(text: str, *, guided: bool) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    problems: list[str] = []
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        words = line.strip()
        if not words:
            continue
        if not line.startswith((INDENT, "\t")):
            entries.append(Entry(words, line=number))
        elif not guided:
            problems.append(f"Line {number} begins with spaces; lines here have no guidance.")
        elif not entries:
            problems.append(f"Line {number} is guidance, but no line stands above it.")
        else:
            last = entries[-1]
            hint = f"{last.hint}\n{words}" if last.hint else words
            entries[-1] = Entry(last.text, hint, last.line)
    return entries, problems


def _beyond(entries: list[Entry], limits: Limits) -> list[str]:
    problems = []
    if len(entries) > limits.entries:
        problems.append(f"There are {len(entries)} lines; at most {limits.entries} are kept.")
    for found in entries:
        if len(found.text) > limits.text:
            problems.append(_too_long(found.line, len(found.text), limits.text))
        if len(found.hint) > limits.hint:
            problems.append(
                f"The guidance below line {found.line} has {len(found.hint):,} characters; "
                f"at most {limits.hint:,} are kept."
            )
    return problems


def _too_long(line: int, length: int, limit: int) -> str:
    return f"Line {line} has {length:,} characters; at most {limit:,} are kept."


def _said_twice(entries: Iterable[Entry]) -> list[str]:
    first: dict[str, int] = {}
    problems = []
    for found in entries:
        earlier = first.setdefault(found.text.casefold(), found.line)
        if earlier != found.line and found.text:
            problems.append(f"Line {found.line} says the same as line {earlier}.")
    return problems


def _code_and_label(text: str) -> tuple[str, str]:
    if CODE.fullmatch(text):
        return text.upper(), ""
    match = CODE_AND_LABEL.fullmatch(text)
    return (match[1].upper(), match[2].strip()) if match else ("", text)
