"""The protocol: read by members, edited by the lead until the first vote."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from screening.actions.protocol import AfterFirstVote, edit_protocol, set_highlight_terms
from screening.actions.reviews import create_review
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    LogEntry,
    Protocol,
    ScreeningItem,
)
from screening.outline import Entry, Reason, Term
from screening.rules import Decision, Stage
from tests.factories import ItemFactory, UserFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
TEMPLATE = "synthetic_images_diagnostic_imaging"

pytestmark = pytest.mark.django_db


@pytest.fixture
def tess():
    """Leads a review made from the template."""
    return create_review(UserFactory(name="Tess"), title="Synthetic", template=TEMPLATE)


def vote(access, item):
    return cast_vote(access, item.record, Ballot(Decision.INCLUDE), stage=TA)


def changes(access):
    entries = access.scope(LogEntry).order_by("sequence")
    return list(entries.values_list("action", "before", "after"))


def proposals(access, model, name):
    return set(access.scope(model).filter(is_proposal=True).values_list(name, flat=True))


# --- What the action does ---------------------------------------------------------------------


def test_an_edit_changes_what_it_names_and_logs_both_states(dora):
    edit_protocol(
        dora, question="Does iron help?", include=[Entry("Humans", "Not mice")], maybe_policy="off"
    )

    protocol = Protocol.objects.get(review=dora.review)
    assert (protocol.number, protocol.question, protocol.maybe_policy) == (
        1,
        "Does iron help?",
        "off",
    )
    assert protocol.quorum_title_abstract == 2
    assert list(protocol.criteria.values_list("kind", "position", "text", "hint")) == [
        ("include", 1, "Humans", "Not mice")
    ]
    assert changes(dora) == [
        (
            "protocol.edited",
            {"question": "", "include": [], "maybe_policy": "include"},
            {
                "question": "Does iron help?",
                "include": [{"text": "Humans", "hint": "Not mice"}],
                "maybe_policy": "off",
            },
        )
    ]


def test_an_edit_that_changes_nothing_is_not_logged(dora):
    edit_protocol(dora, question="", quorum_title_abstract=2, include=[], terms=[])

    assert changes(dora) == []


def test_reasons_keep_their_order(dora):
    edit_protocol(dora, reasons=[Reason("E2", "Design"), Reason("E1", "Language", "Only English")])
    edit_protocol(dora, reasons=[Reason("E1", "Language"), Reason("E2", "Design")])

    reasons = dora.scope(ExclusionReason)
    assert list(reasons.values_list("code", "label", "hint")) == [
        ("E1", "Language", ""),
        ("E2", "Design", ""),
    ]


def test_another_review_keeps_its_own(dora, mallory):
    edit_protocol(mallory, exclude=[Entry("Mice")], reasons=[Reason("E1", "Mice")])
    ItemFactory(review=mallory.review)

    edit_protocol(dora, exclude=[], reasons=[], quorum_title_abstract=3)

    assert mallory.scope(Criterion).count() == 1
    assert mallory.scope(ExclusionReason).count() == 1
    assert mallory.scope(ScreeningItem).get().quorum == 2


def test_a_proposal_stays_one_until_its_words_change(tess):
    first, second, *rest = tess.scope(Criterion).filter(kind="exclude").order_by("position")
    reasons = list(tess.scope(ExclusionReason).order_by("position"))

    edit_protocol(
        tess,
        exclude=[
            Entry("Ours"),
            Entry(second.text, second.hint),
            Entry(first.text, "Another hint"),
            *(Entry(row.text, row.hint) for row in rest),
        ],
        reasons=[Reason("E8", reasons[0].label), Reason("E1", "Another label")],
    )

    assert proposals(tess, Criterion, "text") == {second.text, *(row.text for row in rest)}
    assert proposals(tess, ExclusionReason, "label") == {reasons[0].label}


def test_what_was_known_does_not_become_a_proposal(tess):
    known = tess.scope(Criterion).filter(kind="include").order_by("position").first()

    edit_protocol(tess, include=[Entry(known.text, known.hint)])

    assert not tess.scope(Criterion).get(kind="include").is_proposal


def test_a_new_quorum_is_that_of_the_open_items_of_its_stage(dora):
    open_item, closed = ItemFactory.create_batch(2, review=dora.review)
    at_full_text = ItemFactory(review=dora.review, stage=FT)
    ScreeningItem.objects.filter(pk=closed.pk).update(closed_at=dora.review.created_at)

    edit_protocol(dora, quorum_title_abstract=3)

    quorums = dict(ScreeningItem.objects.values_list("pk", "quorum"))
    assert quorums == {open_item.pk: 3, closed.pk: 2, at_full_text.pk: 2}


def test_votes_after_a_new_quorum_count_by_it(alice, dora):
    item = ItemFactory(review=dora.review)

    edit_protocol(dora, quorum_title_abstract=1)
    vote(alice, item)

    item.refresh_from_db()
    assert item.outcome == "included"


@pytest.mark.parametrize("n_items", [1, 30])
def test_a_new_quorum_costs_the_same_for_any_number_of_items(
    dora, n_items, django_assert_max_num_queries
):
    ItemFactory.create_batch(n_items, review=dora.review)

    with django_assert_max_num_queries(33):
        edit_protocol(dora, quorum_title_abstract=3)


def test_a_quorum_read_before_a_colleague_changed_it_is_not_trusted(dora):
    item = ItemFactory(review=dora.review)
    assert dora.protocol.quorum(TA) == 2
    Protocol.objects.filter(review=dora.review).update(quorum_title_abstract=3)
    ScreeningItem.objects.update(quorum=3)

    edit_protocol(dora, quorum_title_abstract=2)

    item.refresh_from_db()
    assert item.quorum == 2


# --- What it refuses --------------------------------------------------------------------------


def test_after_the_first_vote_nothing_is_edited_in_place(alice, dora):
    edit_protocol(dora, question="Does iron help?")
    vote(alice, ItemFactory(review=dora.review))

    with pytest.raises(AfterFirstVote, match="makes a new version now"):
        edit_protocol(dora, question="Does copper help?")

    assert Protocol.objects.get(review=dora.review).question == "Does iron help?"


def test_a_vote_taken_back_was_a_vote(alice, dora):
    item = ItemFactory(review=dora.review)
    vote(alice, item)
    take_back_vote(alice, item.record, stage=TA)

    with pytest.raises(AfterFirstVote):
        edit_protocol(dora, quorum_title_abstract=3)

    item.refresh_from_db()
    assert item.quorum == 2


def test_a_vote_elsewhere_freezes_nothing_here(alice, mallory):
    vote(alice, ItemFactory(review=alice.review))

    edit_protocol(mallory, question="Does iron help?")

    assert mallory.scope(Protocol).get().question == "Does iron help?"


@pytest.mark.parametrize(
    "wrong", [{"quorum_title_abstract": 4}, {"maybe_policy": "often"}, {"resolution_mode": "dice"}]
)
def test_a_value_the_model_does_not_know_is_refused(dora, wrong):
    with pytest.raises(ValidationError):
        edit_protocol(dora, **wrong)

    assert changes(dora) == []


def test_a_field_that_is_none_is_a_mistake_of_the_caller(dora):
    with pytest.raises(TypeError, match="no colour"):
        edit_protocol(dora, colour="blue")


@pytest.mark.parametrize("who", ["alice", "carol", "libby", "olive"])
def test_only_the_lead_edits(request, who):
    access = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied):
        edit_protocol(access, question="Mine")
    with pytest.raises(PermissionDenied):
        set_highlight_terms(access, [Term("iron")])


def test_terms_change_also_after_the_first_vote(alice, dora):
    set_highlight_terms(dora, [Term("iron*")])
    vote(alice, ItemFactory(review=dora.review))

    set_highlight_terms(dora, [Term("copper"), Term("mice", against=True)])

    assert list(dora.scope(HighlightTerm).values_list("text", "side")) == [
        ("copper", "for"),
        ("mice", "against"),
    ]
    assert changes(dora)[-1] == (
        "terms.changed",
        {"terms": [{"text": "iron*", "side": "for"}]},
        {"terms": [{"text": "copper", "side": "for"}, {"text": "mice", "side": "against"}]},
    )


# --- The pages --------------------------------------------------------------------------------


def page(access, name="protocol"):
    return reverse(f"screening:{name}", args=[access.review.pk])


def typed(**fields):
    return {
        "question": "Does iron help?",
        "framework": "Population\n  Adults",
        "include": "Humans\n  Not mice",
        "exclude": "",
        "reasons": "Language\nE7 Design",
        "terms": "iron*\n- mice",
        "quorum_title_abstract": 2,
        "quorum_full_text": 2,
        "maybe_policy": "include",
        "resolution_mode": "discussion",
        **fields,
    }


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dora", "libby", "olive"])
def test_every_member_reads_the_protocol(client, request, who):
    access = request.getfixturevalue(who)
    edit_lead = request.getfixturevalue("dora")
    edit_protocol(edit_lead, question="Does iron help?", include=[Entry("Humans", "Not mice")])
    client.force_login(access.user)

    response = client.get(page(access))

    assert response.status_code == 200
    for words in ("Does iron help?", "Humans", "Not mice"):
        assert words in response.text
    assert ("Edit" in response.text) == access.is_lead


def test_a_stranger_reads_nothing(client, dora, mallory):
    client.force_login(mallory.user)

    assert client.get(page(dora)).status_code == 404


def test_proposals_are_marked_and_explained(client, tess):
    client.force_login(tess.user)

    response = client.get(page(tess))

    proposed = len(proposals(tess, Criterion, "text")) + len(
        proposals(tess, ExclusionReason, "code")
    )
    explained = 2  # at the head of the page, and for all terms at once
    assert response.text.count('<span class="chip">proposal</span>') == proposed + explained
    assert "was not published" in response.text
    assert tess.protocol.template_note.split("\n")[0][:40] in response.text


def test_a_protocol_without_proposals_speaks_of_none(client, dora):
    set_highlight_terms(dora, [Term("iron")])
    client.force_login(dora.user)

    assert "proposal</span>" not in client.get(page(dora)).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Two reviewers vote on each record"),
        ({}, "A maybe counts as an include."),
        ({"quorum_title_abstract": 1}, "One reviewer votes on each record, and that vote decides."),
        ({"quorum_title_abstract": 3}, "two against one is a conflict"),
        ({"maybe_policy": "discuss"}, "A maybe always makes a conflict"),
        ({"maybe_policy": "discuss", "quorum_title_abstract": 1}, "nobody to disagree with"),
        ({"maybe_policy": "off"}, "There is no maybe."),
        ({"resolution_mode": "adjudication"}, "Conflicts are resolved by adjudication"),
        ({"names_shown_in_conflicts": True}, "sees who voted what"),
    ],
)
def test_how_votes_add_up_is_said_in_words(client, dora, fields, words):
    edit_protocol(dora, **fields)
    client.force_login(dora.user)

    assert words in client.get(page(dora)).text


def test_the_form_shows_the_protocol_as_it_is_typed(client, tess):
    client.force_login(tess.user)

    initial = client.get(page(tess, "protocol_edit")).context["form"].initial

    assert initial["framework"].startswith("Population\n  Human diagnostic")
    assert initial["reasons"].startswith("E1 Not in English\nE2 Not a full-text primary study\n  ")
    assert initial["terms"].splitlines()[-1] == "- review"


def test_saving_the_form_untouched_changes_nothing(client, tess):
    client.force_login(tess.user)
    initial = client.get(page(tess, "protocol_edit")).context["form"].initial
    kept = proposals(tess, Criterion, "text"), proposals(tess, ExclusionReason, "label")
    posted = {name: value for name, value in initial.items() if value is not False}

    response = client.post(page(tess, "protocol_edit"), posted)

    assert response["Location"] == page(tess)
    assert [name for name, _, _ in changes(tess)] == ["review.created"]
    assert (proposals(tess, Criterion, "text"), proposals(tess, ExclusionReason, "label")) == kept


def test_a_form_sets_all_of_the_protocol(client, dora):
    client.force_login(dora.user)

    response = client.post(page(dora, "protocol_edit"), typed(names_shown_in_conflicts="on"))

    assert response["Location"] == page(dora)
    protocol = dora.scope(Protocol).get()
    assert protocol.framework == [{"label": "Population", "text": "Adults"}]
    assert protocol.names_shown_in_conflicts
    assert list(dora.scope(ExclusionReason).values_list("code", "label")) == [
        ("E1", "Language"),
        ("E7", "Design"),
    ]
    assert list(dora.scope(HighlightTerm).values_list("text", "side")) == [
        ("iron*", "for"),
        ("mice", "against"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("include", "Humans\nhumans", "Line 2 says the same as line 1."),
        ("framework", "  Adults", "Line 1 is guidance, but no line stands above it."),
        ("reasons", "E1 A\nE1 B", "Line 2 has the code E1, as line 1 has."),
        ("terms", "a*b", "Line 1: a * may stand at the end of a term only."),
        (
            "quorum_title_abstract",
            "4",
            "Select a valid choice. 4 is not one of the available choices.",
        ),
    ],
)
def test_a_wrong_form_comes_back_as_it_was_typed(client, dora, field, value, error):
    client.force_login(dora.user)

    response = client.post(page(dora, "protocol_edit"), typed(**{field: value}))

    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors == {field: [error]}
    assert form[field].value() == value
    assert form["question"].value() == "Does iron help?"
    assert changes(dora) == []


def test_terms_have_a_page_of_their_own(client, dora):
    set_highlight_terms(dora, [Term("iron*"), Term("mice", against=True)])
    client.force_login(dora.user)

    shown = client.get(page(dora, "protocol_terms"))
    wrong = client.post(page(dora, "protocol_terms"), {"terms": "iron\niron"})
    right = client.post(page(dora, "protocol_terms"), {"terms": "copper"})

    assert shown.context["form"].initial == {"terms": "iron*\n- mice"}
    assert (wrong.status_code, wrong.context["form"]["terms"].value()) == (422, "iron\niron")
    assert right["Location"] == page(dora)
    assert list(dora.scope(HighlightTerm).values_list("text", flat=True)) == ["copper"]


@pytest.mark.parametrize("name", ["protocol", "protocol_edit", "protocol_terms"])
def test_terms_of_a_template_are_called_a_proposal_wherever_they_are_shown(client, tess, name):
    client.force_login(tess.user)

    shown = client.get(page(tess, name)).text

    assert "Terms that came with the template are a" in shown


@pytest.mark.parametrize("name", ["protocol_edit", "protocol_terms"])
@pytest.mark.parametrize("who", ["alice", "carol", "libby", "olive"])
def test_the_forms_are_the_lead_s(client, request, who, name):
    access = request.getfixturevalue(who)
    client.force_login(access.user)

    assert client.get(page(access, name)).status_code == 403
    assert client.post(page(access, name), typed()).status_code == 403


def test_a_form_sent_twice_is_carried_out_once(client, dora):
    client.force_login(dora.user)
    first = client.post(page(dora, "protocol_edit"), typed(request_key="one"))

    again = client.post(page(dora, "protocol_edit"), typed(request_key="one"))

    assert first["Location"] == again["Location"] == page(dora)
    assert len(changes(dora)) == 1


def test_what_people_type_is_shown_as_text(client, dora):
    edit_protocol(dora, question="<b>Does</b> iron help?", include=[Entry("<script>", "<i>")])
    client.force_login(dora.user)

    text = client.get(page(dora)).text

    assert "&lt;b&gt;Does&lt;/b&gt; iron" in text
    assert "<script>" not in text
