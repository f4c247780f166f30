"""Command lines that are wrong: one sentence, no secret, and a status that a script can read."""

import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chassis.tokens import generate_keypair
from deploy.local.house import House
from deploy.local.machine import LOOPBACK, base_environment, free_ports
from deploy.local.services import PROJECT

SECRET = "s3cret-of-nobody"  # to be looked for in what is printed
USAGE, FAILED = 2, 1


def said(*words: str, **settings: str) -> tuple[int, str]:
    """Run a module to its end and return its status with the last line that it said."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *words],
        cwd=PROJECT,
        env=base_environment() | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, (done.stderr.strip() or done.stdout.strip()).splitlines()[-1]


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, dict[str, str]]:
    """Settings of each plain process that would do, but for nobody being there."""
    ports = free_ports(4)
    common = {
        "RAPPORT_AMQP_URI": f"amqp://x:{SECRET}@{LOOPBACK}:1/",
        "RAPPORT_OPS_PORT": str(ports[0]),
        "RAPPORT_PUBLIC_KEYS": str(tmp_path / "public"),
        "RAPPORT_ENVIRONMENT": "test",
    }
    own = {
        "services.telephony.bridge": {
            "RAPPORT_PBX_URI": f"ami://bridge:{SECRET}@{LOOPBACK}:1",
            "RAPPORT_SPOOL": str(tmp_path / "spool"),
        },
        "services.gateway": {"RAPPORT_HTTP_PORT": str(ports[1])},
        "services.analytics.warehouse": {
            "RAPPORT_WAREHOUSE_FILE": str(tmp_path / "w.duckdb"),
            "RAPPORT_WAREHOUSE_SOCKET": str(tmp_path / "w.sock"),
        },
    }
    names = {
        "services.telephony.bridge": "cti",
        "services.gateway": "gateway",
        "services.analytics.warehouse": "warehouse",
    }
    for name in names.values():
        generate_keypair(tmp_path, name)
    return {
        module: common | given | {"RAPPORT_SIGNING_KEY": str(tmp_path / f"{names[module]}.key")}
        for module, given in own.items()
    }


MODULES = ("services.telephony.bridge", "services.gateway", "services.analytics.warehouse")
OWN = {
    "services.telephony.bridge": ("RAPPORT_PBX_URI", f"http://bridge:{SECRET}@pbx"),
    "services.gateway": ("RAPPORT_REQUESTS_PER_MINUTE", "many"),
    "services.analytics.warehouse": ("RAPPORT_WAREHOUSE_THREADS", "-1"),
}


class TestAPlainProcess:
    @pytest.mark.parametrize("module", MODULES)
    def test_names_a_setting_that_it_does_not_know(
        self, plain: dict[str, dict[str, str]], module: str
    ) -> None:
        status, sentence = said(module, **plain[module], RAPPORT_COLOUR="red")

        assert status == USAGE
        assert "RAPPORT_COLOUR" in sentence

    @pytest.mark.parametrize("module", MODULES)
    def test_names_a_setting_of_its_own_that_is_wrong(
        self, plain: dict[str, dict[str, str]], module: str
    ) -> None:
        name, value = OWN[module]

        status, sentence = said(module, **plain[module] | {name: value})

        assert (status, name in sentence) == (USAGE, True), sentence

    @pytest.mark.parametrize("module", MODULES)
    def test_names_a_setting_that_is_missing(
        self, plain: dict[str, dict[str, str]], module: str
    ) -> None:
        plain[module].pop("RAPPORT_AMQP_URI")

        status, sentence = said(module, **plain[module])

        assert (status, "RAPPORT_AMQP_URI" in sentence) == (USAGE, True), sentence


class TestARebuild:
    def test_is_refused_while_the_warehouse_runs(self, running_house: House) -> None:
        place = running_house.places["warehouse"]
        settings = {
            "RAPPORT_AMQP_URI": place.amqp_uri,
            "RAPPORT_OPS_PORT": str(free_ports(1)[0]),
            "RAPPORT_SIGNING_KEY": place.signing_key,
            "RAPPORT_PUBLIC_KEYS": place.public_keys,
            "RAPPORT_ENVIRONMENT": "test",
        }

        status, sentence = said("services.analytics.warehouse", "rebuild", **settings, **place.own)

        assert status == FAILED
        assert "process" in sentence

    def test_of_nothing_that_there_is_says_so(self) -> None:
        assert said("services.analytics.warehouse", "repair")[0] == USAGE


class TestThePlayedPbx:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("99",), "There is no capture 99"),
            (("01", "--at", "noon"), "--at"),
            (("01", "--speed", "fast"), "--speed"),
            (("01", "--secret-file", "/nowhere/secret"), "/nowhere/secret"),
        ],
    )
    def test_says_what_it_cannot_play(self, words: tuple[str, ...], told: str) -> None:
        status, sentence = said("deploy.local.pbx", *words)

        assert (status, told in sentence) == (USAGE, True), sentence

    def test_says_that_its_port_is_taken(self) -> None:
        with closing(socket.create_server((LOOPBACK, 0))) as taken:
            port = taken.getsockname()[1]

            assert said("deploy.local.pbx", "--port", str(port)) == (
                USAGE, f"Port {port} for the PBX is taken.",
            )  # fmt: skip


class TestTheMailSink:
    def test_needs_a_folder_and_a_port(self, tmp_path: Path) -> None:
        assert said("deploy.local.mail", "--folder", str(tmp_path))[0] == USAGE
        assert said("deploy.local.mail", "--folder", str(tmp_path), "--port", "x")[0] == USAGE

    def test_says_that_its_port_is_taken(self, tmp_path: Path) -> None:
        with closing(socket.create_server((LOOPBACK, 0))) as taken:
            port = taken.getsockname()[1]
            words = ("--folder", str(tmp_path), "--port", str(port))

            assert said("deploy.local.mail", *words) == (
                FAILED, f"Port {port} for the mail sink is taken.",
            )  # fmt: skip

    def test_says_that_it_cannot_keep_anything(self, tmp_path: Path) -> None:
        file = tmp_path / "a-file"
        file.write_text("")

        status, sentence = said("deploy.local.mail", "--folder", str(file), "--port", "0")

        assert (status, str(file) in sentence) == (FAILED, True), sentence
