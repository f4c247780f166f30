"""The plain records of accounts: what may be read, and what has no rule of its own."""

from sqlalchemy import func

from chassis import filters
from chassis.custom.schemas import FieldShown
from chassis.custom.tables import CustomField
from chassis.records import READING, Resource
from services.accounts.domain.customers import CustomerKind, Lifecycle
from services.accounts.domain.exports import ExportKind, ExportStatus, Format
from services.accounts.domain.flags import FlagKind, Rating
from services.accounts.domain.interactions import Direction, InteractionKind
from services.accounts.domain.merging import MergeStatus
from services.accounts.domain.organisation import BuyingRole, Level
from services.accounts.domain.policies import Importance, Scale
from services.accounts.domain.pools import CapKind
from services.accounts.domain.preferences import PreferredChannel
from services.accounts.domain.stages import Stage
from services.accounts.domain.tiers import Tier
from services.accounts.reads.keys import tagged
from services.accounts.schemas.allocations import AllocationShown
from services.accounts.schemas.consents import ConsentRequestShown, ConsentShown
from services.accounts.schemas.contacts import ContactShown, InteractionShown
from services.accounts.schemas.customers import CustomerShown
from services.accounts.schemas.directory import (
    AbsenceShown,
    StaffShown,
    TeamFields,
    TerritoryShown,
)
from services.accounts.schemas.drops import DropRuleShown
from services.accounts.schemas.exports import ExportShown
from services.accounts.schemas.flags import FlagShown
from services.accounts.schemas.imports import ImportShown
from services.accounts.schemas.merging import MergeShown
from services.accounts.schemas.policies import PolicyCellShown
from services.accounts.schemas.pools import CapFields, PoolShown
from services.accounts.tables import (
    Absence,
    Allocation,
    Consent,
    ConsentRequest,
    Contact,
    Customer,
    DropRule,
    Export,
    Flag,
    Import,
    Interaction,
    Merge,
    OwnershipCap,
    PolicyCell,
    Pool,
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
            "kind": filters.one_of(Customer.kind, CustomerKind),
            "segment": filters.text(Customer.segment),
            "country": filters.text(Customer.country),
            "state": filters.text(Customer.state),
            "lifecycle": filters.one_of(Customer.lifecycle, Lifecycle),
            "importance": filters.one_of(Customer.importance, Importance),
            "scale": filters.one_of(Customer.scale, Scale),
            "stage": filters.one_of(Customer.stage, Stage),
            "tier": filters.one_of(Customer.tier, Tier),
            "tag": tagged,
            "preferred_channel": filters.one_of(Customer.preferred_channel, PreferredChannel),
            "credit_rating": filters.one_of(Customer.credit_rating, Rating),
            "owner_id": filters.text(Customer.owner_id),
            "team_id": filters.text(Customer.team_id),
            "territory_id": filters.text(Customer.territory_id),
            "unowned": filters.flag(Customer.owner_id.is_(None)),
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
        filters={
            "customer_id": filters.text(Contact.customer_id),
            "department_id": filters.text(Contact.department_id),
            "buying_role": filters.one_of(Contact.buying_role, BuyingRole),
            "level": filters.one_of(Contact.level, Level),
        },
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
            "customer_id": filters.text(Interaction.customer_id),
            "kind": filters.one_of(Interaction.kind, InteractionKind),
            "source": filters.text(Interaction.source),
            "level": filters.one_of(Interaction.level, Level),
            "direction": filters.one_of(Interaction.direction, Direction),
            "before": filters.before(Interaction.at),
            "words": filters.holding(
                Interaction.subject + " " + func.coalesce(Interaction.result, "")
            ),
        },
        sorts={"at": Interaction.at},
        verbs=READING,
    ),
    Resource(
        kind="consent_request",
        record=ConsentRequest,
        schema=ConsentRequestShown(),
        reads="consent.read",
        writes="consent.write",
        filters={
            "customer_id": filters.text(ConsentRequest.customer_id),
            "confirmed": filters.flag(ConsentRequest.confirmed_at.is_not(None)),
        },
        sorts={"asked_at": ConsentRequest.asked_at},
        verbs=READING,
    ),
    Resource(
        kind="policy_cell",
        record=PolicyCell,
        schema=PolicyCellShown(),
        reads="policy.read",
        writes="policy.write",
        filters={"withholds": filters.flag(PolicyCell.withholds)},
        sorts={"created_at": PolicyCell.created_at},
        verbs=READING,
    ),
    Resource(
        kind="flag",
        record=Flag,
        schema=FlagShown(),
        reads="customer.read",
        writes="flag.write",
        filters={
            "customer_id": filters.text(Flag.customer_id),
            "kind": filters.one_of(Flag.kind, FlagKind),
            "standing": filters.flag(Flag.standing_key.is_not(None)),
        },
        sorts={"raised_at": Flag.raised_at},
        verbs=READING,
    ),
    Resource(
        kind="staff",
        record=Staff,
        schema=StaffShown(),
        reads="directory.read",
        writes="directory.write",
        filters={
            "active": filters.flag(Staff.active),
            "team_id": filters.text(Staff.team_id),
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
        filters={"staff_id": filters.text(Absence.staff_id)},
        sorts={"starts_at": Absence.starts_at},
        verbs=READING,
    ),
    Resource(
        kind="territory",
        record=Territory,
        schema=TerritoryShown(),
        reads="directory.read",
        writes="directory.write",
        filters={"parent_id": filters.text(Territory.parent_id)},
        sorts={"name": Territory.name},
        verbs=READING,
    ),
    Resource(  # the log of exports
        kind="export",
        record=Export,
        schema=ExportShown(),
        reads="customer.export",
        writes="customer.export",
        filters={
            "asked_by": filters.text(Export.asked_by),
            "to_third_party": filters.flag(Export.recipient.is_not(None)),
            "kind": filters.one_of(Export.kind, ExportKind),
            "format": filters.one_of(Export.format, Format),
            "status": filters.one_of(Export.status, ExportStatus),
        },
        sorts={"created_at": Export.created_at},
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
    Resource(
        kind="pool",
        record=Pool,
        schema=PoolShown(),
        reads="pool.read",
        writes="pool.write",
        filters={"active": filters.flag(Pool.active)},
        sorts={"name": Pool.name},
        verbs=READING,
    ),
    Resource(
        kind="drop_rule",
        record=DropRule,
        schema=DropRuleShown(),
        reads="pool.read",
        writes="pool.write",
        filters={"active": filters.flag(DropRule.active)},
        sorts={"name": DropRule.name},
        verbs=READING,
    ),
    Resource(
        kind="allocation",
        record=Allocation,
        schema=AllocationShown(),
        reads="customer.allocate",
        writes="customer.allocate",
        filters={"from_staff_id": filters.text(Allocation.from_staff_id)},
        sorts={"created_at": Allocation.created_at},
        verbs=READING,
    ),
    Resource(
        kind="ownership_cap",
        record=OwnershipCap,
        schema=CapFields(),
        reads="pool.read",
        writes="pool.write",
        filters={"kind": filters.one_of(OwnershipCap.kind, CapKind)},
        sorts={"name": OwnershipCap.name},
    ),
    Resource(
        kind="field",
        record=CustomField,
        schema=FieldShown(),
        reads="field.read",
        writes="field.write",
        verbs=frozenset({"history"}),  # listed by the row fields
    ),
    Resource(
        kind="consent",
        record=Consent,
        schema=ConsentShown(),
        reads="consent.read",
        writes="consent.write",
        verbs=frozenset({"history"}),  # read by customer: see the row consents
    ),
    Resource(
        kind="merge",
        record=Merge,
        schema=MergeShown(),
        reads="customer.merge",
        writes="customer.merge",
        filters={
            "status": filters.one_of(Merge.status, MergeStatus),
            "winner_id": filters.text(Merge.winner_id),
        },
        sorts={"created_at": Merge.created_at},
        verbs=READING,
    ),
)
