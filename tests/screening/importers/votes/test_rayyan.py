from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screening.importers import UnreadableFile, inspect, read
from screening.importers.votes import rayyan, rayyan_notes
from screening.importers.votes.base import ForeignVote, ForeignVotes, Taken
from tests.screening.importers.test_corpus import CORPUS, ROWS

DATA = Path(__file__).parents[3] / "data" / "votes"
# Everything in these files is invented.
ARTICLES = (DATA / "rayyan_articles.csv").read_text("utf-8")
LOG = (DATA / "rayyan_log.csv").read_text("utf-8")
ADA, MAX = "ada@synthetic.example", "max@synthetic.example"


def said(votes: list[ForeignVote]) -> list[tuple[int, str, str, bool]]:
    return [(one.position, one.person, one.decision.value, one.superseded) for one in votes]


def accounted(found) -> bool:
    return all(found.rows[name] == taken.total() for name, taken in found.taken.items())


def test_the_articles_alone_tell_who_voted_how_by_name():
    found = rayyan.read(ARTICLES)

    assert said(found.votes) == [
        (1, "Ada Sample", "include", False),
        (1, "Max", "include", False),
        (2, "Ada Sample", "exclude", False),
        (2, "Max", "maybe", False),
        (4, "Third, Person", "exclude", False),
    ]
    assert {one.cast_at for one in found.votes} == {None}
    assert found.rows["articles"] == 5
    assert found.taken["articles"] == {Taken.VOTE: 3, Taken.NO_VOTE: 1, Taken.PROBLEM: 1}


def test_a_reason_goes_to_the_one_person_who_excluded():
    _, _, ada, _, third = rayyan.read(ARTICLES).votes

    assert ada.reasons == ("wrong population", "no images")
    assert ada.note == 'only "phantoms"\nsee page 3'
    assert third.reasons == ("wrong outcome",)


def test_reasons_of_two_who_excluded_and_labels_are_nobodys():
    articles = (
        "key,title,notes\n"
        'rayyan-1,Synthetic,"RAYYAN-INCLUSION: {""A""=>""Excluded"", ""B""=>""Excluded""} '
        '| RAYYAN-LABELS: x | RAYYAN-EXCLUSION-REASONS: y"\n'
    )

    found = rayyan.read(articles)

    assert [one.reasons for one in found.votes] == [(), ()]
    assert [(one.reasons, one.labels) for one in found.remarks] == [(("y",), ("x",))]


def test_the_log_tells_every_step_and_the_last_vote_of_a_person_counts():
    found = rayyan.read(ARTICLES, LOG)

    assert said(found.votes) == [
        (1, ADA, "include", False),
        (1, MAX, "exclude", True),
        (1, MAX, "include", False),
        (2, MAX, "maybe", False),
        (2, ADA, "exclude", False),
        (3, ADA, "include", True),
        (4, "Third, Person", "exclude", False),
    ]
    _, first, second, *_ = found.votes
    assert first.cast_at == datetime(2023, 9, 4, 17, 23, 10, tzinfo=UTC)
    assert (first.line, second.line) == (3, 7)
    assert second.labels == ("look again", "synthetic")


def test_a_reason_belongs_to_the_person_who_gave_it_and_a_note_is_found_by_the_name():
    ada = rayyan.read(ARTICLES, LOG).votes[4]

    assert ada.reasons == ("wrong population", "no images")
    assert ada.note == 'only "phantoms"\nsee page 3'


def test_names_and_addresses_are_paired_where_the_votes_leave_no_doubt():
    assert rayyan.read(ARTICLES, LOG).names == {ADA: "Ada Sample", MAX: "Max"}


def test_every_row_of_the_log_is_a_step_or_a_problem_with_its_line():
    found = rayyan.read(ARTICLES, LOG)

    assert found.rows["customizations_log"] == 19
    assert found.taken["customizations_log"] == {
        Taken.VOTE: 6,
        Taken.REPEAT: 1,
        Taken.WITHDRAWAL: 1,
        Taken.REASON: 4,
        Taken.LABEL: 3,
        Taken.PROBLEM: 4,
    }
    assert [(one.line, one.message) for one in found.problems if one.file != "articles"] == [
        (17, "No article has the number 900099."),
        (18, "The step starred = 1 is not known."),
        (19, "The step included = 7 is not known."),
        (20, "This row does not say who it is of."),
    ]


def test_a_label_without_a_vote_is_a_remark_of_its_person():
    remarks = rayyan.read(ARTICLES, LOG).remarks

    assert [(one.position, one.person, one.labels) for one in remarks] == [
        (3, ADA, ("only a label",))
    ]


