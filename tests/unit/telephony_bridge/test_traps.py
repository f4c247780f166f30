"""The traps of a real PBX that the captures do not show by themselves; numbers as in the README."""

from datetime import timedelta

from contracts.cti import CallCleared, CallTold
from deploy.local.pbx import Told
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.messages import Message
from tests.support.pbx import a_machine, a_message, captured, fields_of, golden, hear, story


def last(machine: Machine) -> CallTold:
    return machine.told[-1][0]


def kinds(machine: Machine) -> list[str]:
    return [type(one).__name__.removeprefix("Call") for one, _ in machine.told]


def without(told: tuple[Told, ...], *names: str) -> list[Told]:
    return [one for one in told if fields_of(one)["Event"] not in names]


class TestT3AgentCompleteWithoutTheCaller:
    def test_begins_no_call(self) -> None:
        assert story("40") == []

    def test_is_found_by_the_agents_side(self) -> None:
        machine = a_machine()
        hear(machine, without(captured("01"), "AgentComplete", "HangupRequest")[:-4])
        (call,) = machine.calls.values()
        agent = next(one for one in call.channels.values() if one.device == "PJSIP/1001")

        machine.hear(a_message(Event="AgentComplete", DestUniqueid=agent.id, Reason="caller",
                               DestLinkedid=call.linkedid, Timestamp="1795290205.9"))  # fmt: skip

        assert call.ended_by == "caller"

    def test_coming_after_the_end_it_changes_nothing(self) -> None:
        told = captured("01")
        late = [one for one in told if fields_of(one)["Event"] == "AgentComplete"]
        machine = a_machine()

        hear(machine, [*told, *late, *late])

        assert (len(machine.told), machine.calls) == (5, {})


class TestT4QueueCallerAbandon:
    def test_is_an_abandon_only_if_the_caller_asked_to_end(self) -> None:
        found = {name: story(name)[-1].outcome for name in ("03", "04", "16", "39")}

        assert found == {"03": "abandoned", "04": "timed_out", "16": "dropped", "39": "abandoned"}

    def test_of_a_redirect_is_none(self) -> None:
        told = story("38")

        assert [one.queue for one in told if one.state == "queued"] == ["sales", "vip"]
        assert (told[-1].outcome, told[-1].queue) == ("answered", "vip")


class TestT5SecondDialEnd:
    def test_does_not_make_a_ring_in_vain_a_cancelled_one(self) -> None:
        rang = [leg.outcome for leg in story("04")[-1].legs if leg.role == "agent"]

        assert rang == ["no_answer", "no_answer"]


class TestT6UnknownNumber:
    def test_is_told_by_the_cause_not_by_the_dial_status(self) -> None:
        assert story("14")[-1].outcome == "invalid_number"
        outcomes = [one.outcome for one in story("17") if isinstance(one, CallCleared)]
        assert outcomes == ["busy", "no_answer", "invalid_number", "no_answer"]


class TestT8SameChannelIdAgain:
    def test_a_second_originate_of_a_live_id_changes_nothing(self) -> None:
        told = story("37")

        assert [one.state for one in told] == ["offered", "cleared", "offered", "cleared"]

    def test_the_id_dialled_again_is_another_call(self) -> None:
        first, second = (one for one in story("37") if isinstance(one, CallCleared))

        assert first.linkedid == second.linkedid == "crm-idem-1"
        assert first.call_id != second.call_id


class TestT9OurOwnNumber:
    def test_is_not_taken_for_the_customers(self) -> None:
        for name, number in (("11", "+8613900139000"), ("15", "+8613900139003")):
            end = story(name)[-1]

            assert (end.direction, end.ani, end.dnis) == ("outbound", None, number)


class TestNumberThatIsToldLater:
    def test_is_public_like_any_other(self) -> None:
        machine = a_machine()
        machine.hear(a_message(Event="Newchannel", ChannelState="4", Exten="8001",
                               CallerIDNum="<unknown>", **CALLER))  # fmt: skip
        machine.hear(a_message(Event="NewCallerid", CallerIDNum="13800138000", **CALLER))

        machine.hear(a_message(Event="QueueCallerJoin", Queue="sales", **CALLER))

        assert (last(machine).ani, last(machine).ani_raw) == ("+8613800138000", "13800138000")


class TestT14AttendedTransfer:
    def test_has_three_parties_and_one_call(self) -> None:
        end = story("19")[-1]

        assert [leg.device for leg in end.legs] == ["PJSIP/trunk", "PJSIP/1001", "PJSIP/1003"]
        assert (end.transfers, end.device, end.hold_seconds) == (1, "PJSIP/1003", 2.740843)

    def test_shows_the_agents_feature_codes_to_nobody(self) -> None:
        assert all(one.data is None for one in story("19"))


