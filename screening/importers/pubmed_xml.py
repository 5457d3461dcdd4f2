"""PubMed's XML: articles and books, as sets or alone."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from screening.importers import fields, xml_counting, xml_stream
from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.people import authors
from screening.importers.xml_stream import Entry, Shape
from screening.importers.xml_tree import Node
from screening.reading import FORMS

NAME = "pubmed-xml"

_CITATIONS = frozenset({"MedlineCitation", "MedlineCitationSet"})
_ROOTS = _CITATIONS | {
    *("PubmedArticleSet", "PubmedBookArticleSet", "PubmedArticle", "PubmedBookArticle")
}
_SKIPPED = frozenset(
    {
        *("AffiliationInfo", "ChemicalList", "CommentsCorrectionsList", "DataBankList"),
        *("GrantList", "History", "InvestigatorList", "ReferenceList", "Sections"),
    }
)
_ARTICLES = Shape(
    re.compile(rb"<(?:PubmedArticle|PubmedBookArticle)(?=[\s/>])"),
    "ArticleTitle or BookTitle",
    _SKIPPED,
)
_BARE_CITATIONS = Shape(re.compile(rb"<MedlineCitation(?=[\s/>])"), "ArticleTitle", _SKIPPED)
_NO_LABEL = frozenset({"", "UNLABELLED", "UNASSIGNED"})
_NOT_AVAILABLE = re.compile(r"\[not available\]\.?\Z", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+")
_SCRIPTS = {"msub": ("sub",), "msup": ("sup",), "msubsup": ("sub", "sup")}


def looks_like(head: bytes) -> bool:
    """Whether the first element is one of PubMed's."""
    return xml_counting.root(head) in _ROOTS


def count(path: Path, encoding: str) -> Counted:
    """How many articles and books begin.

    Raises: UnreadableFile when none does.
    """
    shape = _shape(path, encoding)
    tag = "<MedlineCitation>" if shape is _BARE_CITATIONS else "<PubmedArticle>"
    return xml_counting.count(path, encoding, shape.starts, tag)


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every article and book, in the file's order."""
    return xml_stream.records(path, encoding, _shape(path, encoding), _record)


def _shape(path: Path, encoding: str) -> Shape:
    """MEDLINE's files of old have citations without an article around them."""
    root = xml_counting.root(xml_counting.beginning(path, encoding))
    return _BARE_CITATIONS if root in _CITATIONS else _ARTICLES


def _record(entry: Entry, root: Node) -> ParsedRecord | None:
    if root.name == "PubmedBookArticle":
        return _book(entry, root)
    citations = [root] if root.name == "MedlineCitation" else root.all("MedlineCitation")
    return _article(entry, root, citations[0]) if citations else None


def _article(entry: Entry, root: Node, citation: Node) -> ParsedRecord | None:
    articles = citation.all("Article")
    article = articles[0] if articles else citation
    title = _title(article)
    if not title:
        return None
    issue = "Journal/JournalIssue"
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=_abstract([*article.all("Abstract"), *citation.all("OtherAbstract")]),
        authors=authors(_people(article.all("AuthorList/Author"))),
        year=fields.year(*_dates(article, f"{issue}/PubDate", "ArticleDate")),
        journal=fields.fold(
            article.first("Journal/Title", "Journal/ISOAbbreviation")
            or citation.first("MedlineJournalInfo/MedlineTA"),
            fields.LONG,
        ),
        volume=fields.fold(article.first(f"{issue}/Volume"), fields.SHORT),
        issue=fields.fold(article.first(f"{issue}/Issue"), fields.SHORT),
        pages=_pages(article),
        doi=_doi(article.all("ELocationID"), root.all("PubmedData/ArticleIdList/ArticleId")),
        pmid=_number(citation.first("PMID")),
        pmcid=_pmcid(root.all("PubmedData/ArticleIdList/ArticleId")),
        language=fields.joined(article.texts("Language")),
        keywords=fields.words(
            [
                *map(_heading, citation.all("MeshHeadingList/MeshHeading")),
                *map(_starred, citation.all("KeywordList/Keyword")),
            ]
        ),
        kind=fields.joined(article.texts("PublicationTypeList/PublicationType")),
    )


def _book(entry: Entry, root: Node) -> ParsedRecord | None:
    """A chapter has a title beside its book's; a book has its own only."""
    documents = root.all("BookDocument")
    document = documents[0] if documents else root
    chapter, book = _title(document), _first_formed(document, "Book/BookTitle")
    title = chapter or book
    if not title:
        return None
    ids = [
        *document.all("ArticleIdList/ArticleId"),
        *root.all("PubmedBookData/ArticleIdList/ArticleId"),
    ]
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=_abstract(document.all("Abstract")),
        authors=authors(_people(_book_people(document))),
        year=fields.year(
            *_dates(document, "Book/PubDate", "ContributionDate", "Book/BeginningDate")
        ),
        journal=fields.fold(book if chapter else "", fields.LONG),
        volume=fields.fold(document.first("Book/Volume"), fields.SHORT),
        pages=_pages(document),
        doi=_doi(document.all("Book/ELocationID"), ids),
        pmid=_number(document.first("PMID")),
        pmcid=_pmcid(ids),
        language=fields.joined(document.texts("Language")),
        keywords=fields.words(map(_starred, document.all("KeywordList/Keyword"))),
        kind=fields.joined(document.texts("PublicationType")),
    )


