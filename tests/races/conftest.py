"""Rounds of races on a database whose transactions really commit, with triggers in place."""

import pytest

from tests.invariants import differences, missing_triggers


@pytest.fixture(autouse=True)
def nothing_breaks(with_triggers):
    """After every race all invariants hold."""
    yield
    assert missing_triggers() == set()
    assert differences() == []
