import pytest

from screening.importers import pubmed_xml
from screening.importers.base import Counted, ParsedRecord, Problem, UnreadableFile
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, ROWS

CORPUS_ROWS = [row for row in ROWS if row["format"] == pubmed_xml.NAME]
ARTICLE = b"<PubmedArticle><MedlineCitation><Article>%s</Article></MedlineCitation></PubmedArticle>"
TITLED = ARTICLE % b"<ArticleTitle>Synthetic</ArticleTitle>%s"


def read_all(path, encoding="utf-8"):
    counted = pubmed_xml.count(path, encoding)
    found = list(pubmed_xml.read(path, encoding))
    assert len(found) == counted.found
    return counted, found


def test_an_article_gives_every_field(own):
    counted, found = read_all(own("pubmed_set.xml"))

    assert counted == Counted(5)
    assert found[0] == ParsedRecord(
        position=1,
        line=5,
        title="Synthetic record one: effects of CO<sub>2</sub> on <i>Nihil inventum</i> & others, "
        "p < 10<sup>-3</sup>, in no patients.",
        abstract="BACKGROUND: This abstract is <b>synthetic</b>.\n"
        "PATIENTS AND METHODS: A mean of x=10<sup>-3</sup> was invented.\n"
        "Nothing followed.",
        authors=("Exempli, Anna B", "Gratia, Å Jr", "Synthetic Study Group", "Mononym"),
        year=2023,
        journal="Journal of synthetic tests",
        volume="12",
        issue="3 Pt 1",
        pages="101-9",
        doi="10.9999/syn.xml.1",
        pmid="91500001",
        pmcid="PMC9150001",
        language="eng; fre",
        keywords=("Humans", "Synthesis/*methods/trends", "*synthetic data"),
        kind="Journal Article; Review",
    )


def test_a_title_that_is_not_available_and_a_missing_abstract_give_way_to_the_original_ones(own):
    _, found = read_all(own("pubmed_set.xml"))

    assert found[1] == ParsedRecord(
        position=2,
        line=71,
        title="Synthetischer Datensatz zwei.",
        abstract="Eine erfundene Zusammenfassung.",
        year=1998,
        journal="Synth Arch",
        doi="10.9999/syn.xml.2",
        pmid="91500002",
        language="ger",
    )


def test_a_chapter_stands_in_its_book_as_an_article_in_its_journal(own):
    _, found = read_all(own("pubmed_set.xml"))

    assert found[2] == ParsedRecord(
        position=3,
        line=87,
        title="A synthetic chapter",
        abstract="A chapter that nobody wrote.",
        authors=("Capitula, Cara",),
        year=2021,
        journal="The synthetic handbook",
        pmid="91500003",
        language="eng",
        kind="Study Guide",
    )


def test_a_book_without_authors_has_its_editors(own):
    _, found = read_all(own("pubmed_set.xml"))

    assert found[3] == ParsedRecord(
        position=4,
        line=106,
        title="A synthetic book",
        authors=("Editrix, Eva",),
        year=2019,
        doi="10.9999/syn.book.4",
        pmid="91500004",
    )


def test_a_missing_title_is_a_problem_that_names_its_line(own):
    _, found = read_all(own("pubmed_set.xml"))

    problem = found[4]
    assert isinstance(problem, Problem)
    assert (problem.position, problem.line) == (5, 117)
    assert problem.message == "This entry has no title (ArticleTitle or BookTitle)."
    assert problem.raw.startswith("<PubmedArticle>\n  <MedlineCitation")


def test_a_citation_to_be_deleted_is_no_entry(written):
    deleted = b"<DeleteCitation><PMID>1</PMID><PMID>2</PMID></DeleteCitation>"
    path = written(b"<PubmedArticleSet>%s%s</PubmedArticleSet>" % (TITLED % b"", deleted))

    assert read_all(path) == (Counted(1), [ParsedRecord(1, 1, "Synthetic")])


def test_a_single_article_needs_no_set_around_it(written):
    _, found = read_all(written(b"<?xml version='1.0'?>\n" + TITLED % b""))

    assert found == [ParsedRecord(1, 2, "Synthetic")]


