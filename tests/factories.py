"""Rows with as few details as the database allows; a test states what it depends on."""

from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from screening.models import (
    Import,
    ImportState,
    IndexBlock,
    LogHead,
    Membership,
    MembershipRole,
    Protocol,
    Record,
    Review,
    ScreeningItem,
    Source,
    User,
)
from screening.rules import Stage


@cache
def hashed_password() -> str:
    """Of "correct horse battery"; hashing takes half a second, so that people share it."""
    return make_password("correct horse battery")


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence("Person {}".format)
    email = factory.LazyAttribute(lambda user: f"{user.name.lower().replace(' ', '.')}@example.org")
    password = factory.LazyFunction(hashed_password)


class ReviewFactory(factory.django.DjangoModelFactory):
    """A review with its protocol and the beginning of its log, as `create_review` makes it."""

    class Meta:
        model = Review
        skip_postgeneration_save = True

    title = factory.Sequence("Review {}".format)
    created_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    shuffle_seed = 1

    @factory.post_generation
    def protocol(self, create: bool, extracted: Any, **fields: Any) -> None:
        LogHead.objects.create(review=self)
        Protocol.objects.create(review=self, started_at_sequence=1, **fields)


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership
        skip_postgeneration_save = True

    review = factory.SubFactory(ReviewFactory)
    user = factory.SubFactory(UserFactory)
    number = factory.LazyAttribute(lambda m: m.review.memberships.count() + 1)
    name = factory.LazyAttribute(lambda m: m.user.name)
    joined_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def roles(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        for role in extracted or ():
            MembershipRole.objects.create(membership=self, role=role)


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source

    review = factory.SubFactory(ReviewFactory)
    name = "PubMed"


class ImportFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Import

    source = factory.SubFactory(SourceFactory)
    state = ImportState.COMMITTED
    file_name = "search.nbib"
    sha256 = factory.Sequence("{:064x}".format)
    size = 1
    format = "nbib"
    encoding = "utf-8"
    found = 1
    read = 1
    uploaded_by = factory.SubFactory(UserFactory)
    uploaded_at = factory.LazyFunction(timezone.now)
    committed_at = factory.LazyFunction(timezone.now)


class RecordFactory(factory.django.DjangoModelFactory):
    """A record of a committed import; give `review` (a Review) and, if it matters, details."""

    class Meta:
        model = Record
        skip_postgeneration_save = True

    review = factory.SubFactory(ReviewFactory)
    imported_by = factory.LazyAttribute(
        lambda record: (
            Import.objects.filter(source__review=record.review).first()
            or ImportFactory(source__review=record.review, uploaded_by=record.review.created_by)
        )
    )
    number = factory.LazyAttribute(lambda record: record.review.records.count() + 1)
    position = factory.SelfAttribute("number")
    rank = factory.SelfAttribute("number")
    title = factory.LazyAttribute(lambda record: f"Record {record.number}")

    @factory.post_generation
    def index(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """The index counts it, without its words: `rebuild` of the finder makes it found."""
        IndexBlock.objects.create(
            review=self.review,
            imported_by=self.imported_by,
            first=self.number,
            last=self.number,
            records=1,
        )


class ItemFactory(factory.django.DjangoModelFactory):
    """A record up for screening on title and abstract, with the quorum of its protocol."""

    class Meta:
        model = ScreeningItem

    review = factory.SubFactory(ReviewFactory)
    record = factory.SubFactory(RecordFactory, review=factory.SelfAttribute("..review"))
    stage = Stage.TITLE_ABSTRACT
    rank = factory.SelfAttribute("record.rank")
    quorum = factory.LazyAttribute(
        lambda item: item.review.protocols.get(ended_at_sequence=None).quorum(Stage(item.stage))
    )
