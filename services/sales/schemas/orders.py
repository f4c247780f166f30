"""Orders and products as the ERP writes them, as people enter them, and as they are shown."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ID, KEY, ShownOwned, foreign_key
from chassis.schemas import Accepted, Shown
from services.sales.domain.orders import Address, LineDocument, OrderDocument, OrderStatus
from services.sales.domain.products import ProductDocument
from services.sales.domain.standing import Caution
from services.sales.schemas.common import (
    COUNTRY,
    CURRENCY,
    MAX_AMOUNT_MINOR,
    MAX_LINES,
    MAX_QUANTITY,
    DecimalText,
)

AMOUNT = Range(0, MAX_AMOUNT_MINOR)
REVISION = Range(1, 2**31 - 1)
NO_DISCOUNT = Decimal(0)


class RowKey(fields.Field[str]):
    """The key of a line: a number in most systems, a text in some."""

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        text = str(value) if is_number or isinstance(value, str) else ""
        if not 1 <= len(text) <= 64:  # noqa: PLR2004  # the width of the column
            raise self.make_error("validator_failed")
        return text


class ShipTo(Accepted):
    """Where the goods go."""

    city = fields.Str(allow_none=True, validate=Length(max=120))
    state = fields.Str(allow_none=True, validate=Length(max=80))
    postal_code = fields.Str(allow_none=True, validate=Length(max=20))
    country = fields.Str(allow_none=True, validate=COUNTRY)
    region = fields.Str(allow_none=True, validate=Length(max=80))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Address:
        """Return the address."""
        return Address(**data)


class _Line(Accepted):
    """What a line is, whoever writes it."""

    quantity = fields.Int(required=True, strict=True, validate=Range(1, MAX_QUANTITY))
    discount = DecimalText(load_default=NO_DISCOUNT, most=Decimal(1))
    amount_minor = fields.Int(required=True, strict=True, validate=AMOUNT)


class ErpLine(_Line):
    """A line as the ERP writes it; the names of the product are its own business here."""

    row_id = RowKey(required=True)
    product_id = fields.Str(required=True, validate=ID)
    product_name = fields.Str(allow_none=True, validate=Length(max=250))
    category = fields.Str(allow_none=True, validate=Length(max=80))
    sub_category = fields.Str(allow_none=True, validate=Length(max=80))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> LineDocument:
        """Return the line."""
        return LineDocument(
            key=data["row_id"],
            sku=data["product_id"],
            quantity=data["quantity"],
            discount=data["discount"],
            amount_minor=data["amount_minor"],
        )


class OrderUpsert(Accepted):
    """One revision of an order as the ERP writes it."""

    order_id = fields.Str(required=True, validate=ID)
    revision = fields.Int(required=True, strict=True, validate=REVISION)
    ordered_on = fields.Date(required=True)
    currency = fields.Str(required=True, validate=CURRENCY)
    customer_external_id = foreign_key(80, required=True)  # as accounts takes it
    ship_mode = fields.Str(load_default=None, allow_none=True, validate=Length(max=40))
    ship_to = fields.Nested(ShipTo, load_default=Address)
    lines = fields.List(fields.Nested(ErpLine), required=True, validate=Length(1, MAX_LINES))
    total_minor = fields.Int(required=True, strict=True, validate=AMOUNT)
    status = fields.Enum(OrderStatus, by_value=True, load_default=OrderStatus.PLACED)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        lines = tuple(data.pop("lines"))
        return {"order": OrderDocument(external_id=data.pop("order_id"), lines=lines, **data)}


class ProductUpsert(Accepted):
    """One revision of a product as the ERP writes it."""

    product_id = fields.Str(required=True, validate=ID)
    revision = fields.Int(required=True, strict=True, validate=REVISION)
    name = fields.Str(required=True, validate=Length(1, 250))
    category = fields.Str(load_default=None, allow_none=True, validate=Length(1, 80))
    sub_category = fields.Str(load_default=None, allow_none=True, validate=Length(1, 80))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"product": ProductDocument(sku=data.pop("product_id"), **data)}


class OwnLine(_Line):
    """A line as people enter it."""

    sku = fields.Str(required=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> LineDocument:
        """Return the line; its key is its place, given later."""
        return LineDocument(key="", **data)


class PlaceOrder(Accepted):
    """An order that somebody enters."""

    customer_id = fields.Str(required=True, validate=ID)
    ordered_on = fields.Date(required=True)
    currency = fields.Str(required=True, validate=CURRENCY)
    lines = fields.List(fields.Nested(OwnLine), required=True, validate=Length(1, MAX_LINES))
    ship_mode = fields.Str(load_default=None, allow_none=True, validate=Length(max=40))
    ship_to = fields.Nested(ShipTo, load_default=Address)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case a customer and one value."""
        customer_id, lines = data.pop("customer_id"), data.pop("lines")
        keyed = tuple(replace(line, key=str(n)) for n, line in enumerate(lines, start=1))
        total = sum(line.amount_minor for line in keyed)
        order = OrderDocument(external_id="", revision=1, lines=keyed, total_minor=total, **data)
        return {"customer_id": customer_id, "order": order}


class OrderLines(Accepted):
    """Ask for an order with its lines."""

    order_id = fields.Str(required=True, validate=ID)


class Totals(Accepted):
    """Ask for the sums of the books."""

    external_system = fields.Str(load_default=None, allow_none=True, validate=KEY)


class OrdersByMonth(Totals):
    """Ask for the orders month by month, from a day on and up to another (not included)."""

    since = fields.Date(load_default=None, allow_none=True)
    until = fields.Date(load_default=None, allow_none=True)


class OrderShown(ShownOwned):
    """An order as it stands."""

    external_system = fields.Str()
    external_id = fields.Str()
    revision = fields.Int()
    customer_id = fields.Str()
    ordered_on = fields.Date()
    currency = fields.Str()
    total_minor = fields.Int()
    line_count = fields.Int()
    status = fields.Enum(OrderStatus, by_value=True)
    caution = fields.Enum(Caution, by_value=True)
    ship_mode = fields.Str()
    ship_city = fields.Str()
    ship_state = fields.Str()
    ship_postal_code = fields.Str()
    ship_country = fields.Str()
    ship_region = fields.Str()


class OrderLineShown(Shown):
    """A line of an order as it stands."""

    line_key = fields.Str()
    product_id = fields.Str()
    sku = fields.Str()
    quantity = fields.Int()
    discount = fields.Str()
    amount_minor = fields.Int()


class OrderWithLines(Shown):
    """An order and its lines."""

    order = fields.Nested(OrderShown)
    lines = fields.List(fields.Nested(OrderLineShown))
