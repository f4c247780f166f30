"""What customers have of our products, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Range

from chassis.fields import Paged, ShownRecord, line
from chassis.schemas import Accepted
from services.accounts.domain.assets import (
    MAX_QUANTITY,
    MAX_SERIAL,
    MAX_SKU,
    AssetSource,
    Owned,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


class RecordAsset(OneCustomer):
    """Tell what a customer has of our products."""

    sku = line(MAX_SKU, required=True)
    quantity = fields.Integer(load_default=1, strict=True, validate=Range(1, MAX_QUANTITY))
    serial = line(MAX_SERIAL, load_default=None, allow_none=True)
    since = common.day(load_default=None, allow_none=True)
    until = common.day(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        return {"customer_id": data.pop("customer_id"), "owned": Owned(**data)}


class OneAsset(Accepted):
    """Name something that a customer has."""

    asset_id = common.id_(required=True)
    version = common.version()


class AssetChanges(Accepted):
    """Name what changes; null empties it."""

    sku = line(MAX_SKU)
    quantity = fields.Integer(strict=True, validate=Range(1, MAX_QUANTITY))
    serial = line(MAX_SERIAL, allow_none=True)
    since = common.day(allow_none=True)
    until = common.day(allow_none=True)


class UpdateAsset(OneAsset):
    """Change what is told of something that a customer has."""

    changes = fields.Nested(AssetChanges, required=True)


class PagedAssets(Paged):
    """Ask what a customer has of our products."""

    customer_id = common.id_(required=True)
    former = fields.Boolean(load_default=False)


class AssetShown(ShownRecord):
    """Show something that a customer has or had."""

    customer_id = fields.String()
    sku = fields.String()
    serial = fields.String()
    quantity = fields.Integer()
    since = fields.String()
    until = fields.String()
    source = fields.Enum(AssetSource, by_value=True)
    order_id = fields.String()
    line_key = fields.String()
