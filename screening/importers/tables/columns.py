"""What the headings of a table mean.

A mapping says of every heading which field its column fills; "" leaves the column out. The
tables of synonyms below are read from left to right: where several columns fill one field, the
heading that stands first wins, and the next fills in where its cell is empty. Only `authors`
keeps to one column of a row, and `keywords` takes all of them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from screening.importers.base import UnreadableFile

SYNONYMS = {
    "title": (
        "title, article title, document title, item title, title primary, primary title, "
        "paper title, study title, reference title, title of the article, english title, "
        "display name, titulo, titulo del articulo, titulo do artigo, titulo en ingles, "
        "titulo em ingles, titel, titre"
    ),
    "other_title": (
        "original title, original foreign title, foreign title, translated title, "
        "vernacular title, title original, titulo original, short title, shortened title"
    ),
    "abstract": (
        "abstract, abstract note, abstract text, abstracts, summary, original abstract, resumo, "
        "resumen, zusammenfassung, resume"
    ),
    "authors": (
        "author full names, authors full name, author names, authors primary, authors, author s, "
        "author, authorships author display name, creators, creator, autores, autor es, autor, "
        "autoren, auteurs, auteur, author name, book authors, inventors, editors, editor, "
        "first author"
    ),
    "year": (
        "year, publication year, published year, pub year, year of publication, year published, "
        "pubyear, date published year, ano, ano de publicacao, ano de publicacion, "
        "ano da publicacao, jahr, erscheinungsjahr, annee"
    ),
    "date": (
        "date, publication date, date published, date of publication, published, pub date, "
        "cover date, issue date, online date, early access date, published online, "
        "fecha, fecha de publicacion, data de publicacao, datum"
    ),
    "journal": (
        "source title, journal, journal title, journal name, full journal, periodical full, "
        "publication title, journal book, publication name, publication, secondary title, "
        "title secondary, container title, book title, venue, "
        "primary location source display name, series title, book series title, "
        "revista, revista titulo, titulo da revista, titulo de la revista, "
        "periodico, zeitschrift, revue, conference name, proceedings title"
    ),
    "short_journal": (
        "abbreviated source title, journal abbreviation, periodical abbrev, journal iso "
        "abbreviation, abbreviated journal, abbreviated journal title, iso abbreviation, "
        "abbreviated source"
    ),
    "source": "source, citation, source citation, fonte, fuente",
    "volume": (
        "volume, journal volume, volume number, vol, biblio volume, numero do volume, "
        "numero de volumen, volumen, band"
    ),
    "issue": (
        "issue, journal issue, issue number, issue part, number, no, biblio issue, "
        "numero, numero do fasciculo, numero de fasciculo, fasciculo, heft, numero d edition"
    ),
    "pages": "pages, page, page range, page s, pagination, pp, paginas, pagina, seiten",
    "first_page": (
        "start page, first page, page start, starting page, beginning page, spage, "
        "biblio first page, pagina inicial"
    ),
    "last_page": (
        "end page, last page, page end, ending page, other pages, epage, biblio last page, "
        "pagina final"
    ),
    "article_number": "article number, art no, article no, elocation, elocation id",
    "doi": (
        "doi, item doi, digital object identifier, digital object identifier doi, doi number, "
        "doi link, doi url, ids doi, article doi"
    ),
    "pmid": "pmid, pubmed id, pubmedid, medline pmid, pubmed, pubmed pmid, ids pmid, medline id",
    "pmcid": "pmcid, pmc id, pmc, pubmed central id, pubmed central",
    "language": (
        "language, article language, language of original document, languages, output language, "
        "original language, language of article, idioma, idiomas, lingua, sprache, langue"
    ),
    "keywords": (
        "keywords, keyword, keyword s, author keywords, author supplied keywords, "
        "index keywords, keywords plus, key words, mesh terms, mesh, mesh subject headings, "
        "mesh headings, subject headings, descriptors, descriptor s, "
        "emtree drug index terms major focus, emtree drug index terms, "
        "emtree medical index terms major focus, emtree medical index terms, ieee terms, "
        "keywords display name, manual tags, automatic tags, subjects, subject, "
        "keyword heading, palavras chave, palavra s chave, palabras clave, palabra s clave, "
        "descritores, descritor es, descriptores, descriptor es, assuntos, assunto s, materias, "
        "schlagworter, schlagworte, mots cles"
    ),
    "url": (
        "url, link, full text link, fulltext url, full text url, external url, pdf link, "
        "article url, source urls, plink, embase link, links, urls, "
        "primary location landing page url, "
        "web address, url do texto completo, url del texto completo, texto completo url"
    ),
    "kind": (
        "document type, publication type, article type, item type, reference type, "
        "content type, doctype, record type, type of publication, type, document types, "
        "publication types, tipo, tipo de documento, tipo de publicacao, tipo de publicacion, "
        "dokumenttyp"
    ),
    "labelled": "extra",
}
"""Of every field the headings that mean it, the best first; in small letters without accents.

