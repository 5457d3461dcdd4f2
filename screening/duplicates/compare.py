"""What two records have in common, measure by measure; which of them comes first changes nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from rapidfuzz import fuzz

from screening.duplicates.journals import SAME_ISSN, likeness
from screening.duplicates.normalise import Normalised
from screening.duplicates.words import TELLING

REPEATED = 4
"""First authors from which on a title is one that anybody may give."""
SURE = 97
"""Likeness of titles, in percent, from which on the order of their words is not looked at."""
LIKE_NAME = 80
"""Likeness in percent from which on two surnames are spellings of one."""
SAME_WORDS_OF_NAMES = 0.95
"""What names count whose words are the same, but not which of them are surnames."""


class Agreement(StrEnum):
    """Of one value of both records; partly means that the values overlap."""

    SAME = "same"
    PARTLY = "partly"
    UNKNOWN = "unknown"
    OTHER = "other"


class Clash(StrEnum):
    """Numbers or telling words that differ between two titles: in one of them, or in both."""

    NONE = "none"
    ONE_SIDE = "one side"
    BOTH_SIDES = "both sides"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The measures of a pair; None where one of the two records lacks what is compared.

    Args:
        title: likeness of the titles in any order of words, 0 to 100.
        title_within: one title is the beginning or a part of the other.
        authors: share of the shorter list of authors that the other has, 0 to 1.
        journal: how surely both names mean one journal, 0 to 1.
        whole_range: first and last page agree, be they one page.
        abstract: likeness of the beginnings of the abstracts, 0 to 100.
        one_is_notice: one is an erratum, reply or comment, the other is not.
        one_is_from_meeting: one looks like an abstract of a meeting, the other does not.
        title_is_generic, title_is_repeated, title_is_short: what is true of one of the titles.
    """

    title: float
    title_within: bool
    title_clash: Clash
    authors: float | None
    first_author: Agreement
    years_apart: int | None
    journal: float | None
    volume: Agreement
    issue: Agreement
    pages: Agreement
    whole_range: bool
    several_pages: bool
    doi: Agreement
    pmid: Agreement
    address: Agreement
    abstract: float | None
    one_is_notice: bool
    one_is_from_meeting: bool
    title_is_generic: bool
    title_is_repeated: bool
    title_is_short: bool

    @property
    def same_person(self) -> bool:
        """Most authors are the same, or the first author of one is among the other's."""
        return (self.authors or 0) >= 0.6 or self.first_author is Agreement.SAME

    @property
    def same_people(self) -> bool:
        return (self.authors or 0) >= 0.9 and self.first_author is Agreement.SAME

    @property
    def same_place(self) -> bool:
        """Volume and first page agree."""
        return self.volume is Agreement.SAME and self.pages is Agreement.SAME

    @property
    def same_number(self) -> bool:
        """A DOI, a PMID or a page of its own on the web agrees."""
        return Agreement.SAME in (self.doi, self.pmid, self.address)

    @property
    def years_agree(self) -> bool:
        """No year is missing to contradict: online one year, in print the next."""
        return self.years_apart is None or self.years_apart <= 1


def repeated_titles(records: Iterable[Normalised]) -> frozenset[str]:
    """The letters of titles that records of several first authors have."""
    authors: defaultdict[str, set[object]] = defaultdict(set)
    for record in records:
        place = (record.volume, record.first_page, record.year)
        authors[record.letters].add(record.first_author or place)
    return frozenset(letters for letters, names in authors.items() if len(names) >= REPEATED)


def compare(
    one: Normalised,
    other: Normalised,
    *,
    repeated: Collection[str] = frozenset(),
    title: float | None = None,
) -> Comparison:
    """The measures of two records.

    Args:
        repeated: the letters of repeated titles in this library.
        title: the plain likeness of the titles, where it is known already.
    """
    briefly = compare_briefly(one, other, repeated=repeated, title=title)
    return completed(briefly, one, other)


def completed(briefly: Comparison, one: Normalised, other: Normalised) -> Comparison:
    """With what takes longest: one title within the other, and the abstracts."""
    return replace(
        briefly,
        title_within=briefly.title_within and _is_within(one, other),
        abstract=_abstract(one.abstract, other.abstract),
    )


