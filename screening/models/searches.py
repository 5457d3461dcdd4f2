"""What a review says of its search as a whole, beside what its sources say one by one."""

from django.db import models

LONGEST = 5_000


class SearchMethods(models.Model):
    """The items of PRISMA-S that are said once for all sources; no row until somebody says one.

    Source: PRISMA-S, doi:10.1186/s13643-020-01542-z; the numbers below are those of its items.
    """

    review_path = "review"

    review = models.OneToOneField("Review", models.PROTECT, related_name="search_methods")
    together = models.TextField("Databases searched together", max_length=LONGEST, blank=True)  # 2
    registers = models.TextField("Study registers", max_length=LONGEST, blank=True)  # 3
    browsing = models.TextField("Websites and browsing", max_length=LONGEST, blank=True)  # 4
    citations = models.TextField("Citation searching", max_length=LONGEST, blank=True)  # 5
    contacts = models.TextField("People asked", max_length=LONGEST, blank=True)  # 6
    other_methods = models.TextField("Other methods", max_length=LONGEST, blank=True)  # 7
    limits = models.TextField("Limits and restrictions", max_length=LONGEST, blank=True)  # 9
    filters = models.TextField("Search filters", max_length=LONGEST, blank=True)  # 10
    prior_work = models.TextField("Earlier searches reused", max_length=LONGEST, blank=True)  # 11
    updates = models.TextField("Updates", max_length=LONGEST, blank=True)  # 12
    peer_review = models.TextField("Peer review", max_length=LONGEST, blank=True)  # 14
    deduplication_software = models.CharField(
        "Software for duplicates", max_length=200, blank=True
    )  # 16
    deduplication = models.TextField(
        "How duplicates were found", max_length=LONGEST, blank=True
    )  # 16

    FACTS = (
        "together",
        "registers",
        "browsing",
        "citations",
        "contacts",
        "other_methods",
        "limits",
        "filters",
        "prior_work",
        "updates",
        "peer_review",
        "deduplication_software",
        "deduplication",
    )

    def __str__(self) -> str:
        return f"The search of {self.review}"
