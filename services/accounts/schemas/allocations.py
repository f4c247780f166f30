"""Batches of customers and hand-overs, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import Moment, Paged, ShownOwned, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain import allocation as rules
from services.accounts.domain.allocation import (
    Dealing,
    Method,
    Recipient,
    Selection,
    Verdict,
    WhenAbsent,
)
from services.accounts.domain.customers import LIMITS, Lifecycle
from services.accounts.domain.imports import Status
from services.accounts.domain.pools import OverCap
from services.accounts.schemas import common
from services.accounts.schemas.merging import AcknowledgementShown

_DEALING = ("method", "recipients", "rotation", "absent")


class RecipientFields(Accepted):
    """Name somebody who gets a share."""

    staff_id = common.id_(required=True)
    weight = fields.Integer(strict=True, load_default=1, validate=Range(1, rules.MAX_WEIGHT))


class DealingFields(Accepted):
    """Say by which rule customers are dealt out, and among whom."""

    method = common.choice(Method, load_default=Method.ROUND_ROBIN)
    recipients = fields.List(
        fields.Nested(RecipientFields), load_default=list,
        validate=Length(max=rules.MAX_RECIPIENTS),
    )  # fmt: skip
    rotation = line(rules.MAX_ROTATION, load_default="house")
    absent = common.choice(WhenAbsent, load_default=WhenAbsent.SKIP)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the rule together; who is named twice is named with the last weight."""
        told = {name: data.pop(name) for name in _DEALING}
        weights = {one["staff_id"]: one["weight"] for one in told["recipients"]}
        told["recipients"] = tuple(Recipient(*one) for one in weights.items())
        return {**data, "dealing": Dealing(**told)}


class AllocateCustomers(DealingFields):
    """Say which customers are to be dealt out, and how."""

    customer_ids = fields.List(
        common.id_(), load_default=list, validate=Length(max=rules.MAX_BATCH)
    )
    pool_id = common.id_(load_default=None, allow_none=True)
    segment = line(LIMITS["segment"], load_default=None, allow_none=True)
    state = line(LIMITS["state"], load_default=None, allow_none=True)
    territory_id = common.id_(load_default=None, allow_none=True)
    lifecycle = common.choice(Lifecycle, load_default=None, allow_none=True)
    takes_owned = fields.Boolean(load_default=False)
    over_cap = common.choice(OverCap, load_default=None, allow_none=True)

    @post_load
    def selected(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the selection together."""
        told = {name: data.pop(name) for name in ("dealing", "over_cap")}
        data["customer_ids"] = tuple(data["customer_ids"])
        return {**told, "selection": Selection(**data)}


class HandOver(DealingFields):
    """Name who hands over, to whom or by which rule, and whether he has left."""

    staff_id = common.id_(required=True)
    deactivates = fields.Boolean(load_default=False)


class OneAllocation(Accepted):
    """Name a batch."""

    allocation_id = common.id_(required=True)


class PagedAllocation(Paged):
    """Ask for a page of what became of a batch."""

    allocation_id = common.id_(required=True)


class AllocationShown(ShownOwned):
    """Show a batch and how far it is."""

    method = fields.Enum(Method, by_value=True)
    rotation = fields.String()
    absent = fields.Enum(WhenAbsent, by_value=True)
    recipients = fields.List(fields.Dict())
    pool_id = fields.String()
    from_staff_id = fields.String()
    over_cap = fields.Enum(OverCap, by_value=True)
    people_over_cap = fields.List(fields.Dict())  # staff_id, owned, most
    status = fields.Enum(Status, by_value=True)
    total = fields.Integer()
    given = fields.Integer()
    refused = fields.Integer()
    finished_at = Moment()
    completed_at = Moment()


class HandOverStatusShown(Shown):
    """Show how far a hand-over is, in accounts and elsewhere."""

    allocation_id = fields.String()
    staff_id = fields.String()
    status = fields.Enum(Status, by_value=True)  # of giving the customers
    given = fields.Integer()
    refused = fields.Integer()
    people_over_cap = fields.List(fields.Dict())
    finished_at = Moment()
    completed_at = Moment()  # when every service had followed
    acknowledgements = fields.List(fields.Nested(AcknowledgementShown))
    missing = fields.List(fields.String())
    is_overdue = fields.Boolean()


class AllocationItemShown(Shown):
    """Show what became of one customer."""

    number = fields.Integer()
    customer_id = fields.String()
    previous_owner_id = fields.String()
    verdict = fields.Enum(Verdict, by_value=True)
    owner_id = fields.String()
    code = fields.String()
