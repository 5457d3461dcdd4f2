"""Numbers and spans of time in words. Pure."""

from datetime import timedelta

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ORDINALS = ("", "first", "second", "third")


def counted(number: int, noun: str) -> str:
    """`1 record`, `5,700 records`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def waits(number: int, noun: str) -> str:
    """`1 record waits`, `12 records wait`."""
    return f"{counted(number, noun)} {'waits' if number == 1 else 'wait'}"


def spelled(number: int) -> str:
    """Up to ten in letters, as in running text."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def about(seconds: float) -> str:
    """A rough length of work: `about 40 minutes`, `about five hours`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes == 1:
        return "about a minute"
    if minutes < 10:
        return f"about {spelled(minutes)} minutes"
    if minutes < 55:
        return f"about {round(minutes / 5) * 5} minutes"
    hours = round(minutes / 60)
    return "about an hour" if hours == 1 else f"about {spelled(hours)} hours"


def age(span: timedelta) -> str:
    """How old something is, in days."""
    if span.days < 1:
        return "less than a day"
    return counted(span.days, "day")
