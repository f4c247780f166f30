"""Views over several records: who turned to us, what changed, the card."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import MAX_CURSOR, Moment, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.customers import LIMITS, Lifecycle
from services.accounts.domain.identity import Party
from services.accounts.domain.tiers import Tier
from services.accounts.schemas import common
from services.accounts.schemas.assets import AssetShown
from services.accounts.schemas.common import MAX_SNAPSHOT
from services.accounts.schemas.consents import ConsentShown
from services.accounts.schemas.contact_points import PointShown
from services.accounts.schemas.contacts import ContactShown, InteractionShown
from services.accounts.schemas.customers import CustomerShown, OwnershipShown
from services.accounts.schemas.flags import CreditShown, FlagShown
from services.accounts.schemas.members import MembershipShown
from services.accounts.schemas.ndas import NdaShown
from services.accounts.schemas.organisation import DepartmentShown, SeriesShown
from services.accounts.schemas.relationships import SideShown
from services.accounts.schemas.traits import FactShown, TraitShown

MAX_RAW = 500  # characters of a phone number or an address with all that comes with it


class Identify(Accepted):
    """Tell one fact of whoever turns to us."""

    number = line(20)
    # As it comes in: nothing where the number is withheld, or with a name, a host, an extension.
    phone = fields.String(validate=Length(0, MAX_RAW))
    country = common.country()
    email = fields.String(validate=Length(1, MAX_RAW))
    system = line(LIMITS["system"])
    external_id = line(LIMITS["external_id"])
    entity_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the fact together with what completes it."""
        entity_id = data.pop("entity_id")
        return {"party": Party(**data), "entity_id": entity_id}


class ChangedSince(Accepted):
    """Ask for a page of all records."""

    cursor = line(MAX_CURSOR, load_default=None, allow_none=True)
    limit = fields.Integer(load_default=MAX_SNAPSHOT, strict=True, validate=Range(1, MAX_SNAPSHOT))


class FoundShown(Shown):
    """Show a customer that turned to us."""

    customer_id = fields.String()
    number = fields.String()
    name = fields.String()
    owner_id = fields.String()
    contact_id = fields.String()
    score = fields.Integer()
    reason = fields.String()


class SharedFoundShown(Shown):
    """Show a customer that another entity shares, as its window does."""

    customer_id = fields.String()
    entity_id = fields.String()
    number = fields.String()
    name = fields.String()
    contact_id = fields.String()
    score = fields.Integer()
    reason = fields.String()


class IdentifiedShown(Shown):
    """Show who turned to us: none, one, several; and whom of other entities' it may be."""

    outcome = fields.String()
    customers = fields.List(fields.Nested(FoundShown))
    shared = fields.List(fields.Nested(SharedFoundShown))


class _Section(Shown):
    as_of = Moment()


class _Profile(_Section):
    customer = fields.Nested(CustomerShown)


class _Contacts(_Section):
    permitted = fields.Boolean()
    items = fields.List(fields.Nested(ContactShown))


class _ContactPoints(_Section):
    items = fields.List(fields.Nested(PointShown))


class _Relationships(_Section):
    items = fields.List(fields.Nested(SideShown))
    referrals = fields.Integer()


class _Organisation(_Section):
    departments = fields.List(fields.Nested(DepartmentShown))
    meetings = fields.List(fields.Nested(SeriesShown))


class _Assets(_Section):
    items = fields.List(fields.Nested(AssetShown))


class _Memberships(_Section):
    items = fields.List(fields.Nested(MembershipShown))


class _Loyalty(_Section):
    member = fields.Nested(MembershipShown)
    referrals = fields.Integer()
    customer_class = fields.Enum(Lifecycle, by_value=True)


class _Traits(_Section):
    permitted = fields.Boolean()
    items = fields.List(fields.Nested(TraitShown))
    behaviour = fields.List(fields.Nested(FactShown))


class _ExternalIds(_Section):
    items = fields.Dict()


class _Ownership(_Section):
    owner_id = fields.String()
    team_id = fields.String()
    territory_id = fields.String()
    drop_warned_at = Moment()
    shared = fields.Boolean()
    history = fields.List(fields.Nested(OwnershipShown))


class _Behind(Shown):
    p95_ms = fields.Integer()  # of the last touches that others told, by the real clock
    touches = fields.Integer()  # how many those are
    promised_ms = fields.Integer()


class _Interactions(_Section):
    permitted = fields.Boolean()
    last_at = Moment()
    items = fields.List(fields.Nested(InteractionShown))
    behind = fields.Nested(_Behind)


class _Tier(_Section):
    tier = fields.Enum(Tier, by_value=True)
    rank = fields.Integer()
    population = fields.Integer()
    period_start = fields.String()
    period_end = fields.String()
    score_id = fields.String()


class _Consents(_Section):
    permitted = fields.Boolean()
    items = fields.List(fields.Nested(ConsentShown))


class _Flags(_Section):
    codes = fields.List(fields.String())
    items = fields.List(fields.Nested(FlagShown))
    credit = fields.Nested(CreditShown)


class _Confidentiality(_Section):
    items = fields.List(fields.Nested(NdaShown))


class CardShown(Shown):
    """Show accounts' sections of the 360° view."""

    customer_id = fields.String()
    service = fields.String()
    profile = fields.Nested(_Profile)
    contacts = fields.Nested(_Contacts)
    contact_points = fields.Nested(_ContactPoints)
    relationships = fields.Nested(_Relationships)
    organisation = fields.Nested(_Organisation)
    assets = fields.Nested(_Assets)
    traits = fields.Nested(_Traits)
    memberships = fields.Nested(_Memberships)
    loyalty = fields.Nested(_Loyalty)
    external_ids = fields.Nested(_ExternalIds)
    ownership = fields.Nested(_Ownership)
    interactions = fields.Nested(_Interactions)
    tier = fields.Nested(_Tier)
    consents = fields.Nested(_Consents)
    flags = fields.Nested(_Flags)
    confidentiality = fields.Nested(_Confidentiality)