def _title(node: Node) -> str:
    """The title, or the original one where PubMed says that nobody translated it."""
    title = _first_formed(node, "ArticleTitle")
    if title and not _NOT_AVAILABLE.match(title):
        return title
    return _first_formed(node, "VernacularTitle") or title


def _first_formed(node: Node, path: str) -> str:
    return next((text for found in node.all(path) if (text := _formed(found).strip())), "")


def _abstract(nodes: Iterable[Node]) -> str:
    """The first of the abstracts that has text, its passages on lines of their own."""
    for node in nodes:
        passages = [_passage(part) for part in node.all("AbstractText")]
        if text := "\n".join(passage for passage in passages if passage):
            return fields.cut(text, fields.ABSTRACT)
    return ""


def _passage(node: Node) -> str:
    text = fields.fold(_formed(node), fields.ABSTRACT)
    label = " ".join(node.attributes.get("Label", "").upper().split()).rstrip(":")
    return text if label in _NO_LABEL or not text else f"{label}: {text}"


def _formed(node: Node) -> str:
    """The text below, with those tags that a title is shown with."""
    if node.name.rpartition(":")[2] == "math":
        return _formula(node)
    text = "".join(part if isinstance(part, str) else _formed(part) for part in node.parts)
    form = FORMS.get(node.name)
    return f"<{form}>{text}</{form}>" if form and text.strip() else text


def _formula(node: Node) -> str:
    """MathML as text: white space between its tags means nothing, sub and sup do."""
    scripts = _SCRIPTS.get(node.name.rpartition(":")[2])
    if scripts and len(node.elements) == len(scripts) + 1:
        base, *raised = map(_formula, node.elements)
        return base + "".join(
            f"<{form}>{text}</{form}>" for form, text in zip(scripts, raised, strict=True)
        )
    return "".join(part.strip() if isinstance(part, str) else _formula(part) for part in node.parts)


def _people(nodes: Iterable[Node]) -> Iterator[str]:
    """`Family, Given` of persons, the names of groups."""
    for node in nodes:
        family = node.first("LastName")
        given = f"{node.first('ForeName', 'Initials')} {node.first('Suffix')}".strip()
        yield (f"{family}, {given}" if given else family) or node.first("CollectiveName")


def _book_people(document: Node) -> list[Node]:
    """The authors of the chapter, else those of the book, else its editors."""
    lists = [*document.all("AuthorList"), *document.all("Book/AuthorList")]
    lists.sort(key=lambda node: node.attributes.get("Type") == "editors")
    return next((people for node in lists if (people := node.all("Author"))), [])


def _dates(node: Node, *paths: str) -> list[str]:
    return [node.first(f"{path}/Year", f"{path}/MedlineDate") for path in paths]


def _pages(node: Node) -> str:
    if pages := node.first("Pagination/MedlinePgn"):
        return fields.page_range(pages)
    first, last = node.first("Pagination/StartPage"), node.first("Pagination/EndPage")
    return fields.page_range(first, last) or _article_number(node.all("ELocationID"))


def _article_number(locations: list[Node]) -> str:
    """What PubMed itself cites where an article has no pages."""
    places = (node.text() for node in locations if node.attributes.get("EIdType") == "pii")
    return next(filter(None, map(fields.article_number, places)), "")


def _doi(locations: list[Node], ids: list[Node]) -> str:
    places = [node for node in locations if node.attributes.get("EIdType") == "doi"]
    places.sort(key=lambda node: node.attributes.get("ValidYN") == "N")
    places += [node for node in ids if node.attributes.get("IdType") == "doi"]
    return next((doi for node in places if (doi := fields.doi(node.text()))), "")


def _pmcid(ids: list[Node]) -> str:
    values = (node.text() for node in ids if node.attributes.get("IdType") == "pmc")
    return next((number for value in values if (number := fields.pmcid(value))), "")


def _number(text: str) -> str:
    digits = _DIGITS.match(text)
    return fields.cut(digits[0], fields.SHORT) if digits else ""


def _heading(node: Node) -> str:
    """Descriptor and qualifiers as PubMed's tagged files write them, the major ones with a star."""
    names = [*node.all("DescriptorName"), *node.all("QualifierName")]
    return "/".join(map(_starred, names))


def _starred(node: Node) -> str:
    text = node.text().strip()
    return f"*{text}" if text and node.attributes.get("MajorTopicYN") == "Y" else text
