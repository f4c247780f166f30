"""Calls that go on to somebody else: to a queue, outside, or into another call."""

from prometheus_client import REGISTRY

from contracts.cti import CallTold
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.messages import Message
from services.telephony.bridge.snapshot import Snapshot, compare
from tests.support.pbx import a_machine, a_message, captured, hear

CALLER = {"Uniqueid": "1", "Linkedid": "1", "Channel": "PJSIP/trunk-00000001"}


def last(machine: Machine) -> CallTold:
    return machine.told[-1][0]


def kinds(machine: Machine) -> list[str]:
    return [type(one).__name__.removeprefix("Call") for one, _ in machine.told]


class TestCallsThatBecomeOne:
    def test_the_other_call_is_cleared_and_its_channel_goes_along(self) -> None:
        machine = a_machine()
        hear(machine, captured("05")[:14])
        hear(machine, captured("41")[:2])
        talks, waits = machine.calls.values()
        lost = REGISTRY.get_sample_value("crm_cti_lost_calls_total")

        machine.hear(a_message(Event="BridgeEnter", Uniqueid=waits.root, Linkedid=talks.linkedid,
                               BridgeUniqueid="b", Timestamp="1795290226.0"))  # fmt: skip

        end = last(machine)
        assert (end.end_reason, end.outcome, end.basis) == ("merged", "merged", "live")
        assert REGISTRY.get_sample_value("crm_cti_lost_calls_total") == lost
        assert list(machine.calls) == [talks.linkedid]
        assert waits.root in talks.channels

    def test_what_the_one_that_went_along_still_dials_is_no_reason_to_end(self) -> None:
        machine = a_machine()
        hear(machine, captured("05")[:1])
        (talks,) = machine.calls.values()
        machine.hear(a_message(Event="Newchannel", Uniqueid="x", Linkedid="x", ChannelState="4",
                               Channel="PJSIP/1001-0000000a", Exten="1003"))  # fmt: skip
        machine.hear(a_message(Event="Newchannel", Uniqueid="y", Linkedid="x", ChannelState="0",
                               Channel="PJSIP/1003-0000000b"))  # fmt: skip
        machine.hear(a_message(Event="BridgeEnter", Uniqueid="x", Linkedid=talks.linkedid,
                               BridgeUniqueid="b"))  # fmt: skip

        machine.hear(a_message(Event="Newchannel", Uniqueid="z", Linkedid="x", ChannelState="0",
                               Channel="PJSIP/trunk-0000000c"))  # fmt: skip

        assert (machine.calls["x"].direction, list(machine.calls["x"].channels)) == (
            "outbound",
            ["y", "z"],
        )


class TestSentToAQueue:
    """A receptionist answers, talks for eight seconds, and sends the caller to a queue."""

    def test_that_answers_it_says_how_long_that_took(self) -> None:
        machine = a_machine()
        for message in (*sent_to_a_queue(), *answered_there()):
            machine.hear(message)

        end = last(machine)
        assert (end.outcome, end.wait_seconds, end.talk_seconds) == ("answered", 60.0, 37.0)
        assert (end.device, end.queue) == ("PJSIP/1002", "sales")

    def test_the_caller_who_gives_up_there_has_abandoned(self) -> None:
        machine = a_machine()
        for message in (*sent_to_a_queue(), *gives_up_there()):
            machine.hear(message)

        end = last(machine)
        assert (end.outcome, end.wait_seconds, end.talk_seconds) == ("abandoned", 189.0, 8.0)
        assert (end.basis, end.state) == ("live", "cleared")

    def test_again_after_another_queue_adds_the_waiting_up(self) -> None:
        machine = a_machine()
        first, *rest = sent_to_a_queue()
        join = a_message(Event="QueueCallerJoin", Queue="first", Timestamp="1795290200.5", **CALLER)
        for message in (first, join, *rest, *answered_there()):
            machine.hear(message)

        assert last(machine).wait_seconds == 61.5
        assert kinds(machine).count("Queued") == 2

    def test_unheard_is_taken_over_from_what_the_pbx_says(self) -> None:
        machine = a_machine()
        *before, _ = sent_to_a_queue()
        for message in before:
            machine.hear(message)
        seen = Snapshot()
        seen.take(a_message(Event="CoreShowChannel", ChannelState="6", **CALLER))
        seen.take(a_message(Event="QueueEntry", Queue="sales", Wait="0", **CALLER))

        compare(machine, seen)
        for message in gives_up_there():
            machine.hear(message)

        assert (last(machine).outcome, last(machine).basis) == ("abandoned", "resync")


