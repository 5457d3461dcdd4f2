"""How a job stands, in what a page says of it: how far, which files, and whether anybody works."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from screening.models import Bundle, DuplicateQuestion, Import, ImportState, Job, JobState, Merge

WORKERS_LOOK_WITHIN = timedelta(seconds=15)
"""A worker that has nothing to do looks every second; after this long there is none."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the job, or one that came with them; `import_` is None where it has none."""

    name: str
    import_: Import | None
    refusal: str
    first: Import | None = None
    duplicates: int = 0

    @property
    def is_in(self) -> bool:
        return self.import_ is not None and self.import_.state == ImportState.COMMITTED

    @property
    def is_being_stored(self) -> bool:
        return self.import_ is not None and self.import_.state == ImportState.STAGED

    @property
    def waits_for_columns(self) -> bool:
        return self.import_ is not None and self.import_.needs_columns


@dataclass(frozen=True, slots=True)
class Standing:
    """A job with its files.

    Args:
        is_without_worker: it has waited for longer than a worker lets anything wait.
        is_silent: its worker has shown no life for a while, and may have been killed.
        ahead: how many jobs of this site come before it.
        questions: how many possible duplicates of the review wait for somebody.
    """

    job: Job
    rows: list[FileRow]
    is_without_worker: bool
    is_silent: bool
    ahead: int
    questions: int

    @property
    def duplicates(self) -> int:
        """Records of its files that are merged into others."""
        return sum(row.duplicates for row in self.rows)

    @property
    def records(self) -> int:
        return sum(row.import_.read for row in self.rows if row.import_ and row.is_in)

    @property
    def files(self) -> int:
        """How many of those that came are imports."""
        return sum(row.import_ is not None for row in self.rows)

    @property
    def refused(self) -> int:
        return sum(bool(row.refusal) for row in self.rows)

    @property
    def percent(self) -> int:
        return self.job.done * 100 // self.job.of if self.job.of else 0

    @property
    def is_waiting(self) -> bool:
        return self.job.state == JobState.WAITING


def standing_of(job: Job) -> Standing:
    now = timezone.now()
    is_idle, ahead = False, 0
    if job.state == JobState.WAITING:
        others = Job.objects.unfinished().exclude(pk=job.pk)
        ahead = others.filter(pk__lt=job.pk).count()
        is_worked = others.filter(state=JobState.RUNNING, lease_until__gte=now).exists()
        since = max(job.asked_at, job.heartbeat_at or job.asked_at)
        is_idle = not is_worked and now - since > WORKERS_LOOK_WITHIN
    elif job.state == JobState.RUNNING and job.lease_until:
        is_idle = now - job.lease_until > WORKERS_LOOK_WITHIN
    is_silent = job.state == JobState.RUNNING and now - job.heartbeat_at > WORKERS_LOOK_WITHIN
    questions = DuplicateQuestion.objects.open().filter(review=job.review_id).order_by().count()
    return Standing(job, _rows(job), is_idle, is_silent, ahead, questions)


def _rows(job: Job) -> list[FileRow]:
    parts = {part.imported_id: part for part in job.parts.select_related("imported__source")}
    merged = Merge.objects.in_force().filter(record__imported_by__in=list(parts)).order_by()
    counted = merged.values_list("record__imported_by").annotate(n=Count("pk"))
    duplicates = dict(counted)
    bundle = Bundle.objects.filter(job=job).first()
    if bundle is None:
        return [
            FileRow(
                one.imported.file_name,
                one.imported,
                one.refusal,
                duplicates=duplicates.get(one.imported_id, 0),
            )
            for one in parts.values()
        ]
    files = bundle.files.select_related("imported__source", "first")
    return [
        FileRow(
            file.name,
            file.imported,
            (parts[file.imported_id].refusal if file.imported_id in parts else "") or file.refusal,
            file.first,
            duplicates.get(file.imported_id, 0),
        )
        for file in files
    ]
