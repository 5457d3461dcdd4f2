"""What forbids that two records are merged without a person; the question may still be asked."""

from collections.abc import Callable
from dataclasses import dataclass

from screening.duplicates.compare import Agreement, Clash, Comparison

SAME, PARTLY, UNKNOWN, OTHER = Agreement


@dataclass(frozen=True, slots=True)
class Veto:
    """A reason not to merge: its name, in words for the user, and when it holds.

    One that parts clusters also keeps two records out of one cluster that others would join.
    """

    name: str
    words: str
    holds: Callable[[Comparison], bool]
    parts_clusters: bool = False


def notice_and_paper(pair: Comparison) -> bool:
    return pair.one_is_notice


def numbers_or_words_clash(pair: Comparison) -> bool:
    """Part 1 and part 2; in men and in women. A slip in one of them is borne out by the place."""
    is_slip = pair.same_place and pair.title >= 93 and (pair.authors or 0) >= 0.9
    return pair.title_clash is Clash.BOTH_SIDES and not is_slip


def telling_word_in_one(pair: Comparison) -> bool:
    """A word as not, protocol or 2 is in one title alone."""
    return pair.title_clash is Clash.ONE_SIDE and not _page_or_number(pair)


def other_pmid(pair: Comparison) -> bool:
    return pair.pmid is OTHER


def other_authors(pair: Comparison) -> bool:
    differ = pair.first_author is OTHER and (pair.authors or 0) < 0.5
    return differ and not (pair.same_place and pair.title >= 97)


def other_doi(pair: Comparison) -> bool:
    """Some papers have two DOIs; their place and a title of their own must bear it out."""
    if pair.doi is not OTHER:
        return False
    if pair.title_is_generic or pair.title_is_repeated or pair.title_is_short:
        return True
    return OTHER in (pair.pages, pair.volume) or pair.pages is pair.volume is UNKNOWN


def other_journal(pair: Comparison) -> bool:
    if pair.journal is None or pair.journal >= 0.5:
        return False
    if OTHER in (pair.pages, pair.volume):
        return True
    return pair.journal < 0.35 and not _page_or_number(pair)


def other_place(pair: Comparison) -> bool:
    return pair.pages is OTHER and pair.volume is OTHER


def other_pages(pair: Comparison) -> bool:
    if pair.pages is not OTHER or pair.same_number:
        return False
    all_else = (
        pair.volume is SAME
        and pair.title >= 97
        and (pair.journal or 0) >= 0.85
        and (pair.abstract or 0) >= 90
    )
    return not all_else


def other_year(pair: Comparison) -> bool:
    return not pair.years_agree and not (pair.same_place or pair.same_number)


def repeated_title(pair: Comparison) -> bool:
    """Many have written under this title."""
    return pair.title_is_repeated and not (pair.same_place or pair.same_number)


def short_title(pair: Comparison) -> bool:
    in_one_issue = pair.volume is SAME and pair.issue is SAME
    borne_out = pair.pages in (SAME, PARTLY) or pair.same_number or in_one_issue
    return pair.title_is_short and not borne_out


def generic_title(pair: Comparison) -> bool:
    return pair.title_is_generic and not (pair.same_place or pair.same_number)


def other_title(pair: Comparison) -> bool:
    borne_out = pair.pmid is SAME or (pair.doi is SAME and pair.pages is SAME)
    return pair.title < 80 and not pair.title_within and not borne_out


def doi_of_many(pair: Comparison) -> bool:
    """A DOI of a whole supplement or book, or one that was copied to a wrong record."""
    return pair.doi is SAME and pair.title < 60 and not pair.title_within


def _page_or_number(pair: Comparison) -> bool:
    return pair.pages is SAME or pair.same_number


VETOES = (
    Veto("notice", "one is an erratum, reply or comment", notice_and_paper, True),
    Veto("title-numbers", "numbers or telling words differ", numbers_or_words_clash, True),
    Veto("title-word", "a telling word is in one title only", telling_word_in_one),
    Veto("pmid", "the PMIDs differ", other_pmid, True),
    Veto("authors", "the authors differ", other_authors, True),
    Veto("doi", "the DOIs differ", other_doi, True),
    Veto("journal", "the journals differ", other_journal, True),
    Veto("place", "volume and pages differ", other_place, True),
    Veto("pages", "the pages differ", other_pages),
    Veto("year", "the years differ by more than one", other_year),
    Veto("repeated-title", "many records have this title", repeated_title),
    Veto("short-title", "the title is too short to tell", short_title),
    Veto("generic-title", "many issues have such a title", generic_title),
    Veto("title", "the titles differ", other_title),
    Veto("doi-of-many", "one DOI stands under different titles", doi_of_many),
)
"""In the order in which they are named to the user; the first that holds is."""
