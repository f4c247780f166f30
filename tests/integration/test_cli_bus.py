"""The commands that speak to a real broker, each as the operator and with no more than his rights."""

import json
import re
import uuid
from pathlib import Path

import pika
import pytest
from click.testing import CliRunner, Result

from chassis.envelope import Envelope
from chassis.errors import Invalid, NotFound
from chassis.plain import parked as header
from chassis.tokens import HOUSE, Verifier, generate_keypair
from rapport_cli import events
from rapport_cli.main import main
from tests.support.answering import answering
from tests.support.bus import Bus, bus, fresh_bus, password_of
from tests.support.waiting import eventually

__all__ = ["bus", "fresh_bus"]
SECRET = "Claire Gute"


def operator(bus: Bus, *words: str) -> Result:
    """Run a command as the operator."""
    env = {"RAPPORT_AMQP_URI": bus.uri_of("operator"), "RAPPORT_TOKEN": "a token"}
    return CliRunner().invoke(main, list(words), env=env)


def park(bus: Bus, *, handler: str = "sales.customers.q1", code: str = "invalid.fields") -> str:
    """Park a message as a handler of sales would, and return its id."""
    message_id = str(uuid.uuid4())
    headers = {
        "ce-id": message_id,
        "ce-type": "accounts.customer.recorded.v1",
        header.HANDLER: handler,
        header.REASON_CODE: code,
        header.REASON: "The input is not valid.",
        header.ATTEMPT: 1,
        header.FIRST_EXCHANGE: "accounts.private",
        header.FIRST_ROUTING_KEY: "accounts.customer.recorded.v1",
        header.PARKED_AT: "2017-11-08T09:30:00.000000Z",
    }
    body = json.dumps({"name": SECRET}).encode()
    connection = bus.connect("sales")
    properties = pika.BasicProperties(headers=headers, message_id=message_id, delivery_mode=2)
    connection.channel().basic_publish("sales.park", handler, body, properties)
    connection.close()
    return message_id


def tell(bus: Bus, subject: str, type_: str = "accounts.customer.created.v1") -> None:
    """Tell an event as accounts would."""
    envelope = Envelope(
        str(uuid.uuid4()), "/rapport/accounts", type_, "2017-11-08T09:30:00.000000Z", subject,
        f"/schemas/{type_}.json", "c1", "c1", 1,
    )  # fmt: skip
    body = json.dumps({"customer_id": subject, "actor": "person:ann"}).encode()
    connection = bus.connect("accounts")
    properties = pika.BasicProperties(headers=envelope.headers(), delivery_mode=2)
    connection.channel().basic_publish("accounts.events", type_, body, properties)
    connection.close()


class TestCall:
    def test_prints_the_answer(self, fresh_bus: Bus) -> None:
        with answering(fresh_bus, "accounts", {"echo": lambda asked: {"heard": asked}}) as called:
            done = operator(fresh_bus, "call", "accounts.echo", '{"word": "hi"}')

        assert (done.exit_code, json.loads(done.stdout)) == (0, {"heard": {"word": "hi"}})
        assert called == ["echo"]

    def test_reads_a_file(self, fresh_bus: Bus, tmp_path: Path) -> None:
        file = tmp_path / "asked.json"
        file.write_text('{"word": "hi"}')

        with answering(fresh_bus, "accounts", {"echo": lambda asked: asked}):
            done = operator(fresh_bus, "call", "accounts.echo", f"@{file}", "--json")

        assert done.stdout == '{"word":"hi"}\n'

    def test_tells_a_refusal_with_its_code_and_facts(self, fresh_bus: Bus) -> None:
        def refuse(_: object) -> object:
            raise Invalid("The word is too long.", code="word.long", detail={"limit": 3})

        with answering(fresh_bus, "accounts", {"echo": refuse}):
            done = operator(fresh_bus, "call", "accounts.echo", "{}", "--json")

        assert done.exit_code == 1
        assert json.loads(done.stdout)["error"] == {
            "code": "word.long", "message": "The word is too long.", "detail": {"limit": 3},
        }  # fmt: skip
        assert done.stderr == "rapport: The word is too long. [word.long]\n"

    def test_tells_a_bug_without_its_inside(self, fresh_bus: Bus) -> None:
        with answering(fresh_bus, "accounts", {"echo": lambda asked: asked["missing"]}):
            done = operator(fresh_bus, "call", "accounts.echo")

        assert done.exit_code == 3
        assert "did not foresee" in done.stderr
        assert "KeyError" not in done.output

    def test_does_not_wait_longer_than_told(self, fresh_bus: Bus) -> None:
        done = operator(fresh_bus, "call", "accounts.echo", "--timeout", "0.2")

        assert done.exit_code == 3
        assert "[rpc.timeout]" in done.stderr

    def test_says_that_the_broker_refuses_a_foreign_service(self, fresh_bus: Bus) -> None:
        done = operator(fresh_bus, "call", "nobody.echo")

        assert done.exit_code == 1
        assert "[rpc." in done.stderr


