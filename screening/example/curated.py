"""The example review: a screening half way, with conflicts waiting. Every record is invented."""

import re
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from django.conf import settings
from django.db import transaction
from django.db.models import F

from screening.access import ReviewAccess
from screening.actions.conflicts import adjudicate, confirm, propose, refer
from screening.actions.importing import preview_import
from screening.actions.reviews import create_review
from screening.actions.sources import edit_source
from screening.actions.storing import commit_import
from screening.actions.voting import Ballot, cast_vote
from screening.example import EXAMPLE_PASSWORD, TEMPLATE
from screening.example.people import accounts, join
from screening.models import Record, Review, Role, ScreeningItem, Source
from screening.review_templates import FOLDER
from screening.rules import Decision, Stage

TITLE = "Example: synthetic images in diagnostic imaging"
SHUFFLE_SEED = 20_240_115  # the same order, and so the same conflicts, on every machine
STAGE = Stage.TITLE_ABSTRACT
PEOPLE = [
    ("Ada Lindqvist", "ada@example.org"),
    ("Ben Okafor", "ben@example.org"),
    ("Cleo Marques", "cleo@example.org"),
    ("Dara Quinn", "dara@example.org"),
]
SHARE_OF_ADA = 0.6
SHARE_OF_BEN = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """What a first look at a title and abstract suggests, and the note it may leave."""

    leaning: str
    note: str = ""


# The first that is found in kind and title decides.
READINGS = (
    (r"^(Editorial|Letter|Comment|Published Erratum)", Reading("out", "No study of its own.")),
    (r"(?i)\breview\b", Reading("out", "A review; look at its list of references.")),
    (r"(?i)protocol (of|for)", Reading("open", "A protocol. Are there results by now?")),
    (r"(?i)\bmouse\b|\brat\b|canine|cattle", Reading("out", "Animals only.")),
    (
        r"(?i)histolog|haematoxylin|microscop|mitosis|cytology|blood smear|nephritis",
        Reading("out", "Microscopy."),
    ),
    (r"\bGaN\b|(?i:gallium nitride)", Reading("out", "Gallium nitride, not a network.")),
    (r"(?i)electrocardiogram|tabular|satellite|everyday scenes|generated faces", Reading("out")),
    (r"(?i)relaxation times|synthetic MRI (in|of)", Reading("out", "Computed MRI contrasts.")),
    (
        r"(?i)geometric|elastic|SMOTE|test-time|classical transf|mixup",
        Reading("out", "Classical augmentation."),
    ),
    (
        r"(?i)radiotherapy|radiosurgery|brachytherapy|proton|linac|lutetium|\bplanning",
        Reading("open", "For planning, not for diagnosis?"),
    ),
    (r"(?i)phantom", Reading("open", "How much of it is human data?")),
    (
        r"(?i)super-resolution|denois|reconstruct|beamforming|-dose|enhance|attenuation|artefact",
        Reading("open", "Is the output treated as a synthetic image?"),
    ),
)
LIKELY = Reading("in")
NOT_TOLD = Reading("unsure", "No abstract; the title alone does not tell.")

# What each of the two makes of it, and how often.
HABITS: dict[str, dict[str, dict[Decision, int]]] = {
    "Ada Lindqvist": {
        "in": {Decision.INCLUDE: 19, Decision.MAYBE: 1},
        "open": {Decision.MAYBE: 3, Decision.INCLUDE: 2, Decision.EXCLUDE: 4},
        "unsure": {Decision.MAYBE: 1},
        "out": {Decision.EXCLUDE: 1},
    },
    "Ben Okafor": {
        "in": {Decision.INCLUDE: 17, Decision.MAYBE: 2, Decision.EXCLUDE: 1},
        "open": {Decision.EXCLUDE: 6, Decision.INCLUDE: 2, Decision.MAYBE: 1},
        "unsure": {Decision.MAYBE: 2, Decision.INCLUDE: 1},
        "out": {Decision.EXCLUDE: 1},
    },
}
# Ada's notes are the questions of the readings; Ben says what he thinks.
BEN_SAYS = {
    Decision.EXCLUDE: "The images seem to be a means here, not what is studied.",
    Decision.INCLUDE: "Compared with real images, if I read the abstract rightly.",
    Decision.MAYBE: "The full text will tell.",
}


