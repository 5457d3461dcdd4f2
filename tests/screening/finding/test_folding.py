"""What a word is, to records and to questions alike; and that any text is a question."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.finding.folding import (
    LONGEST,
    MOST_WORDS,
    Question,
    Word,
    entries,
    folded,
    is_identifier,
    parse,
    words_in,
)


def words_asked_for(question: Question) -> list[Word]:
    return [word for term in question.terms for alternative in term for word in alternative]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Müller and Ødegaard", {"muller", "and", "odegaard"}),
        ("Straße", {"strasse"}),
        ("Œuvre, Łódź, İstanbul, \u0131s\u0131", {"oeuvre", "lodz", "istanbul", "isi"}),
        ("β-catenin", {"β", "catenin", "βcatenin"}),
        ("10 µg", {"10", "μg"}),
        ("H₂O and H<sub>2</sub>O", {"h2o", "and"}),
        ("<i>E. coli</i> <b>now</b>", {"e", "coli", "now"}),
        ("follow-up", {"follow", "up", "followup"}),
        ("follow\u2010up", {"follow", "up", "followup"}),
        ("a 5-10 range", {"a", "5", "10", "range"}),
        ("Alzheimer\u2019s, O'Neill", {"alzheimer", "s", "alzheimers", "o", "neill", "oneill"}),
        ("COVID-19", {"covid", "19", "covid19"}),
        ("p = 0.05", {"p", "0", "05"}),
        ("snake_case", {"snake", "case"}),
        ("合成画像", {"合成", "成画", "画像", "像"}),
        ("MRI画像", {"mri", "画像", "像"}),
        ("ガンの", {"ガン", "ンの", "の"}),
        ("\uff46\uff55\uff4c\uff4c\u3000\uff57\uff49\uff44\uff54\uff48", {"full", "width"}),
        ("soft\u00adhyphen", {"softhyphen"}),
        ("nul\0between", {"nul", "between"}),
        ("!? -- '' <>", set()),
        ("", set()),
    ],
)
def test_a_text_gives_folded_words(text, words):
    assert words_in(text) == words


@given(st.text())
def test_plain_words_are_the_same_alone_and_beside_others(text):
    plain = "".join(letter for letter in text if letter.isascii())

    assert words_in(f"{plain} é") == words_in(plain) | {"e"}


@given(st.text())
def test_what_is_folded_is_plain_and_stays_as_it_is(text):
    once = folded(text)

    assert folded(once) == once or "<" in text
    assert not any(unicodedata.combining(letter) == 230 for letter in once)


@given(st.text())
def test_a_text_is_found_by_itself(text):
    question = parse(text)
    here = {word[:LONGEST] for word in words_in(text)}

    if words_asked_for(question) and not any(
        is_identifier(w.text) for w in words_asked_for(question)
    ):
        for term in question.terms:
            assert any(
                all(
                    any(found.startswith(word.text) for found in here)
                    if word.is_prefix
                    else word.text in here
                    for word in alternative
                )
                for alternative in term
            )


@given(st.text(alphabet="\"'*()^:+-{}[]\\%_#=AND OR NEAR/3 title\0\ud800 ", max_size=80))
def test_no_text_has_a_syntax(text):
    for word in words_asked_for(parse(text)):
        assert is_identifier(word.text) or word.text.isalnum()


@pytest.mark.parametrize(
    ("typed", "entry"),
    [
        ("10.1000/XYZ.1", "=10.1000/xyz.1"),
        ("doi:10.1000/xyz.1", "=10.1000/xyz.1"),
        (" https://doi.org/10.1000/xyz.1 ", "=10.1000/xyz.1"),
        ("http://dx.doi.org/10.1000%2Fxyz.1", "=10.1000/xyz.1"),
        ("PMID: 0123", "#123"),
        ("pmid 123", "#123"),
        ("https://pubmed.ncbi.nlm.nih.gov/123/", "#123"),
    ],
)
def test_a_doi_and_a_pmid_are_asked_for_whole(typed, entry):
    assert parse(typed) == Question((((Word(entry),),),))
    assert entry in entries(["Title"], doi="10.1000/xyz.1", pmid="123")


def test_a_bare_number_is_a_word_or_a_pmid():
    assert parse("2019").terms == (((Word("2019", True),), (Word("#2019"),)),)


def test_a_number_with_its_sign_is_a_record():
    assert parse("#12") == parse(" # 012") == Question(number=12)


def test_nothing_typed_asks_for_everything_and_signs_ask_for_nothing():
    assert parse(" \n") == Question(is_blank=True)
    assert not parse("").asks_for_nothing
    assert parse("?!").asks_for_nothing


def test_the_last_word_is_a_beginning_and_a_hyphen_may_be_left_out():
    assert parse("deep follow-u").terms == (
        ((Word("deep"),),),
        ((Word("follow"), Word("u", True)), (Word("followu", True),)),
    )


def test_a_long_question_is_cut():
    assert len(parse("word " * 2_000).terms) == 2  # as a word, and as a beginning
    assert len(parse(" ".join(map(str, range(10, 10_000)))).terms) == MOST_WORDS
    assert parse("x" * 10_000).terms == (((Word("x" * LONGEST, True),),),)
