"""What the doctor says of faults that need no house: clocks, keys, certificates, the warehouse's place."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chassis.clock import real_now
from chassis.tokens import generate_keypair
from chassis.topology.shapes import Topology
from rapport_cli.doctor.certificates import certificates
from rapport_cli.doctor.findings import Finding, Level
from rapport_cli.doctor.patient import Patient
from rapport_cli.doctor.processes import clocks, keys, readiness
from rapport_cli.doctor.warehouse import judge
from rapport_cli.house import House, Running
from rapport_cli.main import main

NOTHING = Topology((), (), (), (), ())
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Check = Callable[[Patient], Iterator[Finding]]


def a_process(name: str, ops_uri: str = "", **places: Path | None) -> Running:
    """Say where a process runs."""
    where = {"signing_key": None, "public_keys": None, "clock_file": None} | places
    return Running(name=name, ops_uri=ops_uri, log=f"{name}.log", **where)


def wrong(check: Check, *processes: Running, **ways: str) -> list[str]:
    """Run a check on a house of these processes and return what it finds wrong."""
    house = House(running={one.name: one for one in processes})
    patient = Patient(house, NOTHING, ways.get("amqp_uri"), ways.get("admin_uri"))
    return [one.says for one in check(patient) if one.level is Level.WRONG]


@contextmanager
def answering(body: object, *, ahead: timedelta = timedelta()) -> Iterator[str]:
    """Answer every request with a body, by a clock that stands ahead of NOW."""

    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(NOW + ahead, usegmt=True)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class TestReadiness:
    def test_repeats_what_a_process_complains_of(self) -> None:
        with answering({"wrong": {"broker": "not connected to the broker"}}) as uri:
            found = wrong(readiness, a_process("sales", uri))

        assert found == ["sales is not ready, broker: not connected to the broker"]

    def test_names_the_log_of_a_process_that_is_silent(self) -> None:
        found = wrong(readiness, a_process("sales", "http://127.0.0.1:1"))

        assert found == ["sales does not answer at http://127.0.0.1:1; its log: sales.log"]


class TestClocks:
    @pytest.fixture(autouse=True)
    def _ours_stands_still(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However long an answer takes, and whenever in a second it is asked for."""
        standing = SimpleNamespace(time=NOW.timestamp)
        monkeypatch.setattr("rapport_cli.doctor.processes.time", standing)

    @pytest.mark.parametrize(
        ("ahead", "said"),
        [(20, []), (300, ["The clock of sales is 300 s ahead of this machine's."]),
         (-300, ["The clock of sales is 300 s behind this machine's."])],
    )  # fmt: skip
    def test_tells_of_half_a_minute_and_more(self, ahead: int, said: list[str]) -> None:
        with answering({}, ahead=timedelta(seconds=ahead)) as uri:
            found = wrong(clocks, a_process("sales", uri))

        assert found == said

    def test_asks_the_broker_by_its_management_api(self) -> None:
        with answering({}, ahead=timedelta(seconds=300)) as uri:
            found = wrong(clocks, amqp_uri="amqp://a:b@127.0.0.1:1/", admin_uri=uri)

        assert found == ["The clock of the broker is 300 s ahead of this machine's."]


class TestKeys:
    def test_are_well_when_public_and_private_belong_together(self, tmp_path: Path) -> None:
        private, public = generate_keypair(tmp_path, "sales")

        sales = a_process("sales", signing_key=private, public_keys=public.parent)

        assert wrong(keys, sales) == []

    def test_of_another_pair_are_told(self, tmp_path: Path) -> None:
        private, _ = generate_keypair(tmp_path / "old", "sales")
        _, public = generate_keypair(tmp_path / "new", "sales")

        found = wrong(keys, a_process("sales", signing_key=private, public_keys=public.parent))

        assert found == [
            f"What sales signs is refused by the keys in {public.parent}: The token is not valid."
        ]

    def test_that_somebody_lacks_are_told(self, tmp_path: Path) -> None:
        private, public = generate_keypair(tmp_path / "all", "sales")
        other, lacking = generate_keypair(tmp_path / "some", "accounts")
        generate_keypair(tmp_path / "all", "accounts")[1].write_bytes(lacking.read_bytes())

        found = wrong(
            keys,
            a_process("sales", signing_key=private, public_keys=public.parent),
            a_process("accounts", signing_key=other, public_keys=lacking.parent),
        )

        where = f"the keys in {lacking.parent}"
        assert found == [f"What sales signs is refused by {where}: The token's signer is unknown."]

    def test_that_are_none_are_told(self, tmp_path: Path) -> None:
        file = tmp_path / "sales.key"
        file.write_text("nothing")

        found = wrong(keys, a_process("sales", signing_key=file, public_keys=tmp_path))

        assert found == [f"{file} is no private key."]


