"""Cursors: what a list made is read back as its columns compare it, and nothing else is."""

import base64
from datetime import UTC, date, datetime

import pytest

from chassis.cursors import read_cursor, write_cursor
from chassis.errors import Invalid

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)


def test_what_was_written_is_read() -> None:
    keys = [NOON, date(2017, 3, 1), 7, "x"]

    assert read_cursor(write_cursor(keys), [datetime, date, int, str]) == keys


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (datetime, 7),
        (datetime, "noon"),
        (datetime, "2017-03-01T12:00:00"),  # no zone
        (datetime, "0001-01-01T00:00:00+14:00"),  # before the calendar
        (date, None),
        (int, True),
        (int, 2**64 - 1),
        (int, "7"),
        (str, 7),
        (str, []),
        (str, "a\0b"),
    ],
)
def test_a_key_of_another_list_is_refused(kind: type, key: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_cursor(write_cursor([key]), [kind])

    assert refused.value.code == "page.cursor"


@pytest.mark.parametrize("text", ["", "A", "====", "客户", base64.b64encode(b"null").decode()])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_cursor(text, [str])