class TestCard:
    def test_has_a_section_of_each_service(self, fresh_bus: Bus) -> None:
        mine, theirs = {"name": "Ann"}, {"orders": [{"total_minor": 5}]}

        with (
            answering(fresh_bus, "accounts", {"customer_card": lambda _: mine}),
            answering(fresh_bus, "sales", {"customer_card": lambda _: theirs}),
        ):
            done = operator(fresh_bus, "card", "c1", "--json")

        sections = json.loads(done.stdout)["sections"]
        assert done.exit_code == 0
        assert sections["accounts"] == {"available": True, "card": mine}
        assert sections["sales"] == {"available": True, "card": theirs}

    def test_tells_how_fresh_each_section_is(self, fresh_bus: Bus) -> None:
        card = {"as_of": "T2", "leads": {"as_of": "T1", "items": [{"id": "l1", "status": "new"}]}}

        with (
            answering(fresh_bus, "accounts", {"customer_card": lambda _: {"as_of": "T3"}}),
            answering(fresh_bus, "sales", {"customer_card": lambda _: card}),
        ):
            done = operator(fresh_bus, "card", "c1")

        assert done.stdout.splitlines() == [
            "accounts, as of T3",
            "sales, as of T2",
            "  leads, as of T1:",
            "    items:",
            "      - id=l1  status=new",
        ]

    def test_loses_only_the_section_of_a_service_that_is_silent(self, fresh_bus: Bus) -> None:
        with answering(fresh_bus, "accounts", {"customer_card": lambda _: {"name": "Ann"}}):
            done = operator(fresh_bus, "card", "c1", "--timeout", "0.5")

        assert done.exit_code == 3
        assert "name: Ann" in done.stdout
        assert "No answer from sales.customer_card within 0.5 s" in done.stdout

    def test_refuses_whom_nobody_knows(self, fresh_bus: Bus) -> None:
        def unknown(_: object) -> object:
            raise NotFound("There is no customer with this id.", code="accounts.customer.not_found")

        with (
            answering(fresh_bus, "accounts", {"customer_card": unknown}),
            answering(fresh_bus, "sales", {"customer_card": unknown}),
        ):
            done = operator(fresh_bus, "card", "c1")

        assert done.exit_code == 1
        assert "There is no customer with this id." in done.stderr


class TestToken:
    def test_asks_the_directory_what_somebody_may(self, fresh_bus: Bus, tmp_path: Path) -> None:
        private, public = generate_keypair(tmp_path, "accounts")
        claims = {"subject": "person:s1", "roles": ["rep"], "entity": "group", "teams": ["west"]}

        with answering(fresh_bus, "accounts", {"token_claims": lambda _: claims}):
            done = operator(fresh_bus, "token", "s1", "--key", str(private))

        caller = Verifier(public.parent, HOUSE).verify(done.stdout.strip())
        assert (caller.subject, caller.roles, caller.team_ids) == ("person:s1", ("rep",), ("west",))


