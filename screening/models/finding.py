"""What the finder looks words up in. It follows from the records and may be built again."""

from django.db import models


class IndexBlock(models.Model):
    """Some thousand records of one import, with numbers from `first` to `last`.

    Blocks of a review do not overlap, so that their order is the order of the records.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.CASCADE, related_name="+")
    imported_by = models.ForeignKey("Import", models.CASCADE, related_name="+")
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    records = models.PositiveIntegerField(help_text="How many there are.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "first"], name="index_block_once")]

    def __str__(self) -> str:
        return f"records {self.first} to {self.last}"


class IndexEntry(models.Model):
    """Which records of a block have a word. Its table is made by `finding.index.create`.

    `places` are the records' numbers less the block's first, two bytes each, low byte first.
    """

    review_path = "block__review"

    pk = models.CompositePrimaryKey("block", "word")
    block = models.ForeignKey(
        IndexBlock, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    word = models.TextField()
    places = models.BinaryField()

    def __str__(self) -> str:
        return self.word
