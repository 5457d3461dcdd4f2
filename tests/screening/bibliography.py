"""Small files as databases export them, for tests of imports."""

from pathlib import Path


def ris(count: int, *, first: int = 1, untitled: frozenset[int] = frozenset()) -> str:
    """So many entries, numbered from `first`; the `untitled` ones cannot be read as records."""
    return "".join(
        "TY  - JOUR\n"
        + (f"TI  - Title {number}\n" if number not in untitled else "")
        + f"AU  - Author, {number}\nPY  - 2020\nDO  - 10.1000/{number}\n"
        + (f"AB  - Abstract {number}.\n" if number % 2 else "")
        + "ER  - \n\n"
        for number in range(first, first + count)
    )


def ris_file(folder: Path, count: int, *, name: str = "search.ris", **kwargs) -> Path:
    path = folder / name
    path.write_text(ris(count, **kwargs))
    return path
