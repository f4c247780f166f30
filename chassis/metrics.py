"""Every metric, once, with its unit and meaning; labels are closed sets."""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DELAYS = (
    *SECONDS[:8],
    2,
    *SECONDS[8:],
)  # with the bound that 95 in 100 touches are promised within
KINDS = ("rpc", "event", "timer", "process", "http")
OUTCOMES = ("success", "refused", "error")
EVENT_OUTCOMES = ("applied", "duplicate", "stale", "retried", "parked")

REQUESTS = Counter(
    "crm_entrypoint_requests",
    "Entrypoints run, by how they ended.",
    ["service", "entrypoint", "kind", "outcome"],
)
DURATION = Histogram(
    "crm_entrypoint_duration_seconds",
    "Time from arrival to commit.",
    ["service", "entrypoint", "kind"],
    buckets=SECONDS,
)
IN_PROGRESS = Gauge("crm_entrypoint_in_progress", "Entrypoints running now.", ["service"])
WORKERS_MAX = Gauge("crm_workers_max", "Entrypoints that may run at once.", ["service"])
EVENTS_CONSUMED = Counter(
    "crm_events_consumed",
    "Event deliveries, by what became of them.",
    ["service", "handler", "outcome"],
)
EVENT_DELAY = Histogram(
    "crm_event_delivery_delay_seconds",
    "Real time from commit at the source to commit here: the lag that people feel.",
    ["service", "handler"],
    buckets=DELAYS,
)
OUTBOX_PENDING = Gauge("crm_outbox_pending", "Events committed but not confirmed.", ["service"])
OUTBOX_AGE = Gauge(
    "crm_outbox_oldest_pending_age_seconds",
    "Age of the oldest unconfirmed event.",
    ["service"],
)
OUTBOX_PUBLISHED = Counter(
    "crm_outbox_published",
    "Publishes of the relay, by outcome.",
    ["service", "outcome"],
)
OUTBOX_DELAY = Histogram(
    "crm_outbox_publish_delay_seconds",
    "Real time from commit to the broker's confirm.",
    ["service"],
    buckets=SECONDS,
)
LEADER = Gauge("crm_leader", "1 where this process leads its database.", ["service"])
PARKED = Gauge("crm_parked_messages", "Messages waiting for a person.", ["service"])
TIMERS_PENDING = Gauge("crm_timers_pending", "Timers not yet fired.", ["service"])
TIMERS_OVERDUE = Gauge(
    "crm_timers_overdue_seconds", "How late the most overdue timer is.", ["service"]
)
PROCESSES_OPEN = Gauge("crm_processes_open", "Processes not finished.", ["service"])
MERGES_OVERDUE = Gauge(
    "crm_merges_overdue",
    "Merges, or their undoing, that a service has not followed ten minutes after it was told.",
    ["service", "waits_for"],
)
RPC_CLIENT = Histogram(
    "crm_rpc_client_duration_seconds",
    "Time a call to another service took.",
    ["service", "target", "outcome"],
    buckets=SECONDS,
)
DB_CONNECTIONS = Gauge("crm_db_pool_connections", "Database connections.", ["service", "state"])
HUB_LAG = Gauge("crm_hub_lag_seconds", "How late the event loop runs.", ["service"])
BROKER_CONNECTED = Gauge("crm_broker_connected", "1 while consuming.", ["service"])
BROKER_BLOCKED = Gauge("crm_broker_blocked", "1 while the broker refuses publishes.", ["service"])
SERVICE_INFO = Gauge("crm_service_info", "Always 1.", ["service", "version"])
LAST_SUCCESS = Gauge(
    "crm_last_success_timestamp_seconds",
    "When a job last succeeded.",
    ["service", "job"],
)


def announce(service: str, entrypoint: str, kind: str) -> None:
    """Create an entrypoint's series at 0, so that the first error raises an alert."""
    for outcome in OUTCOMES:
        REQUESTS.labels(service, entrypoint, kind, outcome)
    DURATION.labels(service, entrypoint, kind)
    if kind == "event":
        for outcome in EVENT_OUTCOMES:
            EVENTS_CONSUMED.labels(service, entrypoint, outcome)
