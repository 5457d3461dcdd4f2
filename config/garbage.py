"""How often Python looks for garbage that refers to itself."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 10_000
"""Python's own 700 is passed by every ten records of a file that is compared with others, and each
look goes through more and more that is needed: an import took a fifth longer."""
YOUNG, MIDDLE = 50, 50


def collect_seldom() -> None:
    """Look when ten thousand objects are new; what is not needed any more is freed as before."""
    gc.set_threshold(NEW_OBJECTS, YOUNG, MIDDLE)


@contextmanager
def not_collecting() -> Iterator[None]:
    """Nobody looks meanwhile: with a large file in memory a look takes two tenths of a second, for
    which others would wait if it fell into a transaction."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
