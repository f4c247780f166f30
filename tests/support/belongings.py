"""Everything that a house keeps of customers, entered by its doors and counted in its databases."""

from tests.support.doors import Door

# service -> table, with the column that holds the customer's id where it has another name
TABLES: dict[str, tuple[str, ...]] = {
    "accounts": (
        "contacts",
        "interactions",
        "ownerships",
        "external_ids",
        "consents",
        "assets",
        "bought_orders",
        "dealings",
        "stage_changes",
    ),
    "sales": ("leads", "opportunities", "quotes", "orders"),
    "service_desk": ("cases", "surveys"),
    "telephony": ("callbacks",),
    "marketing": ("orders_seen", "profile_tags", "sends"),
    "analytics": ("lead_links.subject_id",),
}
KINDS = {"orders_seen": "orders", "profile_tags": "tags", "lead_links.subject_id": "lead_links"}
Counts = dict[str, dict[str, int]]


def furnish(door: Door, customer_id: str, name: str, mail: str) -> None:
    """Give a customer something of every kind in every service."""
    owner, _ = door.hire(f"Owner of {name}", "rep")
    assigned = {
        "customer_id": customer_id,
        "owner_id": owner,
        "version": _version(door, customer_id),
    }
    door.call("accounts.assign_owner", assigned)
    whose = {"customer_id": customer_id}
    said = {"purpose": "marketing", "channel": "mail", "granted": True, "basis": "consent"}
    door.call("accounts.set_consent", whose | said)
    door.call("accounts.register_contact", whose | {"name": f"Contact of {name}"})
    lead = {"source": "web", "name": name, "email": mail, "submission_id": f"form-{name}"}
    door.call("sales.capture_lead", lead)
    worth = {"title": "Chairs", "amount_minor": 100_00, "currency": "USD"}
    opened = door.call("sales.open_opportunity", whose | worth)
    (product,) = door.call("sales.find_records", {"kind": "product"})["items"]
    line = {"product_id": product["id"], "quantity": 1, "unit_price": "100"}
    quote = {"opportunity_id": opened["id"], "currency": "USD", "lines": [line]}
    door.call("sales.draft_quote", quote | {"valid_until": "2024-12-31T00:00:00Z"})
    order(door, customer_id)
    case(door, customer_id)
    door.call("service_desk.invite_survey", whose | {"moment": "pre_sale"})
    number = f"+1212555{sum(map(ord, name)) % 10_000:04d}"
    door.call("telephony.request_callback", whose | {"number": number})
    door.call("marketing.tag_customer", whose | {"tag": name.lower()})


def order(door: Door, customer_id: str) -> str:
    """Place an order."""
    line = {"sku": "CHAIR", "quantity": 1, "amount_minor": 100_00}
    placed = {"customer_id": customer_id, "currency": "USD", "ordered_on": "2024-05-06"}
    return str(door.call("sales.place_order", placed | {"lines": [line]})["id"])


def case(door: Door, customer_id: str) -> str:
    """Open a case."""
    asked = {"type": "question", "channel": "phone", "subject": "A question"}
    return str(door.call("service_desk.open_case", asked | {"customer_id": customer_id})["id"])


def counted(door: Door, customer_id: str) -> Counts:
    """Count, by service and kind, what belongs to a customer."""
    return {
        service: {table: _count(door, service, table, customer_id) for table in tables}
        for service, tables in TABLES.items()
    }


def added(one: Counts, other: Counts) -> Counts:
    """Add up what two customers have."""
    return {
        service: {table: number + other[service][table] for table, number in tables.items()}
        for service, tables in one.items()
    }


def told(counts: Counts) -> Counts:
    """Name counts as the services name them when they answer; nothing is not told."""
    return {
        service: {KINDS.get(table, table): number for table, number in tables.items() if number}
        for service, tables in counts.items()
    }


def _count(door: Door, service: str, table: str, customer_id: str) -> int:
    name, _, column = table.partition(".")
    return door.count(service, name, f"{column or 'customer_id'} = '{customer_id}'")


def _version(door: Door, customer_id: str) -> int:
    found = door.call("accounts.get_record", {"kind": "customer", "id": customer_id})
    return int(found["version"])
