"""What a PBX may send that is not as it should be: counted, passed over, and the calls go on."""

import random
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from services.telephony.bridge.machine import instant
from services.telephony.bridge.messages import Malformed, Message
from tests.support.pbx import CAPTURES, a_machine, a_message, captured, golden, hear, shown, story


def skipped(reason: str) -> float:
    return REGISTRY.get_sample_value("crm_cti_skipped_total", {"reason": reason}) or 0.0


class TestEvents:
    def test_an_unknown_one_is_counted_and_named_once(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        machine, before = a_machine(), skipped("unknown_event")

        for _ in range(3):
            machine.hear(a_message(Event="FaxReceived", Uniqueid="1"))

        assert skipped("unknown_event") - before == 3
        assert capsys.readouterr().out.count("FaxReceived") == 1

    @pytest.mark.parametrize("absent", ["Uniqueid", "Linkedid", "Channel"])
    def test_a_channel_without_its_names_begins_no_call(self, absent: str) -> None:
        machine, before = a_machine(), skipped("field_missing")
        fields = {"Uniqueid": "1", "Linkedid": "1", "Channel": "PJSIP/trunk-00000001"} | {
            absent: ""
        }

        machine.hear(a_message(Event="Newchannel", ChannelState="4", **fields))

        assert (machine.calls, machine.told, skipped("field_missing") - before) == ({}, [], 1)

    @pytest.mark.parametrize("name", CAPTURES)
    def test_any_field_of_any_event_may_be_absent(self, name: str) -> None:
        chance = random.Random(name)  # noqa: S311 - the same each time
        machine = a_machine()

        for told in captured(name):
            lines = told.data.split(b"\r\n")[:-2]
            del lines[chance.randrange(1, len(lines))]
            machine.hear(Message(b"\r\n".join(lines)))
        for call in list(machine.calls.values()):
            machine.close(call, machine.now(), "lost")

        assert machine.calls == {}

    @pytest.mark.parametrize("name", CAPTURES)
    def test_any_bytes_may_be_others(self, name: str) -> None:
        chance = random.Random(name)  # noqa: S311 - the same each time
        machine = a_machine()

        for told in captured(name) * 3:
            data = bytearray(told.data[:-4])
            for _ in range(chance.randrange(4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                machine.hear(Message(bytes(data)))
            except Malformed:
                continue
        for call in list(machine.calls.values()):
            machine.close(call, machine.now(), "lost")

        assert machine.calls == {}

    def test_an_event_of_a_call_that_nobody_knows_is_counted(self) -> None:
        machine, before = a_machine(), skipped("unknown_call")

        machine.hear(
            a_message(Event="Hangup", Uniqueid="9", Linkedid="9", Timestamp="1795290205.0")
        )

        assert (machine.told, skipped("unknown_call") - before) == ([], 1)

    def test_noise_changes_nothing(self) -> None:
        machine = a_machine()
        noise = [Message(b"Event: VarSet\r\nUniqueid: 1"), Message(b"Event: CEL\r\nno colon here")]
        before = skipped("malformed_line")

        for told in captured("01"):
            for one in noise:
                machine.hear(one)
            hear(machine, [told])

        assert [shown(one) for one, _ in machine.told] == golden(
            "01_queue_answered_caller_hangs_up"
        )
        assert skipped("malformed_line") - before == len(captured("01"))


class TestTimes:
    @pytest.mark.parametrize(
        "text", ["", "soon", "-1", "1e9", "1795290202.x", "²", "9" * 30, "1" * 5000, "nan"]
    )
    def test_what_is_none_is_not_read(self, text: str) -> None:
        assert instant(text) is None

    def test_microseconds_stay_exact(self) -> None:
        found = instant("1795290202.859518")

        assert found is not None
        assert (found.isoformat(), instant("1795290202")) == (
            "2026-11-21T19:43:22.859518+00:00", found.replace(microsecond=0),
        )  # fmt: skip

    @pytest.mark.parametrize("text", ["", "soon", "0.0", "9999999999.0"])
    def test_a_wrong_one_counts_as_the_last(self, text: str) -> None:
        machine, before = a_machine(), skipped("wrong_time")
        hear(machine, captured("05")[:6])
        (call,) = machine.calls.values()
        at = call.last_at

        machine.hear(a_message(Event="Hangup", Uniqueid=call.root, Linkedid=call.linkedid,
                               Timestamp=text))  # fmt: skip

        assert call.channels[call.root].ended_at == at
        assert skipped("wrong_time") - before == 1

    def test_one_that_goes_back_does_not_take_the_call_back(self) -> None:
        machine = a_machine()
        hear(machine, captured("05")[:6])
        (call,) = machine.calls.values()
        at = call.last_at
        back = at - timedelta(seconds=10)

        machine.hear(a_message(Event="Hangup", Uniqueid=call.root, Linkedid=call.linkedid,
                               Timestamp=f"{back.timestamp():.6f}"))  # fmt: skip

        assert call.channels[call.root].ended_at == at


class TestNumbers:
    @pytest.mark.parametrize("number", ["anonymous", "<unknown>", "", "+", "99999999999999999"])
    def test_a_caller_without_a_public_number_is_a_call_all_the_same(self, number: str) -> None:
        machine = a_machine()

        machine.hear(a_message(Event="Newchannel", Uniqueid="1", Linkedid="1", ChannelState="4",
                               Channel="PJSIP/trunk-00000001", CallerIDNum=number, Exten="8001"))  # fmt: skip

        assert (machine.told[0][0].ani, machine.told[0][0].direction) == (None, "inbound")

    @pytest.mark.parametrize("cause", ["", "many", "-1", "²", "99999999999"])
    def test_a_cause_that_is_none_is_left_out(self, cause: str) -> None:
        machine = a_machine()
        hear(machine, captured("05")[:6])
        (call,) = machine.calls.values()

        machine.hear(
            a_message(Event="Hangup", Uniqueid=call.root, Linkedid=call.linkedid, Cause=cause)
        )

        assert call.channels[call.root].cause is None


def test_a_name_in_any_script_is_kept() -> None:
    assert {one.caller_name for one in story("41")} == {"李明"}
