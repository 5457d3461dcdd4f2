import pytest

from reporting.steps import AtStage, Situation, next_step
from screening.rules import Stage

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
LEAD = {"may_import": True, "may_invite": True, "gets_reports": True}
LIBRARIAN = {"may_import": True, "gets_reports": True}
REVIEWER = {"may_vote": True, "reviewers": 2}
STARTED = {"sources": 1, "records": 952}


def on_records(**facts) -> dict[str, AtStage]:
    return {"title_abstract": AtStage(**facts)}


def on_full_texts(**facts) -> dict[str, AtStage]:
    return {"full_text": AtStage(**facts), **on_records(included=94, excluded=858)}


@pytest.mark.parametrize(
    ("now", "kind", "title", "page"),
    [
        ({**LEAD}, "do", "Describe the first search", "sources"),
        ({**LEAD, "sources": 1}, "do", "Import what the search found", "import_file"),
        ({**REVIEWER}, "waiting", "There are no records yet", "protocol"),
        (
            {**LEAD, **REVIEWER, **STARTED, "questions": 3, "is_untouched": True}
            | on_records(mine=540),
            "do",
            "3 possible duplicates wait for your decision",
            "duplicates",
        ),
        (
            {**LEAD, **REVIEWER, **STARTED, **on_records(mine=540), "questions": 300},
            "do",
            "540 records wait for your vote",
            "queue",
        ),
        (
            {**LIBRARIAN, **STARTED, **on_records(missing=1), "reviewers": 1, "questions": 20},
            "do",
            "20 possible duplicates wait for your decision",
            "duplicates",
        ),
        (
            {**LIBRARIAN, **STARTED, **on_records(missing=1), "reviewers": 1, "questions": 19},
            "waiting",
            "A second reviewer is missing",
            "team",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(mine=540)},
            "do",
            "540 records wait for your vote",
            "queue",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(mine=1)},
            "do",
            "1 record waits for your vote",
            "queue",
        ),
        (
            {**REVIEWER, **STARTED, **on_full_texts(mine=12), "to_get": 12},
            "do",
            "12 full texts wait for your vote",
            "queue",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(to_confirm=1, conflicts=3)},
            "do",
            "1 proposal waits for your answer",
            "conflicts",
        ),
        (
            {**STARTED, **on_records(to_adjudicate=2, conflicts=2)},
            "do",
            "2 conflicts wait for your decision",
            "conflicts",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(to_discuss=7, conflicts=7)},
            "do",
            "7 conflicts to discuss",
            "conflicts",
        ),
        (
            {**REVIEWER, **STARTED, **on_full_texts(to_discuss=1, conflicts=1)},
            "do",
            "1 conflict to discuss",
            "conflicts",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 0, **on_records(missing=2)},
            "do",
            "Invite a reviewer",
            "team",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 1, **on_records(missing=1, left=(("Alice", 12),))},
            "do",
            "Invite a second reviewer",
            "team",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 2, **on_full_texts(missing=1)},
            "do",
            "Invite a third reviewer",
            "team",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 1, "invited": 1, **on_records(missing=1)},
            "waiting",
            "The second reviewer has not answered yet",
            "team",
        ),
        (
            {**LIBRARIAN, **STARTED, "to_get": 5, **on_full_texts(left=(("Bob", 5),))},
            "do",
            "5 reports are still to be got",
            "full_texts",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 2, "to_get": 1},
            "do",
            "1 report is still to be got",
            "full_texts",
        ),
        (
            {**LIBRARIAN, **STARTED, "asked_for": 3},
            "waiting",
            "3 reports are asked for and not here yet",
            "full_texts",
        ),
        (
            {**REVIEWER, **STARTED, "asked_for": 1},
            "waiting",
            "1 report is asked for and not here yet",
            "full_texts",
        ),
        (
            {**STARTED, "to_get": 2},
            "waiting",
            "2 reports are still to be got",
            "full_texts",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(left=(("Bob", 312),))},
            "waiting",
            "Your partner still has 312 records to screen",
            "files",
        ),
        (
            {**REVIEWER, **STARTED, **on_full_texts(left=(("Bob", 1),))},
            "waiting",
            "Your partner still has 1 full text to screen",
            "files",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 2, **on_records(left=(("Bob", 312),))},
            "waiting",
            "Bob still has 312 records to screen",
            "files",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 2, **on_full_texts(left=(("Bob", 9), ("Al", 1)))},
            "waiting",
            "2 reviewers still have full texts to screen",
            "files",
        ),
        (
            {**REVIEWER, **STARTED, "reviewers": 1, **on_records(missing=1)},
            "waiting",
            "A second reviewer is missing",
            "team",
        ),
        (
            {**REVIEWER, **STARTED, **on_full_texts(conflicts=1)},
            "waiting",
            "1 conflict is with others",
            "conflicts",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(unsettled=1)},
            "waiting",
            "The last records are settling",
            "overview",
        ),
        (
            {**REVIEWER, **STARTED, **on_full_texts(unsettled=1)},
            "waiting",
            "The last full texts are settling",
            "overview",
        ),
        (
            {"reads_only": True, **STARTED, **on_records(left=(("Bob", 312),))},
            "waiting",
            "You read along; nothing waits for you",
            "files",
        ),
        (
            {**REVIEWER, **STARTED, **on_full_texts(included=22, excluded=70), "not_retrieved": 2},
            "done",
            "Screening is finished",
            "files",
        ),
        (
            {**REVIEWER, **STARTED, **on_records(excluded=952)},
            "done",
            "Screening is finished",
            "files",
        ),
    ],
)
def test_the_next_step_is_named(now, kind, title, page):
    step = next_step(Situation(**now))

    assert (step.kind, step.title, step.page) == (kind, title, page)


