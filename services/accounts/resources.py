"""The plain records of accounts: what may be read, and what has no rule of its own."""

from chassis.records import READING, Resource
from services.accounts.schemas.contacts import ContactShown, InteractionShown
from services.accounts.schemas.customers import CustomerShown
from services.accounts.schemas.directory import (
    AbsenceShown,
    StaffShown,
    TeamFields,
    TerritoryShown,
)
from services.accounts.schemas.imports import ImportShown
from services.accounts.tables import (
    Absence,
    Contact,
    Customer,
    Import,
    Interaction,
    Staff,
    Team,
    Territory,
)

RESOURCES = (
    Resource(
        kind="customer",
        record=Customer,
        schema=CustomerShown(),
        reads="customer.read",
        writes="customer.write",
        filters={
            "kind": lambda value: Customer.kind == value,
            "segment": lambda value: Customer.segment == value,
            "country": lambda value: Customer.country == value,
            "state": lambda value: Customer.state == value,
            "lifecycle": lambda value: Customer.lifecycle == value,
            "owner_id": lambda value: Customer.owner_id == value,
            "team_id": lambda value: Customer.team_id == value,
            "territory_id": lambda value: Customer.territory_id == value,
            "unowned": lambda value: Customer.owner_id.is_(None) == bool(value),
        },
        sorts={
            "created_at": Customer.created_at,
            "updated_at": Customer.updated_at,
            "name": Customer.name,
            "number": Customer.number,
        },
        verbs=READING,
    ),
    Resource(
        kind="contact",
        record=Contact,
        schema=ContactShown(),
        reads="contact.read",
        writes="contact.write",
        filters={"customer_id": lambda value: Contact.customer_id == value},
        sorts={"created_at": Contact.created_at, "name": Contact.name},
        verbs=READING,
    ),
    Resource(
        kind="interaction",
        record=Interaction,
        schema=InteractionShown(),
        reads="interaction.read",
        writes="interaction.write",
        filters={
            "customer_id": lambda value: Interaction.customer_id == value,
            "kind": lambda value: Interaction.kind == value,
            "source": lambda value: Interaction.source == value,
        },
        sorts={"at": Interaction.at},
        verbs=READING,
    ),
    Resource(
        kind="staff",
        record=Staff,
        schema=StaffShown(),
        reads="directory.read",
        writes="directory.write",
        filters={
            "active": lambda value: Staff.active.is_(bool(value)),
            "team_id": lambda value: Staff.team_id == value,
        },
        sorts={"name": Staff.name},
        verbs=READING,
    ),
    Resource(
        kind="team",
        record=Team,
        schema=TeamFields(),
        reads="directory.read",
        writes="directory.write",
        sorts={"name": Team.name},
        verbs=READING | {"create", "update"},
    ),
    Resource(
        kind="absence",
        record=Absence,
        schema=AbsenceShown(),
        reads="directory.read",
        writes="directory.write",
        filters={"staff_id": lambda value: Absence.staff_id == value},
        sorts={"starts_at": Absence.starts_at},
        verbs=READING,
    ),
    Resource(
        kind="territory",
        record=Territory,
        schema=TerritoryShown(),
        reads="directory.read",
        writes="directory.write",
        filters={"parent_id": lambda value: Territory.parent_id == value},
        sorts={"name": Territory.name},
        verbs=READING,
    ),
    Resource(
        kind="import",
        record=Import,
        schema=ImportShown(),
        reads="customer.import",
        writes="customer.import",
        sorts={"created_at": Import.created_at},
        verbs=READING,
    ),
)
