"""Rules and parsers can be used, and tried, without Django."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "package",
    [
        *("screening.rules", "screening.importers", "screening.duplicates"),
        *("screening.finding.folding", "screening.outline"),
        *("reporting.agreement.coefficients", "reporting.prisma.numbers"),
    ],
)
def test_it_is_imported_without_django(package):
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {package}; print('django' in sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "False\n"
