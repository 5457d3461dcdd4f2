"""A preview says what an import would do about duplicates, and the import then does that."""

from pathlib import Path
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from screening import files
from screening import foreseen as foreseeing
from screening.access import ReviewAccess
from screening.actions.importing import SameFile, discard_import, preview_import
from screening.actions.matching import matches_of_entries
from screening.actions.merging import separate
from screening.actions.storing import commit_import
from screening.actions.undoing import undo_import
from screening.actions.voting import Ballot, cast_vote
from screening.duplicates import in_words
from screening.foreseen import Foreseen, Pair, foreseen
from screening.models import DuplicateQuestion, Import, ImportState, LogEntry, Merge, Record
from screening.rules import Decision, Stage
from tests.factories import SourceFactory
from tests.screening.merging.libraries import (
    ATLAS,
    DIFFUSION,
    GAN,
    MEETING,
    Paper,
    imported,
    record,
)

HALF = GAN.but(
    title="Generative adversarial networks for synthetic mammograms",
    **dict.fromkeys(("doi", "volume", "journal", "pages", "year"), ""),
    pmid="31000001",
)
"""Half of the title of GAN, and nothing that both have: they are apart until a third has both."""
UNTITLED = Paper("")
ABOUT_NOISE = ATLAS.but(
    title="Noise models for low dose computed tomography of the chest", doi="10.5555/noise.1"
)
PHANTOMS = DIFFUSION.but(
    title="Digital phantoms of the liver with lesions of known size",
    journal="Phantoms in Medicine",
    volume="2",
    pages="55-61",
    doi="10.5555/phantom.1",
)
ALL = 1_000


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


def previewed(access: ReviewAccess, folder: Path, papers: list[Paper]) -> Import:
    source = SourceFactory(review=access.review, name="Scopus")
    path = folder / "scopus.ris"
    path.write_text("".join(paper.ris("Scopus") for paper in papers))
    return preview_import(access, source, path, path.name)


def address(access: ReviewAccess, import_: Import, name: str = "import_duplicates") -> str:
    return reverse(f"screening:{name}", args=[access.review.pk, import_.pk])


def text_of(response) -> str:
    return " ".join(response.text.split())


# --- What is foreseen is what happens -----------------------------------------------------------


Sides = tuple[tuple[str, int], tuple[str, int], str]


def said(pairs: list[Pair]) -> set[Sides]:
    return {(_side(pair.one), _side(pair.other), pair.why) for pair in pairs}


def _side(side) -> tuple[str, int]:
    if isinstance(side, Record):
        return "record", side.number
    return "entry", side.position


def happened(access: ReviewAccess, import_: Import) -> dict[str, set[Sides]]:
    """What the committed import did, told as it was foreseen."""
    positions = dict(import_.records.values_list("number", "position"))

    def named(number: int) -> tuple[str, int]:
        return ("entry", positions[number]) if number in positions else ("record", number)

    def rows(found) -> set[Sides]:
        return {(named(one), named(other), in_words(why)) for one, other, why in found}

    merges = access.scope(Merge).in_force().filter(record__imported_by=import_)
    links = rows(merges.values_list("record__number", "kept__number", "pattern"))
    began = access.scope(LogEntry).get(action="import.committed", after__sha256=import_.sha256)
    moved = access.scope(LogEntry).filter(action="record.merged", sequence__lt=began.sequence)
    joined = moved.exclude(sequence__lte=import_.sequence_before).values_list("after", flat=True)
    asked = access.scope(DuplicateQuestion).about(import_).open()
    return {
        "within": {link for link in links if link[1][0] == "entry"},
        "known": {link for link in links if link[1][0] == "record"},
        "joined": rows((one["record"], one["duplicate_of"], one["pattern"]) for one in joined),
        "asked": rows(asked.values_list("second__number", "first__number", "reason")),
    }


