"""What two raters made of the same items, counted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Table:
    """What two raters made of the same items.

    Args:
        categories: all that could be chosen, used or not: PABAK and AC1 depend on their number.
            In order, where they have one.
        counts: `counts[i][j]` items were put in category i by the first rater and in j by the
            second.

    Raises:
        ValueError: not square, a count below zero, no category or one named twice.
    """

    categories: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        size = len(self.categories)
        if not size or len(set(self.categories)) < size:
            raise ValueError("every category is named once")
        if len(self.counts) != size or any(len(row) != size for row in self.counts):
            raise ValueError(f"{size} categories need {size} rows of {size} counts")
        if any(count < 0 for row in self.counts for count in row):
            raise ValueError("a count below zero")

    @classmethod
    def of(cls, pairs: Mapping[tuple[str, str], int], categories: Sequence[str]) -> Self:
        """The table of how often each pair of answers, (first, second), was given.

        Raises:
            ValueError: an answer that is none of the categories.
        """
        unknown = {answer for pair in pairs for answer in pair} - set(categories)
        if unknown:
            raise ValueError(f"not among the categories: {', '.join(sorted(unknown))}")
        return cls(
            tuple(categories),
            tuple(tuple(pairs.get((a, b), 0) for b in categories) for a in categories),
        )

    @property
    def n(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def agreed(self) -> int:
        return sum(row[i] for i, row in enumerate(self.counts))

    @property
    def first(self) -> tuple[int, ...]:
        """How often the first rater used each category."""
        return tuple(map(sum, self.counts))

    @property
    def second(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*self.counts, strict=True)))

    @property
    def swapped(self) -> Self:
        """The same items with the raters in the other order."""
        return type(self)(self.categories, tuple(zip(*self.counts, strict=True)))