def compare_briefly(
    one: Normalised,
    other: Normalised,
    *,
    repeated: Collection[str] = frozenset(),
    title: float | None = None,
) -> Comparison:
    """As `compare`, as if unlike titles were within each other, and one had no abstract."""
    title = _title_likeness(one, other, title)
    volume, issue = _volume(one, other), _agreement(one.issue, other.issue)
    pages = _pages(one, other, volume, issue)
    whole_range = pages is Agreement.SAME and one.last_page == other.last_page != ""
    return Comparison(
        title=title,
        title_within=title < 95,
        title_clash=_clash(one, other),
        authors=_authors(one, other),
        first_author=_first_author(one, other),
        years_apart=abs(one.year - other.year) if one.year and other.year else None,
        journal=_journal(one, other),
        volume=volume,
        issue=issue,
        pages=pages,
        whole_range=whole_range,
        several_pages=whole_range and one.last_page != one.first_page,
        doi=_doi(one, other),
        pmid=_agreement(one.pmid, other.pmid),
        address=_agreement(one.address, other.address),
        abstract=None,
        one_is_notice=one.is_notice != other.is_notice,
        one_is_from_meeting=one.from_meeting != other.from_meeting,
        title_is_generic=one.has_generic_title or other.has_generic_title,
        title_is_repeated=one.letters in repeated or other.letters in repeated,
        title_is_short=one.has_short_title or other.has_short_title,
    )


def _agreement(one: str, other: str) -> Agreement:
    if not one or not other:
        return Agreement.UNKNOWN
    return Agreement.SAME if one == other else Agreement.OTHER


def _title_likeness(one: Normalised, other: Normalised, known: float | None) -> float:
    if one.letters and one.letters == other.letters:
        return 100.0
    likeness = fuzz.ratio(one.title, other.title) if known is None else known
    if likeness >= SURE:
        return likeness
    return max(likeness, fuzz.token_sort_ratio(one.title, other.title))


def _is_within(one: Normalised, other: Normalised) -> bool:
    """A title was cut, lost its subtitle, or stands beside its translation."""
    short, long = sorted((one, other), key=lambda record: (len(record.letters), record.letters))
    if long.letters.startswith(short.letters) and not short.has_short_title:
        return True
    if min(len(short.title_words), len(long.title_words)) < 5:
        return False
    if len(short.letters) >= 30 and short.letters in long.letters:
        return True
    return len(short.title) >= 40 and fuzz.partial_ratio(short.title, long.title) >= 95


def _clash(one: Normalised, other: Normalised) -> Clash:
    if one.letters == other.letters or _differ_by_footnote(one.letters, other.letters):
        return Clash.NONE
    numbers, other_numbers = set(one.numbers), set(other.numbers)
    if numbers != other_numbers:
        return _sides(numbers - other_numbers, other_numbers - numbers)
    words, other_words = set(one.title_words), set(other.title_words)
    return _sides((words - other_words) & TELLING, (other_words - words) & TELLING)


def _sides(one: set[str], other: set[str]) -> Clash:
    if one and other:
        return Clash.BOTH_SIDES
    return Clash.ONE_SIDE if one or other else Clash.NONE


def _differ_by_footnote(one: str, other: str) -> bool:
    """The mark of a footnote was glued to the end of one title, as in "outcomes1"."""
    short, long = sorted((one, other), key=len)
    return long[-1:].isdigit() and long[:-1] == short and short[-4:].isalpha()


def _authors(one: Normalised, other: Normalised) -> float | None:
    if not one.surnames or not other.surnames:
        return None
    short, long = sorted(
        (set(one.surnames), set(other.surnames)), key=lambda names: (len(names), sorted(names))
    )
    shared = len(short & long)
    sizes = sorted((len(one.surnames), len(other.surnames)))
    if sizes[0] > 3 and sizes[1] - sizes[0] > 6 and shared < 2:
        return min(0.3, shared / len(short))
    if shared == len(short):
        return 1.0
    found = sum(any(_is_same_surname(name, known) for known in long) for name in short)
    return max(found / len(short), _shared_name_words(one.name_words, other.name_words))


def _shared_name_words(one: Collection[str], other: Collection[str]) -> float:
    if not one or not other:
        return 0.0
    return SAME_WORDS_OF_NAMES * len(set(one) & set(other)) / min(len(one), len(other))


