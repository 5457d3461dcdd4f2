"""README.txt of the zip: what each file is, of when, and how to check that nobody changed it."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from textwrap import indent, wrap

from django.conf import settings

from reporting.package.contents import Part
from reporting.package.log import CHECK
from screening.host import HostAccess
from screening.models import LogHead

WIDTH = 78


def version() -> str:
    """Of this Parallax."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return f"Parallax {project['version']}"


def text(access: HostAccess, parts: Iterable[Part], at: datetime) -> bytes:
    """The README.

    Args:
        parts: as they were written, with the number of their rows.
        at: when the state of the review was taken.
    """
    return "\n".join(_lines(access, parts, at)).encode()


def _lines(access: HostAccess, parts: Iterable[Part], at: datetime) -> Iterator[str]:
    head = LogHead.objects.get(review=access.review)
    yield from wrap(access.review.title, WIDTH)
    yield "=" * min(len(access.review.title), WIDTH)
    yield ""
    yield from wrap(
        f"The whole review as it stood on {at.astimezone(UTC):%Y-%m-%d at %H:%M:%S} UTC, written "
        f"by {version()}. All files are of that one moment. Its log then had {head.sequence} "
        "entries, the last of them with this digest:",
        WIDTH,
    )
    yield from (f"  {head.digest or '(none)'}", "")
    yield from (
        "KEEP THIS FROM EVERYBODY WHO STILL VOTES",
        "",
        *_paragraph(
            "These files are complete and unblinded. They hold votes, reasons, notes and names "
            "that Parallax hides from reviewers, adjudicators and leads until a record is settled "
            "or its conflict resolved, and the e-mail addresses of invitations. Whoever reads "
            "them is not blinded any more. What is complete counts as settled here, also where "
            "the last vote could still have been taken back."
        ),
        "THE FILES",
        "",
    )
    for part in parts:
        size = "" if part.rows is None else f" Rows: {part.rows}."
        yield part.name
        yield from wrap(part.holds + size, WIDTH, initial_indent="    ", subsequent_indent="    ")
    yield "SHA256SUMS"
    yield "    The SHA-256 of every file here. To check them: sha256sum -c SHA256SUMS"
    yield ""
    yield from _paragraph(
        "Tables are CSV in UTF-8 with one header row; times are UTC. A cell that a spreadsheet "
        "would take for a formula begins with an apostrophe: take it off where one stands before "
        "= + - @ or a control character. record_id is the number of a record in this review; "
        "at full text it is the number of its report too. Files called .ris can be imported into "
        "Parallax and into reference managers."
    )
    yield from (
        "WHETHER THE LOG WAS CHANGED",
        "",
        *_paragraph(
            "Each entry of log.csv has a digest of itself and of the digest before it, so that "
            "nothing can be changed, left out or put in without changing every digest behind it. "
            "Python 3 computes them again with the lines below, beside log.csv; the last one must "
            "be the digest told above, and what you noted down or had printed before shows whether "
            "all of it was written anew. An entry names its actor by a number: the column who says "
            "whose it is."
        ),
    )
    yield indent(CHECK, "    ")
    yield ""


def _paragraph(words: str) -> tuple[str, ...]:
    return (*wrap(words, WIDTH, break_on_hyphens=False), "")
