"""What sources share: counted by hand on small libraries, and by sets on any."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from reporting.searches.overlap import overlap, overlap_of
from reporting.searches.page import SearchReport
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, imported

any_groups = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=5), max_size=20)


@given(any_groups)
def test_every_report_is_counted_once_whatever_is_merged(groups):
    """Each group is a list of the sources of its records, the one that is kept first."""
    records = {}
    for source in (source for group in groups for source in group):
        records[source] = records.get(source, 0) + 1
    merges = [(at, group[0], one) for at, group in enumerate(groups) for one in group[1:]]

    found = overlap_of(records, merges)

    assert found.total == len(groups)
    for source in records:
        with_it = [set(group) for group in groups if source in group]
        assert found.reports[source] == len(with_it)
        assert found.only_here[source] == sum(group == {source} for group in with_it)
    for one, other in combinations(sorted(records), 2):
        both = sum({one, other} <= set(group) for group in groups)
        assert found.shared_by(one, other) == found.shared_by(other, one) == both


def test_three_sources_of_a_review(libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    imported(libby, tmp_path, [GAN, DIFFUSION, GAN.but(title=GAN.title.upper())], source="Embase")
    imported(libby, tmp_path, [GAN, DIFFUSION], source="Scopus")

    pubmed, embase, scopus = SearchReport(libby).searches

    assert [(one.records, one.reports, one.only_here) for one in (pubmed, embase, scopus)] == [
        (2, 2, 1),
        (3, 2, 0),
        (2, 2, 0),
    ]
    assert overlap(libby).total == 3
    shared = {
        row.source.name: [number for _, number in numbers]
        for row, numbers in SearchReport(libby).overlaps
    }
    assert shared == {
        "PubMed": [None, 1, 1],
        "Embase": [1, None, 2],
        "Scopus": [1, 2, None],
    }
