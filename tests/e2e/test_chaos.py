"""The short form of `make chaos`: a whole house is hurt under load, and the account is settled."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.__main__ import SHORT
from deploy.local.services import PROJECT

SECONDS = 900  # on a machine with other things to do


@pytest.mark.timeout(SECONDS + 20)
def test_every_promise_holds_while_the_house_is_hurt(tmp_path: Path) -> None:
    words = [sys.executable, "-W", "ignore", "-m", "chaos", "--short", "--folder", str(tmp_path)]

    done = subprocess.run(
        words, cwd=PROJECT, capture_output=True, text=True, timeout=SECONDS, check=False
    )

    house = next(tmp_path.glob("*/house"), None)
    if house is not None:
        destroy = [sys.executable, "-m", "deploy.local", "destroy", "--directory", str(house)]
        subprocess.run(destroy, cwd=PROJECT, capture_output=True, timeout=60, check=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (account,) = tmp_path.glob("*/account.json")
    outcomes = json.loads(account.read_text())["outcomes"]
    assert [one["faults"] for one in outcomes] == [list(together) for together in SHORT]
    assert all(one["operations"] > 0 for one in outcomes)


@pytest.mark.parametrize(
    "words", [["--fault", "nonsense"], ["--replicas", "2"], ["--minutes", "-1"]]
)
def test_a_wrong_word_is_refused_before_anything_is_started(
    tmp_path: Path, words: list[str]
) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "chaos", "--folder", str(tmp_path), *words]

    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert list(tmp_path.iterdir()) == []
