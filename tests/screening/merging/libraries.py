"""Small libraries with duplicates in them, as files; all of it is invented."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from screening.access import ReviewAccess
from screening.actions.importing import preview_import
from screening.actions.storing import commit_import
from screening.models import Import, Record, Source, SourceKind
from tests.factories import SourceFactory


@dataclass(frozen=True)
class Paper:
    """A paper as one database describes it."""

    title: str
    author: str = "Lindqvist, M."
    year: str = "2021"
    journal: str = "Journal of Invented Imaging"
    volume: str = "12"
    pages: str = "101-109"
    doi: str = ""
    abstract: str = ""
    pmid: str = ""

    def but(self, **facts: str) -> "Paper":
        return replace(self, **facts)

    def ris(self, source: str) -> str:
        first, _, last = self.pages.partition("-")
        lines = [
            ("TY", "JOUR"),
            ("TI", self.title),
            ("AU", self.author),
            ("PY", self.year),
            ("T2", self.journal),
            ("VL", self.volume),
            ("SP", first),
            ("EP", last),
            ("DO", self.doi),
            ("AN", self.pmid and f"PMID: {self.pmid}"),
            ("AB", self.abstract),
            ("DB", source),
        ]
        return "".join(f"{tag}  - {value}\n" for tag, value in lines if value) + "ER  - \n\n"


GAN = Paper(
    "Generative adversarial networks for synthetic mammograms of dense breasts",
    doi="10.5555/inv.2021.17",
)
DIFFUSION = Paper(
    "Latent diffusion of chest radiographs with rare findings",
    author="Okonkwo, C.",
    year="2023",
    journal="Annals of Synthetic Radiology",
    volume="4",
    pages="e12",
    doi="10.5555/asr.2023.4",
)
ATLAS = Paper(
    "A statistical atlas of hippocampal shape for data augmentation",
    author="Petrov, I.",
    year="2019",
    journal="Brain Shape Letters",
    volume="33",
    pages="7-19",
    doi="10.5555/bsl.33.7",
)
MEETING = GAN.but(journal="World Congress of Breast Physics", volume="", pages="", doi="")
"""An abstract of a meeting under the title of the paper: a question for a person."""


def imported(
    access: ReviewAccess,
    folder: Path,
    papers: Iterable[Paper],
    *,
    source: Source | str = "PubMed",
    kind: SourceKind = SourceKind.DATABASE,
) -> Import:
    """These papers came from one source, in a file of their own."""
    if isinstance(source, str):
        source = SourceFactory(review=access.review, name=source, kind=kind)
    path = folder / f"{source.pk}-{source.imports.count()}.ris"
    path.write_text("".join(paper.ris(source.name) for paper in papers))
    return commit_import(access, preview_import(access, source, path, path.name))


def record(access: ReviewAccess, number: int) -> Record:
    return access.scope(Record).get(number=number)
