"""The runbook names every fault that is played, and nothing that does not exist."""

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
import yaml
from prometheus_client import REGISTRY

from chaos.faults import FAULTS
from contracts import SERVICES
from rapport_cli import services
from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Remedy
from rapport_cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text(encoding="utf-8")
METRICS = (
    "chassis.metrics",
    "services.analytics.metrics",
    "services.analytics.warehouse.metrics",
    "services.telephony.bridge.metrics",
)
CODE = ("chassis", "services", "deploy")


def spans(text: str) -> list[str]:
    """Return what stands between backticks, on one line each."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", text)]


def faults(text: str) -> list[str]:
    """Return the faults that the sections name."""
    named = re.findall(r"^Faults: ((?:`[^`]+`\s+)+)", text, re.MULTILINE)
    return [fault for line in named for fault in spans(line)]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as a browser makes them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


@cache
def exported() -> frozenset[str]:
    """Return the name of every series that any process exports."""
    for module in METRICS:
        import_module(module)
    names = set()
    for family in REGISTRY.collect():
        names |= (
            {family.name, family.name + "_total"} if family.type == "counter" else {family.name}
        )
    return frozenset(names)


@cache
def code() -> str:
    """Return every line that a process might log."""
    files = (path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py")))
    return "".join(path.read_text(encoding="utf-8") for path in files)


def wrong_metrics(text: str) -> set[str]:
    """Return the metrics that are named and that nobody exports."""
    return set(re.findall(r"\bcrm_\w+", text)) - exported()


def wrong_lines(text: str) -> set[str]:
    """Return the log lines that are named and that nobody writes."""
    named = re.findall(r"\blog\s+`([^`]+)`", text)
    return {line for line in (" ".join(one.split()) for one in named) if f'"{line}"' not in code()}


def wrong_commands(text: str) -> list[str]:
    """Return the commands that are named and that cannot be given so."""
    checks = {"rapport": _rapport, "make": _make, "python": _module}
    return [
        span
        for span in spans(text)
        if (words := span.split())[0] in checks and not checks[words[0]](words[1:])
    ]


def _rapport(words: list[str]) -> bool:
    """Say whether `rapport` takes these words: commands, their options, and the method that is called."""
    command: click.Command = main
    context = click.Context(main)
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        found = command.get_command(context, rest.pop(0))
        if found is None:
            return False
        command = found
    options = {name for one in command.params for name in one.opts}
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    if command.name == "call" and rest:
        service, _, method = rest[0].partition(".")
        return service in SERVICES and method in services.rows(service)
    return given <= options


def _make(words: list[str]) -> bool:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return not words or bool(re.search(rf"^{re.escape(words[0])}:", makefile, re.MULTILINE))


def _module(words: list[str]) -> bool:
    return len(words) > 1 and words[0] == "-m" and find_spec(words[1]) is not None


def test_every_fault_has_its_section() -> None:
    assert sorted({fault.name for fault in FAULTS} - set(faults(PAGE))) == []


def test_every_section_is_of_faults_that_are_played() -> None:
    assert sorted(set(faults(PAGE)) - {fault.name for fault in FAULTS}) == []
    assert len(faults(PAGE)) == len(set(faults(PAGE)))


def test_every_metric_is_exported() -> None:
    assert wrong_metrics(PAGE) == set()


def test_every_log_line_is_written() -> None:
    assert wrong_lines(PAGE) == set()


def test_every_command_exists() -> None:
    assert wrong_commands(PAGE) == []


def test_every_section_that_is_pointed_to_is_there() -> None:
    linked = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    sent = {one.anchor for one in vars(remedies).values() if isinstance(one, Remedy)}

    assert sorted((linked | sent) - anchors(PAGE)) == []


@pytest.mark.parametrize(
    "name", [name for name, one in vars(remedies).items() if isinstance(one, Remedy)]
)
def test_what_the_doctor_says_to_do_exists(name: str) -> None:
    assert wrong_commands(getattr(remedies, name).do) == []


def wrong_alerts(text: str) -> list[str]:
    """Return the rules that ask for what nobody exports, or send to no section of the runbook."""
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    return [
        rule["alert"]
        for rule in rules
        if wrong_metrics(rule["expr"])
        or rule["annotations"]["runbook"].partition("docs/operations.md#")[2] not in anchors(PAGE)
    ]


def test_every_alert_asks_for_what_is_exported_and_sends_to_its_section() -> None:
    assert wrong_alerts(ALERTS) == []


def test_an_alert_that_is_wrong_is_noticed() -> None:
    dead = ALERTS.replace("crm_merges_overdue", "crm_merges_gone")
    lost = ALERTS.replace("#merge-overdue", "#merge-gone")

    assert (wrong_alerts(dead), wrong_alerts(lost)) == (
        ["RapportMergeOverdue"],
        ["RapportMergeOverdue"],
    )


def test_what_is_planted_is_noticed() -> None:
    assert faults("Faults: `broker-eaten` `b`\nmore `c`") == ["broker-eaten", "b"]
    assert wrong_metrics("`crm_leader` `crm_follower`") == {"crm_follower"}
    assert wrong_lines("log `started` and log `started\nover`") == {"started over"}
    assert wrong_commands(
        "`rapport dance` `rapport doctor --json` `rapport doctor --loud` `rapport call sales.nothing` "
        "`make tea` `make up` `python -m chaos` `python -m nothing_there`"
    ) == [
        "rapport dance",
        "rapport doctor --loud",
        "rapport call sales.nothing",
        "make tea",
        "python -m nothing_there",
    ]