@contextmanager
def a_tls_server(folder: Path, days: int) -> Iterator[int]:
    """Show a certificate that is good for so many days to whoever connects."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    began = real_now() - timedelta(days=30)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(real_now() + timedelta(days=days))
        .sign(key, None)
    )
    file = folder / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    with closing(server.socket):
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class TestCertificates:
    @pytest.mark.parametrize(("days", "count"), [(3, 1), (90, 0), (-1, 1)])
    def test_that_end_soon_are_told(self, tmp_path: Path, days: int, count: int) -> None:
        with a_tls_server(tmp_path, days) as port:
            found = wrong(certificates, amqp_uri=f"amqps://a:b@127.0.0.1:{port}/")

        assert len(found) == count


class TestTheWarehouse:
    def levels(self, **status: object) -> list[tuple[Level, str]]:
        """Judge a status that is well but for this."""
        well = {"problem": None, "lag_seconds": 0.0, "lag_events": 0, "gaps": 0, "ordinal": 1}
        return [(one.level, one.says) for one in judge(well | status, NOW)]

    def test_that_has_read_everything_is_well(self) -> None:
        assert self.levels() == []

    def test_that_does_not_read_is_told(self) -> None:
        assert self.levels(problem="No broker.") == [
            (Level.WRONG, "The log is not read: No broker.")
        ]

    def test_that_is_behind_is_told(self) -> None:
        assert self.levels(lag_events=900, lag_seconds=61.0) == [
            (Level.WRONG, "The warehouse is 900 events and 61 s behind the log.")
        ]
        assert self.levels(lag_events=900, lag_seconds=3.0) == []

    @pytest.mark.parametrize(("days", "level"), [(1, Level.WRONG), (30, Level.NOTE)])
    def test_with_a_gap_is_trouble_while_it_is_new(self, days: int, level: Level) -> None:
        seen = (NOW - timedelta(days=days)).isoformat()

        assert self.levels(gaps=2, last_gap_at=seen) == [
            (level, f"The log had 2 gaps, the last seen at {seen}.")
        ]

    def test_that_met_another_log_is_told(self) -> None:
        found = self.levels(
            ordinal=2, incarnation="i2", begun_at=NOW.isoformat(), begun_because="it ends before"
        )

        assert [level for level, _ in found] == [Level.WRONG]
        assert "This is life 2 of the log (i2)" in found[0][1]

    def test_with_events_in_quarantine_is_told(self) -> None:
        assert self.levels(quarantined=3) == [(Level.WRONG, "3 events are in quarantine.")]

    def test_whose_rebuild_failed_is_told(self) -> None:
        failed = {"state": "failed", "problem": "sales differs"}

        assert self.levels(rebuild=failed) == [
            (Level.WRONG, "The last rebuild failed: sales differs")
        ]


class TestWithoutABroker:
    def test_says_so_and_looks_at_the_rest(self, tmp_path: Path) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(tmp_path)
            patched.setattr("rapport_cli.doctor.patient.PATIENCE_SECONDS", 0.0)
            uri = "amqp://a:b@127.0.0.1:1/"
            done = CliRunner().invoke(main, ["doctor", "--json", "--amqp-uri", uri])

        found = json.loads(done.stdout)
        assert (done.exit_code, found["state"]) == (1, "wrong")
        assert found["checks"]["broker"][0]["see"] == "docs/operations.md#broker-down"
        assert found["checks"]["parked"][0] == {
            "level": "unseen", "says": "The broker is away.", "do": None, "see": None,
        }  # fmt: skip
