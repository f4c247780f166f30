"""How long a connection waits before it tries again."""

from itertools import islice

import pytest

from chassis.broker import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, pauses, short
from chassis.errors import Invalid


class TestPauses:
    def test_double_and_are_capped(self) -> None:
        first, *_, last = found = list(islice(pauses(), 20))

        assert FIRST_PAUSE_SECONDS / 2 <= first <= FIRST_PAUSE_SECONDS
        assert LONGEST_PAUSE_SECONDS / 2 <= last <= LONGEST_PAUSE_SECONDS
        assert max(found) <= LONGEST_PAUSE_SECONDS

    def test_keep_processes_apart(self) -> None:
        tenth = {round(list(islice(pauses(), 10))[-1], 6) for _ in range(20)}

        assert len(tenth) > 10


class TestShort:
    def test_counts_bytes(self) -> None:
        assert short("ü") == b"\x02\xc3\xbc"

    def test_refuses_what_amqp_cannot_say(self) -> None:
        with pytest.raises(Invalid):
            short("x" * 256)
