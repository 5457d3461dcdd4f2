"""Keys of records, and questions about many records at once."""

import pytest
from django.db import connection

from screening.matching import keys
from screening.models import DuplicateKey, Merge, Record
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, imported

pytestmark = pytest.mark.django_db


@pytest.fixture
def library(libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS, DIFFUSION])
    return imported(libby, tmp_path, [GAN], source="Embase")


def test_every_record_is_found_by_each_of_its_keys_however_many_are_written_at_once(
    libby, tmp_path, monkeypatch
):
    imported(libby, tmp_path, [GAN, ATLAS, DIFFUSION])
    at_once = set(DuplicateKey.objects.values_list("key", "record__number"))
    monkeypatch.setattr(keys, "ROWS_AT_ONCE", 2)

    imported(libby, tmp_path, [GAN.but(volume="12 "), ATLAS, DIFFUSION], source="Embase")

    later = DuplicateKey.objects.filter(record__number__gt=3)
    assert {(key, number - 3) for key, number in later.values_list("key", "record__number")} == (
        at_once
    )


@pytest.mark.parametrize("asked_at_once", [1, 3, 10_000])
def test_who_shares_a_key_is_found_in_parts_as_at_once(libby, library, asked_at_once, monkeypatch):
    of_first = set(DuplicateKey.objects.filter(record__number=1).values_list("key", flat=True))
    monkeypatch.setattr(keys, "ASKED_AT_ONCE", asked_at_once)

    sharing = keys.sharing(libby.review.pk, of_first)

    numbers = Record.objects.filter(pk__in=sharing).values_list("number", flat=True)
    assert {1, 4} <= set(numbers)
    assert keys.sharing(libby.review.pk + 1, of_first) == set()
    assert keys.sharing(libby.review.pk, []) == set()


def test_one_of_many_numbers_is_asked_for_as_with_in(libby, library):
    records = libby.scope(Record)
    of = dict(records.values_list("number", "pk"))

    for numbers in ([], [2], {4, 1, 99}, range(3, 40_003)):
        asked = set(records.filter(number__among=numbers).values_list("number", flat=True))
        assert asked == set(of).intersection(numbers)
    assert set(records.filter(pk__among=[of[3], -1])) == {records.get(number=3)}
    assert Merge.objects.filter(record__pk__among=[of[4]], kept__pk__among=[of[1]]).count() == 1
    assert not Merge.objects.filter(record__pk__among=[of[1]]).exists()
    assert records.exclude(number__among=[1, 2]).count() == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no kinds of numbers")
def test_postgresql_is_given_numbers_of_the_kind_of_their_column():
    """It would compare each of 100,000 rows with each of 30,000 numbers of another kind."""
    in_order = Record.objects.filter(number__among=[1, 2])
    by_key = Merge.objects.filter(record__pk__among=[1, 2])

    assert "= ANY(%s::integer[])" in in_order.query.sql_with_params()[0]
    assert "= ANY(%s::bigint[])" in by_key.query.sql_with_params()[0]
