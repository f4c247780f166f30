"""Every metric of the bridge, with its unit and meaning; labels are closed sets."""

from prometheus_client import Counter, Gauge

from contracts.base import describe
from contracts.cti import CALL_EVENTS, LinkLost, LinkRestored

DROPS = ("closed", "silent", "overflow", "spool_full", "spool_failed", "refused", "unreachable")
SKIPS = (
    "malformed_line",
    "malformed_message",
    "oversize",
    "truncated",
    "field_missing",
    "wrong_time",
    "unknown_event",
    "unknown_call",
    "unreadable_state",
)

CALLS_ACTIVE = Gauge("crm_calls_active", "Calls that are not over.")
LINK_UP = Gauge("crm_cti_link_up", "1 while the bridge hears the PBX.")
SPOOL_ROWS = Gauge("crm_cti_spool_rows", "Events that the broker has not confirmed.")
SPOOL_BYTES = Gauge("crm_cti_spool_bytes", "Size of the unconfirmed events.")
SPOOL_LIMIT = Gauge("crm_cti_spool_limit_bytes", "Size at which the bridge stops listening.")
SPOOL_ALARM = Gauge("crm_cti_spool_alarm", "1 while the spool is more than half full.")
EVENTS = Counter("crm_cti_events", "Events told, by type.", ["type"])
PUBLISHED = Counter("crm_cti_published", "Publishes, by outcome.", ["outcome"])
MESSAGES = Counter("crm_cti_messages", "Messages heard from the PBX.")
SKIPPED = Counter("crm_cti_skipped", "What the PBX said and the bridge passed over.", ["reason"])
DROPPED_LINKS = Counter("crm_cti_dropped_links", "Links to the PBX that ended.", ["reason"])
LOST_CALLS = Counter("crm_cti_lost_calls", "Calls closed because the PBX knew them no more.")


def announce() -> None:
    """Create every series at 0, so that the first error raises an alert."""
    for cls in (*CALL_EVENTS, LinkLost, LinkRestored):
        EVENTS.labels(describe(cls).name)
    for reason in DROPS:
        DROPPED_LINKS.labels(reason)
    for reason in SKIPS:
        SKIPPED.labels(reason)
    for outcome in ("confirmed", "failed", "unheard"):
        PUBLISHED.labels(outcome)
