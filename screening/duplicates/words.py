"""Titles and abstracts as they are compared: plain words, without what a database adds.

Letters are compared without case, accents and forms, and Greek letters by their names, so that
TGF-β₁ and TGF-beta1 are the same words.
"""

import re
import unicodedata
from html import unescape

from screening.finding.folding import folded

ABSTRACT = 600
"""Characters of an abstract that are compared."""
SHORTEST_ABSTRACT = 80
"""Less is a remark of the database, not an abstract."""

# By the last word of their names in Unicode, which has lambda without its b.
_GREEK = {
    code: unicodedata.name(chr(code)).split()[-1].lower().replace("lamda", "lambda")
    for code in range(0x3B1, 0x3CA)
}
_PARTS_WORDS = {code: " " for code in range(128) if not chr(code).isalnum()}
_NO_WORD = re.compile(r"[\W_]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")

_LANGUAGES = (
    *("arabic", "bulgarian", "chinese", "croatian", "czech", "danish", "dutch", "english"),
    *("finnish", "french", "german", "greek", "hebrew", "hungarian", "icelandic", "italian"),
    *("japanese", "korean", "lithuanian", "norwegian", "persian", "polish", "portuguese"),
    *("romanian", "russian", "serbian", "slovak", "slovene", "spanish", "swedish", "thai"),
    *("turkish", "ukrainian"),
)
_NOTES = (
    r"(?:meeting |poster )?abstract",
    r"review(?: article)?",
    r"(?:multiple )?letters?",
    r"corrected",
    r"in process citation",
    r"poster[^\])]*",
    r"plus \w+",
    r"[0-9]+ ref(?:erence)?s?\.?",
    r"see comments?",
    r"comment(?:s|ary)? in[^\])]*",
    r"(?:published )?errat(?:um|a) appears?[^\])]*",
    r"(?:retraction|summary for patients) in[^\])]*",
    r"republished[^\])]*",
    rf"(?:article )?(?:in )?(?:{'|'.join(_LANGUAGES)})",
)
_NOTE = re.compile(rf"\s*[\[(]\s*(?:{'|'.join(_NOTES)})\s*[\])]\.?", re.IGNORECASE)
_LABELS = (
    r"(?:guest )?editorial(?: comment| note)?",
    r"original (?:article|paper|research)",
    r"research (?:article|note|paper)",
    r"(?:brief|rapid|short) (?:communication|report)",
    r"review[- ]arti(?:cle|kel)",
    r"case report",
    r"clinical practice",
    r"medical progress",
    r"special (?:issue|section)",
)
_LABEL = re.compile(rf"\s*(?:{'|'.join(_LABELS)})\s*(?:[:.]|\s-\s)\s*", re.IGNORECASE)
FEWEST_AFTER_LABEL = 4
"""Words that must be left of a title for what stands before them to be a label."""

_NOTICES = (
    *("errat(?:um|a)", "corrigend(?:um|a)", "correction(?: to)?", "retract(?:ion|ed)"),
    *("expression of concern", "addendum", "repl(?:y|ies)", "response to", "rejoinder"),
    *("rebuttal", "(?:the )?authors?'? ?response", "comments?(?: on)?", "commentary on"),
    "letter to the editor",
)
_OPENS_AS_NOTICE = re.compile(rf"\W*(?:(?:{'|'.join(_NOTICES)})\b|re:|re\s)", re.IGNORECASE)
_ENDS_AS_NOTICE = re.compile(
    r"[-:.;\s]\s*(?:(?:authors?.{0,2} )?(?:reply|response)|rebuttal|erratum|corrigendum|comment"
    r"|correction|retraction)s?\W*$",
    re.IGNORECASE,
)
# "(vol 360, pg 542, 2009)" and "(Journal of Examples (2009) 360 (542))" name what is corrected.
_NAMES_ANOTHER = re.compile(
    r"\((?:vol|volume)\.? ?[0-9]+,? ?(?:pg?|pages?)\W|\(\D{3,60} ?\([0-9]{4}\)[^)]*\)",
    re.IGNORECASE,
)

_COUNTED = frozenset(
    (
        *("class", "experiment", "factor", "grade", "no", "part", "phase"),
        *("stage", "study", "trial", "type"),
    )
)
"""Words that a number written as a word or in Roman signs follows."""
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_NUMERALS = {
    **{sign: str(number) for number, sign in enumerate(_ROMAN, start=1)},
    **{"one": "1", "two": "2", "three": "3", "four": "4", "first": "1", "second": "2"},
    "third": "3",
}
_DIGITS = re.compile(r"[0-9]+")

