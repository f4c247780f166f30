"""The whole bridge as a process: from a PBX on a socket to confirmed messages on a real broker."""

import pytest

from chassis.envelope import Envelope
from contracts import base as contracts
from deploy.local.broker import Broker
from deploy.local.machine import free_ports
from tests.support.bridges import BY_NAME, SECONDS, Place, eventually, place
from tests.support.pbx import captured, gapless, golden, known
from tests.support.waiting import stays

__all__ = ["place"]


class TestTelling:
    def test_a_call_arrives_as_the_contract_says(self, place: Place) -> None:
        place.start()
        place.hears()

        place.tell(captured("09"))
        eventually(lambda: place.ended() == 1)

        assert known(place.events()) == golden("09_ivr_digit_then_queue")
        for headers, body in place.arrived:
            envelope = Envelope.of(headers)
            told = contracts.read(BY_NAME[envelope.type], body)
            assert (envelope.subject, envelope.sequence) == (told.call_id, told.seq)
            assert (body["actor"], body["origin"], body["changed"]) == ("service:cti", "cti", {})
            assert body["occurred_at"] == body["at"]

    def test_says_how_it_is(self, place: Place) -> None:
        place.start()
        place.hears()
        place.tell(captured("01")[:-12])

        def shown() -> str:
            answer = place.ask("/metrics")
            return answer.text if answer else ""

        eventually(lambda: "crm_calls_active 1.0" in shown())
        text = shown()
        ready, live = place.ask("/readyz"), place.ask("/livez")

        assert "crm_cti_link_up 1.0" in text
        assert 'crm_cti_events_total{type="cti.call.established.v1"} 1.0' in text
        assert 'crm_cti_dropped_links_total{reason="overflow"} 0.0' in text
        assert ready is not None
        assert live is not None
        assert (ready.status_code, live.status_code) == (200, 200)

    def test_a_pbx_that_is_away_leaves_it_ready(self, place: Place) -> None:
        place.pbx.kill()
        place.start()

        eventually(lambda: place.ready() == 200)
        answer = place.ask("/metrics")

        assert answer is not None
        assert "crm_cti_link_up 0.0" in answer.text


class TestKilled:
    @pytest.mark.parametrize("share", [0.15, 0.4, 0.6, 0.8])
    def test_in_a_call_that_waits_it_tells_exactly_the_golden_events(
        self, place: Place, share: float
    ) -> None:
        told = captured("18")
        at = int(len(told) * share)
        place.start()
        place.hears()
        before = place.messages()
        place.tell(told[:at])
        expected = golden("18_blind_transfer_ami")
        so_far = sum(one["at"] <= told[at - 1].at.isoformat() for one in expected)

        def heard() -> bool:
            place.receive()
            return len(place.events()) >= so_far

        eventually(heard)
        # What changes a call without being told is kept as well.
        eventually(lambda: place.messages() >= before + at)

        place.kill()
        place.start()
        place.hears()
        place.tell(told[at:])
        eventually(lambda: place.ended() == 1)

        assert known(place.events()) == expected

    def test_anywhere_under_load_every_call_ends_once_and_no_number_is_missing(
        self, place: Place
    ) -> None:
        place.start()
        place.hears()

        for _ in range(4):
            place.pbx.play(*["01", "03", "18", "04"] * 12)
            place.kill()  # somewhere in the calls: it had no time to hear them all
            place.start()
            place.hears()
        place.pbx.play("01")

        def settled() -> bool:
            place.receive()
            begun = {one["call_id"] for one in place.events()}
            return bool(begun) and place.ended() == len(begun)

        eventually(settled)
        stays(settled, seconds=0.5)
        assert gapless(place.events())
        ended = [one for one in place.events() if one["state"] == "cleared"]
        live = {one["outcome"] for one in ended if one["basis"] == "live"}
        assert live <= {"answered", "abandoned", "timed_out"}


class TestBroker:
    def test_killed_and_back_everything_has_arrived_in_the_end(
        self, place: Place, session_broker: Broker
    ) -> None:
        place.start()
        place.hears()
        place.pbx.play(*["01"] * 10)

        session_broker.kill()
        place.pbx.play(*["03"] * 10)
        eventually(lambda: place.ready() == 503)
        session_broker.start()

        eventually(lambda: place.ended() == 20)
        assert gapless(place.events())
        assert len(place.events()) == 10 * 5 + 10 * 4

    def test_away_from_the_start_nothing_is_lost(self, place: Place) -> None:
        right, (port,) = place.environ["RAPPORT_AMQP_URI"], free_ports(1)
        place.environ["RAPPORT_AMQP_URI"] = f"amqp://cti:x@127.0.0.1:{port}/"
        place.start()
        eventually(lambda: place.pbx.listeners == 1)
        place.pbx.play("01", "03")
        eventually(lambda: (answer := place.ask("/metrics"))
                   and "crm_cti_spool_rows 10.0" in answer.text)  # fmt: skip

        status, said = place.stop()
        place.environ["RAPPORT_AMQP_URI"] = right
        place.start()
        eventually(lambda: place.ended() == 2)

        assert status == 0
        assert "Traceback" not in said
        assert len(place.events()) == 9


class TestPbx:
    def test_that_stops_in_the_middle_of_an_event_loses_nothing(self, place: Place) -> None:
        told = captured("01")
        place.start()
        place.hears()

        place.tell(told[:25])
        before = place.restored()
        place.pbx.kill(told[25], 40)
        place.pbx.boot()
        eventually(lambda: place.restored() > before)
        place.pbx.play("05")
        eventually(lambda: place.ended() == 2)

        first, *_ = (one for one in place.events() if one["state"] == "cleared")
        assert (first["end_reason"], first["basis"]) == ("pbx_restart", "closed_by_bridge")
        assert gapless(place.events())


class TestStopped:
    def test_ends_in_order_with_everything_told(self, place: Place) -> None:
        place.start()
        place.hears()
        place.pbx.play(*["01"] * 20)

        status, said = place.stop()
        place.receive()

        assert status == 0
        assert "Traceback" not in said
        assert "s@127" not in said
        assert gapless(place.events())
        ended = [one["basis"] for one in place.events() if one["state"] == "cleared"]
        assert ended == ["live"] * 20

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("RAPPORT_PBX_URI", "ami://pbx", "RAPPORT_PBX_URI must be of the form"),
            ("RAPPORT_PBX_REGION", "Mars", "RAPPORT_PBX_REGION must be a region"),
            ("RAPPORT_SPOOL_BYTES", "many", "RAPPORT_SPOOL_BYTES must be of type int"),
            ("RAPPORT_SPOOL_BYTE", "1", "Unknown setting RAPPORT_SPOOL_BYTE"),
        ],
    )
    def test_refuses_wrong_settings_in_one_sentence(
        self, place: Place, name: str, value: str, words: str
    ) -> None:
        place.environ[name] = value
        place.start()

        assert place.child is not None
        said, _ = place.child.communicate(timeout=SECONDS)

        assert place.child.returncode == 2
        assert said.startswith(words)
        assert said.count("\n") == 1