@transaction.atomic
def build_example() -> Review:
    """There is an example review: two reviewers half way, ten conflicts open and two resolved."""
    users = accounts(PEOPLE, EXAMPLE_PASSWORD)
    ada = create_review(users[0], title=TITLE, template=TEMPLATE, is_example=True)
    ada.review.shuffle_seed = SHUFFLE_SEED
    ada.review.save(update_fields=["shuffle_seed"])
    ben = join(ada.review, users[1], Role.REVIEWER)
    cleo = join(ada.review, users[2], Role.ADJUDICATOR)
    join(ada.review, users[3], Role.OBSERVER)
    _import_records(ada)
    of_pubmed = Record.objects.filter(review=ada.review).exclude(pmid="")
    records = list(of_pubmed.order_by("rank"))
    for access, share in ((ada, SHARE_OF_ADA), (ben, SHARE_OF_BEN)):
        for record in records[: round(len(records) * share)]:
            cast_vote(access, record, ballot_of(access.membership.name, record), stage=STAGE)
    _let_settle(ada.review)
    _discuss(ada, ben, cleo)
    return ada.review


def ballot_of(name: str, record: Record) -> Ballot:
    """What this person votes on the record, the same every time."""
    reading = _reading_of(record)
    chance = Random(f"{name}:{record.pmid}")  # noqa: S311 -- repeatable, no secret
    habit = HABITS[name][reading.leaning]
    decision = chance.choices(list(habit), list(habit.values()))[0]
    doubtful = reading.leaning in ("open", "unsure")
    said = BEN_SAYS[decision] if name.startswith("Ben") and doubtful else reading.note
    note = said if chance.random() < (0.5 if doubtful else 0.1) else ""
    seconds = 6 + len(record.abstract.split()) // 8 + chance.randrange(30 if doubtful else 12)
    return Ballot(decision, note, seconds)


def _reading_of(record: Record) -> Reading:
    text = f"{record.kind}\n{record.title}"
    known = (reading for pattern, reading in READINGS if re.search(pattern, text))
    reading = next(known, LIKELY)
    return NOT_TOLD if reading is LIKELY and not record.abstract else reading


def _import_records(access: ReviewAccess) -> None:
    """One search in PubMed; then one in Embase, which finds some of it again."""
    source = access.scope(Source).order_by("pk")[0]
    edit_source(
        access,
        source,
        notes="No search was run: the records of this example are invented, all of them.",
    )
    _import_file(access, source, "example_records.nbib")
    embase = Source(
        name="Embase",
        platform="Ovid",
        notes="No search was run: these records are invented too. PubMed has eleven of them as well.",
    )
    _import_file(access, embase, "example_records_embase.ris")


def _import_file(access: ReviewAccess, source: Source, name: str) -> None:
    path = FOLDER / name
    commit_import(access, preview_import(access, source, path, path.name))


def _let_settle(review: Review) -> None:
    """The time to undo these votes has passed: their conflicts are open now, not in a while.

    The only times that are not as they happened; votes and log keep theirs.
    """
    passed = timedelta(seconds=settings.UNDO_SECONDS)
    items = ScreeningItem.objects.filter(review=review)
    items.update(completed_at=F("completed_at") - passed, sought_at=F("sought_at") - passed)


def _discuss(ada: ReviewAccess, ben: ReviewAccess, cleo: ReviewAccess) -> None:
    """One conflict ended by discussion, one by adjudication; one is proposed, one referred."""
    conflicts = ada.scope(ScreeningItem).in_conflict().select_related("record").order_by("rank")
    discussed, adjudicated, proposed, referred = (item.record for item in conflicts[:4])
    proposal = propose(
        ada,
        discussed,
        stage=STAGE,
        decision=Decision.INCLUDE,
        rationale="Read again together: stones are searched for on the synthetic scans.",
    )
    confirm(ben, discussed, stage=STAGE, proposal_pk=proposal.pk)
    refer(ada, adjudicated, stage=STAGE, why="What do we do with records that are not in English?")
    adjudicate(
        cleo,
        adjudicated,
        stage=STAGE,
        decision=Decision.INCLUDE,
        rationale="The abstract meets the criteria; language is a matter for the full text.",
    )
    refer(ada, referred, stage=STAGE, why="Both can be defended for a protocol; please decide.")
    propose(
        ben,
        proposed,
        stage=STAGE,
        decision=Decision.INCLUDE,
        rationale="The effect on a diagnostic measurement is reported after all; I read over it.",
    )
