"""How a record reads: bylines, links out, and texts with the review's terms marked."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from django import template

from screening.models import Record
from screening.reading import Highlight, Passage, passages

register = template.Library()

NAMES_SHOWN = 3


@register.simple_tag
def reading(text: str, terms: Iterable[Highlight] = ()) -> list[Passage]:
    """`{% reading record.abstract terms as passages %}`"""
    return passages(text, terms or ())


@register.filter
def first_authors(record: Record) -> str:
    """The first three, by surname and initials: `Ferro L, Adeyemi T, Lindqvist A, and 4 more`."""
    names = record.authors.splitlines()
    shown = ", ".join(_surname_first(name) for name in names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    return f"{shown}, and {more} more" if more > 0 else shown


def _surname_first(name: str) -> str:
    surname, comma, given = name.partition(", ")
    initials = "".join(part[0] for part in given.replace("-", " ").split())
    return f"{surname} {initials}" if comma else name


@register.filter
def where_published(record: Record) -> str:
    """Year, volume, issue and pages, as far as they are known: `2022; 14(3): 201-212`."""
    volume = f"{record.volume}({record.issue})" if record.issue else record.volume
    place = ": ".join(filter(None, [volume, record.pages]))
    return "; ".join(filter(None, [str(record.year or ""), place]))


@register.filter
def links_out(record: Record) -> list[tuple[str, str]]:
    """Pairs of address and text; identifiers are quoted, and only web addresses are linked."""
    links = []
    if record.doi:
        links.append((f"https://doi.org/{quote(record.doi, safe='/')}", f"doi:{record.doi}"))
    if record.pmid:
        links.append(
            (f"https://pubmed.ncbi.nlm.nih.gov/{quote(record.pmid)}/", f"PubMed {record.pmid}")
        )
    if record.pmcid:
        links.append(
            (f"https://pmc.ncbi.nlm.nih.gov/articles/{quote(record.pmcid)}/", record.pmcid)
        )
    if not links and record.url.lower().startswith(("http://", "https://")):
        links.append((record.url, "Publisher's page"))
    return links


@register.filter
def title_search(record: Record) -> str:
    """Where to look for an abstract that the source did not give."""
    return f"https://pubmed.ncbi.nlm.nih.gov/?{urlencode({'term': record.title[:300]})}"
