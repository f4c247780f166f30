"""What every command has in common: help, settings, exit codes, sentences instead of tracebacks."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chassis.errors import Conflict, NotFound, RemoteBug, Unavailable
from chassis.tokens import HOUSE, Verifier, generate_keypair
from rapport_cli import show
from rapport_cli.failures import failed
from rapport_cli.house import House, read_house
from rapport_cli.main import COMMANDS, main

GROUPS = {
    "audit": {"verify"},
    "copies": {"list", "rebuild"},
    "events": {"tail", "replay"},
    "parked": {"list", "show", "replay", "drop"},
    "privacy": {"file"},
    "processes": {"list", "show", "retry"},
    "timers": {"list", "retry"},
    "topology": {"apply", "check", "migrate"},
}
LEAVES = [[name] for name in COMMANDS if name not in GROUPS]
LEAVES += [[group, name] for group, names in GROUPS.items() for name in sorted(names)]
every_command = pytest.mark.parametrize("words", LEAVES, ids=" ".join)
# Nobody listens there.
NOWHERE = "amqp://nobody:secret@127.0.0.1:1/"


@pytest.fixture(autouse=True)
def nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder without a house, without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOUSE", "AMQP_URI", "ADMIN_URI", "DATABASE_URL", "TOKEN", "SIGNING_KEY"):
        monkeypatch.delenv(f"RAPPORT_{name}", raising=False)


def rapport(*words: str, **options: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, list(words), env=options)


def a_house(folder: Path) -> Path:
    """Write a house file as `make up` does."""
    private, _ = generate_keypair(folder, "accounts")
    file = folder / "house.json"
    content = {
        "kind": "sqlite",
        "amqp_uri": "amqp://admin:a@127.0.0.1:1/",
        "operator_uri": NOWHERE,
        "management_uri": "http://admin:a@127.0.0.1:2",
        "places": {
            "accounts": {"database_url": f"sqlite:///{folder}/a.db", "signing_key": str(private)}
        },
    }
    file.write_text(json.dumps(content))
    return file


class TestHelp:
    @every_command
    def test_shows_examples_and_offers_json(self, words: list[str]) -> None:
        shown = rapport(*words, "--help")

        assert shown.exit_code == 0
        assert "Examples:\n    rapport " + " ".join(words) in shown.output
        assert "--json" in shown.output

    def test_names_the_exit_codes(self) -> None:
        shown = rapport("--help")

        assert [line[4] for line in shown.output.splitlines()[-4:]] == ["0", "1", "2", "3"]

    def test_knows_every_command_of_a_group(self) -> None:
        for group, names in GROUPS.items():
            found = main.get_command(click.Context(main), group)
            assert isinstance(found, click.Group)
            assert set(found.commands) == names

    def test_refuses_a_command_that_is_none(self) -> None:
        assert rapport("dance").exit_code == 2


class TestSettings:
    def test_are_asked_for_in_one_sentence(self) -> None:
        refused = rapport("parked", "list")

        assert refused.exit_code == 2
        assert (
            "No broker: give --amqp-uri, set RAPPORT_AMQP_URI or use --house FILE."
            in refused.stderr
        )

    @pytest.mark.parametrize(
        "command", ["outbox", "timers list", "processes list", "migrate", "audit verify"]
    )
    def test_need_a_database_or_a_house(self, command: str) -> None:
        refused = rapport(*command.split())

        assert refused.exit_code == 2
        assert "No database: name a service and give --database-url." in refused.stderr

    def test_take_one_database_for_one_service_only(self) -> None:
        refused = rapport("outbox", "--database-url", "sqlite:///x.db")

        assert refused.exit_code == 2
        assert "--database-url is one service's" in refused.stderr

    def test_come_from_the_house_file(self, tmp_path: Path) -> None:
        house = read_house(a_house(tmp_path))

        assert house.operator_uri == NOWHERE
        assert house.databases == {"accounts": f"sqlite:///{tmp_path}/a.db"}
        assert house.keys["accounts"].is_file()

    def test_come_from_var_without_being_told(self, tmp_path: Path) -> None:
        (tmp_path / "var").mkdir()
        a_house(tmp_path).rename(tmp_path / "var" / "house.json")

        assert read_house(None).operator_uri == NOWHERE

    def test_are_nothing_where_there_is_no_house(self) -> None:
        assert read_house(None) == House()

    @pytest.mark.parametrize("content", ["", "[]", '{"places": {"sales": {}}}', "{}"])
    def test_refuse_a_file_that_is_none(self, tmp_path: Path, content: str) -> None:
        file = tmp_path / "other.json"
        file.write_text(content)

        refused = rapport("--house", str(file), "outbox")

        assert refused.exit_code == 2
        assert f"{file} is no house file" in refused.stderr

    def test_come_before_those_of_the_house(self, tmp_path: Path) -> None:
        file = a_house(tmp_path)

        refused = rapport(
            "--house", str(file), "parked", "list", "--amqp-uri", "amqp://x:y@127.0.0.1:3/"
        )

        assert refused.exit_code == 3
        assert "127.0.0.1:3" in refused.stderr


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "exit_code"),
        [(Conflict("No."), 1), (NotFound("No."), 1), (Unavailable("No."), 3), (RemoteBug("x"), 3)],
    )
    def test_say_whose_move_it_is(self, error: Exception, exit_code: int) -> None:
        assert failed(error).exit_code == exit_code

    def test_are_one_sentence_without_a_password(self) -> None:
        refused = rapport("call", "sales.board", "--token", "t", RAPPORT_AMQP_URI=NOWHERE)

        assert refused.exit_code == 3
        assert refused.stdout == ""
        assert refused.stderr.count("\n") == 1
        assert refused.stderr.startswith("rapport: The broker at 127.0.0.1:1 cannot be reached")
        assert "secret" not in refused.stderr

    def test_are_json_on_demand(self) -> None:
        refused = rapport("parked", "list", "--json", RAPPORT_AMQP_URI=NOWHERE)

        assert refused.exit_code == 3
        assert json.loads(refused.stdout)["error"]["code"] == "broker.unreachable"

    def test_say_that_a_database_is_not_there_and_make_none(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/missing.db"

        refused = rapport("outbox", "--service", "sales", "--database-url", url)

        assert refused.exit_code == 3
        assert "The database of sales is not there" in refused.stderr
        assert list(tmp_path.iterdir()) == []


class TestCall:
    @pytest.mark.parametrize("method", ["sales", "sales.", ".board"])
    def test_wants_a_service_and_a_method(self, method: str) -> None:
        refused = rapport("call", method, "--token", "t", RAPPORT_AMQP_URI=NOWHERE)

        assert refused.exit_code == 2
        assert f"{method} is not SERVICE.METHOD." in refused.stderr

    @pytest.mark.parametrize("payload", ["[1]", "not json", "@missing.json"])
    def test_wants_a_json_object(self, payload: str) -> None:
        refused = rapport("call", "sales.board", payload, "--token", "t")

        assert refused.exit_code == 2
        assert "payload" in refused.stderr

    def test_wants_somebody_to_ask_as(self) -> None:
        refused = rapport("call", "sales.board", RAPPORT_AMQP_URI=NOWHERE)

        assert refused.exit_code == 1
        assert "[auth.token_missing]" in refused.stderr


class TestToken:
    def test_signs_the_first_administrator_by_hand(self, tmp_path: Path) -> None:
        private, public = generate_keypair(tmp_path, "accounts")

        signed = rapport(
            "token", "--subject", "person:first", "--roles", "admin", "--key", str(private)
        )

        caller = Verifier(public.parent, HOUSE).verify(signed.stdout.strip())
        assert (caller.subject, caller.roles) == ("person:first", ("admin",))

    def test_takes_the_key_of_the_house(self, tmp_path: Path) -> None:
        file = a_house(tmp_path)

        signed = rapport("--house", str(file), "token", "--subject", "person:x", "--json")

        caller = Verifier(tmp_path / "public", HOUSE).verify(json.loads(signed.stdout)["token"])
        assert (caller.subject, caller.roles) == ("person:x", ())

    @pytest.mark.parametrize(
        "words",
        [[], ["--roles", "rep"], ["id", "--subject", "person:x"], ["--subject", "service:sales"]],
    )
    def test_wants_one_person(self, words: list[str], tmp_path: Path) -> None:
        private, _ = generate_keypair(tmp_path, "accounts")

        assert rapport("token", *words, "--key", str(private)).exit_code == 2

    def test_refuses_an_unknown_role(self) -> None:
        assert rapport("token", "--subject", "person:x", "--roles", "king").exit_code == 2

    def test_says_that_a_key_is_none(self, tmp_path: Path) -> None:
        key = tmp_path / "x.key"
        key.write_text("no key")

        refused = rapport("token", "--subject", "person:x", "--key", str(key))

        assert refused.exit_code == 1
        assert "cannot be read" in refused.stderr


class TestTable:
    def test_lines_up_and_shortens(self, capsys: pytest.CaptureFixture[str]) -> None:
        show.table(
            [{"id": 1, "reason": "a\nb"}, {"id": 22, "reason": "x" * 80}, {"id": 3}],
            ("id", "reason"),
            nothing="-",
        )

        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["id  reason", "1   a b"]
        assert len(lines[2]) == 4 + show.MAX_CELL
        assert lines[3] == "3   -"

    def test_says_so_when_there_is_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        show.table([], ("id",), nothing="Nothing is parked.")

        assert capsys.readouterr().out == "Nothing is parked.\n"
