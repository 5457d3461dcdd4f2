"""Words as the finder knows them: of records and of questions alike. Pure.

Letters are compared without case, accents and forms: Ødegaard is odegaard, Straße is strasse, H₂O is
h2o; Greek letters stay. A hyphen or an apostrophe parts words, and the whole is a word as well:
“follow-up” holds follow, up and followup. Text written without spaces (Chinese, Japanese) becomes
pairs of neighbouring signs, so that any part of it is found.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from screening.importers.fields import doi

MOST_TYPED = 500
"""Characters of a question that are read."""
MOST_WORDS = 32
LONGEST = 64
"""Characters of a word that are told apart."""
SHORT_PREFIX = 2
"""Prefixes up to this length have entries of their own, marked with a star."""

_TAGS = re.compile(r"</?(?:i|em|b|strong|sub|sup)>")
_ONLY_WORDS = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORDS = re.compile(r"[^\W_]+")
_CHAINS = re.compile(r"[^\W_]+(?:[-'][^\W_]+)+")
_CHAINS_OR_WORDS = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_JOINTS = re.compile(r"[-']")
_JOINTS_OF_OTHERS = str.maketrans(
    {"\u2010": "-", "\u2011": "-", "\u2019": "'", "\u02bc": "'", "\u00ad": None}
)
# Letters that Unicode does not take for a plain one with an accent.
_PLAIN = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
    "\u0131": "i",  # without a dot, as in Turkish
    "ħ": "h",
}
_NOT_PLAIN = re.compile(f"[{''.join(_PLAIN)}]")
# Kana have voiced marks and Indic letters their nukta and virama, which are no accents.
_NO_ACCENTS = {0, 7, 8, 9}
_ACCENTS = re.compile(
    "[{}]".format(
        "".join(
            re.escape(chr(code))
            for code in range(0x300, 0x1F000)
            if unicodedata.combining(chr(code)) not in _NO_ACCENTS
        )
    )
)
_UNSPACED = re.compile(
    "[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+"
)
_ADDRESS = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(10\.\S+(?:/|%2f)\S+)", re.IGNORECASE
)
_PMID = re.compile(
    r"(?:pmid:?\s*|https?://pubmed\.ncbi\.nlm\.nih\.gov/)0*([1-9][0-9]{0,8})/?", re.IGNORECASE
)
_BARE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_RECORD_NUMBER = re.compile(r"#\s*0*([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word, or the beginning of one."""

    text: str
    is_prefix: bool = False


Alternative = tuple[Word, ...]
"""Words that a record has to have, all of them."""
Term = tuple[Alternative, ...]
"""One typed word: a record has to have one of these."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed: every term is asked for. Blank asks for everything.

    Args:
        number: the number of a record, asked for alone as #12.
    """

    terms: tuple[Term, ...] = ()
    number: int | None = None
    is_blank: bool = False

    @property
    def asks_for_nothing(self) -> bool:
        """Something was typed, and no word of it can be looked up."""
        return not (self.terms or self.is_blank or self.number is not None)


def parse(typed: str) -> Question:
    """What the typed text asks for; any text is a question, none has a syntax.

    Words are all asked for, the last one also as a beginning. Alone, a DOI, also as an address, a
    PMID and a record's number (#12) are asked for as such; a bare number is a word or a PMID.
    """
    # What is no text in UTF-8, as half of a pair of surrogates, cannot even be asked for.
    typed = " ".join(typed[:MOST_TYPED].encode(errors="ignore").decode().split())
    if not typed:
        return Question(is_blank=True)
    if match := _RECORD_NUMBER.fullmatch(typed):
        return Question(number=int(match[1]))
    if match := _PMID.fullmatch(typed):
        return Question((((Word(_pmid_entry(match[1])),),),))
    if (match := _ADDRESS.fullmatch(typed)) and (found := doi(match[1])):
        return Question((((Word(_doi_entry(found)),),),))
    terms = list(_terms(typed))[:MOST_WORDS]
    if terms:
        terms[-1] = tuple(_as_beginning(alternative) for alternative in terms[-1])
    if _BARE_NUMBER.fullmatch(typed):
        terms[0] += ((Word(_pmid_entry(typed)),),)
    return Question(tuple(dict.fromkeys(terms)))


