"""Numbers without records: added and ended with their reason, never overwritten."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from reporting.log import sentence
from screening.access import Refused
from screening.actions.adjustments import add_adjustment, end_adjustment
from screening.actions.sources import add_source, remove_source
from screening.models import AdjustedBox, Adjustment, LogEntry, Source
from screening.verification import verify
from tests.factories import ReviewFactory, SourceFactory

SAID = {"box": AdjustedBox.DUPLICATES, "number": 12, "why": "Removed in EndNote."}


def test_an_adjustment_counts_from_its_entry_of_the_log_on(dora, review):
    source = SourceFactory(review=review, name="Embase")

    adjustment = add_adjustment(dora, **SAID, source=source)

    entry = LogEntry.objects.get(review=review)
    assert (entry.action, entry.why) == ("adjustment.added", "Removed in EndNote.")
    assert entry.after == {
        "box": "Duplicates removed before the import",
        "number": 12,
        "source": "Embase",
    }
    assert adjustment.started_at_sequence == entry.sequence
    assert list(Adjustment.objects.in_force()) == [adjustment]


def test_it_ends_with_an_entry_and_its_row_stays(dora, review):
    adjustment = add_adjustment(dora, **SAID)

    end_adjustment(dora, adjustment)

    adjustment.refresh_from_db()
    assert (adjustment.started_at_sequence, adjustment.ended_at_sequence) == (1, 2)
    assert list(Adjustment.objects.in_force()) == []
    entry = LogEntry.objects.get(review=review, sequence=2)
    said = sentence(entry.action, entry.before, entry.after)
    assert said == "took out of the flow diagram: 12, Duplicates removed before the import"


def test_it_cannot_end_twice(dora):
    adjustment = add_adjustment(dora, **SAID)
    end_adjustment(dora, adjustment)

    with pytest.raises(Refused):
        end_adjustment(dora, adjustment)

    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"number": 0}, {"why": ""}, {"box": "records_screened"}])
def test_nothing_is_adjusted_by_nothing_or_without_a_reason_or_elsewhere(dora, wrong):
    with pytest.raises(ValidationError):
        add_adjustment(dora, **{**SAID, **wrong})

    assert (Adjustment.objects.count(), LogEntry.objects.count()) == (0, 0)


def test_a_source_of_another_review_or_of_an_earlier_version_is_refused(dora, review):
    elsewhere = SourceFactory(review=ReviewFactory())
    here = SourceFactory(review=review)

    for said in (
        {**SAID, "source": elsewhere},
        {**SAID, "source": here, "box": AdjustedBox.PREVIOUS_STUDIES},
    ):
        with pytest.raises(ValidationError):
            add_adjustment(dora, **said)

    assert Adjustment.objects.count() == 0


def test_whoever_imports_says_what_was_removed_before(alice, libby, carol, olive):
    for access in (alice, carol, olive):
        with pytest.raises(PermissionDenied):
            add_adjustment(access, **SAID)

    adjustment = add_adjustment(libby, **SAID)
    with pytest.raises(PermissionDenied):
        end_adjustment(alice, adjustment)
    end_adjustment(libby, adjustment)

    assert not Adjustment.objects.in_force().exists()


def test_of_the_previous_version_the_lead_alone_tells(libby, dora):
    of_earlier_version = {**SAID, "box": AdjustedBox.PREVIOUS_STUDIES}
    with pytest.raises(PermissionDenied):
        add_adjustment(libby, **of_earlier_version)
    adjustment = add_adjustment(dora, **of_earlier_version)
    with pytest.raises(PermissionDenied):
        end_adjustment(libby, adjustment)

    assert list(Adjustment.objects.in_force()) == [adjustment]


def test_what_was_said_is_never_changed(dora):
    adjustment = add_adjustment(dora, **SAID)

    with pytest.raises(DatabaseError, match="may only end"), transaction.atomic():
        Adjustment.objects.filter(pk=adjustment.pk).update(number=13)


def test_verify_finds_an_adjustment_that_the_log_does_not_tell_of(dora, review):
    end_adjustment(dora, add_adjustment(dora, **SAID))
    assert verify(review).differences == []

    Adjustment.objects.create(
        review=review,
        box="excluded_other",
        number=3,
        why="Slipped in.",
        said_by=dora.user,
        said_at=timezone.now(),
        started_at_sequence=1,
        ended_at_sequence=5,
    )

    assert verify(review).differences == [
        f"Review {review.pk}, adjustment 3 Removed for other reasons: the log does not tell of it."
    ]


# --- The page -----------------------------------------------------------------------------------


@pytest.fixture
def address(review) -> str:
    return reverse("screening:adjustments", args=[review.pk])


def test_the_lead_adds_and_ends_one_on_the_page(client, dora, review, address):
    client.force_login(dora.user)

    answer = client.post(address, {**SAID, "source": "", "request_key": "one"})
    again = client.post(address, {**SAID, "source": "", "request_key": "one"})

    assert (answer.status_code, again.status_code) == (303, 303)
    adjustment = Adjustment.objects.get()
    assert "Removed in EndNote." in client.get(address).content.decode()
    end = reverse("screening:adjustment_end", args=[review.pk, adjustment.pk])
    assert client.post(end, {"request_key": "two"}).status_code == 303
    assert "1 not counted any more" in client.get(address).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"number": "0"}, {"number": ""}, {"why": ""}, {"box": "everything"}]
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(client, dora, address, wrong):
    client.force_login(dora.user)

    answer = client.post(address, {**SAID, "source": "", "why": "A sentence", **wrong})

    assert answer.status_code == 422
    assert Adjustment.objects.count() == 0
    assert ("A sentence" in answer.content.decode()) == ("why" not in wrong)


def test_the_earlier_version_has_no_source_here(client, dora, review, address):
    client.force_login(dora.user)
    source = SourceFactory(review=review)

    answer = client.post(address, {**SAID, "box": "previous_studies", "source": source.pk})

    assert answer.status_code == 422
    assert "is no source of this one" in answer.content.decode()


def test_a_librarian_is_offered_what_was_removed_before_and_no_button_for_the_rest(
    client, libby, dora, review, address
):
    client.force_login(libby.user)
    of_earlier_version = add_adjustment(dora, **{**SAID, "box": AdjustedBox.PREVIOUS_STUDIES})

    client.post(address, {**SAID, "source": ""})
    refused = client.post(address, {**SAID, "box": "previous_studies", "source": ""})

    assert refused.status_code == 422
    removed = Adjustment.objects.exclude(pk=of_earlier_version.pk).get()
    page = client.get(address).content.decode()
    assert reverse("screening:adjustment_end", args=[review.pk, removed.pk]) in page
    end = reverse("screening:adjustment_end", args=[review.pk, of_earlier_version.pk])
    assert end not in page
    assert client.post(end).status_code == 403
    assert "previous" not in page.replace(of_earlier_version.get_box_display(), "")


def test_nobody_ends_an_adjustment_of_another_review(client, dora, mallory, review):
    adjustment = add_adjustment(dora, **SAID)
    client.force_login(mallory.user)

    for where in (review.pk, mallory.review.pk):
        end = reverse("screening:adjustment_end", args=[where, adjustment.pk])
        assert client.post(end).status_code == 404
    assert Adjustment.objects.in_force().count() == 1


def test_a_source_removed_while_the_page_was_open_is_told_and_nothing_is_added(dora):
    source = add_source(dora, name="Embase")
    removed = Source.objects.get(pk=source.pk)
    remove_source(dora, source)

    with pytest.raises(Refused, match="removed in the meantime"):
        add_adjustment(dora, **SAID, source=removed)

    assert not Adjustment.objects.exists()


def test_a_source_that_an_adjustment_names_stays(dora):
    source = add_source(dora, name="Embase")
    add_adjustment(dora, **SAID, source=source)

    with pytest.raises(Refused, match="An adjustment of the flow names Embase"):
        remove_source(dora, source)

    assert Source.objects.get() == source
