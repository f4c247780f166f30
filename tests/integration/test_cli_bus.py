"""The commands that speak to a real broker, each as the operator and with no more than his rights."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from chassis.errors import Invalid, NotFound
from chassis.tokens import HOUSE, Verifier, generate_keypair
from contracts import SERVICES
from rapport_cli.main import main
from tests.support.answering import answering
from tests.support.bus import Bus, bus, fresh_bus, password_of, whole_bus
from tests.support.cli import operator

__all__ = ["bus", "fresh_bus", "whole_bus"]


class TestCall:
    def test_prints_the_answer(self, bus: Bus) -> None:
        with answering(bus, "accounts", {"echo": lambda asked: {"heard": asked}}) as called:
            done = operator(bus, "call", "accounts.echo", '{"word": "hi"}')

        assert (done.exit_code, json.loads(done.stdout)) == (0, {"heard": {"word": "hi"}})
        assert called == ["echo"]

    def test_reads_a_file(self, bus: Bus, tmp_path: Path) -> None:
        file = tmp_path / "asked.json"
        file.write_text('{"word": "hi"}')

        with answering(bus, "accounts", {"echo": lambda asked: asked}):
            done = operator(bus, "call", "accounts.echo", f"@{file}", "--json")

        assert done.stdout == '{"word":"hi"}\n'

    def test_tells_a_refusal_with_its_code_and_facts(self, bus: Bus) -> None:
        def refuse(_: object) -> object:
            raise Invalid("The word is too long.", code="word.long", detail={"limit": 3})

        with answering(bus, "accounts", {"echo": refuse}):
            done = operator(bus, "call", "accounts.echo", "{}", "--json")

        assert done.exit_code == 1
        assert json.loads(done.stdout)["error"] == {
            "code": "word.long", "message": "The word is too long.", "detail": {"limit": 3},
        }  # fmt: skip
        assert done.stderr == "rapport: The word is too long. [word.long]\n"

    def test_tells_a_bug_without_its_inside(self, bus: Bus) -> None:
        with answering(bus, "accounts", {"echo": lambda asked: asked["missing"]}):
            done = operator(bus, "call", "accounts.echo")

        assert done.exit_code == 3
        assert "did not foresee" in done.stderr
        assert "KeyError" not in done.output

    def test_does_not_wait_longer_than_told(self, bus: Bus) -> None:
        done = operator(bus, "call", "accounts.echo", "--timeout", "0.2")

        assert done.exit_code == 3
        assert "[rpc.timeout]" in done.stderr

    def test_says_that_the_broker_refuses_a_foreign_service(self, bus: Bus) -> None:
        done = operator(bus, "call", "nobody.echo")

        assert done.exit_code == 1
        assert "[rpc." in done.stderr


@contextlib.contextmanager
def cards_of(bus: Bus, cards: Mapping[str, object]) -> Iterator[None]:
    """Let every service answer with its card."""
    with contextlib.ExitStack() as stack:
        for name, card in cards.items():
            stack.enter_context(answering(bus, name, {"customer_card": lambda _, it=card: it}))
        yield


class TestCard:
    def test_has_a_section_of_each_service(self, whole_bus: Bus) -> None:
        cards = {name: {"as_of": f"T{at}"} for at, name in enumerate(SERVICES)}

        with cards_of(whole_bus, cards):
            done = operator(whole_bus, "card", "c1", "--json")

        sections = json.loads(done.stdout)["sections"]
        assert done.exit_code == 0
        assert sections == {name: {"available": True, "card": cards[name]} for name in SERVICES}

    def test_tells_how_fresh_each_section_is(self, whole_bus: Bus) -> None:
        card = {"as_of": "T2", "leads": {"as_of": "T1", "items": [{"id": "l1", "status": "new"}]}}
        cards = {name: {"as_of": "T3"} for name in SERVICES} | {"sales": card}

        with cards_of(whole_bus, cards):
            done = operator(whole_bus, "card", "c1")

        assert done.stdout.splitlines() == [
            "accounts, as of T3",
            "sales, as of T2",
            "  leads, as of T1:",
            "    items:",
            "      - id=l1  status=new",
            "service_desk, as of T3",
            "marketing, as of T3",
            "telephony, as of T3",
            "analytics, as of T3",
        ]

    def test_writes_amounts_as_money(self, whole_bus: Bus) -> None:
        score = {"as_of": "T1", "rank": 1, "spend_minor": 2504307, "currency": "USD"}
        orders = {"as_of": "T1", "last": [{"id": "o1", "total_minor": 1200, "currency": "JPY"}]}
        cards = {name: {"as_of": "T3"} for name in SERVICES}
        cards |= {"sales": {"orders": orders}, "analytics": {"score": score}}

        with cards_of(whole_bus, cards):
            done = operator(whole_bus, "card", "c1")

        said = done.stdout.splitlines()
        assert "      - id=o1  total=1,200 JPY  currency=JPY" in said
        assert said[-3:] == ["    rank: 1", "    spend: 25,043.07 USD", "    currency: USD"]

    def test_loses_only_the_section_of_a_service_that_is_silent(self, bus: Bus) -> None:
        with answering(bus, "accounts", {"customer_card": lambda _: {"name": "Ann"}}):
            done = operator(bus, "card", "c1", "--timeout", "0.5")

        assert done.exit_code == 3
        assert "name: Ann" in done.stdout
        assert "No answer from sales.customer_card within 0.5 s" in done.stdout

    def test_refuses_whom_the_master_record_does_not_know(self, bus: Bus) -> None:
        def unknown(_: object) -> object:
            raise NotFound("There is no customer with this id.", code="accounts.customer.not_found")

        with (
            answering(bus, "accounts", {"customer_card": unknown}),
            answering(bus, "sales", {"customer_card": lambda _: {"known": False}}),
        ):
            done = operator(bus, "card", "c1")

        assert (done.exit_code, done.stdout) == (1, "")
        assert "There is no customer with this id." in done.stderr


class TestToken:
    def test_asks_the_directory_what_somebody_may(self, bus: Bus, tmp_path: Path) -> None:
        private, public = generate_keypair(tmp_path, "accounts")
        claims = {"subject": "person:s1", "roles": ["rep"], "entity": "group", "teams": ["west"]}

        with answering(bus, "accounts", {"token_claims": lambda _: claims}):
            done = operator(bus, "token", "s1", "--key", str(private))

        caller = Verifier(public.parent, HOUSE).verify(done.stdout.strip())
        assert (caller.subject, caller.roles, caller.team_ids) == ("person:s1", ("rep",), ("west",))


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
