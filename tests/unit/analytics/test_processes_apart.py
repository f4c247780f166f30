"""DuckDB stays out of the service's process, and eventlet out of the warehouse's."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("services.analytics.service", "duckdb"),
        ("services.analytics.warehouse.methods", "eventlet"),
    ],
)
def test_imports_nothing_that_the_other_side_needs(module, unwanted):
    program = f"import {module}, sys; sys.exit({unwanted!r} in sys.modules)"

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False)

    assert done.returncode == 0
