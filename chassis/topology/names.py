"""Every name on the broker, made in one place."""

RPC_EXCHANGE = "nameko-rpc"  # nameko's own, so that stock clients and services fit in
EVENTS_EXCHANGE = "crm.events"  # collects every <service>.events and feeds the log
LOG_STREAM = "crm.log"
INBOUND_EXCHANGE = "crm.inbound"  # what outside systems send
OUTBOUND_EXCHANGE = "crm.outbound"  # the verdicts they are told
OPERATOR = "operator"
MONITOR = "monitor"

# The wait is in the tier's name: the TTL is a queue argument and cannot change under one name.
RETRY_TIERS_SECONDS = (1, 5, 30, 120)
# A guard against handlers that kill the process, not an attempt counter: a message that was only
# prefetched when a connection closed counts too.
DELIVERY_LIMIT = 20
LOG_RETENTION_DAYS = 90
LOG_RETENTION_BYTES = 20_000_000_000
LOG_SEGMENT_BYTES = 100_000_000  # retention acts on whole segments


def events_exchange(service: str) -> str:
    """Name the exchange of a service's events (nameko's own naming)."""
    return f"{service}.events"


def private_exchange(service: str) -> str:
    """Name the exchange of a service's events that hold personal fields; never in the log."""
    return f"{service}.private"


def handler_queue(service: str, handler: str, version: int = 1) -> str:
    """Name the queue of a handler; a change of its arguments is a new version."""
    return f"{service}.{handler}.q{version}"


def rpc_queue(service: str) -> str:
    """Name the queue of a service's requests (nameko's own naming)."""
    return f"rpc-{service}"


def retry_tier(service: str, seconds: int) -> str:
    """Name a waiting room: a fanout exchange and the queue behind it have the same name."""
    return f"{service}.retry.{seconds}"


def redeliver_exchange(service: str) -> str:
    """Name the exchange that takes a message back to the handler queue in its routing key."""
    return f"{service}.redeliver"


def park_exchange(service: str) -> str:
    """Name the exchange that parks whatever is published to it."""
    return f"{service}.park"


def parked_queue(service: str) -> str:
    """Name the queue of messages that need a person."""
    return f"{service}.parked"


def partner_queue(partner: str) -> str:
    """Name the queue of an outside system."""
    return f"partner.{partner}.q1"


# The reply key of a stock nameko caller is a bare UUID.
STOCK_REPLY_KEY = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def reply_queue(user: str, unique: str) -> str:
    """Name a process's reply queue, which is also the routing key of its replies."""
    return f"reply.{user}.{unique}"
