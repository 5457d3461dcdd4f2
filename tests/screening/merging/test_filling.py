"""What a record lacks is shown from its duplicates, and says where it is from."""

from screening.actions.merging import separate
from screening.filling import filled
from screening.queue import upcoming
from screening.rules import Stage
from tests.screening.merging.libraries import DIFFUSION, GAN, imported, record

TA = Stage.TITLE_ABSTRACT


def test_a_card_has_the_abstract_and_numbers_of_the_duplicates(libby, alice, tmp_path):
    imported(libby, tmp_path, [GAN.but(year="", abstract="")])
    imported(libby, tmp_path, [GAN.but(pmid="31", abstract="Of breasts.")], source="Embase")
    imported(libby, tmp_path, [GAN.but(abstract="Another one, longer.")], source="Scopus")

    [item] = upcoming(alice, TA)

    shown = item.record
    assert (shown.number, shown.abstract, shown.pmid, shown.year) == (1, "Of breasts.", "31", 2021)
    assert [(one.name, one.source, one.number) for one in shown.taken_over] == [
        ("abstract", "Embase", 2),
        ("year", "Embase", 2),
        ("PMID", "Embase", 2),
    ]


def test_what_the_record_has_itself_is_not_replaced(libby, tmp_path):
    imported(libby, tmp_path, [GAN.but(abstract="Its own.")])
    imported(libby, tmp_path, [GAN.but(abstract="A longer one, of another.")], source="Embase")

    assert filled(record(libby, 1)).abstract == "Its own."


def test_an_abstract_that_was_cut_gives_way_to_a_whole_one(libby, tmp_path):
    imported(libby, tmp_path, [GAN.but(abstract="It begins and then…")])
    imported(libby, tmp_path, [GAN.but(abstract="It begins and then it ends.")], source="Embase")

    assert filled(record(libby, 1)).abstract == "It begins and then it ends."


def test_after_a_separation_nothing_is_taken_over(libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN.but(abstract="Of breasts."), DIFFUSION], source="Embase")
    separate(libby, record(libby, 2))

    assert filled(record(libby, 1)).taken_over == []


def test_the_page_names_the_source(libby, alice, client, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN.but(abstract="Of dense breasts.")], source="Embase")
    client.force_login(alice.user)

    page = client.get(f"/reviews/{alice.review.pk}/screen/title-abstract/", follow=True)

    assert "Of dense breasts." in page.content.decode()
    assert "abstract from Embase (record 2)" in page.content.decode()