TELLING = frozenset(
    " ".join(
        (
            "not no non without with",
            "in vivo vitro",
            "men women male males female females boys girls mothers fathers",
            "children adults adult pediatric paediatric adolescents elderly infants neonates",
            "high higher low lower hypo hyper anti positive negative",
            "early late short long pre post before after acute chronic",
            "left right upper lower",
            "type phase part i ii iii iv v vi 1 2 3 4 5 6 7 8 9",
            "day days week weeks month months year years update updated interim protocol",
            "erratum correction corrigendum addendum retraction retracted reply comment rebuttal",
            "response author authors editorial letter commentary abstract abstracts",
        )
    ).split()
)
"""Words that tell two studies or reports apart when one title has them and the other has not."""

_GENERIC = re.compile(
    r"(?:editor|editorial|introduction|guest editor|book review|letter|news|preface|foreword"
    r"|abstracts?|about|call for|issue|table of contents|author index|in this issue|obituary)\b"
)
_OF_THE_EDITOR = re.compile(
    r"\b(?:editors? (?:s )?(?:choice|comments?|letter|message|notes?|remarks)"
    r"|from (?:the )?editors?)\b"
)
MOST_WORDS_OF_GENERIC = 6
FEWEST_LETTERS = 8
SHORT_WORDS = 3
SHORT_LETTERS = 18


def plain(text: str) -> str:
    """The words of a text in small plain letters with single spaces, without tags."""
    if "&" in text:
        text = unescape(text)
    if "<" in text:
        text = _TAG.sub("", text)
    # Few words of a text have other letters, and folding these takes long.
    parts = (text,) if text.isascii() else text.split()
    return " ".join(" ".join(map(_plain_letters, parts)).split())


def title_words(title: str) -> str:
    """The title's words without notes in brackets and without a label before it."""
    rest = _without_notes(title)
    unlabelled = _LABEL.sub("", rest, count=1) if _LABEL.match(rest) else rest
    if len(unlabelled.split()) >= FEWEST_AFTER_LABEL:
        rest = unlabelled
    return plain(rest) or plain(title)


def abstract_words(abstract: str) -> str:
    """The beginning of the abstract in plain words; "" for what is too short to be one."""
    # Tags, accents and punctuation go, so more is folded than is kept.
    words = plain(abstract[: 2 * ABSTRACT])[:ABSTRACT]
    return words if len(words) >= SHORTEST_ABSTRACT else ""


def is_notice(title: str) -> bool:
    """The title is that of an erratum, reply, comment or retraction, which is about a report."""
    rest = _without_notes(title)
    return bool(
        _OPENS_AS_NOTICE.match(rest) or _ENDS_AS_NOTICE.search(rest) or _NAMES_ANOTHER.search(rest)
    )


def numbers_in(words: list[str]) -> tuple[str, ...]:
    """The numbers of a folded title, also as words or Roman signs after part, phase, trial..."""
    found = {digits.lstrip("0") or "0" for word in words for digits in _DIGITS.findall(word)}
    for at, word in enumerate(words[1:], start=1):
        is_last = at == len(words) - 1 and len(word) > 1
        if word in _NUMERALS and (words[at - 1] in _COUNTED or is_last):
            found.add(_NUMERALS[word])
    return tuple(sorted(found))


def is_generic(words: list[str]) -> bool:
    """The title is one that many issues of a journal have, as Editorial or Book review."""
    if sum(map(len, words)) < FEWEST_LETTERS:
        return True
    title = " ".join(words)
    if len(words) <= MOST_WORDS_OF_GENERIC and _GENERIC.match(title):
        return True
    return "editor" in title and bool(_OF_THE_EDITOR.search(title))


def is_short(words: list[str]) -> bool:
    """The title is too short to be nobody else's."""
    return len(words) <= SHORT_WORDS or sum(map(len, words)) < SHORT_LETTERS


def _plain_letters(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_PARTS_WORDS)
    return _NO_WORD.sub(" ", folded(text).translate(_GREEK))


def _without_notes(title: str) -> str:
    return _NOTE.sub("", title) if "[" in title or "(" in title else title
