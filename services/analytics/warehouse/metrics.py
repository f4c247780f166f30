"""The metrics of the warehouse, with unit and meaning."""

from prometheus_client import Counter, Gauge, Histogram

from chassis.metrics import SECONDS
from services.analytics.warehouse.arrivals import Reason

LAG_EVENTS = Gauge("crm_warehouse_lag_events", "Events in the log that are not applied yet.")
LAG_SECONDS = Gauge(
    "crm_warehouse_lag_seconds", "Age of the newest event that is applied, while others wait."
)
APPLIED = Counter("crm_warehouse_applied", "Events applied.")
DUPLICATES = Counter("crm_warehouse_duplicates", "Events that stood already, with the same body.")
QUARANTINED = Counter(
    "crm_warehouse_quarantined", "Events kept apart; conflict is an alarm.", ["reason"]
)
GAPS = Counter("crm_warehouse_gaps", "Times that the log lacked what was to come next.")
LIVES = Counter("crm_warehouse_log_replaced", "Times that the log was found made anew: an alarm.")
BATCH = Histogram("crm_warehouse_batch_seconds", "Time to land one batch.", buckets=SECONDS)
QUESTIONS = Histogram(
    "crm_warehouse_question_seconds", "Time to answer.", ["question"], buckets=SECONDS
)

for reason in Reason:
    QUARANTINED.labels(reason)
