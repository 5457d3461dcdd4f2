from django.db import migrations, models

from screening.finding import index


def create(apps, schema_editor):
    index.create(schema_editor.connection)


def drop(apps, schema_editor):
    index.drop(schema_editor.connection)


def fill(apps, schema_editor):
    """Records that are stored already are found as well."""
    blocks = apps.get_model("screening", "IndexBlock").objects
    records = apps.get_model("screening", "Record").objects
    for (review,) in apps.get_model("screening", "Review").objects.values_list("pk"):
        imported = records.filter(review=review, imported_by__state="committed")
        for block, import_pk in index.blocks_of(imported):
            index.store(block, block.rows(), review, import_pk, blocks)


class Migration(migrations.Migration):
    dependencies = [("screening", "0003_full_text")]

    operations = [
        migrations.CreateModel(
            name="IndexBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", models.PositiveIntegerField()),
                ("last", models.PositiveIntegerField()),
                ("records", models.PositiveIntegerField(help_text="How many there are.")),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="+",
                        to="screening.import",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="+",
                        to="screening.review",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("review", "first"), name="index_block_once")
                ],
            },
        ),
        # By hand: each database keeps it in the order of its key, in its own way.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create, drop)],
            state_operations=[
                migrations.CreateModel(
                    name="IndexEntry",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "block",
                                "word",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("word", models.TextField()),
                        ("places", models.BinaryField()),
                        (
                            "block",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=models.deletion.DO_NOTHING,
                                related_name="+",
                                to="screening.indexblock",
                            ),
                        ),
                    ],
                ),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
