"""Looking for duplicates in a review that was screened before anybody looked for any."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from screening.access import access_for
from screening.actions.distinctions import tell_apart
from screening.actions.looking import Looked, look_for_duplicates
from screening.actions.merging import take_back_merge
from screening.actions.undoing import undo_import
from screening.actions.voting import Ballot, cast_vote
from screening.models import DuplicateQuestion, Merge, Vote
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, MEETING, imported, record


def apart(access, tmp_path):
    """Two sources whose common papers somebody took apart, without saying that they differ."""
    imported(access, tmp_path, [GAN, ATLAS, MEETING])
    imported(access, tmp_path, [GAN, DIFFUSION, ATLAS], source="Embase")
    taken_apart(access)


def taken_apart(access):
    for merge in Merge.objects.in_force():
        take_back_merge(access_for(access.user, access.review.pk), merge)
    DuplicateQuestion.objects.all().delete()


def test_what_a_pattern_justifies_is_merged_and_the_rest_asked(libby, alice, tmp_path):
    apart(libby, tmp_path)
    cast_vote(alice, record(libby, 4), Ballot(Decision.EXCLUDE), stage=Stage.TITLE_ABSTRACT)

    assert look_for_duplicates(libby) == Looked(merged=2, questions=1)

    merges = Merge.objects.in_force().order_by("record__number")
    assert list(merges.values_list("record__number", "kept__number")) == [(1, 4), (6, 2)]
    assert Vote.objects.current().get().item.record.number == 4
    assert verify(libby.review).differences == []
    assert look_for_duplicates(access_for(libby.user, libby.review.pk)).merged == 0


def test_what_was_told_apart_stays_apart(libby, tmp_path):
    apart(libby, tmp_path)
    tell_apart(libby, record(libby, 1), record(libby, 4))

    assert look_for_duplicates(libby).merged == 1


def test_what_lost_the_record_it_was_merged_into_finds_its_like_again(libby, tmp_path):
    first = imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN], source="Embase")
    imported(libby, tmp_path, [GAN], source="Scopus")
    undo_import(libby, first)
    assert not Merge.objects.in_force().exists()

    said = StringIO()
    with pytest.raises(CommandError, match="no active lead"):
        call_command("look_for_duplicates", libby.review.pk, stdout=said)
    assert look_for_duplicates(libby).merged == 1


def test_the_command_looks_in_the_name_of_the_lead(dora, tmp_path):
    apart(dora, tmp_path)
    said = StringIO()
    call_command("look_for_duplicates", dora.review.pk, stdout=said)

    assert json.loads(said.getvalue()) == {"merged": 2, "questions": 1}
    assert Merge.objects.in_force().first().said_by == dora.user
