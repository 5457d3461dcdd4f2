"""One tokenizer for formats in which a line begins with a tag; a profile says what differs."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

RAW_LIMIT = 2_000
_BETWEEN = {"": ""}
_INDENTED = "a continuation"
_HEAD = 64
_KEPT_PREFIXES = 2_000
_SLOT_BUDGET = 200_000
_SLOT_VALUES = 5_000
_NO_STRETCH: tuple[list[str], int, int] = ([], 0, 0)
_NO_PLACE: tuple[list[str], int] = ([], 0)


class Entry:
    """The lines of one entry: values by slot, as written, continuation lines after a newline.

    `stretch` is where its text stands: lines from begin to end, after what is kept of `earlier`.

    However long an entry is in the file, what it holds in memory is bounded: far above what a
    record may keep, so that a cut still shows.
    """

    __slots__ = (
        "_more",
        "_more_to",
        "earlier",
        "end",
        "fields",
        "line",
        "position",
        "seen",
        "stretch",
    )

    def __init__(self, position: int, line: int, seen: frozenset[str]) -> None:
        self.position = position
        self.line = line
        self.end = line
        self.seen = seen
        self.fields: defaultdict[str, list[str]] = defaultdict(list)
        self.earlier: tuple[str, ...] = ()
        self.stretch = _NO_STRETCH
        self._more: list[str] = []
        self._more_to = _NO_PLACE

    def go_on(self, values: list[str], line: str) -> None:
        """Continue the last of the values, on a further line."""
        if self._more_to[0] is not values or self._more_to[1] != len(values):
            self._join()
            self._more_to = (values, len(values))
        self._more.append(line)

    def close(self, end: int, preamble: re.Pattern[str] | None) -> None:
        """Finish the entry; a preamble of the next one that ran into the last value is left out."""
        self.end = end
        if not self._more:
            return
        while preamble and (_is_blank(self._more[-1]) or preamble.match(self._more[-1])):
            self._more.pop()
            if not self._more:
                return
        self._join()

    def firsts(self) -> dict[str, str]:
        """Of each slot the first value that is not blank."""
        return {
            slot: first
            for slot, values in self.fields.items()
            if (first := values[0].strip() or _first_not_blank(values))
        }

    def all(self, *slots: str) -> list[str]:
        """Every value of the slots, blank ones too."""
        return [value for slot in slots for value in self.fields.get(slot, ())]

    def text(self) -> str:
        """The entry as it stands in the file, its beginning only when it is long."""
        lines, begun, end = self.stretch
        return "\n".join((*self.earlier, *lines[begun:end]))[:RAW_LIMIT]

    def shrink(self) -> None:
        """Keep of an entry that goes on and on what a record may need."""
        self._join()
        self.earlier = (self.text(),)
        self.stretch = _NO_STRETCH
        for values in self.fields.values():
            values[:] = _within_budget(values)

    def _join(self) -> None:
        values, place = self._more_to
        if self._more:
            values[place - 1] = "\n".join((values[place - 1], *self._more))
            self._more = []


class Tag(NamedTuple):
    """A line that begins a value; only a `certain` one may begin an entry.

    `exact` when its spaces are as the format says, so that the line's first six characters tell.
    """

    name: str
    value: str
    certain: bool = True
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Profile:
    """What one tagged format looks like.

    `wanted` gives the slot of every tag that is read. `tag(line, loose)` reads the tag of a line
    or says None for a continuation; `loose` is whether the entry already held a tag with wrong
    spaces. `heads` begin an entry when the current one has them already; `assumed` heads count
    as had in every entry. An entry without `lead` ends at a blank line. `end` closes an entry,
    `silent` tags never begin one; `first_head` becomes a head when it begins the file's first
    entry. A line that begins with `indent` (six characters) is a continuation, even a blank one.
    `preamble` matches what some exporters put between entries.
    """

    wanted: Mapping[str, str]
    tag: Callable[[str, bool], Tag | None]
    heads: frozenset[str]
    assumed: frozenset[str]
    lead: str
    end: str = ""
    silent: frozenset[str] = frozenset()
    first_head: str = ""
    indent: str = ""
    preamble: re.Pattern[str] | None = None


def entries(blocks: Iterable[list[str]], profile: Profile) -> Iterator[Entry]:
    """The entries of a file, one at a time; every tagged line belongs to one."""
    return _Tokenizer(profile).entries(blocks)


class _Tokenizer:
    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.heads = set(profile.heads)
        self.special = profile.heads | profile.silent | {profile.end, profile.first_head}
        # Slots by the first six characters of a line, filled as tags are met: inside an entry
        # one look into this decides nearly every line.
        self.plain: dict[str, str] = {profile.indent: _INDENTED} if profile.indent else {}
        self.entry: Entry | None = None
        self.values: list[str] | None = None
        self.no_fields: defaultdict[str, list[str]] = defaultdict(list)
        self.position = 0
        self.loose = False

    def entries(self, blocks: Iterable[list[str]]) -> Iterator[Entry]:
        before = 0
        for lines in blocks:
            yield from self._block(lines, before)
            before += len(lines)
        if self.entry is not None:
            yield self._finished(self.entry, before)

    def _block(self, lines: list[str], before: int) -> list[Entry]:
        """The entries that end in these lines; `before` counts the lines of earlier blocks."""
        done: list[Entry] = []
        begun, entry, values = 0, self.entry, self.values
        slot_of, fields = self._lookups()
        for index, line in enumerate(lines):
            slot = slot_of(line[:6])
            if slot is _INDENTED:
                if values is not None and entry is not None:
                    entry.go_on(values, line)
            elif slot:
                values = fields[slot]
                values.append(line[6:])
            elif slot is not None:
                values = None
            else:
                finished = self._unusual(line, before + index + 1, values)
                values = self.values
                if entry is not self.entry:
                    if finished is not None:
                        finished.stretch = (lines, begun, finished.end - before)
                        done.append(finished)
                    begun, entry = index, self.entry
                    slot_of, fields = self._lookups()
        if entry is not None:
            self.values = values
            entry.stretch = (lines, begun, len(lines))
            entry.shrink()
        return done

    def _lookups(self) -> tuple[Callable[[str], str | None], defaultdict[str, list[str]]]:
        """Between entries every line is unusual unless it is empty."""
        if self.entry is None:
            return _BETWEEN.get, self.no_fields
        return self.plain.get, self.entry.fields

    def _unusual(self, line: str, number: int, values: list[str] | None) -> Entry | None:
        """Take a line that is not a plain field; returns the entry it finished, if any."""
        self.values = values
        if line.startswith("\ufeff"):
            line = line[1:]
        tag = self.profile.tag(line, self.loose)
        entry = self.entry
        if tag is None:
            return self._continued(line, number)
        if tag.name == self.profile.end:
            return None if entry is None else self._finished(entry, number)
        finished = None
        if entry is None or (tag.name in self.heads and tag.name in entry.seen):
            if not tag.certain or tag.name in self.profile.silent:
                return None
            if entry is not None:
                finished = self._finished(entry, number - 1)
            entry = self._begun(tag, number)
        self._taken(entry, tag, line)
        return finished

    def _continued(self, line: str, number: int) -> Entry | None:
        entry = self.entry
        if entry is None:
            return None
        if self.values is not None:
            entry.go_on(self.values, line)
        if self.profile.lead not in entry.seen and _is_blank(line):
            return self._finished(entry, number)
        return None

    def _begun(self, tag: Tag, number: int) -> Entry:
        self.position += 1
        if self.position == 1 and tag.name == self.profile.first_head:
            self.heads.add(tag.name)
        self.loose = False
        self.entry = Entry(self.position, number, self.profile.assumed)
        return self.entry

    def _taken(self, entry: Entry, tag: Tag, line: str) -> None:
        slot = self.profile.wanted.get(tag.name, "")
        if tag.name in self.heads and tag.name not in entry.seen:
            entry.seen |= {tag.name}
        if not tag.exact:
            self.loose = True
        elif tag.name not in self.special and len(self.plain) < _KEPT_PREFIXES:
            self.plain[line[:6]] = slot
        self.values = entry.fields[slot] if slot else None
        if self.values is not None:
            self.values.append(tag.value)

    def _finished(self, entry: Entry, end: int) -> Entry:
        entry.close(end, self.profile.preamble)
        self.entry = None
        return entry


def _is_blank(line: str) -> bool:
    return not line[:_HEAD].strip(" \t")


def _first_not_blank(values: list[str]) -> str:
    return next((text for text in map(str.strip, values) if text), "")


def _within_budget(values: list[str]) -> list[str]:
    kept, room = [], _SLOT_BUDGET
    for value in values[:_SLOT_VALUES]:
        kept.append(value[:room])
        room -= len(value)
        if room <= 0:
            break
    return kept
