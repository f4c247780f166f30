"""Searching customers, as asked and as shown."""

from marshmallow import fields

from chassis.fields import Paged, line
from chassis.schemas import Shown

MAX_TEXT = 120


class SearchCustomers(Paged):
    """Tell what is remembered: parts of a name, digits, the beginning of a mail address."""

    text = line(MAX_TEXT, required=True)


class HitShown(Shown):
    """Show a customer that was searched for."""

    customer_id = fields.String()
    number = fields.String()
    kind = fields.String()
    name = fields.String()
    owner_id = fields.String()
    contact_id = fields.String()
    reason = fields.String()


class FoundShown(Shown):
    """Show a page of what was found."""

    items = fields.List(fields.Nested(HitShown))
    next = fields.String()
