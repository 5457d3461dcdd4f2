"""Rows that come with an import, some thousand at once, and are there for nobody until it stands."""

from django.db import models


def came_with() -> models.ForeignKey:
    """The import with which a row came; empty for one that was made later, or by somebody.

    Nothing of it is indexed: questions leave out the few imports that are being stored, see
    `querysets.standing`. Rows go before their import does; see `bulk.delete_following`.
    """
    return models.ForeignKey(
        "Import",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="The import it came with; empty for what was made later.",
    )