`date` serves for a missing year, `other_title` for a missing title. `source` names the journal
where no other column does, or holds a whole citation. Notes are left out: screening tools keep
votes there. `labelled` is Zotero's Extra, where "PMID:" and the like stand before a number.
"""

WEB_OF_SCIENCE = {
    "TI": "title",
    "AF": "authors",
    "AU": "authors",
    "BA": "authors",
    "GP": "authors",
    "CA": "authors",
    "AB": "abstract",
    "PY": "year",
    "EY": "date",
    "EA": "date",
    "SO": "journal",
    "JI": "short_journal",
    "J9": "short_journal",
    "VL": "volume",
    "IS": "issue",
    "BP": "first_page",
    "EP": "last_page",
    "AR": "article_number",
    "DI": "doi",
    "D2": "doi",
    "DL": "url",
    "PM": "pmid",
    "LA": "language",
    "DE": "keywords",
    "ID": "keywords",
    "DT": "kind",
}
"""Field tags of Web of Science, which head its tab-delimited files."""

OVID = {
    "TI": "title",
    "OT": "other_title",
    "FA": "authors",
    "AU": "authors",
    "AB": "abstract",
    "YR": "year",
    "DP": "date",
    "DC": "date",
    "JN": "journal",
    "NJ": "journal",
    "AS": "short_journal",
    "SO": "source",
    "VO": "volume",
    "IP": "issue",
    "PG": "pages",
    "DO": "doi",
    "PM": "pmid",
    "LG": "language",
    "LA": "language",
    "KW": "keywords",
    "KF": "keywords",
    "MH": "keywords",
    "SH": "keywords",
    "DE": "keywords",
    "UR": "url",
    "PT": "kind",
}
"""Field names of Ovid, where a table is headed by them instead of by words."""

FIELDS = tuple(SYNONYMS)
"""What a column may be; the mapping of a person says one of these, or ""."""

_RANKS = {
    synonym: (field, rank)
    for field, line in SYNONYMS.items()
    for rank, synonym in enumerate(line.split(", "))
}
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_CHOSEN = -1
_LONGEST_SYNONYM = 64
_FEW_TAGS = 4


class NeedsColumns(UnreadableFile):
    """A table in which no heading is known to mean titles: a person must say which one does.

    `headings` are those of the file, each once, in its order.
    """

    def __init__(self, headings: Sequence[str]) -> None:
        super().__init__(
            "This table has no column of titles that Parallax knows: choose which column is which."
        )
        self.headings = list(headings)


def distinct(cells: Sequence[str]) -> list[str]:
    """The headings of a row, each unlike the others; an empty one is called by its place."""
    numbers: Counter[str] = Counter()
    headings: dict[str, None] = {}
    for place, cell in enumerate(cells, 1):
        name = heading = " ".join(cell.split()) or f"Column {place}"
        while heading in headings:
            numbers[name] += 1
            heading = f"{name} ({numbers[name] + 1})"
        headings[heading] = None
    return list(headings)


def proposed_mapping(headings: Sequence[str]) -> dict[str, str]:
    """For every heading the field that it is known to mean, or ""."""
    codes = _codes(headings)
    return {heading: codes.get(heading.strip()) or _known(heading)[0] for heading in headings}


def is_web_of_science(headings: Sequence[str]) -> bool:
    """Whether the headings are the field tags of a Web of Science file."""
    return _codes(headings) is WEB_OF_SCIENCE and "PT" in map(str.strip, headings)


def known_fields(headings: Sequence[str]) -> list[str]:
    """The fields that the headings are known to mean, one for each known heading."""
    return [field for field in proposed_mapping(headings).values() if field]


class Columns:
    """The cells of a row by field.

    Args:
        headings: those of the table, in its order, each once.
        mapping: heading to field; headings that it does not name are left out.
    """

    def __init__(self, headings: Sequence[str], mapping: Mapping[str, str]) -> None:
        self.width = len(headings)
        codes = list(_codes(headings))
        ranked = sorted(
            (field, _rank(heading, field, codes), place)
            for place, heading in enumerate(headings)
            if (field := mapping.get(heading, ""))
        )
        self._places: dict[str, list[int]] = {field: [] for field in FIELDS}
        for field, _, place in ranked:
            self._places[field].append(place)

    def has(self, *fields: str) -> bool:
        """Whether a column fills one of the fields."""
        return any(self._places[field] for field in fields)

    def first(self, cells: Sequence[str], *fields: str) -> str:
        """The first cell of the fields that is not empty."""
        return next(self.all(cells, *fields), "")

    def all(self, cells: Sequence[str], *fields: str) -> Iterator[str]:
        """Every cell of the fields that is not empty, the best first."""
        for field in fields:
            for place in self._places[field]:
                if place < len(cells) and (cell := cells[place].strip()):
                    yield cell


def title_columns(headings: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """The columns of a table in which one at least is for titles.

    Raises: NeedsColumns when none is.
    """
    columns = Columns(headings, mapping)
    if not columns.has("title", "other_title"):
        raise NeedsColumns(headings)
    return columns


def _codes(headings: Sequence[str]) -> Mapping[str, str]:
    """The meanings of two-letter headings, when the table has such."""
    tags = {heading.strip() for heading in headings}
    if "TI" not in tags:
        return {}
    codes = WEB_OF_SCIENCE if tags.isdisjoint({"UI", "VN"}) else OVID
    return codes if len(tags & set(codes)) >= _FEW_TAGS else {}


def _rank(heading: str, field: str, codes: Sequence[str]) -> int:
    """Which of the columns of a field is asked first; what a person chose otherwise comes first."""
    if heading.strip() in codes:
        return codes.index(heading.strip())
    known, rank = _known(heading)
    return rank if known == field else _CHOSEN


def _known(heading: str) -> tuple[str, int]:
    return _RANKS.get(_normal(heading[:_LONGEST_SYNONYM]), ("", 0))


@lru_cache(maxsize=4096)
def _normal(heading: str) -> str:
    """Small letters without accents, words divided by one space."""
    decomposed = unicodedata.normalize("NFKD", heading.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", plain).strip()
