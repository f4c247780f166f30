"""The link to the PBX on a real socket: cut, silent, restarted, stopped; no broker needed."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from deploy.local.pbx import ReplayPbx, Told
from services.telephony.bridge.client import Limits
from tests.support.pbx import (
    BOOT,
    BOOTED,
    CALLS,
    QUICK,
    Bridge,
    a_bridge,
    captured,
    fields_of,
    golden,
    heard_all,
    known,
)
from tests.support.waiting import eventually, stays


@pytest.fixture
def pbx() -> Iterator[ReplayPbx]:
    with ReplayPbx(secret="s3cret", booted=BOOTED) as running:
        yield running


def dropped(reason: str) -> float:
    return REGISTRY.get_sample_value("crm_cti_dropped_links_total", {"reason": reason}) or 0.0


def place(told: Sequence[Told], event: str) -> int:
    return next(at for at, one in enumerate(told) if fields_of(one)["Event"] == event)


def tell(pbx: ReplayPbx, told: Sequence[Told], bridge: Bridge) -> None:
    for one in told:
        pbx.tell(one)
    heard_all(bridge, told[-1])


class TestListening:
    def test_hears_every_capture_over_the_wire_as_it_is(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        with a_bridge(pbx, tmp_path) as bridge:
            for name in CALLS:
                if not name.startswith("28"):
                    tell(pbx, captured(name), bridge)

            expected = list(itertools.chain(*(golden(n) for n in CALLS if not n.startswith("28"))))
            assert known(bridge.told()) == expected

    def test_many_plays_of_one_capture_are_many_calls(self, pbx: ReplayPbx, tmp_path: Path) -> None:
        with a_bridge(pbx, tmp_path) as bridge:
            pbx.play(*["01", "03", "19"] * 20)
            eventually(lambda: bridge.count("cti.call.cleared") == 60)

            outcomes = Counter(one.get("outcome") for one in bridge.told("cti.call.cleared"))
            assert outcomes == {"answered": 40, "abandoned": 20}
            assert len({one["call_id"] for one in bridge.told()}) == 60

    def test_says_that_the_link_is_there_and_lost(self, pbx: ReplayPbx, tmp_path: Path) -> None:
        with a_bridge(pbx, tmp_path) as bridge:
            first = bridge.told("cti.link.")[0]
            assert (first["pbx"], first["boot_id"], first["gap_from"]) == ("pbx1", BOOT, None)

            pbx.cut()
            eventually(lambda: bridge.count("cti.link.restored") == 2)

            assert [one["type"] for one in bridge.told("cti.link.")] == [
                "cti.link.restored.v1", "cti.link.lost.v1", "cti.link.restored.v1",
            ]  # fmt: skip


class TestCut:
    @pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.85])
    @pytest.mark.parametrize("name", ["01", "19", "38"])
    def test_between_two_events_nothing_is_lost(
        self, pbx: ReplayPbx, tmp_path: Path, name: str, share: float
    ) -> None:
        told = captured(name)
        at = int(len(told) * share)
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told[:at], bridge)
            pbx.cut()
            eventually(lambda: bridge.count("cti.link.restored") == 2)
            tell(pbx, told[at:], bridge)

            assert known(bridge.told()) == golden(next(n for n in CALLS if n.startswith(name)))

    def test_in_the_middle_of_an_event_the_half_is_not_taken_for_one(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        told = captured("05")
        before = REGISTRY.get_sample_value("crm_cti_skipped_total", {"reason": "truncated"}) or 0
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told[:-5], bridge)
            pbx.cut_after(len(told[-5].data) // 2)
            for one in told[-5:]:
                pbx.tell(one)
            eventually(lambda: bridge.count("cti.call.cleared") == 1)

            last = bridge.told("cti.call.cleared")[0]
            assert (last["outcome"], last["end_reason"], last["basis"]) == (
                "answered", "lost", "closed_by_bridge",
            )  # fmt: skip
            after = REGISTRY.get_sample_value("crm_cti_skipped_total", {"reason": "truncated"})
            assert after == before + 1

    def test_the_calls_of_the_gap_are_taken_over(self, pbx: ReplayPbx, tmp_path: Path) -> None:
        told, quiet = captured("01"), captured("41")
        up = int(len(told) * 0.6)
        with a_bridge(pbx, tmp_path, limits=Limits(backoff=(5.0,))) as bridge:
            tell(pbx, quiet[:2], bridge)
            pbx.cut()
            eventually(lambda: bridge.count("cti.link.lost") == 1)
            for one in (*told[:up], *quiet[2:]):
                pbx.tell(one)
            eventually(lambda: bridge.count("cti.link.restored") == 2)
            tell(pbx, told[up:], bridge)

            ended = {one["linkedid"]: one for one in bridge.told("cti.call.cleared")}
            first, second = ended["pbx1-1795290170.4707"], ended["pbx1-1795290202.0"]
            assert (first["end_reason"], first["basis"]) == ("lost", "closed_by_bridge")
            assert (second["outcome"], second["basis"]) == ("answered", "resync")
            assert bridge.told("cti.link.restored")[1]["closed_calls"] == 1


class TestRestartOfThePbx:
    def test_ends_what_was_under_way_and_begins_anew(self, pbx: ReplayPbx, tmp_path: Path) -> None:
        told = captured("28")
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told, bridge)
            pbx.kill()
            eventually(lambda: bridge.count("cti.link.lost") == 1)
            pbx.boot()
            eventually(lambda: bridge.count("cti.link.restored") == 2)
            pbx.play("05")
            eventually(lambda: bridge.count("cti.call.cleared") == 2)

            first, second = bridge.told("cti.call.cleared")
            assert (first["end_reason"], first["boot_id"]) == ("pbx_restart", BOOT)
            assert second["boot_id"] != BOOT
            link = bridge.told("cti.link.restored")[1]
            assert (link["restarted"], link["closed_calls"]) == (True, 1)

    def test_that_dies_in_the_middle_of_an_event(self, pbx: ReplayPbx, tmp_path: Path) -> None:
        told = captured("01")
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told[:20], bridge)
            pbx.kill(told[20], 17)
            pbx.boot()
            eventually(lambda: bridge.count("cti.call.cleared") == 1)

            assert [one["seq"] for one in bridge.told()] == [1, 2, 3, 4]
            assert bridge.told()[-1]["end_reason"] == "pbx_restart"


class TestSilence:
    def test_a_pbx_that_hangs_is_noticed_and_heard_again(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        before = dropped("silent")
        with a_bridge(pbx, tmp_path) as bridge:
            pbx.silence()
            eventually(lambda: bridge.count("cti.link.lost") == 1)
            pbx.silence(False)
            eventually(lambda: bridge.count("cti.link.restored") == 2)

        assert dropped("silent") - before >= 1

    def test_a_pbx_without_calls_is_asked_and_stays(self, pbx: ReplayPbx, tmp_path: Path) -> None:
        with a_bridge(pbx, tmp_path) as bridge:
            stays(lambda: bridge.count("cti.link.lost") == 0, seconds=QUICK.ping * 5)
