"""What is enough to merge two records without a person, if nothing forbids it."""

from collections.abc import Callable
from dataclasses import dataclass

from screening.duplicates.compare import Agreement, Clash, Comparison

SAME, PARTLY, UNKNOWN, OTHER = Agreement


@dataclass(frozen=True, slots=True)
class Pattern:
    """A reason to merge: its name, in words for the user, and when it holds."""

    name: str
    words: str
    holds: Callable[[Comparison], bool]


def same_page_range(pair: Comparison) -> bool:
    """Two papers cannot fill the same pages: the title was translated or worded anew."""
    return (
        pair.several_pages
        and pair.volume is SAME
        and pair.years_apart == 0
        and pair.same_people
        and (pair.journal or 0) >= 0.85
        and OTHER not in (pair.issue, pair.doi, pair.pmid)
        and not pair.one_is_notice
    )


def pmid(pair: Comparison) -> bool:
    return pair.pmid is SAME and (pair.title >= 85 or pair.title_within)


def doi(pair: Comparison) -> bool:
    by_whom = pair.same_person or pair.authors is None or pair.title >= 97
    return pair.doi is SAME and (pair.title >= 90 or pair.title_within) and by_whom


def address(pair: Comparison) -> bool:
    alike = pair.title >= 85 or pair.title_within
    return pair.address is SAME and alike and pair.same_person


def title_author_page(pair: Comparison) -> bool:
    return (
        pair.title >= 93
        and pair.same_person
        and pair.pages is SAME
        and pair.volume is not OTHER
        and pair.years_agree
    )


def title_journal_volume_page(pair: Comparison) -> bool:
    by_whom = pair.same_person or pair.authors is None
    return pair.title >= 97 and by_whom and pair.same_place and (pair.journal or 0) >= 0.5


def title_journal_volume_range(pair: Comparison) -> bool:
    """The authors may be given by another name, as those of a group."""
    in_journal = (pair.journal or 0) >= 0.6 and pair.years_agree
    return pair.title >= 97 and pair.same_place and pair.whole_range and in_journal


def title_author_volume_overlap(pair: Comparison) -> bool:
    return (
        pair.title >= 97
        and pair.same_person
        and pair.pages is PARTLY
        and pair.volume is SAME
        and pair.issue is not OTHER
        and (pair.journal or 0) >= 0.6
        and pair.years_agree
    )


def title_journal_issue(pair: Comparison) -> bool:
    """A source gives no authors."""
    return (
        pair.title >= 97
        and pair.authors is None
        and pair.volume is SAME
        and pair.issue is SAME
        and OTHER not in (pair.pages, pair.doi)
        and (pair.journal or 0) >= 0.85
        and pair.years_agree
        and not pair.title_is_generic
    )


def like_title_author_place(pair: Comparison) -> bool:
    """A slip in the title, where no number or telling word differs."""
    alike = pair.title >= 85 and pair.title_clash is Clash.NONE
    return alike and pair.same_person and pair.same_place and pair.years_agree


def part_of_title_author_page(pair: Comparison) -> bool:
    """The title was cut or lost its subtitle."""
    return (
        pair.title_within
        and pair.same_person
        and pair.pages is SAME
        and pair.volume is not OTHER
        and pair.years_agree
    )


def title_authors_journal_year(pair: Comparison) -> bool:
    return (
        pair.title >= 97
        and pair.same_people
        and (pair.journal or 0) >= 0.6
        and pair.years_apart == 0
        and OTHER not in (pair.volume, pair.issue, pair.pages, pair.doi)
        and not pair.title_is_generic
        and not pair.one_is_from_meeting
    )


def title_author_journal_volume(pair: Comparison) -> bool:
    return (
        pair.title >= 97
        and pair.same_person
        and pair.volume is SAME
        and (pair.journal or 0) >= 0.6
        and pair.years_agree
        and OTHER not in (pair.issue, pair.pages, pair.doi)
        and not pair.title_is_generic
    )


def title_author_abstract(pair: Comparison) -> bool:
    if (pair.abstract or 0) < 90 or pair.pages is OTHER:
        return False
    if pair.journal is None:
        nothing_differs = OTHER not in (pair.volume, pair.doi)
        return pair.title >= 97 and pair.same_people and pair.years_apart == 0 and nothing_differs
    # A meeting's abstract and the paper may share theirs, under names that share half their words.
    in_journal = pair.journal >= 0.7 and pair.years_agree
    return pair.title >= 93 and pair.same_person and in_journal


PATTERNS = (
    Pattern("page-range", "same authors on the same pages of a volume", same_page_range),
    Pattern("same-pmid", "same PMID and title", pmid),
    Pattern("same-doi", "same DOI and title", doi),
    Pattern("same-address", "same page on the web, title and author", address),
    Pattern("title-author-page", "same title, author and first page", title_author_page),
    Pattern(
        "title-journal-volume-page",
        "same title, journal, volume and first page",
        title_journal_volume_page,
    ),
    Pattern(
        "title-journal-volume-range",
        "same title, journal, volume and range of pages",
        title_journal_volume_range,
    ),
    Pattern(
        "title-author-volume-overlap",
        "same title, author and volume, and pages that overlap",
        title_author_volume_overlap,
    ),
    Pattern("title-journal-issue", "same title in the same issue", title_journal_issue),
    Pattern(
        "like-title-author-place",
        "nearly the same title, same author, volume and first page",
        like_title_author_place,
    ),
    Pattern(
        "part-of-title-author-page",
        "a part of the title, same author and first page",
        part_of_title_author_page,
    ),
    Pattern(
        "title-authors-journal-year",
        "same title, authors, journal and year",
        title_authors_journal_year,
    ),
    Pattern(
        "title-author-journal-volume",
        "same title, author, journal and volume",
        title_author_journal_volume,
    ),
    Pattern("title-author-abstract", "same title, author and abstract", title_author_abstract),
)
"""In the order in which they are named to the user; the first that holds is."""
