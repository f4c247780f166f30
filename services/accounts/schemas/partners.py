"""What outside systems tell of customers, as accepted."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Range

from chassis.fields import foreign_key
from services.accounts.domain.customers import LIMITS, CustomerKind
from services.accounts.domain.partners import CustomerDocument
from services.accounts.schemas import common
from services.accounts.schemas.customers import Described

MAX_REVISION = 2**53  # what JSON numbers hold everywhere


class CustomerUpsert(Described):
    """One revision of a customer as the ERP writes it: its own key, and what it knows."""

    class Meta:
        """Its key is told by itself, and nothing is derived outside."""

        exclude = ("external_ids", "derived")

    kind = common.choice(CustomerKind)  # left out it stays, of somebody new it is a person
    customer_id = foreign_key(LIMITS["external_id"], required=True)
    revision = fields.Integer(required=True, strict=True, validate=Range(0, MAX_REVISION))

    @post_load
    def documented(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"document": CustomerDocument(data.pop("customer_id"), **data)}
