"""Records for the tests of duplicates; titles, people and journals are invented."""

from screening.duplicates import Description, Normalised, normalise

TITLE = "Copper bracelets and the sleep of lighthouse keepers: a randomised crossover comparison"
AUTHORS = ("Harrow, Edith", "Okafor, Uche", "Lindqvist, Per")
ABSTRACT = (
    "Background: Keepers of lighthouses sleep badly. Methods: We gave bracelets of copper or of "
    "painted wood to forty keepers on nine islands, each for a winter, in a random order. Results: "
    "Sleep lasted six hours with either, and no keeper could tell which bracelet was worn."
)
PLACE = {
    "journal": "Journal of Coastal Medicine",
    "year": 2014,
    "volume": "31",
    "issue": "2",
    "pages": "114-121",
}


def described(number=1, **known) -> Description:
    """A title and what else is stated."""
    return Description(**{"id": number, "title": TITLE, **known})


def record(number=1, **known) -> Normalised:
    return normalise(described(number, **known))


def paper(number=1, **changes) -> Normalised:
    """A paper of which all is known but its numbers."""
    return record(number, **{"authors": AUTHORS, **PLACE, **changes})