class TestT23Dnis:
    def test_stays_what_the_first_channel_said(self) -> None:
        assert {one.dnis for one in story("09")} == {"8003"}


class TestT25UserEventHeaders:
    def test_a_linkedid_of_the_dialplan_does_not_move_the_event(self) -> None:
        machine = a_machine()
        hear(machine, captured("09")[:4])
        (call,) = machine.calls.values()
        end = f"\r\nUserEvent: CrmCode\r\nCode: 4711\r\nLinkedid: other\r\nTimestamp: {1}"
        event = f"Event: UserEvent\r\nLinkedid: {call.linkedid}\r\nUniqueid: {call.root}{end}"

        machine.hear(Message(event.encode()))

        assert last(machine).data == {"code": "4711"}

    def test_what_is_attached_is_bounded(self) -> None:
        machine = a_machine()
        hear(machine, captured("09")[:4])
        (call,) = machine.calls.values()
        many = {f"Key{number}": "v" * 5000 for number in range(100)}

        machine.hear(
            a_message(Event="UserEvent", UserEvent="CrmAll", Linkedid=call.linkedid, **many)
        )

        data = last(machine).data or {}
        assert (len(data), {len(value) for value in data.values()}) == (20, {200})


class TestManyLegs:
    def test_of_a_caller_who_waits_for_an_hour_only_the_newest_are_told(self) -> None:
        machine = a_machine()
        told = captured("04")
        hear(machine, told[:5])
        (call,) = machine.calls.values()
        for number in range(700):
            leg = {"Uniqueid": f"leg-{number}", "Linkedid": call.linkedid}
            leg |= {"Channel": f"PJSIP/1001-{number:08x}", "ChannelState": "0"}
            machine.hear(a_message(Event="Newchannel", **leg))
            machine.hear(a_message(Event="Newstate", **leg | {"ChannelState": "5"}))
            machine.hear(a_message(Event="DialEnd", DestUniqueid=leg["Uniqueid"],
                                   Linkedid=call.linkedid, DialStatus="NOANSWER"))  # fmt: skip
            machine.hear(a_message(Event="Hangup", **leg))

        assert len(last(machine).legs) <= 33
        assert call.root in {leg.leg_id for leg in last(machine).legs}
        assert len(machine._by_channel) <= 33

    def test_the_first_phone_to_answer_wins_and_the_others_did_not_fail(self) -> None:
        machine = a_machine()
        told = list(captured("01"))
        join = next(
            at for at, one in enumerate(told) if fields_of(one)["Event"] == "QueueCallerJoin"
        )
        hear(machine, told[: join + 1])
        (call,) = machine.calls.values()
        other = {"Uniqueid": "other", "Linkedid": call.linkedid, "Channel": "PJSIP/1002-000000ff"}
        machine.hear(a_message(Event="Newchannel", ChannelState="5", **other))
        hear(machine, told[join + 1 : -4])
        machine.hear(a_message(Event="DialEnd", DestUniqueid="other", Linkedid=call.linkedid,
                               DialStatus="CANCEL"))  # fmt: skip
        machine.hear(a_message(Event="Hangup", Cause="26", **other))
        hear(machine, told[-4:])

        assert "Failed" not in kinds(machine)
        assert {leg.device: leg.outcome for leg in last(machine).legs if leg.role == "agent"} == {
            "PJSIP/1001": "answered",
            "PJSIP/1002": "cancelled",
        }


CALLER = {"Uniqueid": "1", "Linkedid": "1", "Channel": "PJSIP/trunk-00000001"}


def test_refused_by_the_queue_is_neither_abandoned_nor_timed_out() -> None:
    machine = a_machine()
    told = captured("09")
    hear(machine, told[:4])
    (call,) = machine.calls.values()

    machine.hear(a_message(Event="UserEvent", UserEvent="CrmQueueLeft", Status="JOINEMPTY",
                           Linkedid=call.linkedid))  # fmt: skip
    machine.hear(a_message(Event="Hangup", Uniqueid=call.root, Linkedid=call.linkedid))

    assert last(machine).outcome == "refused"


def test_talking_and_holding_add_up() -> None:
    end = golden("21_hold_unhold")[-1]

    assert timedelta(seconds=end["talk_seconds"] + end["hold_seconds"]) == timedelta(
        seconds=4.511467
    )
