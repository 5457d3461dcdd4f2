"""Run as a program: prints what is stored, and what is wrong with it, as JSON."""

import json
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from screening.models import Vote  # noqa: PLC0415 -- once the settings are there
    from tests.invariants import differences, missing_triggers  # noqa: PLC0415

    current = Vote.objects.current().values_list("reviewer__name", "item__record", "decision")
    told = {
        "votes": list(current),
        "differences": differences(),
        "missing": sorted(missing_triggers()),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