def test_own_votes_come_before_the_conflicts():
    conflicts = AtStage(to_confirm=1, to_discuss=2, conflicts=3)
    now = Situation(**REVIEWER, **STARTED, full_text=AtStage(mine=3), title_abstract=conflicts)

    assert (next_step(now).page, next_step(now).stage) == ("queue", FT)


def test_records_come_before_their_full_texts():
    busy = AtStage(mine=3, to_discuss=1, conflicts=1)
    at_both = Situation(**REVIEWER, **STARTED, title_abstract=busy, full_text=busy)
    resting = AtStage(to_discuss=1, conflicts=1)
    discussing = Situation(**REVIEWER, **STARTED, title_abstract=resting, full_text=resting)

    assert (next_step(at_both).page, next_step(at_both).stage) == ("queue", TA)
    assert (next_step(discussing).page, next_step(discussing).stage) == ("conflicts", TA)


def test_a_proposal_at_full_text_comes_before_a_discussion_of_a_record():
    now = Situation(
        **REVIEWER,
        **STARTED,
        title_abstract=AtStage(to_discuss=1, conflicts=1),
        full_text=AtStage(to_confirm=1, conflicts=1),
    )

    assert (next_step(now).title, next_step(now).stage) == ("1 proposal waits for your answer", FT)


def test_conflicts_with_others_are_counted_together_and_lead_to_those_there_are():
    now = Situation(
        **REVIEWER,
        **STARTED,
        title_abstract=AtStage(conflicts=0),
        full_text=AtStage(conflicts=2),
    )

    assert (next_step(now).title, next_step(now).stage) == ("2 conflicts are with others", FT)


def test_reports_are_got_before_somebody_waits_but_after_ones_own_votes():
    now = Situation(**LEAD, **REVIEWER, **STARTED, to_get=5, full_text=AtStage(mine=5))

    assert next_step(now).page == "queue"


def test_screening_is_not_finished_before_both_stages_are():
    reading = Situation(**REVIEWER, **STARTED, **on_full_texts(left=(("Bob", 1),), included=22))
    waiting = Situation(**REVIEWER, **STARTED, **on_full_texts(included=22), asked_for=1)

    assert {next_step(reading).kind, next_step(waiting).kind} == {"waiting"}


def test_the_end_tells_what_became_of_the_full_texts():
    lost = on_full_texts(included=1, excluded=70)

    assert next_step(Situation(**STARTED, **lost, not_retrieved=2)).text == (
        "1 full text included, 70 excluded, 2 not retrieved, and no conflict left open."
    )
    assert next_step(Situation(**STARTED, **on_records(excluded=952))).text == (
        "952 records excluded and none included."
    )


def test_observers_are_told_of_both_stages():
    now = {"reads_only": True, **STARTED, **on_full_texts(included=2, excluded=1)}

    assert next_step(Situation(**now)).text == (
        "You see what is settled: 952 finished records, 94 of them included, and "
        "3 finished full texts, 2 of them included."
    )


def test_the_pace_is_told_where_it_is_known():
    known = Situation(**REVIEWER, **STARTED, **on_records(mine=540, seconds_each=33.0))
    unknown = Situation(**REVIEWER, **STARTED, **on_full_texts(mine=540))

    assert next_step(known).text == (
        "Title and abstract. At your pace of the last days that is about five hours."
    )
    assert next_step(unknown).text == "Full text."


def test_shared_records_are_said_to_be_shared():
    now = Situation(**REVIEWER, **STARTED, **on_records(mine=540, is_shared=True))

    assert next_step(now).text == (
        "Title and abstract. You share them with the other reviewers, so you may not see all."
    )
