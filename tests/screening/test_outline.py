"""What is typed as an outline comes back as it was typed, or a sentence names the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening import outline
from screening.outline import CRITERIA, Entry, OutlineError, Reason, Term

ROOMY = outline.Limits(entries=1_000, text=10_000, hint=10_000)

entries = st.lists(
    st.builds(outline.entry, st.text(min_size=1), st.text()).filter(lambda entry: entry.text),
    unique_by=lambda entry: entry.text.casefold(),
    max_size=8,
)
labels = st.text(st.characters(categories=["L", "Nd", "P"]), min_size=1, max_size=30)


def problems(read, text):
    with pytest.raises(OutlineError) as raised:
        read(text)
    return raised.value.problems


def criteria(text):
    return outline.parse(text, CRITERIA)


def test_lines_are_entries_and_indented_lines_their_guidance():
    text = "Human data\r\n  Phantoms count.\r\n\tSo do both.\r\n\r\nIn English\r\n"

    assert criteria(text) == [
        Entry("Human data", "Phantoms count.\nSo do both."),
        Entry("In English"),
    ]


@given(entries)
def test_every_outline_is_read_as_it_was_written(written):
    assert outline.parse(outline.render(written), ROOMY) == written


@given(st.text(st.sampled_from("ab \t\r\n-*E1"), max_size=60))
def test_reading_what_was_read_changes_nothing(text):
    try:
        once = outline.parse(text, ROOMY)
    except OutlineError:
        return

    assert outline.parse(outline.render(once), ROOMY) == once


@given(st.lists(labels, unique_by=str.casefold, max_size=9), st.data())
def test_reasons_are_read_as_they_were_written(texts, data):
    numbers = st.lists(st.integers(1, 99), unique=True, min_size=len(texts), max_size=len(texts))
    codes = data.draw(numbers)
    written = [Reason(f"E{n}", text, "Why") for n, text in zip(codes, texts, strict=True)]

    assert outline.parse_reasons(outline.render_reasons(written)) == written


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z0-9][a-z0-9 -]{0,20}[a-z0-9]\*?", fullmatch=True), st.booleans()
        ),
        unique_by=lambda term: term[0],
        max_size=9,
    )
)
def test_terms_are_read_as_they_were_written(terms):
    written = [Term(text, against) for text, against in terms]

    assert outline.parse_terms(outline.render_terms(written)) == written


def test_a_text_of_any_shape_becomes_one_line_with_guidance():
    assert outline.entry(" two\n lines ", "\n one \n\n two\n") == Entry("two lines", "one\ntwo")


def test_guidance_without_a_line_above_it_is_a_problem():
    assert problems(criteria, "\n  Phantoms count.") == [
        "Line 2 is guidance, but no line stands above it."
    ]


def test_every_problem_is_told_at_once():
    text = "\n".join(["Human data", "a" * 501, "human DATA", "In English", "  " + "b" * 2_001])

    assert problems(criteria, text) == [
        "Line 2 has 501 characters; at most 500 are kept.",
        "The guidance below line 4 has 2,001 characters; at most 2,000 are kept.",
        "Line 3 says the same as line 1.",
    ]


def test_too_many_lines_are_a_problem():
    text = "\n".join(f"Criterion {n}" for n in range(51))

    assert problems(criteria, text) == ["There are 51 lines; at most 50 are kept."]


def test_reasons_without_a_code_are_given_the_free_ones_in_order():
    read = outline.parse_reasons(
        "Wrong language\nE1: Wrong design\ne7 Wrong year\n  By print.\nLast"
    )

    assert read == [
        Reason("E2", "Wrong language"),
        Reason("E1", "Wrong design"),
        Reason("E7", "Wrong year", "By print."),
        Reason("E3", "Last"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("E1", "Line 1 has a code and no reason."),
        ("E1 Language\nE1 Design", "Line 2 has the code E1, as line 1 has."),
        ("E1 Language\nE2 language", "Line 2 says the same as line 1."),
        (f"E1 {'a' * 201}", "Line 1 has 201 characters; at most 200 are kept."),
        ("  Guidance", "Line 1 is guidance, but no line stands above it."),
    ],
)
def test_reasons_have_problems_of_their_own(text, problem):
    assert problems(outline.parse_reasons, text) == [problem]


def test_a_minus_in_front_speaks_against():
    assert outline.parse_terms("GAN*\n-dose\n- phantom*\n") == [
        Term("GAN*"),
        Term("dose", against=True),
        Term("phantom*", against=True),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("syn*thetic", "Line 1: a * may stand at the end of a term only."),
        ("- *", "Line 1 has no letter or digit."),
        ("GAN\n- gan", "Line 2 says the same as line 1."),
        ("GAN\n  guidance", "Line 2 begins with spaces; lines here have no guidance."),
        ("a" * 81, "Line 1 has 81 characters; at most 80 are kept."),
        (f"- {'a' * 81}", "Line 1 has 81 characters; at most 80 are kept."),
    ],
)
def test_terms_have_problems_of_their_own(text, problem):
    assert problems(outline.parse_terms, text) == [problem]
