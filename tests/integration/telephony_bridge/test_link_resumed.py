"""A bridge that ends and begins again, on a real socket: what it had heard, and what it had kept."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from deploy.local.pbx import Play, ReplayPbx, Told
from tests.support.pbx import BOOTED, Bridge, a_bridge, captured, golden, heard_all, known
from tests.support.waiting import eventually


@pytest.fixture
def pbx() -> Iterator[ReplayPbx]:
    with ReplayPbx(secret="s3cret", booted=BOOTED) as running:
        yield running


def tell(pbx: ReplayPbx, told: Sequence[Told], bridge: Bridge) -> None:
    for one in told:
        pbx.tell(one)
    heard_all(bridge, told[-1])


class TestStopped:
    def test_goes_on_after_an_orderly_end_in_the_middle_of_a_call(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        told = captured("18")
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told[:20], bridge)
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told[20:], bridge)

            assert known(bridge.told()) == golden("18_blind_transfer_ami")
            assert [one["type"] for one in bridge.told("cti.link.")] == [
                "cti.link.restored.v1", "cti.link.lost.v1", "cti.link.restored.v1",
            ]  # fmt: skip

    def test_a_call_that_it_cannot_read_any_more_is_told_to_be_over(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, captured("18")[:20], bridge)
            calls, _ = bridge.spool.load()
            state = orjson.loads(calls["pbx1-1795290313.34"])
            kept = orjson.dumps(state | {"phase": "of another version"})
            bridge.spool.write([], {state["linkedid"]: kept, "rubbish": b"{"}, {})
        pbx.kill()
        pbx.boot()

        with a_bridge(pbx, tmp_path) as bridge:
            (over,) = bridge.told("cti.call.cleared")
            assert (over["call_id"], over["seq"]) == (state["call_id"], state["seq"] + 1)
            assert (over["end_reason"], over["ani"]) == ("lost", "+8613800138000")
            assert bridge.spool.load()[0] == {}

    def test_understands_first_what_it_was_told_before(
        self, pbx: ReplayPbx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with a_bridge(pbx, tmp_path) as bridge:
            held, hear = threading.Event(), bridge.machine.hear
            monkeypatch.setattr(bridge.machine, "hear", lambda one: (held.wait(60), hear(one)))
            pbx.play(*["01"] * 20)
            stop = threading.Thread(target=bridge.listener.stop)
            stop.start()
            eventually(bridge.listener._stopping.is_set)

            held.set()
            stop.join()

            ended = [one["basis"] for one in bridge.told("cti.call.cleared")]
            assert ended == ["live"] * 20
            assert bridge.told("cti.link.")[-1]["open_calls"] == 0

    def test_calls_of_long_ago_are_played_with_their_own_clock(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        begin = BOOTED - timedelta(days=3000)
        with a_bridge(pbx, tmp_path) as bridge:
            pbx.play(Play("05", begin), Play("03", begin + timedelta(days=200)))
            eventually(lambda: bridge.count("cti.call.cleared") == 2)

            ended = [str(one["ended_at"])[:10] for one in bridge.told("cti.call.cleared")]
            assert ended == ["2018-09-04", "2019-03-23"]
