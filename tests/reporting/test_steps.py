import pytest

from reporting.steps import Situation, next_step

LEAD = {"may_import": True, "may_invite": True}
REVIEWER = {"may_vote": True, "reviewers": 2}
STARTED = {"sources": 1, "records": 952}


@pytest.mark.parametrize(
    ("now", "kind", "title", "page"),
    [
        ({**LEAD}, "do", "Describe the first search", "sources"),
        ({**LEAD, "sources": 1}, "do", "Import what the search found", "import_file"),
        ({**REVIEWER}, "waiting", "There are no records yet", "protocol"),
        ({**REVIEWER, **STARTED, "mine": 540}, "do", "540 records wait for your vote", "queue"),
        ({**REVIEWER, **STARTED, "mine": 1}, "do", "1 record waits for your vote", "queue"),
        (
            {**REVIEWER, **STARTED, "to_confirm": 1, "conflicts": 3},
            "do",
            "1 proposal waits for your answer",
            "conflicts",
        ),
        (
            {**STARTED, "to_adjudicate": 2, "conflicts": 2},
            "do",
            "2 conflicts wait for your decision",
            "conflicts",
        ),
        (
            {**REVIEWER, **STARTED, "to_discuss": 7, "conflicts": 7},
            "do",
            "7 conflicts to discuss",
            "conflicts",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 0, "missing": 2},
            "do",
            "Invite a reviewer",
            "team",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 1, "missing": 1, "left": (("Alice", 12),)},
            "do",
            "Invite a second reviewer",
            "team",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 1, "missing": 1, "invited": 1},
            "waiting",
            "The second reviewer has not answered yet",
            "team",
        ),
        (
            {**REVIEWER, **STARTED, "left": (("Bob", 312),)},
            "waiting",
            "Your partner still has 312 records to screen",
            "files",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 2, "left": (("Bob", 312),)},
            "waiting",
            "Bob still has 312 records to screen",
            "files",
        ),
        (
            {**LEAD, **STARTED, "reviewers": 2, "left": (("Bob", 312), ("Alice", 1))},
            "waiting",
            "2 reviewers still have records to screen",
            "files",
        ),
        (
            {**REVIEWER, **STARTED, "reviewers": 1, "missing": 1},
            "waiting",
            "A second reviewer is missing",
            "team",
        ),
        (
            {**REVIEWER, **STARTED, "conflicts": 1},
            "waiting",
            "1 conflict is with others",
            "conflicts",
        ),
        (
            {**REVIEWER, **STARTED, "unsettled": 1},
            "waiting",
            "The last records are settling",
            "overview",
        ),
        (
            {"reads_only": True, **STARTED, "left": (("Bob", 312),)},
            "waiting",
            "You read along; nothing waits for you",
            "files",
        ),
        (
            {**REVIEWER, **STARTED, "finished": 952, "included": 94},
            "done",
            "Screening on title and abstract is finished",
            "files",
        ),
    ],
)
def test_the_next_step_is_named(now, kind, title, page):
    step = next_step(Situation(**now))

    assert (step.kind, step.title, step.page) == (kind, title, page)


def test_own_votes_come_before_the_conflicts():
    now = Situation(**REVIEWER, **STARTED, mine=3, to_confirm=1, to_discuss=2, conflicts=3)

    assert next_step(now).page == "queue"


def test_the_pace_is_told_where_it_is_known():
    known = Situation(**REVIEWER, **STARTED, mine=540, seconds_each=33.0)
    unknown = Situation(**REVIEWER, **STARTED, mine=540)

    assert next_step(known).text == (
        "Title and abstract. At your pace of the last days that is about five hours."
    )
    assert next_step(unknown).text == "Title and abstract."


def test_shared_records_are_said_to_be_shared():
    now = Situation(**REVIEWER, **STARTED, mine=540, is_shared=True)

    assert next_step(now).text == (
        "Title and abstract. You share them with the other reviewers, so you may not see all."
    )