def _is_same_surname(one: str, other: str) -> bool:
    if one == other or fuzz.ratio(one, other, score_cutoff=LIKE_NAME):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) > 3 and short in long


def _first_author(one: Normalised, other: Normalised) -> Agreement:
    """Whether the first author of one is an author of the other."""
    first, other_first = one.first_author, other.first_author
    if not first or not other_first:
        return Agreement.UNKNOWN
    if first == other_first:
        alone = len(one.surnames) == len(other.surnames) == 1
        initials_differ = bool(one.initial and other.initial and one.initial != other.initial)
        return Agreement.OTHER if alone and initials_differ else Agreement.SAME
    is_same = (
        first in other_first
        or other_first in first
        or first in other.surnames
        or other_first in one.surnames
        or (min(len(first), len(other_first)) > 3 and fuzz.ratio(first, other_first) >= LIKE_NAME)
    )
    return Agreement.SAME if is_same else Agreement.OTHER


def _journal(one: Normalised, other: Normalised) -> float | None:
    names = likeness(one.journal, other.journal)
    if set(one.issns) & set(other.issns):
        return max(names or 0.0, SAME_ISSN)
    return names


def _volume(one: Normalised, other: Normalised) -> Agreement:
    found = _agreement(one.volume, other.volume)
    if found is Agreement.OTHER and (_is_shifted(one, other) or _is_shifted(other, one)):
        return Agreement.UNKNOWN
    return found


def _is_shifted(one: Normalised, other: Normalised) -> bool:
    """The other has its issue in the place of the volume, or both in each other's."""
    issue = one.issue.removeprefix("s")
    return bool(issue) and issue == other.volume and other.issue in ("", one.volume)


def _pages(one: Normalised, other: Normalised, volume: Agreement, issue: Agreement) -> Agreement:
    if not one.first_page or not other.first_page:
        return Agreement.UNKNOWN
    if _digits(one.first_page) == _digits(other.first_page):
        return Agreement.SAME
    if _overlap(one, other):
        return Agreement.PARTLY
    same_issue = volume is not Agreement.OTHER and issue is not Agreement.OTHER
    if same_issue and (_counts_in_issue(one, other) or _counts_in_issue(other, one)):
        return Agreement.UNKNOWN
    return Agreement.UNKNOWN if _are_counted_apart(one, other) else Agreement.OTHER


def _digits(page: str) -> str:
    return page.lstrip("abcdefghijklmnopqrstuvwxyz")


def _overlap(one: Normalised, other: Normalised) -> bool:
    if one.last_page and one.last_page in (other.last_page, other.first_page):
        return True
    if other.last_page and other.last_page == one.first_page:
        return True
    if not one.last_page or not other.last_page:
        return False
    first, last = int(_digits(one.first_page)), int(one.last_page)
    other_first, other_last = int(_digits(other.first_page)), int(other.last_page)
    return (first <= other_first <= other_last <= last) or (
        other_first <= first <= last <= other_last
    )


def _counts_in_issue(one: Normalised, other: Normalised) -> bool:
    """The one has a running number within the issue in the place of the other's pages."""
    return not one.last_page and bool(other.last_page) and len(_digits(one.first_page)) <= 2


def _are_counted_apart(one: Normalised, other: Normalised) -> bool:
    """The one has pages, the other the number of an article, or pages that begin anew at 1."""
    first, other_first = one.first_page, other.first_page
    if "1" in (first, other_first):
        return True
    are_numbers = [page[0].isalpha() and len(page) > 4 for page in (first, other_first)]
    are_long = [len(_digits(page)) >= 5 for page in (first, other_first)]
    return are_numbers[0] != are_numbers[1] or are_long[0] != are_long[1]


def _doi(one: Normalised, other: Normalised) -> Agreement:
    found = _agreement(one.doi, other.doi)
    if found is Agreement.OTHER and (
        one.doi.startswith(other.doi) or other.doi.startswith(one.doi)
    ):
        return Agreement.PARTLY
    return found


def _abstract(one: str, other: str) -> float | None:
    if not one or not other:
        return None
    length = min(len(one), len(other))
    one, other = one[:length], other[:length]
    likeness = fuzz.ratio(one, other)
    if likeness >= 90 or length <= 200:
        return likeness
    return max(likeness, fuzz.token_set_ratio(one, other))
