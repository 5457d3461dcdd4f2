"""Sources, the imports of their files, and the records they gave."""

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q

from screening.importers import formats
from screening.querysets.sources import ImportQuerySet, RecordQuerySet, SourceQuerySet

URL_MESSAGE = "Give a whole address, such as https://www.example.org/proceedings."


class SourceKind(models.TextChoices):
    """Where PRISMA 2020 counts what the source gave."""

    DATABASE = "database", "Database"
    REGISTER = "register", "Register"
    WEBSITE = "website", "Website"
    ORGANISATION = "organisation", "Organisation"
    CITATIONS = "citations", "Citation searching"

    @property
    def is_other_method(self) -> bool:
        """Its records skip title and abstract: their reports are sought at once."""
        return self not in (SourceKind.DATABASE, SourceKind.REGISTER)


class Source(models.Model):
    """One search in one database or register, with the facts PRISMA-S asks for."""

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="sources")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=SourceKind, default=SourceKind.DATABASE)
    platform = models.CharField(max_length=120, blank=True)
    url = models.CharField(
        max_length=2_000,
        blank=True,
        validators=[URLValidator(["http", "https"], message=URL_MESSAGE)],
        help_text="Of a website, or of a list that was browsed.",
    )
    databases = models.TextField(
        max_length=2_000, blank=True, help_text="All that this one search was run in at once."
    )
    searched_on = models.DateField(null=True, blank=True)
    coverage_from = models.DateField(null=True, blank=True)
    coverage_to = models.DateField(null=True, blank=True)
    search_string = models.TextField(max_length=50_000, blank=True)
    method = models.TextField(
        max_length=5_000, blank=True, help_text="How it was browsed or asked, without a string."
    )
    limits = models.TextField(max_length=5_000, blank=True)
    filters = models.TextField(
        max_length=5_000, blank=True, help_text="Published search filters, with their citations."
    )
    hits = models.PositiveIntegerField(null=True, blank=True)
    searched_by = models.CharField(max_length=120, blank=True)
    peer_review = models.CharField(max_length=500, blank=True)
    updated_on = models.DateField(
        null=True, blank=True, help_text="When the search was last run again."
    )
    updates = models.TextField(
        max_length=5_000, blank=True, help_text="How it was run again, and what that brought."
    )
    notes = models.TextField(max_length=5_000, blank=True)
    is_proposal = models.BooleanField(default=False)

    objects = SourceQuerySet.as_manager()

    FACTS = (
        "name",
        "kind",
        "platform",
        "url",
        "databases",
        "searched_on",
        "coverage_from",
        "coverage_to",
        "search_string",
        "method",
        "limits",
        "filters",
        "hits",
        "searched_by",
        "peer_review",
        "updated_on",
        "updates",
        "notes",
        "is_proposal",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=SourceKind.values), name="source_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(coverage_from__isnull=True)
                | Q(coverage_to__isnull=True)
                | Q(coverage_from__lte=F("coverage_to")),
                name="source_coverage_in_order",
                violation_error_message="The period searched ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(updated_on__isnull=True)
                | Q(searched_on__isnull=True)
                | Q(searched_on__lte=F("updated_on")),
                name="source_updated_after_it_was_searched",
                violation_error_message="The search was run again before it was run first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.platform})" if self.platform else self.name


class ImportState(models.TextChoices):
    PREVIEWED = "previewed", "Previewed"
    STAGED = "staged", "Being stored"
    COMMITTED = "committed", "Imported"
    UNDONE = "undone", "Undone"


class Import(models.Model):
    """One uploaded file's way into the review. Its records exist for others once committed."""

    review_path = "source__review"

    source = models.ForeignKey(Source, models.PROTECT, related_name="imports")
    state = models.CharField(max_length=9, choices=ImportState, default=ImportState.PREVIEWED)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    format = models.CharField(max_length=20)
    encoding = models.CharField(max_length=20)
    warnings = models.JSONField(default=list, blank=True)
    columns = models.JSONField(
        null=True,
        blank=True,
        help_text="Of a table: the heading of each column and the field it fills, as somebody "
        "said; empty until somebody has. Null: read by what is known of its headings.",
    )
    found = models.PositiveIntegerField()
    read = models.PositiveIntegerField()
    vote_log_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of a second file, kept as the first, that tells when the votes in it were cast.",
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    staged_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last thousand records were stored."
    )
    committed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["sha256"], name="import_by_file"),
            models.Index(fields=["state"], name="import_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="import_state_is_known"
            ),
            models.CheckConstraint(condition=Q(read__lte=F("found")), name="import_reads_what_is"),
            models.CheckConstraint(
                condition=Q(state__in=["previewed", "staged"], committed_at__isnull=True)
                | Q(state__in=["committed", "undone"], committed_at__isnull=False),
                name="import_committed_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def problems_count(self) -> int:
        return self.found - self.read

    @property
    def format_label(self) -> str:
        """The format in words."""
        return formats.LABELS[self.format]

    @property
    def needs_columns(self) -> bool:
        """A table of which nobody has said yet which column is which."""
        return self.columns == []


class ImportProblem(models.Model):
    """An entry of the file that could not be read as a record."""

    review_path = "imported_by__source__review"

    imported_by = models.ForeignKey(Import, models.CASCADE, related_name="problems")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    message = models.CharField(max_length=500)
    remedy = models.CharField(max_length=500)
    raw = models.TextField(max_length=2_000)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["imported_by", "position"], name="problem_once_per_entry"
            )
        ]

    def __str__(self) -> str:
        return f"Entry {self.position}, line {self.line}: {self.message}"


class Record(models.Model):
    """A title and abstract as one source gave it (PRISMA 2020). Never changed after import."""

    review_path = "review"

    # Other indexes begin with both.
    review = models.ForeignKey("Review", models.PROTECT, related_name="records", db_index=False)
    imported_by = models.ForeignKey(Import, models.PROTECT, related_name="records", db_index=False)
    number = models.PositiveIntegerField(help_text="The record's number in its review.")
    rank = models.PositiveIntegerField(help_text="Its place in the shared order of screening.")
    position = models.PositiveIntegerField(help_text="Which entry of the file it is, from 1.")
    title = models.TextField()
    abstract = models.TextField(blank=True)
    authors = models.TextField(blank=True, help_text="One per line.")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    journal = models.CharField(max_length=2_000, blank=True)
    volume = models.CharField(max_length=500, blank=True)
    issue = models.CharField(max_length=500, blank=True)
    pages = models.CharField(max_length=500, blank=True)
    doi = models.CharField(max_length=500, blank=True)
    pmid = models.CharField(max_length=500, blank=True)
    pmcid = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=500, blank=True)
    keywords = models.TextField(blank=True, help_text="One per line.")
    url = models.CharField(max_length=2_000, blank=True)
    kind = models.CharField(max_length=500, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="record_number_once"),
            models.UniqueConstraint(
                fields=["imported_by", "position"], name="record_once_per_entry"
            ),
        ]

    def __str__(self) -> str:
        return self.title
