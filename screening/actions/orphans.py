"""Raw files whose upload was killed before its import had a row."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from screening import files
from screening.actions.base import lock_review
from screening.models import Import, Review

UPLOADS_TAKE_LESS_THAN = timedelta(days=1)


def remove_orphaned_files() -> int:
    """Raw files that no import names, and no upload will name any more, are gone."""
    old = files.written_before(timezone.now() - UPLOADS_TAKE_LESS_THAN)
    return sum(_remove_orphans(review_pk, paths) for review_pk, paths in sorted(old.items()))


@transaction.atomic
def _remove_orphans(review_pk: int, paths: list[Path]) -> int:
    # Whoever uploads one of these files again makes its row under the same lock.
    with suppress(Review.DoesNotExist):  # its files outlived it
        lock_review(review_pk)
    imports = Import.objects.filter(source__review=review_pk)
    named = {sha for pair in imports.values_list("sha256", "vote_log_sha256") for sha in pair}
    orphans = [path for path in paths if path.name not in named]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)
