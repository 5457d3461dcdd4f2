"""The cast: Alice and Bob screen, Carol adjudicates, Dora leads, Libby imports, Olive observes.

Mallory leads a different review and has no business here.
"""

from collections.abc import Iterator

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import override_settings

from screening import triggers
from screening.access import ReviewAccess, access_for
from screening.models import Review, Role
from tests.factories import MembershipFactory, ReviewFactory

hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _files_of_this_process(tmp_path_factory) -> Iterator[None]:
    """Away from real ones, and from those of a process that tests beside this one."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files")):
        yield


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Counts kept from one test must not be read by the next."""
    cache.clear()
    yield
    cache.clear()


def join(review: Review, name: str, *roles: Role) -> ReviewAccess:
    membership = MembershipFactory(review=review, user__name=name, roles=roles)
    return access_for(membership.user, review.pk)


@pytest.fixture
def review(db) -> Review:
    return ReviewFactory()


@pytest.fixture
def alice(review) -> ReviewAccess:
    return join(review, "Alice", Role.REVIEWER)


@pytest.fixture
def bob(review) -> ReviewAccess:
    return join(review, "Bob", Role.REVIEWER)


@pytest.fixture
def carol(review) -> ReviewAccess:
    return join(review, "Carol", Role.ADJUDICATOR)


@pytest.fixture
def dora(review) -> ReviewAccess:
    return join(review, "Dora", Role.LEAD)


@pytest.fixture
def libby(review) -> ReviewAccess:
    return join(review, "Libby", Role.LIBRARIAN)


@pytest.fixture
def olive(review) -> ReviewAccess:
    return join(review, "Olive", Role.OBSERVER)


@pytest.fixture
def mallory(db) -> ReviewAccess:
    return join(ReviewFactory(title="Mallory's own"), "Mallory", Role.LEAD)


@pytest.fixture
def no_undo(settings) -> None:
    """Items settle at once."""
    settings.UNDO_SECONDS = 0


@pytest.fixture
def committed(transactional_db):
    """A database whose transactions really commit, for threads and processes.

    Our triggers refuse the flush that ends such a test, so they come off around it.
    """
    yield
    triggers.remove(connection)


@pytest.fixture
def with_triggers(committed):
    triggers.install(connection)
    return committed