def test_citations_need_no_articles_around_them(own):
    counted, found = read_all(own("pubmed_citations.xml"))

    assert counted == Counted(2)
    assert [(entry.line, entry.pmid) for entry in found] == [(3, "91600001"), (4, "91600002")]


@pytest.mark.parametrize(
    ("pagination", "pages"),
    [
        (b"<MedlinePgn>101-9</MedlinePgn>", "101-9"),
        (b"<StartPage>101</StartPage><EndPage>109</EndPage>", "101-109"),
        (b"<StartPage>e12</StartPage>", "e12"),
        (b"", ""),
    ],
)
def test_pages_are_taken_as_a_range_or_put_together(written, pagination, pages):
    _, found = read_all(written(TITLED % (b"<Pagination>%s</Pagination>" % pagination)))

    assert found[0].pages == pages


def test_a_year_may_come_from_the_day_of_electronic_publication(written):
    _, found = read_all(written(TITLED % b"<ArticleDate><Year>2022</Year></ArticleDate>"))

    assert found[0].year == 2022


def test_math_keeps_what_is_raised_and_lowered(written):
    math = (
        b"<Abstract><AbstractText><math><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup> "
        b"<msub><mi>y</mi></msub></math></AbstractText></Abstract>"
    )

    _, found = read_all(written(TITLED % math))

    assert found[0].abstract == "x<sub>1</sub><sup>2</sup>y"


def test_other_abstracts_are_not_mixed_with_the_first(written):
    abstract = b"<Abstract><AbstractText>One.</AbstractText></Abstract>"
    path = written(
        (TITLED % abstract).replace(
            b"</MedlineCitation>",
            b"<OtherAbstract><AbstractText>Zwei.</AbstractText></OtherAbstract></MedlineCitation>",
        )
    )

    _, found = read_all(path)

    assert found[0].abstract == "One."


def test_a_set_without_articles_is_refused_in_words(written):
    with pytest.raises(UnreadableFile, match="up to its end at line 2 nothing begins an entry"):
        pubmed_xml.count(written(b"<PubmedArticleSet>\n</PubmedArticleSet>"), "utf-8")


@pytest.mark.parametrize(
    "head",
    [
        b"<PubmedArticleSet>",
        b' \n<?xml version="1.0"?><!-- <xml> --><PubmedBookArticle Status="x">',
        b"<!DOCTYPE x [<!ENTITY a '<xml>'>]>\n<MedlineCitationSet>",
        b"<!DOCTYPE PubmedArticleSet PUBLIC '-//NLM//DTD' 'https://dtd.example.org'><PubmedArticle>",
    ],
)
def test_the_first_element_tells_the_format(head):
    assert pubmed_xml.looks_like(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<",
        b"text <PubmedArticleSet>",
        b"<!-- <PubmedArticleSet> -->",
        b"<xml><PubmedArticle>",
    ],
)
def test_other_beginnings_are_of_other_formats(head):
    assert not pubmed_xml.looks_like(head)


@pytest.mark.parametrize(
    "name", [p.name for p in DATA.iterdir() if not p.name.startswith("pubmed_")]
)
def test_no_other_file_of_ours_looks_like_it(own, name):
    assert not pubmed_xml.looks_like(own(name).read_bytes()[: 1 << 16])


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_every_article_of_a_real_export_is_found_and_read():
    assert len(CORPUS_ROWS) == 3
    for row in CORPUS_ROWS:
        counted, found = read_all(CORPUS / row["file"])

        assert counted == Counted(int(row["expected_records"]))
        assert [type(entry) for entry in found] == [ParsedRecord] * counted.found
        assert all(entry.abstract and entry.pmid and entry.journal for entry in found)


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_only_its_own_files_of_the_corpus_look_like_it():
    alike = [row for row in ROWS if pubmed_xml.looks_like(beginning(CORPUS / row["file"]))]

    assert alike == CORPUS_ROWS


def beginning(path):
    return path.read_bytes()[: 1 << 16].removeprefix(b"\xef\xbb\xbf")