def foreseen_and_happened(access: ReviewAccess, import_: Import) -> Foreseen:
    """Look, commit, and compare the two."""
    before = access.scope(LogEntry).order_by("-sequence").values_list("sequence", flat=True).first()
    looked = foreseen(access, import_, named=ALL)
    done = commit_import(access, import_)
    done.sequence_before = before
    kinds = ("within", "known", "joined", "asked")
    assert {kind: said(getattr(looked, kind).first) for kind in kinds} == happened(access, done)
    entry = access.scope(LogEntry).get(action="import.committed", after__sha256=done.sha256)
    assert (looked.records, looked.duplicates, looked.asked.total) == (
        done.read,
        entry.after["duplicates"],
        entry.after["duplicate_questions"],
    )
    return looked


def test_what_is_foreseen_is_what_the_import_does(libby, tmp_path):
    """Known ones alone and in groups, a pair told apart, two that become one, and questions."""
    imported(libby, tmp_path, [GAN, ATLAS, PHANTOMS])
    imported(libby, tmp_path, [HALF, ATLAS, PHANTOMS.but(abstract="Of livers.")], source="Embase")
    separate(libby, record(libby, 6))
    import_ = previewed(
        libby,
        tmp_path,
        [
            GAN.but(pmid="31000001"),
            UNTITLED,
            ATLAS.but(title=ATLAS.title.upper()),
            PHANTOMS.but(year="2022"),
            DIFFUSION,
            ABOUT_NOISE,
            DIFFUSION.but(title=f"{DIFFUSION.title}."),
            MEETING.but(title=ABOUT_NOISE.title, author=ABOUT_NOISE.author, year="2019"),
        ],
    )

    looked = foreseen_and_happened(libby, import_)

    assert [(_side(pair.one), _side(pair.other)) for pair in looked.within.first] == [
        (("entry", 7), ("entry", 5))
    ]
    assert [(_side(pair.one), _side(pair.other)) for pair in looked.known.first] == [
        (("entry", 1), ("record", 1)),
        (("entry", 3), ("record", 2)),
        (("entry", 4), ("record", 3)),
    ]
    assert [(_side(pair.one), _side(pair.other)) for pair in looked.joined.first] == [
        (("record", 4), ("record", 1))
    ]
    assert [(_side(pair.one), _side(pair.other)) for pair in looked.asked.first] == [
        (("entry", 8), ("entry", 6))
    ]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_foreseen_happens_whatever_is_in_the_files(libby, tmp_path, seed):
    chance = Random(seed)
    imported(libby, tmp_path, _library(chance, 8))
    imported(libby, tmp_path, _library(chance, 8), source="Embase")
    merges = list(libby.scope(Merge).in_force().order_by("pk"))
    for merge in merges[:: chance.choice((2, 3))]:
        separate(libby, merge.record)

    foreseen_and_happened(libby, previewed(libby, tmp_path, _library(chance, 12)))


def _library(chance: Random, count: int) -> list[Paper]:
    """Papers in other spellings, whole or with something missing, now and then one unreadable."""
    changes = [
        lambda paper: paper,
        lambda paper: paper.but(title=paper.title.upper()),
        lambda paper: paper.but(doi="", pages=""),
        lambda paper: paper.but(title=paper.title.rpartition(" of ")[0] or paper.title, doi=""),
        lambda paper: paper.but(journal="World Congress of Images", volume="", pages="", doi=""),
        lambda paper: paper.but(title=f"Erratum: {paper.title}"),
        lambda paper: paper.but(pmid=f"3100000{len(paper.title) % 10}", doi="", volume=""),
        lambda paper: UNTITLED,
    ]
    papers = [GAN, DIFFUSION, ATLAS, ABOUT_NOISE, PHANTOMS, HALF]
    return [GAN, *(chance.choice(changes)(chance.choice(papers)) for _ in range(count))]


