"""Bytes into messages, however the network cut them."""

import random

import pytest

from deploy.local.pbx.captures import FOLDER
from services.telephony.bridge.messages import (
    MAX_MESSAGE,
    Framer,
    Malformed,
    Message,
    action,
    kind_of,
    time_of,
)
from tests.support.pbx import CAPTURES, a_message, captured, message


def wire(name: str) -> bytes:
    return b"".join(told.data for told in captured(name))


def fed(data: bytes, *cuts: int) -> list[bytes]:
    framer, found = Framer(), []
    for begin, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        found += framer.feed(data[begin:end])
    assert framer.rest == 0
    return found


class TestFramer:
    def test_finds_the_same_messages_wherever_it_is_cut(self) -> None:
        data = wire("41")  # Chinese characters of three bytes
        whole = fed(data)

        for cut in range(len(data) + 1):
            assert fed(data, cut) == whole
        names = {Message(one).get("CallerIDName") for one in whole} - {""}
        assert names == {"李明"}

    def test_finds_them_byte_by_byte(self) -> None:
        data = wire("41")

        assert fed(data, *range(1, len(data))) == fed(data)

    @pytest.mark.parametrize("name", CAPTURES)
    def test_finds_them_in_pieces_of_any_size(self, name: str) -> None:
        data, chance = wire(name), random.Random(41)  # noqa: S311 - the same order each time
        cuts = sorted(chance.sample(range(len(data)), min(50, len(data))))

        assert fed(data, *cuts) == fed(data)
        assert len(fed(data)) == len(captured(name))

    def test_keeps_back_what_is_not_whole(self) -> None:
        framer = Framer()

        assert framer.feed(b"Event: Hangup\r\nUniqueid: 1") == []
        assert framer.rest == 26

    @pytest.mark.parametrize("step", [1000, 10**6])
    def test_passes_over_a_message_without_end_and_goes_on(self, step: int) -> None:
        counted: list[int] = []
        framer = Framer(lambda: counted.append(1))
        data = (
            b"Event: A\r\n\r\nEvent: B\r\n" + b"x" * 3 * MAX_MESSAGE + b"\r\n\r\nEvent: C\r\n\r\n"
        )

        found = [one for at in range(0, len(data), step) for one in framer.feed(data[at:at + step])]  # fmt: skip

        assert found == [b"Event: A", b"Event: C"]
        assert len(counted) == 1

    def test_holds_no_more_than_one_message(self) -> None:
        framer = Framer()

        for _ in range(50):
            framer.feed(b"x" * 10_000)

        assert framer.rest <= MAX_MESSAGE

    def test_takes_empty_lines_between_messages(self) -> None:
        assert fed(b"\r\n\r\n\r\nEvent: A\r\n\r\n\r\n\r\n") == [b"Event: A"]


class TestMessage:
    def test_keeps_every_value_of_a_name_that_comes_again(self) -> None:
        first = message(captured("01")[0])

        assert first.every("ChanVariable") == [
            "CRM_CALL_ID=", "CRM_CUSTOMER=", "CRM_SKILL=", "CRM_PRIORITY=",
        ]  # fmt: skip
        assert first.get("ChanVariable") == "CRM_CALL_ID="

    def test_lets_nobody_override_the_pbx(self) -> None:
        found = Message(b"Event: UserEvent\r\nLinkedid: right\r\nUserEvent: Crm\r\nLinkedid: wrong")

        assert found.get("Linkedid") == "right"

    @pytest.mark.parametrize("end", ["\n", "\r", "\n\r"])
    def test_takes_no_other_line_end_for_one(self, end: str) -> None:
        found = Message(f"Event: A\r\nCallerIDName: x{end}Exten: 1\r\nUniqueid: 1".encode())

        assert (found.get("Exten"), found.get("Uniqueid"), found.flaws) == ("", "1", 0)

    def test_counts_lines_that_are_none(self) -> None:
        found = Message(b"Event: Hangup\r\nno colon\r\n: no name\r\nUniqueid:1\r\nCause: ")

        assert (found.flaws, found.get("Uniqueid"), found.get("Cause")) == (2, "1", "")

    def test_replaces_bytes_that_are_no_text(self) -> None:
        assert Message(b"Event: A\r\nX: \xff").get("X") == "\ufffd"

    @pytest.mark.parametrize("block", [b"", b"x", b"Uniqueid: 1\r\nCause: 16", b"\x00\xff"])
    def test_refuses_what_is_no_message(self, block: bytes) -> None:
        with pytest.raises(Malformed):
            Message(block)

    def test_knows_an_absent_field(self) -> None:
        assert a_message(Event="A").get("Uniqueid") == ""


class TestAction:
    def test_writes_one(self) -> None:
        assert action("Ping", "cti-1") == b"Action: Ping\r\nActionID: cti-1\r\n\r\n"

    def test_refuses_a_second_line_in_a_value(self) -> None:
        with pytest.raises(ValueError, match="more than one line"):
            action("Login", "cti-1", Secret="x\r\nAction: Originate")


def test_captures_have_the_line_ends_of_the_wire() -> None:
    for path in FOLDER.glob("*.txt"):
        assert b"\r\n\r\n" in path.read_bytes(), path.name


class TestAtAGlance:
    @pytest.mark.parametrize("name", CAPTURES)
    def test_its_kind_and_instant_are_those_that_reading_it_tells(self, name: str) -> None:
        for told in captured(name):
            block, read = told.data.removesuffix(b"\r\n\r\n"), message(told)
            kind = "" if "ActionID" in read.fields else read.event

            assert (kind_of(block), time_of(block)) == (kind, read.get("Timestamp"))

    @pytest.mark.parametrize(
        "block",
        [
            b"Response: Success\r\nEvent: Cdr\r\n",
            b"Event: Cdr\r\nActionID: 1\r\n",
            b"",
            b"Event: \r\n",
        ],
    )
    def test_an_answer_or_what_is_no_event_has_none(self, block: bytes) -> None:
        assert (kind_of(block), time_of(block)) == ("", "")
