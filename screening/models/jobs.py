"""Work that takes longer than a request, and the files that were brought in together."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from screening.models.sources import Import, ImportState
from screening.querysets.jobs import BundleQuerySet, JobQuerySet


class JobKind(models.TextChoices):
    IMPORT = "import", "Import"
    DUPLICATES = "duplicates", "Look for duplicates"


class JobState(models.TextChoices):
    WAITING = "waiting", "Waits for a worker"
    RUNNING = "running", "Runs"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Job(models.Model):
    """Something a worker does. Who has claimed it shows life until the lease ends, or lost it.

    `attempts` counts claims, and with `claimed_by` names one of them: see `screening.working`.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=10, choices=JobKind)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=JobState, default=JobState.WAITING)
    claimed_by = models.CharField(max_length=64, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(
        default=0, help_text="Entries or records so far, of this attempt."
    )
    of = models.PositiveIntegerField()
    merged = models.PositiveIntegerField(
        default=0, help_text="Merges so far, of all attempts: these stand whatever follows."
    )
    failure = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    imports = models.ManyToManyField(Import, through="JobImport", related_name="jobs")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["id"], name="job_not_ended", condition=Q(state__in=["waiting", "running"])
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=JobState.values),
                name="job_state_is_known",
                violation_error_message="A job waits, runs, is done or has failed.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=JobKind.values),
                name="job_kind_is_known",
                violation_error_message="No worker knows how to do this.",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="running",
                    heartbeat_at__isnull=False,
                    lease_until__isnull=False,
                    attempts__gte=1,
                )
                & ~Q(claimed_by="")
                | ~Q(state="running") & Q(lease_until__isnull=True, claimed_by=""),
                name="job_runs_under_a_lease",
                violation_error_message="A job runs while somebody has its lease, and not else.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], ended_at__isnull=False)
                | Q(state__in=["waiting", "running"], ended_at__isnull=True),
                name="job_ended_at_some_time",
                violation_error_message="A job has an end once it is done or has failed.",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") & ~Q(failure="") | ~Q(state="failed") & Q(failure=""),
                name="job_failed_for_a_reason",
                violation_error_message="A job that failed says why, and no other does.",
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("of")),
                name="job_does_no_more_than_all",
                violation_error_message="A job cannot have done more than there is.",
            ),
            models.CheckConstraint(
                condition=Q(kind="duplicates") | Q(merged=0),
                name="job_merges_if_it_looks",
                violation_error_message="Only a job that looks for duplicates merges by itself.",
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(kind="duplicates", state__in=["waiting", "running"]),
                name="job_looks_once_at_a_time",
                violation_error_message="All records of the review are being looked through.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def has_ended(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED}


class JobImport(models.Model):
    """An import that a job stores, in order of `place`; `refusal` says why it did not."""

    review_path = "job__review"

    job = models.ForeignKey(Job, models.CASCADE, related_name="parts")
    imported = models.ForeignKey(Import, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    refusal = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "place"],
                name="job_place_once",
                violation_error_message="Two files of a job cannot be at the same place.",
            ),
            models.UniqueConstraint(
                fields=["job", "imported"],
                name="job_import_once",
                violation_error_message="A job stores a file once.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.imported_id} in job {self.job_id}"


class Bundle(models.Model):
    """Files that were brought in together, to be looked at together."""

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="bundles")
    brought_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    brought_at = models.DateTimeField()
    ignored = models.JSONField(
        default=list, blank=True, help_text="Names of what came along and is no file of results."
    )
    job = models.OneToOneField(
        Job, models.PROTECT, null=True, blank=True, related_name="bundle", editable=False
    )

    objects = BundleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Files of {self.brought_at:%Y-%m-%d %H:%M}"


class BundledFile(models.Model):
    """One of the files: its import, or a sentence why it has none."""

    review_path = "bundle__review"

    bundle = models.ForeignKey(Bundle, models.CASCADE, related_name="files")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    imported = models.OneToOneField(
        Import, models.SET_NULL, null=True, blank=True, related_name="bundled"
    )
    first = models.ForeignKey(
        Import,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The import that brought this very file before.",
    )
    is_guessed = models.BooleanField(
        default=False, help_text="The file itself says which database it is from."
    )
    refusal = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(
                fields=["bundle", "place"],
                name="bundle_place_once",
                violation_error_message="Two files cannot be at the same place.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def waits(self) -> bool:
        """It can be stored, or left out, by whoever decides."""
        return self.imported is not None and self.imported.state == ImportState.PREVIEWED