def test_a_file_that_is_larger_than_the_review_is_foreseen_as_well(libby, tmp_path):
    imported(libby, tmp_path, [GAN])

    looked = foreseen_and_happened(libby, previewed(libby, tmp_path, [ATLAS, GAN, DIFFUSION]))

    assert (looked.known.total, looked.others) == (1, 2)


def test_records_of_another_review_are_not_compared(libby, mallory, tmp_path):
    imported(mallory, tmp_path, [GAN])

    assert foreseen(libby, previewed(libby, tmp_path, [GAN])).duplicates == 0


def test_so_many_are_named_and_all_are_counted(libby, tmp_path):
    copies = [GAN.but(abstract="Of breasts." * n) for n in range(8)]

    within = foreseen(libby, previewed(libby, tmp_path, copies)).within

    assert (within.total, len(within.first), within.more) == (7, 5, 2)


def test_the_same_file_is_refused_as_by_the_import(libby, tmp_path):
    one = previewed(libby, tmp_path, [GAN])
    other = previewed(libby, tmp_path, [GAN])
    commit_import(libby, one)

    with pytest.raises(SameFile):
        foreseen(libby, other)


def test_a_record_that_leaves_meanwhile_is_not_named(libby, tmp_path, monkeypatch):
    first = imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [ATLAS], source="Embase")
    import_ = previewed(libby, tmp_path, [GAN, ATLAS])

    def and_meanwhile(*args):
        found = matches_of_entries(*args)
        undo_import(libby, first)
        return found

    monkeypatch.setattr(foreseeing, "matches_of_entries", and_meanwhile)

    known = foreseen(libby, import_).known

    assert [_side(pair.other) for pair in known.first] == [("record", 2)]


# --- The page -----------------------------------------------------------------------------------


def test_the_preview_loads_its_duplicates_afterwards_and_links_to_them(client, libby, tmp_path):
    import_ = previewed(libby, tmp_path, [GAN])
    client.force_login(libby.user)

    text = client.get(address(libby, import_, "import")).text

    assert f'hx-get="{address(libby, import_)}" hx-trigger="load"' in text
    assert f'href="{address(libby, import_)}"' in text


def test_the_page_names_both_and_why(client, libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    import_ = previewed(libby, tmp_path, [ATLAS, GAN.but(year="2022"), MEETING, ATLAS])
    client.force_login(libby.user)

    page = text_of(client.get(address(libby, import_)))
    part = text_of(client.get(address(libby, import_), headers={"HX-Request": "true"}))

    assert part in page
    assert "<html" not in part
    assert f'{GAN.title} <p class="small soft">2022, entry 2, line 13</p>' in part
    known = reverse("reporting:record", args=[libby.review.pk, record(libby, 1).pk])
    assert f'<a href="{known}">1. {GAN.title}</a> <p class="small soft">2021, PubMed</p>' in part
    assert '<td data-label="Why">Same DOI and title</td>' in part
    assert '<td data-label="Why not merged">The journals differ</td>' in part
    assert "<dd>2 of 4</dd>" in part


def test_where_nothing_is_a_duplicate_the_page_says_so(client, libby, tmp_path):
    client.force_login(libby.user)

    page = client.get(address(libby, previewed(libby, tmp_path, [GAN, ATLAS])))

    assert "None of 2 records seems to be a duplicate" in text_of(page)


def test_looking_writes_nothing(client, libby, tmp_path):
    imported(libby, tmp_path, [GAN, HALF])
    import_ = previewed(libby, tmp_path, [GAN.but(pmid="31000001"), GAN, MEETING])
    client.force_login(libby.user)

    with CaptureQueriesContext(connection) as queries:
        assert "Same " in client.get(address(libby, import_)).text

    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_who_may_not_import_sees_the_preview_without_them(client, olive, libby, tmp_path):
    import_ = previewed(libby, tmp_path, [GAN])
    client.force_login(olive.user)

    assert address(olive, import_) not in client.get(address(olive, import_, "import")).text
    assert client.get(address(olive, import_)).status_code == 403


def test_a_long_file_is_compared_while_it_is_stored_and_says_so(
    client, libby, tmp_path, monkeypatch
):
    import_ = previewed(libby, tmp_path, [GAN, ATLAS, GAN])
    client.force_login(libby.user)
    monkeypatch.setattr(foreseeing, "MOST_ENTRIES", 2)

    preview = client.get(address(libby, import_, "import"))
    page = client.get(address(libby, import_))

    sentence = "A file of more than 2 entries is compared while it is stored"
    assert (sentence in text_of(preview), sentence in text_of(page)) == (True, True)
    assert address(libby, import_) not in preview.text


def test_a_large_file_that_nobody_read_says_so_too(client, libby, tmp_path, settings):
    settings.IMPORT_UPLOAD_ENTRIES = 2
    import_ = previewed(libby, tmp_path, [GAN, ATLAS, GAN])
    Import.objects.filter(pk=import_.pk).update(found=foreseeing.MOST_ENTRIES + 1)
    client.force_login(libby.user)

    assert "is compared while it is stored" in text_of(
        client.get(address(libby, import_, "import"))
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"state": ImportState.STAGED}, "This file is not waiting for its preview any more."),
        ({"columns": []}, "until somebody says which column is which"),
    ],
)
def test_what_cannot_be_compared_says_why(client, libby, tmp_path, changed, sentence):
    import_ = previewed(libby, tmp_path, [GAN])
    Import.objects.filter(pk=import_.pk).update(**changed)
    client.force_login(libby.user)

    page = client.get(address(libby, import_), headers={"HX-Request": "true"})

    assert (page.status_code, sentence in text_of(page)) == (200, True)


