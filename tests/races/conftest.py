"""Rounds of races on a database whose transactions really commit, with triggers in place."""

import pytest

from screening.models import Import
from screening.verification import verify
from tests.invariants import differences, missing_triggers


@pytest.fixture(autouse=True)
def nothing_breaks(with_triggers):
    """After every race all invariants hold."""
    yield
    assert missing_triggers() == set()
    assert differences() == []
    _count_what_factories_imported()
    assert verify().differences == []


def _count_what_factories_imported() -> None:
    for import_ in Import.objects.filter(file_name="search.nbib"):
        import_.found = import_.read = import_.records.count()
        import_.save(update_fields=["found", "read"])
