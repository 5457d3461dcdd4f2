"""Authors who are no persons: groups, whose names are not turned round, and nobody at all."""

import re
from collections.abc import Iterable

from screening.importers import fields

_GROUP = re.compile(
    r"\b(?:group|stud(?:y|ies)|trials?|investigators?|consorti\w+|collaborat\w+|committee|"
    r"network|team|association|society|organi[sz]ation|institut\w*|universit\w*|ministry|"
    r"department|agency|cent(?:er|re)s?|council|foundation|federation|college|academy|hospital|"
    r"force|initiative|program(?:me)?|registry|project|commission|union|office|bureau|service|"
    r"alliance|board|panel|forum|research|national|international|health|for|of|on|the)\b",
    re.IGNORECASE,
)
_NO_NAMES = (
    "no author name available|no authors listed|anonymous|anon|anon.|others|et al|et al.|...|…"
)
_NOBODY = frozenset(_NO_NAMES.split("|"))
_LONGEST_NOBODY = max(map(len, _NOBODY)) + len("[].")


def is_group(name: str) -> bool:
    """Whether a word of the name says that it is a group's."""
    return _GROUP.search(name) is not None


def is_nobody(name: str) -> bool:
    """Whether the name says that there is none, or that there are more."""
    return len(name) <= _LONGEST_NOBODY and name.strip(" []").casefold() in _NOBODY


def authors(values: Iterable[str]) -> tuple[str, ...]:
    """The names of somebody, without blanks around or doubled within them."""
    return fields.names(name for name in values if not is_nobody(name))