def test_an_import_that_is_committed_leads_to_its_report(client, libby, tmp_path):
    import_ = imported(libby, tmp_path, [GAN])
    client.force_login(libby.user)

    page = client.get(address(libby, import_))

    assert "not waiting for its preview any more" in text_of(page)
    assert f'<a href="{address(libby, import_, "import")}">The import</a>' in page.text


def test_a_file_that_is_gone_is_told(client, libby, tmp_path):
    import_ = previewed(libby, tmp_path, [GAN])
    files.throw_away(libby.review.pk, import_.sha256)
    client.force_login(libby.user)

    page = client.get(address(libby, import_), headers={"HX-Request": "true"})

    assert (page.status_code, "does not find the file scopus.ris" in text_of(page)) == (200, True)


def test_a_file_that_was_discarded_is_not_found(client, libby, tmp_path):
    import_ = previewed(libby, tmp_path, [GAN])
    where = address(libby, import_)
    discard_import(libby, import_)
    client.force_login(libby.user)

    assert client.get(where).status_code == 404


def test_a_long_title_is_cut(client, libby, tmp_path):
    endless = GAN.but(title=f"{GAN.title} {'x' * 3_000}")
    client.force_login(libby.user)

    page = client.get(address(libby, previewed(libby, tmp_path, [endless, endless])))

    assert "x" * 20 in page.text
    assert "x" * 100 not in page.text


@pytest.mark.parametrize("decision", [Decision.INCLUDE, Decision.EXCLUDE])
def test_a_vote_shows_in_nothing_but_which_record_is_kept(
    client, libby, alice, no_undo, tmp_path, decision
):
    """Of two that become one the one with more votes is kept, whatever they say."""
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [HALF], source="Embase")
    cast_vote(alice, record(libby, 2), Ballot(decision), stage=Stage.TITLE_ABSTRACT)
    import_ = previewed(libby, tmp_path, [GAN.but(pmid="31000001")])

    joined = foreseen_and_happened(libby, import_).joined

    assert [(_side(pair.one), _side(pair.other)) for pair in joined.first] == [
        (("record", 1), ("record", 2))
    ]
