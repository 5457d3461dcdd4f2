"""EndNote's XML, in which every field is wrapped in style runs and the file is one line."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from screening.importers import fields, xml_counting, xml_stream
from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.people import authors
from screening.importers.xml_stream import Entry, Shape
from screening.importers.xml_tree import Node

NAME = "endnote-xml"

_SHAPE = Shape(
    re.compile(rb"<record(?=[\s/>])"),
    "title",
    frozenset({"auth-address", "notes", "research-notes"}),
)
_RECORDS = re.compile(rb"<records?(?=[\s>])")
_OF_ENDNOTE = re.compile(rb"<(?:ref-type|contributors|titles|source-app)(?=[\s>])")
_FACES = {"italic": "i", "bold": "b", "subscript": "sub", "superscript": "sup"}
_AUTHORS = tuple(
    f"contributors/{kind}/author"
    for kind in ("authors", "secondary-authors", "tertiary-authors", "subsidiary-authors")
)
_ADDRESSES = ("urls/web-urls/url", "urls/related-urls/url", "urls/url")


def looks_like(head: bytes) -> bool:
    """Whether records stand in `xml` or `records`, with EndNote's elements in the first."""
    return (
        xml_counting.root(head) in {"xml", "records"}
        and _RECORDS.search(head) is not None
        and _OF_ENDNOTE.search(head) is not None
    )


def count(path: Path, encoding: str) -> Counted:
    """How many records begin.

    Raises: UnreadableFile when none does.
    """
    return xml_counting.count(path, encoding, _SHAPE.starts, "<record>")


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every record, in the file's order."""
    return xml_stream.records(path, encoding, _SHAPE, _record)


def _record(entry: Entry, root: Node) -> ParsedRecord | None:
    title = _formed(root, "titles/title", "titles/translated-title", "titles/short-title")
    if not title:
        return None
    addresses = [url for path in _ADDRESSES for url in _one_a_line(root.texts(path))]
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=fields.paragraphs(_formed(root, "abstract")),
        authors=authors(_people(root)),
        year=fields.year(root.first("dates/year"), root.first("dates/pub-dates/date")),
        journal=_journal(root),
        volume=fields.fold(root.first("volume"), fields.SHORT),
        issue=fields.fold(root.first("number", "issue"), fields.SHORT),
        pages=fields.page_range(root.first("pages")),
        doi=_doi(root, addresses),
        pmid=_pmid(root, addresses),
        pmcid=fields.pmcid(root.first("custom2")),
        language=fields.joined(root.texts("language")),
        keywords=fields.words(_one_a_line(root.texts("keywords/keyword"))),
        url=fields.fold(addresses[0] if addresses else "", fields.LONG),
        kind=_kind(root),
    )


def _formed(root: Node, *paths: str) -> str:
    """The first text, with tags for those style runs that a title is shown with."""
    for node in (node for path in paths for node in root.all(path)):
        if text := "".join(map(_run, node.parts)).strip():
            return text
    return ""


def _run(part: str | Node) -> str:
    if isinstance(part, str):
        return part
    text = "".join(map(_run, part.parts))
    if text.strip():
        for face in part.attributes.get("face", "").split():
            if form := _FACES.get(face):
                text = f"<{form}>{text}</{form}>"
    return text


def _people(root: Node) -> Iterator[str]:
    """The authors, else the editors; some programs write several into one element."""
    nodes = next((nodes for path in _AUTHORS if (nodes := root.all(path))), [])
    for node in nodes:
        text = node.text().strip() or _name_in_attributes(node)
        for name in _one_a_line(text.split(";")):
            # EndNote writes a comma behind the name of a group, so as not to turn it round.
            yield name.strip().removesuffix(",")


def _name_in_attributes(node: Node) -> str:
    get = node.attributes.get
    given = f"{get('first-name', '')} {get('middle-initial', '')}".strip() or get("initials", "")
    family = get("last-name", "")
    return (f"{family}, {given}" if family and given else family) or get("corp-name", "")


def _journal(root: Node) -> str:
    """The longest name of the periodical: EndNote's own import from PubMed calls the abbreviation
    its full title."""
    names = [
        *root.texts("periodical/full-title"),
        *(name for number in (1, 2, 3) for name in root.texts(f"periodical/abbr-{number}")),
    ]
    name = max(names, key=len, default="") or root.first(
        "titles/secondary-title", "alt-periodical/full-title", "titles/alt-title"
    )
    return fields.fold(name, fields.LONG)


def _kind(root: Node) -> str:
    names = (node.attributes.get("name") or node.text() for node in root.all("ref-type"))
    return fields.fold(next(names, ""), fields.SHORT)


def _doi(root: Node, addresses: list[str]) -> str:
    for value in root.texts("electronic-resource-num"):
        if found := fields.doi(value):
            return found
    return next((found for url in addresses if (found := fields.doi_in_address(url))), "")


def _pmid(root: Node, addresses: list[str]) -> str:
    """The accession number where the record says that it came from PubMed, or a link to there."""
    database = " ".join(
        [*root.texts("remote-database-name"), *root.texts("remote-database-provider")]
    )
    if fields.is_pubmed(database) and (number := fields.pmid(root.first("accession-num"))):
        return number
    return next(filter(None, map(fields.pmid_in_address, addresses)), "")


def _one_a_line(values: Iterable[str]) -> list[str]:
    """In a field that repeats, a further line is a further value."""
    return [line for value in values for line in value.split("\n")]
