"""The rules for Prometheus ask for series that exist, and for all that is written on timelines."""

import re
from pathlib import Path

import yaml

from chassis.metrics import DELAYS
from chassis.rows import Fact
from rapport_cli.services import rows
from services.accounts.domain.interactions import PROMISED_MS
from services.accounts.usecases import sales, timeline
from tests.architecture.test_operations import PAGE, anchors, exported

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules.yaml"
(GROUP,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
BY_NAME = {one.get("record") or one["alert"]: one for one in GROUP["rules"]}
WRITING = (timeline.__name__, sales.__name__)
TIMELINE = "crm:timeline_delay_seconds:p95_5m"
SHARE = "crm:timeline_within_promise:ratio_1h"


def series(expression: str) -> set[str]:
    """Return the series that an expression asks for, without the endings of a histogram."""
    named = re.findall(r"\bcrm_[a-z_]+", expression)
    return {re.sub(r"_(bucket|count|sum)$", "", one) for one in named}


def handlers(expression: str) -> list[set[str]]:
    """Return the handlers that each part of an expression asks for."""
    return [set(found.split("|")) for found in re.findall(r'handler=~"([^"]+)"', expression)]


class TestTheRules:
    def test_ask_for_series_that_some_process_exports(self) -> None:
        asked = set().union(*(series(one["expr"]) for one in BY_NAME.values()))

        assert asked == {"crm_event_delivery_delay_seconds"}
        assert asked <= exported()

    def test_cover_every_handler_that_writes_on_timelines(self) -> None:
        writing = {
            name
            for name, row in rows("accounts").items()
            if isinstance(row, Fact) and row.usecase.__module__ in WRITING
        }

        assert handlers(BY_NAME[TIMELINE]["expr"]) == [writing]
        assert handlers(BY_NAME[SHARE]["expr"]) == [writing, writing]

    def test_alert_beyond_what_is_promised_which_is_a_bound_of_the_histogram(self) -> None:
        seconds = PROMISED_MS / 1000

        assert BY_NAME["TimelineBehind"]["expr"] == f"{TIMELINE} > {seconds:g}"
        assert f'le="{seconds}"' in BY_NAME[SHARE]["expr"]
        assert seconds in DELAYS

    def test_name_a_section_of_the_runbook(self) -> None:
        page, _, anchor = BY_NAME["TimelineBehind"]["annotations"]["runbook"].partition("#")

        assert page == "docs/operations.md"
        assert anchor in anchors(PAGE)
