"""Reports: each is one question to the warehouse, asked while no transaction is open."""

from typing import Any

from chassis.errors import Unavailable
from chassis.sight import Sight
from services.analytics.warehouse.asking import ask_as_of
from services.analytics.warehouse.wire import MAX_SECONDS

MARGIN_SECONDS = 0.5  # an answer is on its way this long before its asker gives up
LEAST_SECONDS = 0.1


def pyramid(sight: Sight, **asked: Any) -> object:
    """Cut all customers known at the end of a period into tiers by what they spent in it."""
    return _now(sight, "pyramid", asked)


def rfm(sight: Sight, **asked: Any) -> object:
    """Score who bought by recency, frequency and monetary, as it was known at an instant."""
    return _now(sight, "rfm", asked)


def cube(sight: Sight, **asked: Any) -> object:
    """Count and sum what was sold by up to three dimensions, each total at its own grain."""
    return _now(sight, "cube", asked)


def cube_rows(sight: Sight, **asked: Any) -> object:
    """Return the order lines behind one cell of the cube, a page at a time."""
    return _now(sight, "cube_rows", asked)


def funnel_report(sight: Sight, **asked: Any) -> object:
    """Count how far the leads of a period came: qualified, converted, won."""
    return _now(sight, "funnel", asked)


def call_report(sight: Sight, **asked: Any) -> object:
    """Count a day's calls from outside by quarter of an hour, with waits and service level."""
    return _now(sight, "calls", asked)


def case_report(sight: Sight, **asked: Any) -> object:
    """Count the cases of a period: opened, closed, breached, and how long they took."""
    return _now(sight, "cases", asked)


def satisfaction_report(sight: Sight, **asked: Any) -> object:
    """Average what was expected and perceived, driver by driver."""
    return _now(sight, "satisfaction", asked)


def campaign_report(sight: Sight, **asked: Any) -> object:
    """Count the messages of campaigns by their fate, and the responses by their class."""
    return _now(sight, "campaigns", asked)


def warehouse_data(sight: Sight, **asked: Any) -> object:
    """Page through the events in the warehouse that name a customer, or one of these records."""
    return _ask(sight, "kept", asked | {"entity_id": sight.entity_id})


def warehouse_status(sight: Sight) -> object:
    """Say how far the warehouse has read the log, and what it could not take."""
    return _ask(sight, "status", {})


def _now(sight: Sight, question: str, asked: dict[str, Any]) -> object:
    """Ask what is known now, unless another instant is asked for or a list goes on."""
    given = {name: value for name, value in asked.items() if value is not None}
    if "after" not in given:
        given.setdefault("as_of", sight.now)
    return _ask(sight, question, given)


def _ask(sight: Sight, question: str, parameters: dict[str, Any]) -> object:
    seconds = min(max(sight.seconds - MARGIN_SECONDS, LEAST_SECONDS), MAX_SECONDS)
    answer = ask_as_of(sight.own.warehouse_socket, question, parameters, seconds)
    if not isinstance(answer.rows, dict):
        raise Unavailable("The warehouse answered what nobody can read.", code="warehouse.answer")
    # What is asked about, and how much of it the warehouse has heard, are two instants.
    return answer.rows | {"heard_until": answer.as_of}
