"""The measures of a pair."""

from hypothesis import given
from hypothesis import strategies as st

from screening.duplicates.compare import Agreement, Clash, compare, repeated_titles
from screening.duplicates.decide import decide
from screening.duplicates.normalise import Description, normalise
from tests.duplicates.records import AUTHORS, TITLE, paper, record

SAME, PARTLY, UNKNOWN, OTHER = Agreement

some = st.sampled_from
descriptions = st.builds(
    Description,
    id=st.integers(1, 10**6),
    title=some(["", TITLE, TITLE.split(":")[0], f"Erratum: {TITLE}", f"{TITLE} 2", "Editorial"])
    | st.text(max_size=60),
    abstract=st.text(max_size=200) | some(["Keepers sleep. " * 9, "Keepers do not sleep. " * 20]),
    authors=st.lists(some([*AUTHORS, "Harrow, B", "Okafor", "Harrowgate, E"]), max_size=5).map(
        tuple
    )
    | st.text(max_size=30).map(lambda text: (text,)),
    year=some([None, 2012, 2014, 2015]),
    journal=some(["", "Coastal Medicine", "Coast Med", "Sleep"]) | st.text(max_size=20),
    volume=some(["", "2", "31"]) | st.text(max_size=4),
    issue=some(["", "2", "31", "Suppl 1"]),
    pages=some(["", "114-121", "114", "116-119", "1-8", "e20114", "S45"]) | st.text(max_size=8),
    doi=some(["", "10.9999/coast.7", "10.9999/coast.71"]),
    pmid=some(["", "90000001", "90000002"]),
    url=some(["", "https://coast.example/issues/31/7"]),
    issn=some(["", "1234-5678"]),
)


@given(descriptions, descriptions)
def test_which_of_two_records_comes_first_changes_nothing(one, other):
    one, other = normalise(one), normalise(other)
    repeated = {one.letters}

    pair = compare(one, other, repeated=repeated)

    assert compare(other, one, repeated=repeated) == pair
    assert 0 <= decide(pair).score <= 1


@given(descriptions)
def test_a_record_is_like_itself(one):
    one = normalise(one)

    pair = compare(one, one)

    assert OTHER not in (pair.volume, pair.issue, pair.pages, pair.doi, pair.first_author)
    assert pair.authors in (None, 1.0)
    assert pair.title_clash is Clash.NONE


def test_measures_of_what_one_record_lacks_are_none():
    pair = compare(paper(1, doi="10.9999/coast.7"), record(2))

    assert (pair.authors, pair.journal, pair.years_apart, pair.abstract) == (None,) * 4
    assert {pair.volume, pair.issue, pair.pages, pair.doi, pair.pmid} == {UNKNOWN}
    assert pair.first_author is UNKNOWN


def test_pages_within_others_overlap():
    assert compare(paper(1), paper(2, pages="116-119")).pages is PARTLY
    assert compare(paper(1), paper(2, pages="121-130")).pages is PARTLY
    assert compare(paper(1), paper(2, pages="110-121")).pages is PARTLY
    assert compare(paper(1), paper(2, pages="122-130")).pages is OTHER


def test_pages_that_are_counted_otherwise_say_nothing():
    assert compare(paper(1), paper(2, pages="1-8")).pages is UNKNOWN
    assert compare(paper(1), paper(2, pages="e20114")).pages is UNKNOWN
    assert compare(paper(1), paper(2, pages="7")).pages is UNKNOWN
    assert compare(paper(1), paper(2, pages="7", volume="30")).pages is OTHER


def test_a_page_of_a_supplement_is_the_same_with_and_without_its_letter():
    assert compare(paper(1, pages="S45"), paper(2, pages="45")).pages is SAME


def test_an_issue_in_the_place_of_the_volume_says_nothing():
    assert compare(paper(1), paper(2, volume="2", issue="")).volume is UNKNOWN
    assert compare(paper(1), paper(2, volume="2", issue="31")).volume is UNKNOWN
    assert compare(paper(1), paper(2, volume="3", issue="")).volume is OTHER


def test_a_doi_that_was_cut_is_partly_the_same():
    pair = compare(record(1, doi="10.9999/coast.71"), record(2, doi="10.9999/coast.7"))

    assert pair.doi is PARTLY


def test_an_issn_in_common_says_more_than_the_names_of_the_journals():
    pair = compare(
        paper(1, journal="Sleep", issn="1234-5678"), paper(2, journal="Coast", issn="12345678")
    )

    assert pair.journal == 0.97


def test_two_single_authors_with_one_surname_and_other_initials_are_two():
    pair = compare(record(1, authors=("Harrow, Edith",)), record(2, authors=("Harrow, Basil",)))

    assert pair.first_author is OTHER


def test_surnames_and_given_names_may_be_swapped():
    pair = compare(
        record(1, authors=("Harrow, Edith", "Okafor, Uche")),
        record(2, authors=("Edith, Harrow", "Uche, Okafor")),
    )

    assert pair.authors == 0.95


def test_a_long_and_a_short_list_with_one_author_in_common_are_other_authors():
    crowd = tuple(f"Keeper{chr(97 + n) * 3}, A" for n in range(12))

    pair = compare(
        record(1, authors=(*AUTHORS, "Quill, O")), record(2, authors=(*crowd, AUTHORS[0]))
    )

    assert pair.authors == 0.25


def test_the_mark_of_a_footnote_is_no_number():
    assert compare(record(1), record(2, title=f"{TITLE}1")).title_clash is Clash.NONE
    assert compare(record(1), record(2, title=f"{TITLE} 1")).title_clash is Clash.NONE
    assert compare(record(1), record(2, title=f"{TITLE} 12")).title_clash is Clash.ONE_SIDE


def test_numbers_and_telling_words_clash_on_one_side_or_both():
    def clash(one, other):
        return compare(record(1, title=one), record(2, title=other)).title_clash

    assert clash("Sleep of young men on islands", "Sleep of young women on islands") == "both sides"
    assert clash("Sleep of keepers at 12 months", "Sleep of keepers at 24 months") == "both sides"
    assert clash("Sleep of keepers on islands", "Sleep of elderly keepers on islands") == "one side"
    assert clash("Sleep of keepers on islands", "Sleep of the keepers of islands") == "none"


def test_a_title_that_lost_its_subtitle_is_within_the_other_unless_it_is_short():
    cut = compare(record(1), record(2, title=TITLE.split(":")[0]))
    short = compare(record(1), record(2, title="Copper bracelets"))
    beside = compare(record(1), record(2, title=f"Armreife aus Kupfer [{TITLE}]"))

    assert (cut.title_within, short.title_within, beside.title_within) == (True, False, True)


def test_a_title_of_four_first_authors_is_repeated():
    others = [record(n, authors=(name,)) for n, name in enumerate(("A Au", "B Be", "C Ce"))]

    assert repeated_titles([*others, record(8, authors=("C Ce",))]) == frozenset()
    assert repeated_titles([*others, record(9, authors=("D De",))]) == {others[0].letters}
