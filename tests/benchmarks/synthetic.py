"""RIS of any size with words as unevenly frequent as in real abstracts. All of it is made up."""

from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

SYLLABLES = [
    consonant + vowel
    for consonant in (*"bcdfghlmnprstvz", "br", "cl", "dr", "gr", "pl", "st", "tr", "ch", "th")
    for vowel in "aeiou"
]
ENDINGS = ["", "n", "s", "r", "tion", "sis", "ment", "ic", "al", "ine", "itis", "oma", "ive", "ing"]
NAMES = [
    "Ødegaard",
    "Nguyễn",
    "Farnleigh",
    "Müllensiefen",
    "Kowalska",
    "O'Brannigan",
    "Çelik",
    "Li",
]
JOURNALS = ["Annals of Made-up Evidence", "Journal of Synthetic Medicine", "Placebo Letters"]
INITIALS = [f"{a}. {b}." for a in "ABCDEFGHJKLMNPRSTW" for b in "ABEJKLMPRS"]
VOCABULARY = 40_000
WORDS_IN_ABSTRACT = 200


class Words:
    """Words drawn by a law of Zipf."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.vocabulary = sorted({self._word() for _ in range(VOCABULARY)}, key=len)
        weights = (1 / (rank + 2.7) ** 1.05 for rank in range(len(self.vocabulary)))
        self.cumulated = list(accumulate(weights))

    def draw(self, count: int) -> list[str]:
        total = self.cumulated[-1]
        random = self.chance.random
        return [self.vocabulary[bisect(self.cumulated, random() * total)] for _ in range(count)]

    def name(self) -> str:
        """One of some ten thousand surnames, now and then one with signs of its own."""
        surname = self.vocabulary[int(len(self.vocabulary) * self.chance.random() ** 2 / 4)].title()
        if self.chance.random() < 0.05:
            surname = self.chance.choice(NAMES)
        return f"{surname}, {self.chance.choice(INITIALS)}"

    def _word(self) -> str:
        syllables = self.chance.choices(SYLLABLES, k=self.chance.randrange(1, 5))
        return "".join(syllables) + self.chance.choice(ENDINGS)


def write_ris(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(ris_records(count))


def ris_records(count: int) -> Iterator[str]:
    chance = Random(count)
    words = Words(chance)
    for number in range(1, count + 1):
        yield _ris(number, words, chance)


def write_copies(path: Path, original: Path, share: float) -> int:
    """Another database's entries for a share of the records of a file; how many there are.

    Authors by their initials, titles in capitals or with a full stop, no keywords, and for every
    other record no DOI.
    """
    chance = Random(path.name)
    copies = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entry in _entries(original):
            if chance.random() < share:
                copies += 1
                file.writelines(_copied(entry, chance))
    return copies


def _entries(path: Path) -> Iterator[list[str]]:
    entry: list[str] = []
    for line in path.open(encoding="utf-8"):
        entry.append(line)
        if line.startswith("ER"):
            yield entry
            entry = []


def _copied(entry: list[str], chance: Random) -> Iterator[str]:
    has_doi, shouts = chance.random() < 0.5, chance.random() < 0.3
    for line in entry:
        tag, value = line[:2], line[6:].rstrip("\n")
        if tag == "KW" or (tag == "DO" and not has_doi):
            continue
        if tag == "TI":
            value = value.upper() if shouts else f"{value}."
        yield f"{tag}  - {value}\n" if tag.strip() else line


def _ris(number: int, words: Words, chance: Random) -> str:
    page = chance.randrange(1, 900)
    lines = [
        "TY  - JOUR",
        *(f"AU  - {words.name()}" for _ in range(chance.randrange(1, 8))),
        f"TI  - {' '.join(words.draw(chance.randrange(8, 18))).capitalize()}",
        f"T2  - {chance.choice(JOURNALS)}",
        f"PY  - {chance.randrange(1985, 2026)}",
        f"VL  - {chance.randrange(1, 90)}",
        f"IS  - {chance.randrange(1, 13)}",
        f"SP  - {page}",
        f"EP  - {page + 9}",
        f"DO  - 10.0000/bench.{number}",
    ]
    if chance.random() > 0.07:
        lines.append(f"AB  - {_abstract(words, chance)}")
    lines += [f"KW  - {word}" for word in words.draw(chance.randrange(3, 9))]
    return "\n".join(lines) + "\nLA  - English\nER  - \n\n"


def _abstract(words: Words, chance: Random) -> str:
    remaining = max(40, round(chance.gauss(WORDS_IN_ABSTRACT, 50)))
    sentences = []
    while remaining > 0:
        length = chance.randrange(9, 26)
        sentences.append(" ".join(words.draw(length)).capitalize() + ".")
        remaining -= length
    return " ".join(sentences)
