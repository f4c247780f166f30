"""`rapport privacy file`: what is left on the disk, and what the exit code says."""

import json
import stat

import pytest
from click.testing import CliRunner

from chassis.errors import Conflict, Unavailable
from rapport_cli import privacy
from rapport_cli.main import main
from tests.unit.test_subjects import House


class Wire:
    """A client of the bus behind which a house answers."""

    house = House()

    def __init__(self, *_, **__):
        self.noted = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, service, method, payload, **_):
        """Answer as the house does, and remember what is to be noted."""
        if method == "note_access_file":
            Wire.house.noted = payload
            return {}
        return Wire.house.ask(service, method, payload)


@pytest.fixture
def house(monkeypatch):
    """A house that answers without a broker: only the wire is another one."""
    monkeypatch.setattr(privacy, "Client", Wire)
    monkeypatch.setattr("rapport_cli.house.House.broker", lambda *_: "amqp://nowhere")
    Wire.house = House(sales=[("orders", {"id": str(one), "customer_id": "a"}) for one in range(3)])
    Wire.house.noted = None
    return Wire.house


def run(out, *more):
    """Run the command with somebody's token."""
    asked = ["privacy", "file", "r1", "--out", str(out), *more]
    return CliRunner().invoke(main, asked, env={"RAPPORT_TOKEN": "t"})


class TestFile:
    def test_a_whole_one_is_written_for_its_maker_alone_and_noted(self, house, tmp_path):
        out = tmp_path / "ada.json"

        done = run(out)

        assert done.exit_code == 0
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        assert json.loads(out.read_bytes())["complete"] is True
        assert house.noted["sha256"] in done.output
        assert [one.name for one in tmp_path.iterdir()] == ["ada.json"]

    def test_one_with_a_gap_is_written_and_not_noted(self, house, tmp_path):
        house.failing["sales"] = Unavailable("Nobody answers.", code="rpc.timeout")
        out = tmp_path / "ada.json"

        done = run(out)

        assert done.exit_code == 3
        assert json.loads(out.read_bytes())["missing"].keys() == {"sales"}
        assert house.noted is None
        assert "rpc.timeout" in done.output

    def test_nothing_is_left_of_a_refusal_and_what_was_there_stays(self, house, tmp_path):
        out = tmp_path / "ada.json"
        out.write_text("the last one")

        def refuse(*_):
            raise Conflict("This customer was erased.", code="accounts.customer.erased")

        house.ask = refuse

        done = run(out)

        assert done.exit_code == 1
        assert "accounts.customer.erased" in done.output
        assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [
            ("ada.json", "the last one")
        ]

    def test_a_place_where_nothing_can_be_written_is_said(self, house, tmp_path):
        done = run(tmp_path / "nowhere" / "ada.json")

        assert done.exit_code == 2
        assert "cannot be written" in done.output

    def test_says_it_as_json(self, house, tmp_path):
        told = json.loads(run(tmp_path / "ada.json", "--json").stdout)

        assert (told["complete"], told["missing"]) == (True, {})
        assert told["services"]["sales"] == {"orders": 3}
