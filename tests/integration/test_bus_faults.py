"""What is missing, different or dead: told clearly, and nothing is lost by it."""

from collections.abc import Callable

from chaos.lines import Line
from chassis.topology import names
from deploy.local.machine import free_ports
from tests.support.bus import Bus
from tests.support.depots import Caller, Depot, Post, caller, depot_bus, post, start
from tests.support.waiting import eventually

__all__ = ["caller", "depot_bus", "post", "start"]  # fixtures

Start = Callable[..., Depot]
QUEUE = "depot.parcels.q1"
LOST = "broker connection lost"


class TestNowhereToPark:
    """A copy that leads nowhere is not a copy: the original stays, without a hot loop."""

    def test_nothing_is_lost(self, start: Start, depot_bus: Bus, post: Post) -> None:
        depot = start().wait_started()
        post.channel.queue_unbind("depot.parked", names.park_exchange("depot"), "")
        post.order("refuse", "p1")
        eventually(lambda: depot.log().count("leads nowhere") >= 3)  # with growing pauses
        tried = depot.count("begin p1")
        post.channel.queue_bind("depot.parked", names.park_exchange("depot"), "")

        headers, _, _ = post.parked()
        assert tried == 1
        assert headers["x-reason-code"] == "depot.parcel.closed"
        assert post.depth(QUEUE) == 0


class TestTopology:
    """W16: a queue that is missing or different ends the process with one clear line."""

    def test_a_missing_queue(self, start: Start, depot_bus: Bus, post: Post) -> None:
        post.channel.queue_delete(QUEUE)
        try:
            depot = start()
            assert depot.process.wait(60) == 3
        finally:
            depot_bus.apply(depot_bus.topology)

        assert fatal(depot) == [
            f"fatal: The queue {QUEUE} does not exist: apply the topology before starting."
        ]
        assert "Traceback" not in depot.log(), depot.log()

    def test_a_queue_with_other_arguments(self, start: Start, depot_bus: Bus, post: Post) -> None:
        post.channel.queue_delete(QUEUE)
        post.channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        try:
            depot = start()
            assert depot.process.wait(60) == 3
        finally:
            post.channel.queue_delete(QUEUE)
            depot_bus.apply(depot_bus.topology)

        (line_,) = fatal(depot)
        assert f"The queue {QUEUE} has other arguments than this version expects" in line_
        assert "Traceback" not in depot.log(), depot.log()


class TestBrokerDownAtStart:
    def test_it_says_so_and_begins_when_the_broker_is_there(
        self, start: Start, depot_bus: Bus, post: Post
    ) -> None:
        (port,) = free_ports(1)
        depot = start(depot_bus.through(port, "depot"))
        eventually(lambda: LOST in depot.log())
        post.order("note", "p1")

        line_ = Line(depot_bus.port, port)
        try:
            depot.wait_for("end p1")
            assert depot.terminate() == 0
        finally:
            line_.close()


class TestCallee:
    def test_w8_a_request_nobody_waits_for_is_not_run_later(
        self, start: Start, caller: Caller, post: Post
    ) -> None:
        answer = caller.call("depot.echo", budget_seconds=1)
        depot = start().wait_started()
        caller.call("depot.encoded")

        assert answer["code"] == "rpc.timeout"
        assert depot.count("begin echo") == 0

    def test_w10_a_callee_that_is_killed_leaves_the_request_to_the_next(
        self, start: Start, caller: Caller, post: Post
    ) -> None:
        first = start().wait_started()
        asked = caller.begin("depot.sleep", {"id": "r1", "seconds": 1}, budget_seconds=60)
        first.wait_for("begin r1")
        first.process.kill()
        second = start().wait_started()

        assert caller.end(asked, 70)["result"] == "r1"
        assert second.count("begin r1") == 2  # the idempotency key makes one effect of it


def fatal(depot: Depot) -> list[str]:
    """Return the lines that say why it ended."""
    return [text for text in depot.log().splitlines() if text.startswith("fatal:")]
