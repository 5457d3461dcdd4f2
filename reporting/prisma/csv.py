"""prisma_flow.csv: the numbers as the R package PRISMA2020 reads them.

34 rows in its order. It finds a row by the name in the first column or by the box in the third,
and takes texts and number from the columns of that name. Numbers are plain; rows that list several
hold `Label, number; Label, number`, so that labels have no comma and no semicolon.

Source: prisma-flowdiagram/PRISMA2020 1.1.4, doi:10.1002/cl2.1230.
"""

import re
from collections.abc import Iterator, Mapping

from reporting.prisma.numbers import BY_REASON, NO_SOURCE, Numbers

HEADER = ("data", "node", "box", "description", "boxtext", "tooltips", "url", "n")
NA = "NA"
WITHOUT_SOURCE = "Without a source"
_SEPARATORS = re.compile(r"\s*[,;]\s*")

_DBR, _OTHER = " (databases and registers)", " (other)"
_OF_DATABASES = "Identification of new studies via databases and registers"
_OF_OTHERS = "Identification of new studies via other methods"

# data, node, box, boxtext, what the description adds, whether it has a tooltip
_ROWS = (
    (NA, "node4", "prevstud", "Previous studies", "", True),
    (
        "previous_studies",
        "node5",
        "box1",
        "Studies included in previous version of review",
        "",
        True,
    ),
    (
        "previous_reports",
        NA,
        "box1",
        "Reports of studies included in previous version of review",
        "",
        False,
    ),
    (NA, "node6", "newstud", _OF_DATABASES, "", True),
    ("database_results", "node7", "box2", "Databases", "", True),
    ("database_specific_results", NA, "box2", "Specific databases", "", False),
    ("register_results", NA, "box2", "Registers", "", False),
    ("register_specific_results", NA, "box2", "Specific registers", "", False),
    (NA, "node16", "othstud", _OF_OTHERS, "", True),
    ("website_results", "node17", "box11", "Websites", "", True),
    ("organisation_results", "", "box11", "Organisations", "", False),
    ("citations_results", NA, "box11", "Citation searching", "", False),
    ("duplicates", "node8", "box3", "Duplicate records", "", True),
    (
        "excluded_automatic",
        NA,
        "box3",
        "Records marked as ineligible by automation tools",
        "",
        False,
    ),
    ("excluded_other", NA, "box3", "Records removed for other reasons", "", False),
    ("records_screened", "node9", "box4", "Records screened", _DBR, True),
    ("records_excluded", "node10", "box5", "Records excluded", _DBR, True),
    ("dbr_sought_reports", "node11", "box6", "Reports sought for retrieval", _DBR, True),
    ("dbr_notretrieved_reports", "node12", "box7", "Reports not retrieved", _DBR, True),
    ("other_sought_reports", "node18", "box12", "Reports sought for retrieval", _OTHER, True),
    ("other_notretrieved_reports", "node19", "box13", "Reports not retrieved", _OTHER, True),
    ("dbr_assessed", "node13", "box8", "Reports assessed for eligibility", _DBR, True),
    ("dbr_excluded", "node14", "box9", "Reports excluded", _DBR, True),
    ("other_assessed", "node20", "box14", "Reports assessed for eligibility", _OTHER, True),
    ("other_excluded", "node21", "box15", "Reports excluded", _OTHER, True),
    ("new_studies", "node15", "box10", "New studies included in review", "", True),
    ("new_reports", NA, "box10", "Reports of new included studies", "", False),
    ("total_studies", "node22", "box16", "Total studies included in review", "", True),
    ("total_reports", NA, "box16", "Reports of total included studies", "", False),
    ("identification", "node1", "identification", "Identification", "", True),
    ("screening", "node2", "screening", "Screening", "", True),
    ("included", "node3", "included", "Included", "", True),
    ("total_studies_ma", "node23", "box17", "Total studies included in meta-analysis", "", True),
    (
        "total_reports_ma",
        NA,
        "box17",
        "Reports of total included studies in meta-analysis",
        "",
        False,
    ),
)

ROWS = len(_ROWS)

# Rows that list the parts of another box.
_LISTED = {
    "database_specific_results": "database_results",
    "register_specific_results": "register_results",
    "dbr_excluded": "dbr_excluded",
    "other_excluded": "other_excluded",
}
# Words of the diagram, and what this review has not: there is no meta-analysis yet.
_NOTHING = {NA, "identification", "screening", "included", "total_studies_ma", "total_reports_ma"}


def rows(
    numbers: Numbers, *, sources: Mapping[str, str], reasons: Mapping[str, str]
) -> Iterator[tuple[str | int, ...]]:
    """The header and 34 rows.

    Args:
        sources: their names by primary key, in the order to list them.
        reasons: their labels by code, in the order of the protocol.
    """
    yield HEADER
    for data, node, box, text, more, has_tooltip in _ROWS:
        about = f"{text}{more}"
        yield (
            data,
            node,
            box,
            about,
            text,
            about if has_tooltip else NA,
            f"{box if data == NA else data}.html" if has_tooltip else NA,
            _number(numbers, data, reasons if data in BY_REASON else sources),
        )


def plain_label(text: str) -> str:
    """The label in one line, with a slash for each comma and semicolon."""
    return " ".join(_SEPARATORS.sub(" / ", text).split())


def _number(numbers: Numbers, data: str, labels: Mapping[str, str]) -> str | int:
    if data in _NOTHING:
        return 0
    if data not in _LISTED:
        return numbers[data]
    named = {**labels, NO_SOURCE: WITHOUT_SOURCE}
    parts = numbers.parts(_LISTED[data])
    codes = [code for code in named if code in parts]
    listed = "; ".join(f"{plain_label(named[code])}, {parts[code]}" for code in codes)
    return listed or 0
