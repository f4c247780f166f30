"""A real broker for tests: a virtual host of its own with a topology applied, and ways to break it."""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx
import pika
import pytest

from chassis.topology.apply import Applied, apply
from chassis.topology.build import build
from chassis.topology.shapes import HandlerShape, ServiceShape, Topology
from contracts import SERVICES
from contracts.partners import Partner, load_partners
from contracts.plain import PLAIN
from deploy.local.broker import Broker

TWO = ("accounts", "sales")
SHAPES = (
    ServiceShape(
        "accounts",
        (HandlerShape("erp_customers", (("crm.inbound", "erp.customer.upsert.v1"),)),),
    ),
    ServiceShape(
        "sales",
        (
            HandlerShape("customers", (("accounts.private", "accounts.customer.#"),)),
            HandlerShape("erp_orders", (("crm.inbound", "erp.order.upsert.v1"),)),
            HandlerShape("erp_products", (("crm.inbound", "erp.product.upsert.v1"),)),
        ),
        ("accounts.find_matches",),
    ),
)
# What the operator's commands ask about every service, and so find in every queue.
EVERY_SERVICE = (*SHAPES, *(ServiceShape(name) for name in SERVICES if name not in TWO))


@dataclass(frozen=True, slots=True)
class Bus:
    """One virtual host: its administrator's URIs and the topology that was applied."""

    amqp_uri: str
    admin_uri: str
    topology: Topology

    @property
    def port(self) -> int:
        """The broker's own port, for a line to lead to."""
        return int(pika.URLParameters(self.amqp_uri).port)

    def uri_of(self, user: str) -> str:
        """Return the URI of one of the house's users."""
        scheme, _, rest = self.amqp_uri.partition("://")
        return f"{scheme}://{user}:{password_of(user)}@{rest.rpartition('@')[2]}"

    def connect(self, user: str | None = None) -> pika.BlockingConnection:
        """Connect as a user of the house, or as the administrator."""
        return pika.BlockingConnection(
            pika.URLParameters(self.uri_of(user) if user else self.amqp_uri)
        )

    def depth(self, queue: str) -> int:
        """Count the messages that are ready in a queue."""
        with contextlib.closing(self.connect()) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)

    def apply(self, wanted: Topology) -> Applied:
        """Apply another topology."""
        passwords = {user.name: password_of(user.name) for user in wanted.users}
        return apply(wanted, self.amqp_uri, self.admin_uri, passwords)

    def through(self, port: int, user: str | None = None) -> str:
        """Return the URI that goes through a line at this port."""
        uri = self.uri_of(user) if user else self.amqp_uri
        where = pika.URLParameters(uri)
        return uri.replace(f"{where.host}:{where.port}", f"127.0.0.1:{port}")


def password_of(user: str) -> str:
    """Return the password that every test gives a user."""
    return f"secret-of-{user}"


@pytest.fixture(scope="module")
def bus(session_broker: Broker) -> Iterator[Bus]:
    """Give the module a virtual host with accounts, sales and the partners."""
    with a_bus(session_broker) as found:
        yield found


@pytest.fixture
def fresh_bus(session_broker: Broker) -> Iterator[Bus]:
    """Give one test a virtual host that it may damage."""
    with a_bus(session_broker) as found:
        yield found


@pytest.fixture(scope="module")
def whole_bus(session_broker: Broker) -> Iterator[Bus]:
    """Give the module a virtual host in which every service has its queues."""
    with a_bus(session_broker, EVERY_SERVICE) as found:
        yield found


@pytest.fixture
def fresh_whole_bus(session_broker: Broker) -> Iterator[Bus]:
    """Give one test a virtual host in which every service has its queues."""
    with a_bus(session_broker, EVERY_SERVICE) as found:
        yield found


@contextlib.contextmanager
def a_bus(
    broker: Broker,
    shapes: Sequence[ServiceShape] = SHAPES,
    partners: Sequence[Partner] | None = None,
) -> Iterator[Bus]:
    """Make a virtual host, apply the topology of these shapes, and remove it afterwards."""
    broker.start()  # another test may have killed it
    vhost = f"test-{uuid.uuid4().hex[:8]}"
    admin = httpx.URL(broker.management_uri)
    with httpx.Client(trust_env=False, auth=(admin.username, admin.password), timeout=60) as http:
        api = f"http://{admin.host}:{admin.port}/api"
        http.put(f"{api}/vhosts/{vhost}").raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        http.put(f"{api}/permissions/{vhost}/{admin.username}", json=everything).raise_for_status()
        known = load_partners() if partners is None else partners
        built = build(shapes, known, tuple(PLAIN.values()))
        bus = Bus(f"{broker.amqp_uri.rstrip('/')}/{vhost}", broker.management_uri, built)
        try:
            bus.apply(built)
            yield bus
        finally:
            http.delete(f"{api}/vhosts/{vhost}").raise_for_status()
