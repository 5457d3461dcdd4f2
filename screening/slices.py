"""Many things cut into slices, each of which is quick to handle."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

One = TypeVar("One")


def by_size(things: Iterable[One], size: Callable[[One], int], at_most: int) -> Iterator[list[One]]:
    """Slices whose sizes add up to no more than `at_most`, but for a thing that is larger itself."""
    some: list[One] = []
    total = 0
    for one in things:
        its_size = size(one)
        if some and total + its_size > at_most:
            yield some
            some, total = [], 0
        some.append(one)
        total += its_size
    if some:
        yield some
