"""Triggers are installed anew: that of items asks for their record by its key alone."""

from django.db import migrations

from screening import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("screening", "0011_standing"),
    ]

    operations = [
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
