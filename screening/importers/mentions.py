"""How many entries or lines a warning is about, and where the first of them is."""

from screening.importers.counting import Lines


def mention(lines: Lines, one: str, several: str) -> str:
    """Say it as in: 3 entries (first: line 12)."""
    return f"{lines.number:,} {one if lines.number == 1 else several} (first: line {lines.first})"


def entries(lines: Lines) -> str:
    return mention(lines, "entry", "entries")
