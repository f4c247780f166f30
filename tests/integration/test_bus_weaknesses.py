"""What stock nameko does to a house when the bus is hurt (W5 to W20 of its study), and ours does not."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.alarms import short_of_memory
from chaos.lines import Line
from deploy.local.broker import Broker
from deploy.local.machine import free_ports
from tests.support.bus import Bus
from tests.support.depots import (
    Caller,
    Depot,
    Post,
    caller,
    depot_bus,
    line,
    post,
    start,
)
from tests.support.waiting import eventually

__all__ = ["caller", "depot_bus", "line", "post", "start"]  # fixtures

Start = Callable[..., Depot]
QUEUE = "depot.parcels.q1"
LOST = "broker connection lost"


class TestDrain:
    """W5: work that runs when SIGTERM comes ends, is acknowledged, and is not run again."""

    def test_events_and_requests_under_way_run_once(
        self, start: Start, post: Post, caller: Caller
    ) -> None:
        depot = start().wait_started()
        post.order("sleep", "p1", seconds=3)
        asked = caller.begin("depot.sleep", {"id": "r1", "seconds": 3})
        depot.wait_for("begin p1")
        depot.wait_for("begin r1")

        assert depot.terminate() == 0

        assert caller.end(asked)["result"] == "r1"
        assert depot.lines()[-2:] in (["end p1", "end r1"], ["end r1", "end p1"])
        assert post.depth(QUEUE) == post.depth("rpc-depot") == 0

    def test_what_waits_behind_them_is_left_to_others(self, start: Start, post: Post) -> None:
        first = start().wait_started()
        for number in range(8):
            post.order("sleep", f"p{number}", seconds=1.5)
        first.wait_for("begin", 4)

        assert first.terminate() == 0
        second = start().wait_started()
        second.wait_for("end", 8)

        assert second.count("begin") == 8
        assert post.depth("depot.parked") == 0

    def test_it_does_not_wait_for_ever(self, start: Start, post: Post) -> None:
        depot = start(drain_seconds=1).wait_started()
        post.order("sleep", "p1", seconds=60)
        depot.wait_for("begin p1")

        asked = time.monotonic()
        depot.terminate()

        assert time.monotonic() - asked < 20
        eventually(lambda: post.depth(QUEUE) == 1)

    def test_it_stops_while_the_broker_is_away(self, start: Start) -> None:
        depot = start(f"amqp://nobody:nothing@127.0.0.1:{free_ports(1)[0]}/")
        eventually(lambda: LOST in depot.log())

        assert depot.terminate() == 0


class TestConnectionLost:
    """W6: an acknowledgement on a dead connection harms nothing; the message comes again."""

    def test_work_under_way_ends_and_the_process_lives(
        self, start: Start, depot_bus: Bus, post: Post, line: Line
    ) -> None:
        depot = start(depot_bus.through(line.port, "depot")).wait_started()
        post.order("sleep", "p1", seconds=1.5)
        depot.wait_for("begin p1")

        line.cut()

        depot.wait_for("end p1", 2)  # at least once: the inbox knows the second for what it is
        assert depot.process.poll() is None
        eventually(lambda: post.depth(QUEUE) == 0)
        assert depot.terminate() == 0

    def test_a_caller_hears_of_it_at_once_and_can_call_again(
        self, start: Start, depot_bus: Bus, line: Line
    ) -> None:
        depot = start().wait_started()
        through = Caller(depot_bus.through(line.port, "customer"))
        try:
            asked = through.begin("depot.sleep", {"id": "r1", "seconds": 60}, budget_seconds=90)
            depot.wait_for("begin r1")
            line.cut()
            lost = through.end(asked)
            again = eventually(lambda: through.call("depot.echo", {"a": 1}).get("result"))
        finally:
            through.close()

        assert lost["code"] == "rpc.interrupted"
        assert lost["seconds"] < 30
        assert lost["waiting"] == 0
        assert again == {"a": 1}

    def test_a_broker_that_is_killed_and_comes_back(
        self, start: Start, depot_bus: Bus, post: Post, session_broker: Broker
    ) -> None:
        depot = start().wait_started()
        for number in range(40):
            post.order("sleep", f"p{number}", seconds=0.4)
        depot.wait_for("begin", 4)

        session_broker.kill()
        session_broker.start()

        everything = {f"end p{number}" for number in range(40)}
        eventually(lambda: everything <= set(depot.lines()), because="each has ended")
        assert depot.process.poll() is None
        assert {text for text in depot.lines() if text.startswith("end")} == everything
        after = Post(depot_bus)
        assert after.depth("depot.parked") == 0
        after.close()


class TestSilentBroker:
    """W13, W14: a line that is held open but dead is noticed, cut, and made anew when it heals."""

    def test_the_consumer_notices_and_comes_back(
        self, start: Start, depot_bus: Bus, post: Post, line: Line
    ) -> None:
        depot = start(depot_bus.through(line.port, "depot")).wait_started()

        line.freeze()
        eventually(lambda: "broker is silent, connection cut" in depot.log())
        line.heal()
        post.order("note", "p1")

        depot.wait_for("end p1")
        assert depot.terminate() == 0

    def test_a_caller_is_answered_within_its_budget(
        self, start: Start, depot_bus: Bus, line: Line
    ) -> None:
        start().wait_started()
        through = Caller(depot_bus.through(line.port, "customer"))
        try:
            through.call("depot.echo")
            line.freeze()
            answer = through.call("depot.echo", budget_seconds=1)
            line.heal()
        finally:
            through.close()

        assert answer["code"] == "rpc.timeout"
        assert answer["seconds"] < 20
        assert answer["waiting"] == 0

    def test_an_event_that_cannot_be_set_aside_is_kept(
        self, start: Start, depot_bus: Bus, post: Post, line: Line
    ) -> None:
        depot = start(depot_bus.through(line.port, "depot")).wait_started()
        post.order("sleep", "warm", seconds=0)
        post.order("sleep", "p1", "depot.letter.sent.v1", seconds=30)  # fails after a second
        depot.wait_for("begin p1")

        line.freeze()
        eventually(lambda: "broker is silent, connection cut" in depot.log())
        line.heal()

        headers, _, _ = post.parked()
        assert headers["x-reason-code"] == "event.deadline"
        assert depot.process.poll() is None


class TestBlockedBroker:
    """W11: a broker short of memory is an error at once, and nothing is lost until it recovers."""

    def test_calls_fail_at_once_and_work_again_after(
        self, start: Start, caller: Caller, session_broker: Broker
    ) -> None:
        start().wait_started()
        assert caller.call("depot.echo", {"a": 0})["result"] == {"a": 0}

        with short_of_memory(session_broker):
            first = caller.call("depot.echo", {"a": 1}, budget_seconds=60)
            second = caller.call("depot.echo", {"a": 2}, budget_seconds=60)

        assert first["code"] == "broker.blocked"
        assert second["code"] == "broker.unreachable"
        assert first["seconds"] < 30
        assert second["seconds"] < 30
        assert eventually(lambda: caller.call("depot.echo", {"a": 3}).get("result")) == {"a": 3}

    def test_a_failed_event_waits_and_is_set_aside_after(
        self, start: Start, post: Post, session_broker: Broker, tmp_path: Path
    ) -> None:
        depot = start().wait_started()
        post.order("refuse", "p0")
        post.parked()
        permit = tmp_path / "refuse now"
        post.order("refuse_late", "p1", permit=str(permit))
        depot.wait_for("begin p1")

        with short_of_memory(session_broker):
            permit.touch()
            eventually(lambda: "message not set aside" in depot.log())
            assert depot.count("begin p1") == 1  # not handed round and round meanwhile

        headers, _, _ = post.parked()
        assert headers["x-reason-code"] == "depot.parcel.closed"


@pytest.fixture(autouse=True)
def _broker_serves(session_broker: Broker) -> None:
    session_broker.start()
