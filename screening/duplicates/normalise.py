"""A record in the form in which it is compared with others.

The form depends on the record alone, so that its keys can be stored and still hold when later
imports come. Only `without_counters` looks at the records of one import together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from screening.duplicates import words
from screening.duplicates.journals import journal_words, names_a_meeting
from screening.duplicates.names import name_words, people
from screening.duplicates.places import is_supplement, issue_number, page_range, volume_number
from screening.importers.fields import doi as doi_in
from screening.importers.fields import doi_in_address

Id = int | str
"""What names a record: of one kind for all records that are compared."""

MOST_AS_COUNTERS = 50
SHARE_AS_COUNTERS = 0.8
"""Issues of an import that are more than so many, and so many of them different, are the
database's own numbers."""

_PMID = re.compile(r"(?<![0-9A-Za-z])0*([1-9][0-9]{0,8})(?![0-9])")
_ISSN = re.compile(r"(?<![0-9])([0-9]{4})-?([0-9]{3}[0-9Xx])(?![0-9])")
_TRIAL = re.compile(
    r"\b(?:nct[0-9]{8}|isrctn[0-9]{8}|actrn[0-9]{14}|chictr[-\w]{0,9}[0-9]{6,}"
    r"|(?:eudract ?)?[0-9]{4}-[0-9]{6}-[0-9]{2})\b",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a record, as its source gave it.

    `authors` are names in their order, or one text with all of them; `issn` may hold several.
    """

    id: Id
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    url: str = ""
    issn: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A record as it is compared; "" and 0 stand for what is not known.

    `surnames` and `initial` are those of the authors and of the first of them; `name_words` all
    words of their names; `journal` the words of its name; `address` a page of its own on the web;
    `trial` a registration number; `from_meeting` that it looks like an abstract of a meeting.
    """

    id: Id
    title: str
    numbers: tuple[str, ...] = ()
    is_notice: bool = False
    surnames: tuple[str, ...] = ()
    initial: str = ""
    name_words: tuple[str, ...] = ()
    year: int = 0
    journal: tuple[str, ...] = ()
    issns: tuple[str, ...] = ()
    volume: str = ""
    issue: str = ""
    first_page: str = ""
    last_page: str = ""
    doi: str = ""
    pmid: str = ""
    address: str = ""
    trial: str = ""
    abstract: str = ""
    from_meeting: bool = False
    title_words: list[str] = field(init=False, repr=False, compare=False)
    letters: str = field(init=False, repr=False, compare=False)
    """The title without spaces: equal for compounds that are written in one or in two words."""

    def __post_init__(self) -> None:
        title_words = self.title.split()
        object.__setattr__(self, "title_words", title_words)
        object.__setattr__(self, "letters", "".join(title_words))

    @property
    def first_author(self) -> str:
        return self.surnames[0] if self.surnames else ""

    @property
    def has_generic_title(self) -> bool:
        return words.is_generic(self.title_words)

    @property
    def has_short_title(self) -> bool:
        return words.is_short(self.title_words)


def normalise(record: Description) -> Normalised:
    """The form in which the record is compared."""
    title = words.title_words(record.title)
    authors = people(record.authors)
    pages = page_range(record.pages)
    return Normalised(
        id=record.id,
        title=title,
        numbers=words.numbers_in(title.split()),
        is_notice=words.is_notice(record.title),
        surnames=tuple(surname for surname, _ in authors),
        initial=authors[0][1] if authors else "",
        name_words=name_words(record.authors),
        year=record.year or 0,
        journal=journal_words(record.journal),
        issns=tuple(sorted({"".join(parts).upper() for parts in _ISSN.findall(record.issn)})),
        volume=volume_number(record.volume),
        issue=issue_number(record.issue),
        first_page=pages.first,
        last_page=pages.last,
        doi=doi_in(record.doi) or doi_in_address(record.url),
        pmid=_pmid(record.pmid),
        address=_own_page(record.url),
        trial=_trial(record),
        abstract=words.abstract_words(record.abstract),
        from_meeting=_is_from_meeting(record),
    )


def without_counters(records: Sequence[Normalised]) -> list[Normalised]:
    """The records of one import, without issues that are a database's own numbers."""
    issues = [record.issue for record in records if record.issue]
    are_counters = len(issues) > MOST_AS_COUNTERS and len(set(issues)) > SHARE_AS_COUNTERS * len(
        issues
    )
    return [replace(record, issue="") for record in records] if are_counters else list(records)


def _pmid(text: str) -> str:
    match = _PMID.search(text)
    return match[1] if match else ""


def _own_page(url: str) -> str:
    """The address without what varies, if it leads deeper than to a site's or journal's page."""
    address = _SCHEME.sub("", url.split()[0], count=1) if url.strip() else ""
    address = address.partition("#")[0].rstrip("/;,").lower()
    leads_to_one = address.count("/") >= 2 and any(map(str.isdigit, address))
    return address if leads_to_one else ""


def _trial(record: Description) -> str:
    match = _TRIAL.search(f"{record.title} {record.url} {record.journal}")
    return match[0].lower().removeprefix("eudract").strip() if match else ""


def _is_from_meeting(record: Description) -> bool:
    return (
        is_supplement(record.issue)
        or "conf" in record.kind.lower()
        or names_a_meeting(record.journal)
    )
