"""The metrics of analytics, with unit and meaning; labels are closed sets."""

import time
from collections.abc import Sequence

from prometheus_client import Gauge

from services.analytics.domain.reconciliation import Measure, Verdict

MEASURES = ("orders", "lines", "amount", "line_amount")

RECONCILED = Gauge(
    "crm_warehouse_reconciled",
    "1 where the warehouse and the books count the same, over all currencies.",
    ["measure"],
)
DIFFERENCE = Gauge(
    "crm_warehouse_difference",
    "By how much they differ: records, or minor units summed over the currencies.",
    ["measure"],
)
SETTLED = Gauge(
    "crm_warehouse_settled", "1 where the last comparison was of a warehouse that had read all."
)
ALARM = Gauge("crm_warehouse_alarm", "1 where they differed twice in a row with nothing to read.")
CHECKED = Gauge("crm_warehouse_checked_timestamp_seconds", "Real time of the last comparison.")
SCORED = Gauge(
    "crm_scores_finished_timestamp_seconds",
    "Real time of the end of the last run by which customers stand; 0 until one ends.",
)


def show(measures: Sequence[Measure], verdict: Verdict | None, *, settled: bool) -> None:
    """Show what the last comparison said, and the verdict of the last that was settled."""
    for name in MEASURES:
        of_name = [one for one in measures if one.measure.partition(".")[0] == name]
        RECONCILED.labels(name).set(all(one.agrees for one in of_name))
        DIFFERENCE.labels(name).set(sum(abs(one.source - one.warehouse) for one in of_name))
    SETTLED.set(settled)
    ALARM.set(verdict is Verdict.ALARM)
    CHECKED.set(time.time())
