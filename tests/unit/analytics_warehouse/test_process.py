"""The warehouse is a plain process: nothing of eventlet is in it, and its client needs no DuckDB."""

import subprocess
import sys

import pytest

from tests.support.warehouse import PROJECT

ABSENT = "import sys, {module}; print([name for name in {names} if name in sys.modules])"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        # A query would stop the hub for its whole length.
        ("services.analytics.warehouse.process", ("eventlet", "nameko", "kombu")),
        # Services import this one, and they are green.
        ("services.analytics.warehouse.asking", ("duckdb", "pyarrow", "pika")),
    ],
)
def test_what_it_must_not_bring_along_stays_out(module: str, names: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ABSENT.format(module=module, names=names)],
        cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (done.stdout, done.stderr) == ("[]\n", "")
