"""The frame of a plain process: settings, ops port, an orderly end, and an end that is none."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chassis.tokens import generate_keypair
from deploy.local.machine import base_environment, free_ports
from deploy.local.services import PROJECT
from tests.support.waiting import eventually

SECONDS = 60.0


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    generate_keypair(tmp_path / "keys", "errand")
    (tmp_path / "folder").mkdir()
    return base_environment() | {
        "RAPPORT_AMQP_URI": "amqp://errand:secret@127.0.0.1/",
        "RAPPORT_OPS_PORT": str(free_ports(1)[0]),
        "RAPPORT_SIGNING_KEY": str(tmp_path / "keys" / "errand.key"),
        "RAPPORT_PUBLIC_KEYS": str(tmp_path / "keys" / "public"),
        "RAPPORT_ENVIRONMENT": "test",
        "RAPPORT_FOLDER": str(tmp_path / "folder"),
    }


@contextlib.contextmanager
def started(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.errand"],
        cwd=PROJECT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def ask(environ: dict[str, str], path: str) -> httpx.Response | None:
    uri = f"http://127.0.0.1:{environ['RAPPORT_OPS_PORT']}{path}"
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(uri, trust_env=False, timeout=60)
    return None


def said(environ: dict[str, str]) -> tuple[int, str]:
    with started(environ) as child:
        _, errors = child.communicate(timeout=SECONDS)
        assert "Traceback" not in errors
        return child.returncode, errors.strip()


class TestARunningOne:
    def test_says_that_it_lives_is_ready_and_what_it_measures(
        self, environ: dict[str, str]
    ) -> None:
        with started(environ):
            ready = eventually(lambda: ask(environ, "/readyz"), seconds=SECONDS)
            metrics = ask(environ, "/metrics")

            assert ready.json() == {"ready": True, "service": "errand", "wrong": {}}
            assert ask(environ, "/livez").text == "alive\n"
            assert 'crm_service_info{service="errand"' in metrics.text
            assert ask(environ, "/secrets").status_code == 404

    def test_says_what_it_lacks(self, environ: dict[str, str]) -> None:
        (Path(environ["RAPPORT_FOLDER"]) / "busy").touch()

        with started(environ):
            answer = eventually(lambda: ask(environ, "/readyz"), seconds=SECONDS)

        assert answer.status_code == 503
        assert answer.json()["wrong"] == {"work": "busy"}

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_drains_when_it_is_told_to_stop(
        self, environ: dict[str, str], number: signal.Signals
    ) -> None:
        with started(environ) as child:
            eventually(lambda: ask(environ, "/readyz"), seconds=SECONDS)
            child.send_signal(number)
            child.communicate(timeout=SECONDS)

            assert child.returncode == 0
            assert (Path(environ["RAPPORT_FOLDER"]) / "stopped").exists()

    def test_ends_when_a_thread_that_must_run_has_ended(self, environ: dict[str, str]) -> None:
        with started(environ) as child:
            eventually(lambda: ask(environ, "/readyz"), seconds=SECONDS)
            (Path(environ["RAPPORT_FOLDER"]) / "die").touch()
            _, errors = child.communicate(timeout=SECONDS)

            assert child.returncode == 1
            assert errors.strip() == "The errand's thread has ended."


class TestOneThatCannotRun:
    def test_says_which_setting_is_wrong(self, environ: dict[str, str]) -> None:
        assert said(environ | {"RAPPORT_FOLDER": "/nowhere"}) == (
            2, "RAPPORT_FOLDER must name a folder.",
        )  # fmt: skip
        assert said(environ | {"RAPPORT_COLOUR": "red"})[0] == 2

    def test_says_why_it_could_not_begin(self, environ: dict[str, str]) -> None:
        assert said(environ | {"RAPPORT_WILL_START": "false"}) == (1, "The errand cannot begin.")

    def test_says_that_its_port_is_taken(self, environ: dict[str, str]) -> None:
        with started(environ):
            eventually(lambda: ask(environ, "/readyz"), seconds=SECONDS)

            status, errors = said(environ)

        assert (status, errors) == (1, f"The ops port {environ['RAPPORT_OPS_PORT']} is taken.")
