"""Which database a file was exported from, by what is in it; a guess that people can correct."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from screening.importers import formats, pubmed_xml, wos_tagged
from screening.importers.base import Inspection
from screening.importers.decoding import text_lines
from screening.importers.tables.columns import is_web_of_science

LINES_LOOKED_AT = 60_000


@dataclass(frozen=True, slots=True)
class Guess:
    """A database or register, and where it was searched if that is something else."""

    name: str
    platform: str = ""


PUBMED = Guess("PubMed")
SCOPUS = Guess("Scopus")
EMBASE = Guess("Embase", "Embase.com")
WEB_OF_SCIENCE = Guess("Web of Science")
CENTRAL = Guess("CENTRAL", "Cochrane Library")
IEEE = Guess("IEEE Xplore")
SPRINGER = Guess("SpringerLink")
JSTOR = Guess("JSTOR")
LENS = Guess("The Lens")
LILACS = Guess("LILACS", "BVS")
SCIELO = Guess("SciELO")
GOOGLE_SCHOLAR = Guess("Google Scholar")
TRIALS = Guess("ClinicalTrials.gov")

_BY_FORMAT = {
    "nbib": PUBMED,
    pubmed_xml.NAME: PUBMED,
    wos_tagged.NAME: WEB_OF_SCIENCE,
}

# Headings that no other exporter has; all of a set must be there.
_HEADINGS: tuple[tuple[frozenset[str], Guess], ...] = (
    (frozenset({"pmid", "journal/book"}), PUBMED),
    (frozenset({"pmid", "nihms id"}), PUBMED),
    (frozenset({"eid", "source title"}), SCOPUS),
    (frozenset({"central id"}), CENTRAL),
    (frozenset({"cochrane review group code"}), CENTRAL),
    (frozenset({"date added to xplore"}), IEEE),
    (frozenset({"ieee terms"}), IEEE),
    (frozenset({"item title", "item doi"}), SPRINGER),
    (frozenset({"lens id"}), LENS),
    (frozenset({"descriptor(s)", "fulltext url"}), LILACS),
    (frozenset({"descritor(es)", "base de dados"}), LILACS),
    (frozenset({"descriptor(es)", "base de datos"}), LILACS),
    (frozenset({"nct number"}), TRIALS),
    (frozenset({"gsrank"}), GOOGLE_SCHOLAR),
)
_GOOGLE_SCHOLAR = ["authors", "title", "publication", "volume", "number", "pages", "year"]
_OF_EMBASE = re.compile(r"embase|emtree", re.IGNORECASE)

_EBSCO = {
    "CINAHL": ("ccm", "cin20", "rzh", "jlh", "c8h", "cul"),
    "APA PsycInfo": ("psyh", "psyhref"),
    "MEDLINE": ("mnh", "cmedm", "mdc", "mdl"),
    "ERIC": ("eric",),
    "SPORTDiscus": ("sph", "s3h"),
    "Academic Search": ("aph", "a9h", "asn", "asx"),
    "Business Source": ("bth", "buh", "bsu"),
}
_EBSCO_NAMES = {code: name for name, codes in _EBSCO.items() for code in codes}

# What a line of an entry says, in the order in which it is believed.
_SIGNS: tuple[tuple[re.Pattern[str], Guess], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), guess)
    for pattern, guess in (
        (r"DB {1,2}- +.*\bOvid MEDLINE|DB {1,2}- +MEDLINE\b.*\bOvid", Guess("MEDLINE", "Ovid")),
        (r"DB {1,2}- +Embase\b.*<", Guess("Embase", "Ovid")),
        (r"DB {1,2}- +(?:APA )?PsycInfo\b.*<", Guess("APA PsycInfo", "Ovid")),
        (r"DB {1,2}- +Embase\b", EMBASE),
        (r"DB {1,2}- +(?:APA )?PsycInfo\b", Guess("APA PsycInfo")),
        (r"DB {1,2}- +Scopus\b", SCOPUS),
        (r"DB {1,2}- +(?:PubMed|NLM)\b", PUBMED),
        (r"DB {1,2}- +CINAHL\b", Guess("CINAHL", "EBSCO")),
        (r"DB {1,2}- +LILACS\b", LILACS),
        (r"DB {1,2}- +SciELO\b", SCIELO),
        (r"DB {1,2}- +JSTOR\b", JSTOR),
        (r"DB {1,2}- +(?:Cochrane|CENTRAL)\b", CENTRAL),
        (r"DB {1,2}- +Web of Science\b", WEB_OF_SCIENCE),
        (r"DB {1,2}- +IEEE\b", IEEE),
        (r"DB {1,2}- +.*\bProQuest\b|DP {1,2}- +ProQuest\b", Guess("ProQuest")),
        (
            r"AN {1,2}- +(?:WOS|MEDLINE|BCI|CCC|ISI):|\s*Unique-ID *= *\{+\s*(?:WOS|ISI):",
            WEB_OF_SCIENCE,
        ),
        (r"\s*source *= *[{\"]+Scopus|(?:UR {1,2}-|\s*url *=).*\bwww\.scopus\.com/", SCOPUS),
        (r"UR {1,2}- .*\bwww\.embase\.com/|U2 {1,2}- +L\d{6,}", EMBASE),
        (r"(?:UR {1,2}- |AN {1,2}- ).*(?:cochranelibrary\.com/central/|\bCN-\d{8})", CENTRAL),
        (r"(?:UR {1,2}- |\s*url *=).*\bieeexplore\.ieee\.org", IEEE),
        (r"@\w+\{ *\d{5,9}, *$", IEEE),
        (r"UR {1,2}- .*\bjstor\.org/|Provider: JSTOR\b", JSTOR),
        (
            r"UR {1,2}- .*\bpubmed\.ncbi\.nlm\.nih\.gov/|UR {1,2}- .*ncbi\.nlm\.nih\.gov/pubmed",
            PUBMED,
        ),
        (r"UR {1,2}- .*\bclinicaltrials\.gov/", TRIALS),
    )
)
_EBSCO_CODE = re.compile(
    r"(?:UR {1,2}- |\s*url *=).*ebsco(?:host)?\.com/.*[?&]db=(\w+)", re.IGNORECASE
)
_EBSCO_HOST = re.compile(r"DP {1,2}- +EBSCO|.*\b(?:ebscohost|research\.ebsco)\.com/", re.IGNORECASE)
_TAGGED = re.compile(r"[ \t]{0,3}[A-Z][A-Z0-9]  ?-|[A-Z][a-z]+: |\s*[\w-]+ *= *[{\"]|@\w+\{")
_START = re.compile(r"[ \t]{0,3}TY  ?-|\s*@\w+ *[{(]", re.IGNORECASE)

# Names of files are what is left when nothing in them tells.
_NAMES: tuple[tuple[str, Guess], ...] = (
    ("pubmed", PUBMED),
    ("medline", Guess("MEDLINE")),
    ("embase", Guess("Embase")),
    ("scopus", SCOPUS),
    ("web of science", WEB_OF_SCIENCE),
    ("webofscience", WEB_OF_SCIENCE),
    ("wos", WEB_OF_SCIENCE),
    ("savedrecs", WEB_OF_SCIENCE),
    ("central", CENTRAL),
    ("cochrane", CENTRAL),
    ("cinahl", Guess("CINAHL", "EBSCO")),
    ("psycinfo", Guess("APA PsycInfo")),
    ("proquest", Guess("ProQuest")),
    ("ieee", IEEE),
    ("lilacs", LILACS),
    ("scielo", SCIELO),
    ("jstor", JSTOR),
    ("scholar", GOOGLE_SCHOLAR),
    ("clinicaltrials", TRIALS),
)


def guess(path: Path, inspection: Inspection) -> Guess | None:
    """The database that an inspected file says it is from; None where it does not, or says many."""
    if known := _BY_FORMAT.get(inspection.format):
        return known
    if table := formats.table_by_name(inspection.format):
        return by_headings(table.headings_of(path, inspection.encoding))
    lines = chain.from_iterable(text_lines(path, inspection.encoding))
    return by_lines(line for line, _ in zip(lines, range(LINES_LOOKED_AT), strict=False))


def by_headings(headings: Sequence[str]) -> Guess | None:
    """The exporter whose headings these are."""
    if is_web_of_science(list(headings)):
        return WEB_OF_SCIENCE
    known = [heading.strip("\ufeff ").casefold() for heading in headings]
    for wanted, said in _HEADINGS:
        if wanted <= set(known):
            return said
    if any(map(_OF_EMBASE.search, known)):
        return EMBASE
    return GOOGLE_SCHOLAR if known[: len(_GOOGLE_SCHOLAR)] == _GOOGLE_SCHOLAR else None


def by_lines(lines: Iterable[str]) -> Guess | None:
    """What most entries of a tagged text say; none where fewer than half of them do.

    An entry counts once for each database it names, so that a library collected from many is none.
    """
    said: Counter[Guess] = Counter()
    entries = 0
    of_entry: set[Guess] = set()
    for line in lines:
        if _START.match(line):
            entries += 1
            said.update(of_entry)
            of_entry = set()
        if found := _sign_of(line):
            of_entry.add(found)
    said.update(of_entry)
    if not said:
        return None
    best, times = _most(said)
    return best if times * 2 >= entries else None


def by_file_name(name: str) -> Guess | None:
    """The database that the file is named after."""
    words = re.sub(r"[^a-z]+", " ", name.casefold())
    return next((said for part, said in _NAMES if re.search(rf"\b{part}", words)), None)


def _sign_of(line: str) -> Guess | None:
    if not _TAGGED.match(line):
        return None
    line = line.lstrip(" ") if line.startswith(" ") and "=" not in line[:40] else line
    for pattern, said in _SIGNS:
        if pattern.match(line):
            return said
    if match := _EBSCO_CODE.match(line):
        return Guess(_EBSCO_NAMES.get(match[1].lower(), "EBSCO"), "EBSCO")
    return Guess("EBSCO", "EBSCO") if _EBSCO_HOST.match(line) else None


def _most(said: Counter[Guess]) -> tuple[Guess, int]:
    """The most frequent, where the sure name of EBSCO's databases beats the name of the host."""
    ordered = sorted(said.items(), key=lambda one: (one[1], one[0].name != "EBSCO"), reverse=True)
    return ordered[0]