def entries(texts: Sequence[str], *, doi: str = "", pmid: str = "") -> set[str]:
    """The entries under which a record is found: folded words, its DOI and its PMID."""
    plain = [text for text in texts if text.isascii()]
    found = words_in("\n".join(plain))
    if len(plain) < len(texts):
        found.update(*(words_in(text) for text in texts if not text.isascii()))
    if doi:
        found.add(_doi_entry(doi))
    if _BARE_NUMBER.fullmatch(pmid):
        found.add(_pmid_entry(pmid))
    return found


def words_in(text: str) -> set[str]:
    """Every folded word of a text."""
    if text.isascii():
        return _plain_words(text)
    # Few words of a text have other letters, and folding these takes long.
    pieces = text.split()
    rest = folded(" ".join([piece for piece in pieces if not piece.isascii()]))
    words = _plain_words(" ".join([piece for piece in pieces if piece.isascii()]))
    words.update(pair for run in _UNSPACED.findall(rest) for pair in _pairs(run, is_whole=True))
    rest = _UNSPACED.sub(" ", rest)
    words.update(_WORDS.findall(rest))
    words.update(_joined_words(rest))
    return words


def _plain_words(text: str) -> set[str]:
    """What folding and looking for words gives, at a fifth of the time; for ASCII only."""
    text = _without_tags(text.lower())
    words = set(text.translate(_ONLY_WORDS).split())
    words.update(_joined_words(text))
    return words


def _joined_words(text: str) -> list[str]:
    if "-" not in text and "'" not in text:
        return []
    pieces = [piece for piece in text.split() if "-" in piece or "'" in piece]
    return list(filter(None, map(_joined, _CHAINS.findall(" ".join(pieces)))))


def folded(text: str) -> str:
    """Small plain letters, with - and ' for every hyphen and apostrophe; tags of text forms go."""
    text = unicodedata.normalize("NFKD", text).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    text = _NOT_PLAIN.sub(lambda letter: _PLAIN[letter[0]], text)
    return _without_tags(unicodedata.normalize("NFC", text).translate(_JOINTS_OF_OTHERS))


def is_identifier(entry: str) -> bool:
    """The entry is a DOI or a PMID, which have no beginnings."""
    return entry[0] in "=#"


def short_prefix_entry(prefix: str) -> str:
    return f"*{prefix}"


def _terms(typed: str) -> Iterator[Term]:
    text = folded(typed)
    for run in _UNSPACED.findall(text):
        for pair in _pairs(run, is_whole=False):
            yield ((Word(pair, is_prefix=len(pair) == 1),),)
    for chain in _CHAINS_OR_WORDS.findall(_UNSPACED.sub(" ", text)):
        parts = tuple(Word(word[:LONGEST]) for word in _WORDS.findall(chain))
        joined = _joined(chain) if len(parts) > 1 else ""
        yield (parts, (Word(joined[:LONGEST]),)) if joined else (parts,)


def _as_beginning(words: Alternative) -> Alternative:
    *others, last = words
    return (*others, Word(last.text, is_prefix=True))


def _pairs(run: str, *, is_whole: bool) -> list[str]:
    """Neighbours; the last sign alone too where it is to be found, or where there is no other."""
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    return [*pairs, run[-1]] if is_whole or not pairs else pairs


def _joined(chain: str) -> str:
    """The chain as one word; nothing for numbers, which a hyphen makes a range."""
    joined = _JOINTS.sub("", chain)
    return "" if joined.isdigit() else joined


def _without_tags(text: str) -> str:
    return _TAGS.sub("", text) if "<" in text else text


def _doi_entry(doi: str) -> str:
    return f"={doi.lower()}"


def _pmid_entry(pmid: str) -> str:
    return f"#{pmid}"
