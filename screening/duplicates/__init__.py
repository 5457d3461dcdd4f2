"""Finding records of one report that came from several sources. Pure.

`normalise` gives the form that is compared, `blocking` says which are worth comparing, `compare`
measures a pair, `decide` judges the measures by `vetoes` and `patterns`, `clusters` merges and
asks; `finding` does it all.
"""

from screening.duplicates.blocking import keys
from screening.duplicates.clusters import Found, Merge, Question, in_words
from screening.duplicates.compare import Comparison
from screening.duplicates.decide import RELATED
from screening.duplicates.finding import find_duplicates
from screening.duplicates.normalise import Description, Normalised, normalise, without_counters
from screening.duplicates.score import LIKELY, likeliness

__all__ = [
    "LIKELY",
    "RELATED",
    "Comparison",
    "Description",
    "Found",
    "Merge",
    "Normalised",
    "Question",
    "find_duplicates",
    "in_words",
    "keys",
    "likeliness",
    "normalise",
    "without_counters",
]