def test_two_who_always_agree_are_not_paired_and_not_counted_twice():
    articles = 'key,title,notes\nrayyan-1,S,"RAYYAN-INCLUSION: {""A""=>""Included"",""B""=>""Included""}"\n'
    log = "created_at,user_id,article_id,key,value\n,7,1,included,1\n,8,1,included,1\n"

    found = rayyan.read(articles, log)

    assert found.names == {}
    assert said(found.votes) == [(1, "7", "include", False), (1, "8", "include", False)]


def test_what_contradicts_the_log_is_said():
    articles = 'key,title,notes\nrayyan-1,S,"RAYYAN-INCLUSION: {""A""=>""Included""}"\n'
    log = "created_at,user_id,article_id,key,value\n,7,1,included,-1\n"

    found = rayyan.read(articles, log)

    assert said(found.votes) == [(1, "7", "exclude", False)]
    assert [one.message for one in found.problems] == [
        "The vote of A is none that the log has; the log is believed."
    ]


def test_positions_are_those_of_an_import_of_the_articles():
    path = DATA / "rayyan_articles.csv"
    titles = {one.position: one.title for one in read(path, inspect(path))}

    for vote in rayyan.read(ARTICLES).votes:
        assert titles[vote.position].startswith(
            f"Synthetic article {['one', 'two', 'three', 'four'][vote.position - 1]}"
        )


def test_files_are_told_by_their_headings_and_others_refused():
    assert rayyan.is_articles(ARTICLES)
    assert not rayyan.is_articles(LOG)
    assert rayyan.is_log(LOG)
    with pytest.raises(UnreadableFile, match="key"):
        rayyan.read("title,year\nSynthetic,2020\n")


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_the_votes_of_a_real_export_stand_at_the_positions_of_its_articles():
    text = (CORPUS / "files" / "rayyan_export.csv").read_text("utf-8")

    found = rayyan.read(text)

    assert [(one.position, one.decision.value) for one in found.votes] == [
        *((1, "include"), (2, "include"), (3, "maybe"), (4, "maybe"), (5, "exclude")),
        (6, "exclude"),
    ]
    assert found.taken["articles"] == {Taken.VOTE: 6, Taken.NO_VOTE: 4}
    assert found.problems == []


def read_or_refused(articles: str, log: str) -> ForeignVotes | str:
    try:
        return rayyan.read(articles, log)
    except UnreadableFile as refusal:
        return str(refusal)


PIECES = st.lists(
    st.sampled_from(
        [
            *("key,title,notes\n", "article_id,key,value\n", "rayyan-1", "1", ",", "\n", '"', '""'),
            *("RAYYAN-INCLUSION: ", "{", "}", '""A""=>""Included""', "=>", "|", "USER-NOTES: ["),
            *(
                "included",
                "-1",
                "0",
                "deleted",
                '"""__EXR__x"""',
                "2023-09-04T17:22:54Z",
                "\\",
                "\r",
            ),
            *("created_at,user_email,article_id,key,value\n", ",a,1,included,1\n"),
        ]
    )
    | st.text(max_size=5),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(articles=PIECES, log=PIECES)
@example(articles="", log="")
def test_any_text_is_refused_in_words_or_accounted_for_row_by_row(articles, log):
    found = read_or_refused(articles, log)

    if isinstance(found, str):
        assert found.endswith(".")
        return
    assert accounted(found)
    current = [(one.position, one.person) for one in found.votes if not one.superseded]
    assert len(set(current)) == len(current)


@settings(max_examples=300, deadline=None)
@given(articles=PIECES, log=PIECES)
def test_under_headings_any_text_is_accounted_for(articles, log):
    found = rayyan.read(
        f"key,title,notes\n1,Synthetic,\n{articles}",
        f"created_at,user_email,article_id,key,value\n,a,1,included,1\n{log}",
    )

    assert accounted(found)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.sampled_from(["Included", "Maybe"])))
def test_whatever_people_are_called_their_votes_are_read(people):
    people = {name.strip(): vote for name, vote in people.items() if name.strip()}
    escaped = (
        (name.replace("\\", "\\\\").replace('"', '\\"'), vote) for name, vote in people.items()
    )
    text = ", ".join(f'"{name}"=>"{vote}"' for name, vote in escaped)

    notes = rayyan_notes.read(f"RAYYAN-INCLUSION: {{{text}}}")

    assert notes.decisions.keys() == people.keys()
    assert notes.not_understood == []
