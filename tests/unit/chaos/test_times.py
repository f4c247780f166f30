"""Instants out of rows that were asked for in plain SQL."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chaos.times import instant

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "stored",
    [
        "2026-03-02 12:00:00.000000",
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=8))),
    ],
)
def test_reads_what_either_database_has(stored: datetime | str) -> None:
    assert instant(stored) == NOON
    assert instant(stored).tzinfo is UTC
