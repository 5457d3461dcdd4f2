"""Run as a program: an empty database becomes a review with voters who are signed in.

Prints JSON: the review, its records, and each voter's name, session and membership.
"""

import json
import os
import sys

import django


def main(records: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings  # noqa: PLC0415 -- once the settings are there
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)

    from screening.models import Import, Role  # noqa: PLC0415
    from tests.conftest import join  # noqa: PLC0415
    from tests.factories import ItemFactory, ReviewFactory  # noqa: PLC0415

    review = ReviewFactory()
    join(review, "Lead", Role.LEAD)
    people = [join(review, f"Voter {number}", Role.REVIEWER) for number in range(4)]
    items = [ItemFactory(review=review) for _ in range(records)]
    Import.objects.update(found=records, read=records)
    voters = []
    for access in people:
        session = SessionStore()
        session["_auth_user_id"] = str(access.user.pk)
        session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[1]
        session["_auth_user_hash"] = access.user.get_session_auth_hash()
        session.save()
        voters.append({"name": access.user.name, "session": session.session_key})
    told = {"review": review.pk, "records": [item.record_id for item in items], "voters": voters}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]))
