"""A line that is spoilt behaves as a spoilt line does: seen from both its ends, over real sockets."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from chaos.lines import Line, lossy, through
from tests.support.waiting import eventually, stays

HOST = "127.0.0.1"
SECONDS = 60.0


@dataclass
class Ends:
    """A server behind a line, and one connection through it."""

    server: socket.socket
    line: Line
    near: socket.socket
    far: socket.socket
    stack: contextlib.ExitStack

    def accepted(self) -> socket.socket:
        """Return the server's end of the next connection."""
        return self.stack.enter_context(_patient(self.server.accept()[0]))

    def connect(self) -> socket.socket:
        """Connect once more."""
        return _patient(socket.create_connection((HOST, self.line.port)))


@pytest.fixture
def ends() -> Iterator[Ends]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server((HOST, 0)))
        line = Line(server.getsockname()[1])
        stack.callback(line.close)
        near = stack.enter_context(_patient(socket.create_connection((HOST, line.port))))
        far = stack.enter_context(_patient(server.accept()[0]))
        yield Ends(server, line, near, far, stack)


def _patient(one: socket.socket) -> socket.socket:
    one.settimeout(SECONDS)
    return one


def _silent(one: socket.socket) -> bool:
    """Tell whether nothing is there to be read, nor the end."""
    one.setblocking(False)
    try:
        one.recv(1)
    except BlockingIOError:
        return True
    finally:
        one.settimeout(SECONDS)
    return False


class TestWhole:
    def test_passes_everything_on_both_ways(self, ends: Ends) -> None:
        ends.near.sendall(b"there")
        ends.far.sendall(b"back")

        assert ends.far.recv(9) == b"there"
        assert ends.near.recv(9) == b"back"
        assert ends.line.passed == 1

    def test_an_end_is_passed_on(self, ends: Ends) -> None:
        ends.near.close()

        assert ends.far.recv(1) == b""

    def test_leads_where_the_uri_led(self) -> None:
        line = Line(1)
        uri = through("amqp://sales:a@b@127.0.0.1:5672/vhost", line)
        line.close()

        assert uri == f"amqp://sales:a@b@127.0.0.1:{line_port(uri)}/vhost"
        assert line_port(uri) != 5672


def line_port(uri: str) -> int:
    """Return the port in a URI."""
    return int(uri.rpartition(":")[2].partition("/")[0])


class TestCut:
    def test_both_ends_see_an_orderly_end_and_may_connect_again(self, ends: Ends) -> None:
        ends.line.cut()

        assert (ends.near.recv(1), ends.far.recv(1)) == (b"", b"")
        with ends.connect() as again:
            again.sendall(b"x")
            assert ends.accepted().recv(1) == b"x"

    def test_refused_is_reset_until_it_heals(self, ends: Ends) -> None:
        ends.line.refuse()
        with pytest.raises(ConnectionResetError), ends.connect() as refused:
            refused.recv(1)

        ends.line.heal()
        with ends.connect() as again:
            again.sendall(b"x")
            assert ends.accepted().recv(1) == b"x"

    def test_a_server_that_is_not_there_refuses(self, ends: Ends) -> None:
        ends.server.close()

        with pytest.raises(ConnectionResetError), ends.connect() as refused:
            refused.recv(1)


class TestReset:
    @pytest.mark.parametrize("frozen", [False, True])
    def test_both_ends_see_it_at_once(self, ends: Ends, *, frozen: bool) -> None:
        if frozen:
            ends.line.freeze()
        ends.line.reset()

        with pytest.raises(ConnectionResetError):
            ends.near.recv(1)
        with pytest.raises(ConnectionResetError):
            ends.far.recv(1)


class TestFrozen:
    def test_nothing_flows_nothing_ends_and_nothing_is_lost(self, ends: Ends) -> None:
        ends.line.freeze()
        ends.near.sendall(b"there")
        ends.far.sendall(b"back")
        stays(lambda: _silent(ends.near) and _silent(ends.far), seconds=0.3)

        ends.line.heal()

        assert (ends.far.recv(9), ends.near.recv(9)) == (b"there", b"back")

    def test_an_end_is_not_passed_on_either(self, ends: Ends) -> None:
        ends.line.freeze()
        ends.near.sendall(b"last words")
        ends.near.close()
        stays(lambda: _silent(ends.far), seconds=0.3)

        ends.line.heal()

        assert ends.far.recv(20) == b"last words"
        assert ends.far.recv(1) == b""

    def test_an_end_without_words_is_not_passed_on_either(self, ends: Ends) -> None:
        ends.line.freeze()
        ends.near.close()
        stays(lambda: _silent(ends.far), seconds=0.3)

        ends.line.heal()

        assert ends.far.recv(1) == b""

    def test_half_open_one_way_flows(self, ends: Ends) -> None:
        ends.line.freeze(back=False)
        ends.far.sendall(b"back")
        ends.near.sendall(b"there")

        assert ends.near.recv(9) == b"back"
        stays(lambda: _silent(ends.far), seconds=0.3)

    def test_half_open_the_other_way_flows(self, ends: Ends) -> None:
        ends.line.freeze(there=False)
        ends.far.sendall(b"back")
        ends.near.sendall(b"there")

        assert ends.far.recv(9) == b"there"
        stays(lambda: _silent(ends.near), seconds=0.3)

    def test_who_connects_meanwhile_hears_nothing(self, ends: Ends) -> None:
        ends.line.freeze()
        with ends.connect() as late:
            late.sendall(b"hello")
            served = ends.accepted()
            stays(lambda: _silent(served), seconds=0.3)

            ends.line.heal()

            assert served.recv(9) == b"hello"


class TestLimp:
    def test_each_piece_waits_and_arrives_whole_and_in_order(self, ends: Ends) -> None:
        ends.line.limp(lambda: 0.1)
        began = time.monotonic()
        for number in range(5):
            ends.near.sendall(bytes([number]))
            eventually(lambda number=number: not _silent_peek(ends.far, number))
        took = time.monotonic() - began

        assert ends.far.recv(9) == bytes(range(5))
        assert took >= 0.5

    def test_the_pauses_are_those_of_lost_packets(self) -> None:
        pause = lossy(0.1, Random(7))  # noqa: S311 - dice
        pauses = [pause() for _ in range(10_000)]

        lost = [one for one in pauses if one > 0]
        assert 0.09 < len(lost) / len(pauses) < 0.11
        assert {round(one, 1) for one in lost} >= {0.2, 0.6, 1.4}  # sent again, and again

    def test_the_same_seed_limps_the_same(self) -> None:
        first, second = (lossy(0.1, Random(3)) for _ in range(2))  # noqa: S311 - dice that repeat

        assert [first() for _ in range(100)] == [second() for _ in range(100)]


def _silent_peek(one: socket.socket, known: int) -> bool:
    """Tell whether no more is there than what is known."""
    return len(one.recv(99, socket.MSG_PEEK)) <= known
