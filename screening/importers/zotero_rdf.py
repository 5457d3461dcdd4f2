"""Zotero's RDF: items and, beside or within them, the journals and books that they are part of."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from screening.importers import fields, xml_counting, xml_stream
from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.people import authors
from screening.importers.xml_stream import Entry, Shape
from screening.importers.xml_tree import Damaged, Node, parsed

NAME = "zotero-rdf"

_NAMESPACE = b"zotero.org/namespaces/export#"
_BLANKS = b" \t\r\n"
# Zotero writes the type of an item first of all, so the tag before it begins the item.
_ITEM = re.compile(rb"<z:itemType(?=[\s/>])(?!\s{0,99}>\s{0,99}(?:attachment|note)\s{0,99}<)")
_CONTAINER = re.compile(rb"<bib:(?:Journal|Book|Series|Periodical)(?=\s{1,99}rdf:about\s{0,99}=)")
_KEPT_OF_A_CONTAINER = frozenset(
    {"dc:title", "dc:identifier", "dcterms:alternative", "prism:volume", "prism:number"}
)
_EXTRA = re.compile(r"^(DOI|PMID|PMCID):[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_PEOPLE = re.compile(r"(?:bib|z):[a-zA-Z]+")


def _begin(data: bytes, place: int) -> int:
    """Where the tag begins that stands before the item's type, when it is a start tag."""
    before = data.rfind(b"<", 0, place)
    tag = data[before:place].rstrip(_BLANKS) if before >= 0 else b""
    is_start = tag.endswith(b">") and not tag.endswith((b"/>", b"->")) and tag[1:2].isalpha()
    return before if is_start else place


_ITEMS = Shape(
    _ITEM,
    "dc:title",
    frozenset({"dcterms:isReferencedBy", "dcterms:hasPart", "dcterms:relation"}),
    begin=_begin,
)
_CONTAINERS = Shape(_CONTAINER, "dc:title")


def looks_like(head: bytes) -> bool:
    """Whether the first element is RDF, with Zotero's own namespace."""
    return xml_counting.root(head) == "rdf:RDF" and _NAMESPACE in head


def count(path: Path, encoding: str) -> Counted:
    """How many items have a type that is neither attachment nor note.

    Raises: UnreadableFile when none has.
    """
    return xml_counting.count(path, encoding, _ITEM, "<z:itemType>")


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every item that is neither attachment nor note, in the file's order."""
    containers = _containers(path, encoding)
    return xml_stream.records(path, encoding, _ITEMS, partial(_record, containers))


def _containers(path: Path, encoding: str) -> dict[str, Node]:
    """The journals and books that stand beside the items, by the names items refer to them with."""
    found: dict[str, Node] = {}
    for entry in xml_stream.entries(path, encoding, _CONTAINERS):
        try:
            node = parsed(entry.text)
        except Damaged:
            continue
        node.parts = [part for part in node.elements if part.name in _KEPT_OF_A_CONTAINER]
        found.setdefault(node.attributes["rdf:about"], node)
    return found


def _record(containers: dict[str, Node], entry: Entry, item: Node) -> ParsedRecord | None:
    title = item.first("dc:title", "z:shortTitle")
    if not title:
        return None
    whole = _part_of(item, containers)
    extra = _extra(item)
    url = item.first("dc:identifier/dcterms:URI/rdf:value")
    first = partial(_first, [item, *whole])
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=fields.paragraphs(item.first("dcterms:abstract")),
        authors=authors(_people(item)),
        year=fields.year(item.first("dc:date")),
        journal=fields.fold(
            _first(whole, "dc:title")
            or item.first("bib:presentedAt/bib:Conference/dc:title")
            or _first(whole, "dcterms:alternative"),
            fields.LONG,
        ),
        volume=fields.fold(first("prism:volume"), fields.SHORT),
        issue=fields.fold(first("prism:number"), fields.SHORT),
        pages=fields.page_range(item.first("bib:pages")),
        doi=_doi([item, *whole]) or fields.doi(extra.get("DOI", "")) or fields.doi_in_address(url),
        pmid=extra["PMID"][:8] if extra.get("PMID", "").isdecimal() else "",
        pmcid=fields.pmcid(extra.get("PMCID", "")),
        language=fields.fold(item.first("z:language"), fields.SHORT),
        keywords=fields.words(_subjects(item)),
        url=fields.fold(url, fields.LONG),
        kind=fields.fold(item.first("z:itemType"), fields.SHORT),
    )


def _part_of(item: Node, containers: dict[str, Node]) -> list[Node]:
    """What the item is part of, written within it or referred to."""
    found = []
    for part in item.all("dcterms:isPartOf"):
        named = containers.get(part.attributes.get("rdf:resource", ""))
        found += part.elements if named is None else [named]
    return found


def _first(nodes: Iterable[Node], path: str) -> str:
    return next((text for node in nodes if (text := node.first(path))), "")


def _people(item: Node) -> Iterator[str]:
    """The authors, else the first others that are listed, such as presenters or editors."""
    listed = [node for node in item.elements if _PEOPLE.fullmatch(node.name)]
    listed.sort(key=lambda node: node.name != "bib:authors")
    people = next(
        (found for node in listed if (found := node.all("rdf:Seq/rdf:li/foaf:Person"))), []
    )
    for person in people:
        family = person.first("foaf:surname", "foaf:name")
        given = person.first("foaf:givenName", "foaf:givenname")
        yield f"{family}, {given}" if family and given else family or given


def _subjects(item: Node) -> list[str]:
    """Tags, set by hand or by Zotero; call numbers, which stand there too, are none."""
    return [
        node.text()
        for node in item.all("dc:subject")
        if all(below.name == "z:AutomaticTag" for below in node.elements)
    ]


def _doi(nodes: Iterable[Node]) -> str:
    """Zotero writes the DOI of an article into the journal that the article is part of."""
    values = (text for node in nodes for text in node.texts("dc:identifier"))
    return next(
        (doi for text in values if text.startswith("DOI") and (doi := fields.doi(text))), ""
    )


def _extra(item: Node) -> dict[str, str]:
    """The numbers that users and plug-ins note in the field Extra, a line each."""
    notes = "\n".join(item.texts("dc:description"))
    return {name.upper(): value for name, value in _EXTRA.findall(notes)}
