"""Finding records by the words in them: `folding` says what a word is, `index` where each stands,
`search` which records a question finds."""

from screening.finding.folding import Question, parse
from screening.finding.search import MOST_COUNTED, Found, every, find

__all__ = ["MOST_COUNTED", "Found", "Question", "every", "find", "parse"]