class TestPhones:
    def test_a_phone_that_calls_outside_is_the_agents_and_the_other_the_customer(self) -> None:
        machine = a_machine()
        for message in phone_calls_outside():
            machine.hear(message)

        end = last(machine)
        assert (end.direction, end.dnis, end.device) == ("outbound", "+8613900139000", "PJSIP/1001")
        assert (end.outcome, end.end_reason, end.talk_seconds) == ("answered", "remote", 5.0)
        assert [leg.role for leg in end.legs] == ["agent", "remote"]

    def test_a_phone_that_dials_a_prefix_first_calls_whom_the_trunk_dials(self) -> None:
        machine = a_machine()
        agent = {"Uniqueid": "1", "Linkedid": "1", "Channel": "PJSIP/1001-00000001"}
        remote = {"Uniqueid": "2", "Linkedid": "1", "Channel": "PJSIP/trunk-00000002"}
        machine.hear(a_message(Event="Newchannel", ChannelState="4", Exten="9", **agent))
        machine.hear(a_message(Event="Newchannel", ChannelState="0", **remote))

        machine.hear(a_message(Event="DialBegin", DestUniqueid="2", Linkedid="1",
                               DialString="13900139000@trunk"))  # fmt: skip

        (call,) = machine.calls.values()
        assert (call.direction, call.dnis) == ("outbound", "+8613900139000")

    def test_a_phone_that_calls_another_is_internal(self) -> None:
        machine = a_machine()
        machine.hear(a_message(Event="Newchannel", Uniqueid="1", Linkedid="1", ChannelState="4",
                               Channel="PJSIP/1001-00000001", Exten="1003", CallerIDNum="1001"))  # fmt: skip

        (call,) = machine.calls.values()
        assert (call.direction, call.ani, call.ani_raw, call.dnis) == (
            "internal",
            None,
            "1001",
            "1003",
        )


def sent_to_a_queue() -> list[Message]:
    desk = {"Uniqueid": "2", "Linkedid": "1", "Channel": "PJSIP/1001-00000002"}
    return [
        a_message(Event="Newchannel", ChannelState="4", Exten="8001", CallerIDNum="13800138000",
                  Timestamp="1795290200.0", **CALLER),
        a_message(Event="Newstate", ChannelState="6", Timestamp="1795290200.1", **CALLER),
        a_message(Event="Newchannel", ChannelState="5", Timestamp="1795290201.0", **desk),
        a_message(Event="BridgeEnter", BridgeUniqueid="b", Timestamp="1795290202.0", **CALLER),
        a_message(Event="BridgeEnter", BridgeUniqueid="b", Timestamp="1795290202.0", **desk),
        a_message(Event="BridgeLeave", BridgeUniqueid="b", Timestamp="1795290210.0", **CALLER),
        a_message(Event="BridgeLeave", BridgeUniqueid="b", Timestamp="1795290210.0", **desk),
        a_message(Event="Hangup", Cause="16", Timestamp="1795290210.0", **desk),
        a_message(Event="QueueCallerJoin", Queue="sales", Timestamp="1795290211.0", **CALLER),
    ]  # fmt: skip


def answered_there() -> list[Message]:
    agent = {"Uniqueid": "3", "Linkedid": "1", "Channel": "PJSIP/1002-00000003"}
    return [
        a_message(Event="Newchannel", ChannelState="5", Timestamp="1795290260.0", **agent),
        a_message(Event="QueueCallerLeave", Queue="sales", Timestamp="1795290271.0", **CALLER),
        a_message(Event="BridgeEnter", BridgeUniqueid="c", Timestamp="1795290271.0", **CALLER),
        a_message(Event="BridgeEnter", BridgeUniqueid="c", Timestamp="1795290271.0", **agent),
        a_message(Event="Hangup", Cause="16", Timestamp="1795290300.0", **agent),
        a_message(Event="Hangup", Cause="16", Timestamp="1795290300.0", **CALLER),
    ]  # fmt: skip


def gives_up_there() -> list[Message]:
    return [
        a_message(Event="HangupRequest", Timestamp="1795290400.0", **CALLER),
        a_message(Event="QueueCallerAbandon", Queue="sales", Timestamp="1795290400.0", **CALLER),
        a_message(Event="QueueCallerLeave", Queue="sales", Timestamp="1795290400.0", **CALLER),
        a_message(Event="Hangup", Cause="16", Timestamp="1795290400.0", **CALLER),
    ]  # fmt: skip


def phone_calls_outside() -> list[Message]:
    agent = {"Uniqueid": "1", "Linkedid": "1", "Channel": "PJSIP/1001-00000001"}
    remote = {"Uniqueid": "2", "Linkedid": "1", "Channel": "PJSIP/trunk-00000002"}
    return [
        a_message(Event="Newchannel", ChannelState="4", Exten="13900139000", CallerIDNum="1001",
                  Timestamp="1795290200.0", **agent),
        a_message(Event="Newchannel", ChannelState="0", Timestamp="1795290200.1", **remote),
        a_message(Event="Newstate", ChannelState="5", Timestamp="1795290201.0", **remote),
        a_message(Event="Newstate", ChannelState="6", Timestamp="1795290202.0", **remote),
        a_message(Event="Newstate", ChannelState="6", Timestamp="1795290202.0", **agent),
        a_message(Event="BridgeEnter", BridgeUniqueid="b", Timestamp="1795290203.0", **remote),
        a_message(Event="BridgeEnter", BridgeUniqueid="b", Timestamp="1795290203.0", **agent),
        a_message(Event="HangupRequest", Timestamp="1795290208.0", **remote),
        a_message(Event="Hangup", Cause="16", Timestamp="1795290208.0", **remote),
        a_message(Event="Hangup", Cause="16", Timestamp="1795290208.1", **agent),
    ]  # fmt: skip