class TestParked:
    def test_lists_everything_but_the_content(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked"))

        listed = operator(fresh_bus, "parked", "list")
        facts = json.loads(operator(fresh_bus, "parked", "list", "sales", "--json").stdout)

        assert "accounts.customer.recorded.v1" in listed.stdout
        assert "invalid.fields" in listed.stdout
        assert SECRET not in listed.stdout + json.dumps(facts)
        assert [fact["message_id"] for fact in facts] == [message_id]
        assert fresh_bus.depth("sales.parked") == 1

    def test_is_empty_in_a_sentence(self, fresh_bus: Bus) -> None:
        assert operator(fresh_bus, "parked", "list").stdout == "Nothing is parked.\n"

    def test_shows_one_whole(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked"))

        shown = operator(fresh_bus, "parked", "show", "sales", message_id, "--json")

        assert json.loads(shown.stdout)["body"] == {"name": SECRET}
        assert operator(fresh_bus, "parked", "show", "sales", "other").exit_code == 1

    def test_replays_a_named_one_to_its_handler(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        park(fresh_bus, code="unavailable")
        eventually(lambda: fresh_bus.depth("sales.parked") == 2)

        done = operator(fresh_bus, "parked", "replay", "sales", message_id)

        assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 of 1 sent.")
        assert eventually(lambda: fresh_bus.depth("sales.customers.q1")) == 1
        assert eventually(lambda: fresh_bus.depth("sales.parked")) == 1

    def test_replays_by_reason_and_says_what_it_could_not(self, fresh_bus: Bus) -> None:
        park(fresh_bus, handler="sales.gone.q1", code="unavailable")
        park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked") == 2)

        done = operator(
            fresh_bus, "parked", "replay", "sales", "--all", "--reason-code", "unavailable"
        )

        assert done.exit_code == 1
        assert "There is no queue sales.gone.q1." in done.stdout
        assert eventually(lambda: fresh_bus.depth("sales.parked") == 2)

    def test_drops_only_after_a_yes_and_prints_what_goes(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked"))

        asked = operator(fresh_bus, "parked", "drop", "sales", message_id)
        kept = eventually(lambda: fresh_bus.depth("sales.parked"))
        done = operator(fresh_bus, "parked", "drop", "sales", message_id, "--yes")

        assert (asked.exit_code, kept) == (1, 1)
        assert json.loads(done.stdout)["body"] == {"name": SECRET}
        assert (done.exit_code, done.stderr) == (0, "1 dropped.\n")
        assert eventually(lambda: not fresh_bus.depth("sales.parked"))

    @pytest.mark.parametrize("words", [[], ["ref", "--all"]])
    def test_wants_names_or_all(self, fresh_bus: Bus, words: list[str]) -> None:
        assert operator(fresh_bus, "parked", "replay", "sales", *words).exit_code == 2
        assert operator(fresh_bus, "parked", "drop", "sales", "--yes", *words).exit_code == 2

    def test_names_what_is_not_parked(self, fresh_bus: Bus) -> None:
        done = operator(fresh_bus, "parked", "replay", "sales", "other")

        assert done.exit_code == 1
        assert "Not parked: other." in done.stderr


class TestEvents:
    def test_replays_the_log_from_the_first(self, fresh_bus: Bus) -> None:
        tell(fresh_bus, "c1")
        tell(fresh_bus, "c2", "accounts.customer.updated.v1")

        done = operator(fresh_bus, "events", "replay", "--from", "first", "--json")

        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.exit_code == 0
        assert [(one["offset"], one["subject"]) for one in told] == [(0, "c1"), (1, "c2")]
        assert told[0]["data"] == {"customer_id": "c1", "actor": "person:ann"}

    def test_replays_from_an_offset_chosen_types(self, fresh_bus: Bus) -> None:
        for number in range(4):
            tell(fresh_bus, f"c{number}", f"accounts.customer.{'ab'[number % 2]}.v1")

        done = operator(fresh_bus, "events", "replay", "--from", "1", "--type", "*.b.v1")

        assert re.findall(r"  (c\d)  person:ann", done.stdout) == ["c1", "c3"]

    def test_follows_what_is_told(self, fresh_bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
        tell(fresh_bus, "old")
        read = events.StreamReader.read

        def telling(reader: events.StreamReader, idle: float | None = None) -> object:
            reader._receive(0.5)  # begins to read at the end
            tell(fresh_bus, "new")
            return read(reader, idle)

        monkeypatch.setattr(events.StreamReader, "read", telling)
        done = operator(fresh_bus, "events", "tail", "--limit", "1", "--json")

        assert json.loads(done.stdout)["subject"] == "new"

    @pytest.mark.parametrize("place", ["yesterday", "-1", "2017-99-01"])
    def test_wants_a_place_in_the_log(self, fresh_bus: Bus, place: str) -> None:
        done = operator(fresh_bus, "events", "replay", f"--from={place}")

        assert done.exit_code == 2
        assert "is not first, last, an offset or an ISO 8601 instant" in done.stderr

    def test_are_closed_to_a_service(self, fresh_bus: Bus) -> None:
        done = CliRunner().invoke(
            main,
            ["events", "replay", "--from", "first", "--amqp-uri", fresh_bus.uri_of("sales")],
        )

        assert done.exit_code == 1
        assert "ACCESS_REFUSED" in done.stderr


class TestTopology:
    def admin(self, bus: Bus, *words: str) -> Result:
        """Run a command as the broker's administrator."""
        uris = ["--amqp-uri", bus.amqp_uri, "--admin-uri", bus.admin_uri]
        return CliRunner().invoke(main, ["topology", *words, *uris])

    def passwords(self, bus: Bus, folder: Path) -> str:
        """Write the passwords of all users."""
        file = folder / "passwords.json"
        users = {user.name: password_of(user.name) for user in bus.topology.users}
        file.write_text(json.dumps(users))
        return str(file)

    def test_is_applied_and_then_found_as_declared(self, fresh_bus: Bus, tmp_path: Path) -> None:
        passwords = self.passwords(fresh_bus, tmp_path)

        applied = self.admin(fresh_bus, "apply", "--passwords-file", passwords)
        checked = self.admin(fresh_bus, "check")

        assert (applied.exit_code, applied.stderr) == (0, "")
        assert (checked.exit_code, checked.stdout) == (0, "The broker is as declared.\n")

    def test_names_what_differs(self, fresh_bus: Bus, tmp_path: Path) -> None:
        self.admin(fresh_bus, "apply", "--passwords-file", self.passwords(fresh_bus, tmp_path))
        connection = fresh_bus.connect()
        connection.channel().queue_delete("sales.parked")
        connection.close()

        checked = self.admin(fresh_bus, "check", "--json")

        assert checked.exit_code == 1
        assert "Queue sales.parked is missing." in json.loads(checked.stdout)["differences"]

    def test_refuses_a_file_of_passwords_that_is_none(self, bus: Bus, tmp_path: Path) -> None:
        file = tmp_path / "passwords.json"
        file.write_text("[]")

        assert self.admin(bus, "apply", "--passwords-file", str(file)).exit_code == 2

    def test_migrates_only_between_queues_that_are_there(self, bus: Bus) -> None:
        done = self.admin(bus, "migrate", "sales.old.q1", "sales.customers.q1")

        assert done.exit_code == 1
        assert "Queue sales.old.q1 is missing." in done.stderr
