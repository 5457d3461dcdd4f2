"""A whole citation in one cell: what PubMed, Embase, LILACS and Ovid write into their tables."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation says of where a report appeared; "" where it says nothing."""

    journal: str = ""
    year: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""


_LONGEST = 1_000
_PAGES = (
    r"[A-Za-z]{0,3}[0-9][A-Za-z0-9]{0,15}(?:[-\u2010\u2013][A-Za-z]{0,2}[0-9][A-Za-z0-9]{0,12})?"
)
_VOLUME = r"[A-Za-z0-9][A-Za-z0-9 .-]{0,30}?"
_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        # Synth J Med. 2020 Feb;63(2):103640. doi: 10.9999/x. Epub 2019 Mar 25.
        rf"(?P<journal>[^.;]{{2,200}})\. (?P<year>[12][0-9]{{3}})[^;:.]{{0,30}};"
        rf"(?P<volume>{_VOLUME})?(?:\((?P<issue>[^()]{{1,40}})\))?:(?P<pages>{_PAGES})\.",
        # Synthetic Journal (2014) 3:3 (152-160). Date of Publication: 2014
        rf"(?P<journal>[^()]{{2,300}}) \((?P<year>[12][0-9]{{3}})\) (?P<volume>{_VOLUME})"
        rf"(?::(?P<issue>[^() ]{{1,40}}))?"
        rf"(?: \((?P<pages>{_PAGES})\)| Article Number: (?P<article>[A-Za-z0-9._-]{{1,40}}?))?"
        rf"(?:\.(?: |\Z)|\Z)",
        # J Synth Res;30(2): 183-211, 2021 Feb.
        rf"(?P<journal>[^;]{{2,200}}); ?(?P<volume>{_VOLUME})?(?:\((?P<issue>[^()]{{1,40}})\))?"
        rf": ?(?P<pages>{_PAGES}), (?P<year>[12][0-9]{{3}})",
        # Synthetic Journal. 12(3):45-50, 2019 Mar.
        rf"(?P<journal>[^;]{{2,200}})\. (?P<volume>{_VOLUME})(?:\((?P<issue>[^()]{{1,40}})\))?"
        rf":(?P<pages>{_PAGES}), (?P<year>[12][0-9]{{3}})",
    )
)
_DOI = re.compile(r"\bdoi: ?(10\.[^\s;]{4,300})", re.IGNORECASE)


def citation(text: str) -> Citation | None:
    """The parts of a citation in a shape that is known, or None."""
    text = " ".join(text[:_LONGEST].split())
    for shape in _SHAPES:
        if match := shape.match(text):
            parts = match.groupdict("")
            doi = _DOI.search(text)
            return Citation(
                journal=parts["journal"],
                year=parts["year"],
                volume=parts["volume"],
                issue=parts["issue"],
                pages=parts["pages"] or parts.get("article", ""),
                doi=doi[1] if doi else "",
            )
    return None
