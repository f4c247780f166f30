"""The PBX that plays captures: whose names, which instants, what it answers, how it breaks."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.pbx import Play, ReplayPbx, capture, names
from deploy.local.pbx.__main__ import main
from deploy.local.pbx.captures import FOLDER
from services.telephony.bridge.messages import Framer, Message
from tests.support.pbx import BOOTED, CAPTURES, captured, fields_of, message, state_after
from tests.support.waiting import eventually

BASE = datetime(2017, 3, 1, 9, tzinfo=UTC)


class Client:
    """A client of the manager interface, as small as can be."""

    def __init__(self, pbx: ReplayPbx) -> None:
        self.line = socket.create_connection(("127.0.0.1", pbx.port), 5)
        self.line.settimeout(5)
        assert self.line.recv(30) == b"Asterisk Call Manager/11.0.0\r\n"
        self.framer = Framer()
        self.messages: list[Message] = []
        self.ended = False

    def ask(self, **fields: str) -> None:
        text = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
        self.line.sendall(text.encode() + b"\r\n")

    def log_in(self, secret: str = "secret") -> "Client":
        self.ask(Action="Login", Username="bridge", Secret=secret, ActionID="1")
        self.until("FullyBooted")
        return self

    def read(self) -> None:
        try:
            data = self.line.recv(65_536)
        except OSError:
            data = b""
        self.ended = not data
        self.messages += [Message(one) for one in self.framer.feed(data)]

    def until(self, event: str) -> list[Message]:
        """Return all up to an event, or to the end of the line."""
        return self.until_one(lambda one: one.event == event)

    def until_one(self, wanted: Callable[[Message], bool]) -> list[Message]:
        while not any(map(wanted, self.messages)) and not self.ended:
            self.read()
        found, self.messages = self.messages, []
        return found


@pytest.fixture
def pbx() -> Iterator[ReplayPbx]:
    with ReplayPbx(booted=BOOTED) as running:
        yield running


Connect = Callable[[ReplayPbx], Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    with contextlib.ExitStack() as stack:

        def opened(pbx: ReplayPbx) -> Client:
            client = Client(pbx)
            stack.callback(client.line.close)
            return client

        yield opened


class TestCaptures:
    def test_are_all_those_that_the_folder_has(self) -> None:
        assert len(names()) == 35
        assert capture("01") is capture("01")
        assert capture("01").says.startswith("inbound 13800138000")

    def test_an_unknown_one_is_told(self) -> None:
        with pytest.raises(LookupError, match=r"There is no capture 99; there are 01_queue"):
            capture("99")

    @pytest.mark.parametrize("name", CAPTURES)
    def test_played_as_captured_is_what_was_captured(self, name: str) -> None:
        raw = (FOLDER / f"{name}.txt").read_bytes()

        assert all(one.data in raw + b"\r\n\r\n" for one in captured(name))

    def test_answers_to_actions_are_passed_over(self) -> None:
        kinds = {fields_of(one)["Event"] for one in captured("26")}

        assert not kinds & {"CoreShowChannel", "QueueEntry", "BridgeListItem"}


class TestPlay:
    def test_gives_everybody_new_names_wherever_the_old_ones_stood(self, pbx: ReplayPbx) -> None:
        first, second = (list(pbx.events("19")) for _ in range(2))

        for told in (first, second):
            text = b"".join(one.data for one in told)
            assert b"1795290322" not in text
            assert b"294dea83" not in text
        ids = [
            {fields_of(one).get("Linkedid") for one in told} - {None} for told in (first, second)
        ]
        assert (len(ids[0]), ids[0] & ids[1]) == (1, set())

    def test_keeps_the_halves_of_a_local_pair_together(self, pbx: ReplayPbx) -> None:
        channels = {fields_of(one).get("Channel", "") for one in pbx.events("19")}
        halves = sorted(one for one in channels if one.startswith("Local/"))

        assert [one[-2:] for one in halves] == [";1", ";2"]
        assert halves[0][:-2] == halves[1][:-2]

    def test_numbers_an_id_that_a_dialler_chose(self, pbx: ReplayPbx) -> None:
        found = {fields_of(one).get("Linkedid", "") for one in pbx.events("11")} - {""}

        assert found == {"crm-ctd-1-0"}

    def test_begins_at_the_instant_that_was_asked_for(self, pbx: ReplayPbx) -> None:
        told = list(pbx.events(Play("01", BASE)))
        was = captured("01")

        assert told[0].at == BASE
        assert fields_of(told[0])["Timestamp"] == "1488358800.000000"
        assert [one.at - BASE for one in told] == [one.at - was[0].at for one in was]

    def test_other_people_may_call(self, pbx: ReplayPbx) -> None:
        instead = {"13800138000": "+12025550123", "Li Ming": "Claire Gute"}
        fields = [fields_of(one) for one in pbx.events(Play("05", BASE, instead))]

        callers = {(one.get("CallerIDNum"), one.get("CallerIDName")) for one in fields}
        assert callers - {(None, None)} == {("+12025550123", "Claire Gute"), ("1001", "Agent Ann")}
        assert {one["DestConnectedLineNum"] for one in fields if "DestConnectedLineNum" in one} == {
            "+12025550123"
        }

    def test_plays_several_in_the_order_of_their_instants(
        self, pbx: ReplayPbx, connect: Connect
    ) -> None:
        client = connect(pbx).log_in()

        count = pbx.play(Play("41", BASE + timedelta(seconds=0.2)), Play("41", BASE))
        pbx.kill()

        told = client.until("never")
        times = [float(one.get("Timestamp")) for one in told]
        assert count == len(told) == 2 * len(captured("41"))
        assert times == sorted(times)
        assert len({one.get("Linkedid") for one in told} - {""}) == 2

    @pytest.mark.parametrize("speed", [5.0, 1e9])
    def test_tells_in_pieces_what_is_due_together(
        self, pbx: ReplayPbx, connect: Connect, speed: float
    ) -> None:
        client, told = connect(pbx).log_in(), captured("05") * 5

        count = pbx.pace(told[:-1], speed, tick=0.05)
        pbx.pace(told[-1:], speed, tick=0.05)
        pbx.kill()

        assert count == len(told) - 1
        heard = [one.fields for one in client.until("never")]
        assert heard == [message(one).fields for one in told]

    def test_plays_at_the_speed_of_life_or_faster(self, pbx: ReplayPbx) -> None:
        begun = time.monotonic()

        pbx.play("41", speed=2.0)

        assert 0.25 <= time.monotonic() - begun < 20


class TestAnswers:
    def test_lets_in_who_knows_the_secret(self, pbx: ReplayPbx, connect: Connect) -> None:
        assert connect(pbx).log_in()
        eventually(lambda: pbx.listeners == 1)

    def test_refuses_a_wrong_secret_and_hangs_up(self, pbx: ReplayPbx, connect: Connect) -> None:
        client = connect(pbx)
        client.ask(Action="Login", Username="bridge", Secret="wrong", ActionID="1")

        told = client.until("never")

        assert [one.get("Message") for one in told] == ["Authentication failed"]
        assert (client.ended, pbx.listeners) == (True, 0)

    def test_answers_nobody_who_has_not_logged_in(self, pbx: ReplayPbx, connect: Connect) -> None:
        client = connect(pbx)
        client.ask(Action="CoreStatus", ActionID="7")

        (answer,) = client.until_one(lambda one: one.get("ActionID") == "7")

        assert answer.get("Message") == "Permission denied"

    def test_says_what_is_under_way(self, pbx: ReplayPbx, connect: Connect) -> None:
        client = connect(pbx).log_in()
        told = captured("26")
        for one in told[: len(told) // 2 + 8]:
            pbx.tell(one)
        client.ask(Action="CoreShowChannels", ActionID="2")
        client.ask(Action="QueueStatus", ActionID="3")
        client.ask(Action="BridgeList", ActionID="4")
        client.ask(Action="CoreStatus", ActionID="5")
        client.ask(Action="Wrong", ActionID="6")

        answers = client.until_one(lambda one: one.get("ActionID") == "6")

        kinds = [one.event for one in answers if one.get("ActionID") in {"2", "3", "4"}]
        assert kinds.count("CoreShowChannel") == 3
        assert (kinds.count("QueueEntry"), kinds.count("BridgeListItem")) == (1, 1)
        status, wrong = answers[-2:]
        assert (status.get("CoreCurrentCalls"), status.get("CoreStartupTime")) == ("2", "19:00:00")
        assert wrong.get("Response") == "Error"

    @pytest.mark.parametrize("name", [one for one in CAPTURES if one[:2] != "28"])
    def test_has_nothing_under_way_after_a_whole_capture(self, name: str) -> None:
        state = state_after(captured(name))

        assert (state.calls, list(state.channels()), list(state.bridges())) == (0, [], [])


class TestBreaking:
    def test_is_cut_after_so_many_bytes(self, pbx: ReplayPbx, connect: Connect) -> None:
        client = connect(pbx).log_in()
        pbx.cut_after(1000)

        pbx.play("01")
        told = client.until("never")

        assert sum(len(one.fields) for one in told) > 0
        assert (client.framer.rest > 0, client.ended) == (True, True)

    def test_another_run_of_it_has_another_start_and_no_calls(
        self, pbx: ReplayPbx, connect: Connect
    ) -> None:
        for one in captured("28"):
            pbx.tell(one)
        before, port = pbx.booted, pbx.port

        pbx.kill()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), 1)
        pbx.boot()

        client = connect(pbx).log_in()
        client.ask(Action="CoreShowChannels", ActionID="2")
        assert client.until("CoreShowChannelsComplete")[-1].get("ListItems") == "0"
        assert (pbx.booted > before, pbx.port) == (True, port)

    def test_who_logs_in_late_hears_only_what_comes_then(
        self, pbx: ReplayPbx, connect: Connect
    ) -> None:
        pbx.play("41")
        client = connect(pbx).log_in()

        pbx.play("41")
        pbx.kill()

        assert len(client.until("never")) == len(captured("41"))


class TestCommandLine:
    def test_lists_what_there_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--list"]) == 0
        assert capsys.readouterr().out.count("\n") == 35

    def test_says_in_one_sentence_what_is_wrong(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["99"]) == 2
        assert capsys.readouterr().err.startswith("There is no capture 99")

    def test_says_that_the_port_is_taken(
        self, pbx: ReplayPbx, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--port", str(pbx.port)]) == 2
        assert capsys.readouterr().err == f"Port {pbx.port} for the PBX is taken.\n"
