"""Custom fields and their values, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range, Regexp

from chassis.custom.kinds import (
    FIELD_KEY,
    KEY_LENGTH,
    MAX_FIELDS,
    MAX_LABEL,
    MAX_OPTIONS,
    MAX_PATTERN,
    MAX_TEXT,
    Definition,
    FieldType,
    Option,
    Rules,
)
from chassis.custom.reading import MAX_DIGITS_TOLD
from chassis.fields import ID, One, Paged, ShownRecord, line
from chassis.schemas import Accepted

_KEY = Regexp(rf"\A{FIELD_KEY.pattern}\Z", error="Not a key (lower case letters, digits and _).")
_NAME = r"\A[a-z]{1,40}\Z"
LENGTH = Range(1, MAX_TEXT)
COLUMN = rf"custom\.{FIELD_KEY.pattern}"


def given(**options: Any) -> fields.Dict:
    """Take custom values by the keys of their fields; null empties one."""
    return fields.Dict(
        keys=fields.String(validate=Length(1, KEY_LENGTH)),
        values=fields.Raw(allow_none=True),
        validate=Length(max=MAX_FIELDS),
        **options,
    )


class OptionFields(Accepted):
    """One of the values to choose from."""

    key = fields.String(required=True, validate=_KEY)
    label = line(MAX_LABEL, required=True)
    parent = fields.String(load_default=None, allow_none=True, validate=_KEY)
    active = fields.Boolean(load_default=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Option:
        """Return the option."""
        return Option(**data)


class RuleFields(Accepted):
    """What a value must be beyond its type."""

    min = line(MAX_DIGITS_TOLD)
    max = line(MAX_DIGITS_TOLD)
    min_length = fields.Integer(strict=True, validate=LENGTH)
    max_length = fields.Integer(strict=True, validate=LENGTH)
    pattern = line(MAX_PATTERN)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Rules:
        """Return the rules."""
        return Rules(**data)


class FieldChanges(Accepted):
    """What of a field may change."""

    label = line(MAX_LABEL)
    required = fields.Boolean()
    unique = fields.Boolean()
    personal = fields.Boolean()
    searchable = fields.Boolean()
    default = fields.Raw(allow_none=True)
    rules = fields.Nested(RuleFields)
    options = fields.List(fields.Nested(OptionFields), validate=Length(max=MAX_OPTIONS))

    @post_load
    def whole(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return options as a definition holds them."""
        return data | ({"options": tuple(data["options"])} if "options" in data else {})


class DefineField(FieldChanges):
    """Define a field of a kind of record."""

    kind = fields.String(required=True, validate=Regexp(_NAME))
    key = fields.String(required=True, validate=_KEY)
    type = fields.Enum(FieldType, by_value=True, required=True)
    label = line(MAX_LABEL, required=True)
    refers_to = fields.String(load_default=None, allow_none=True, validate=Regexp(_NAME))

    @post_load
    def whole(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the definition together."""
        kind, label = data.pop("kind"), data.pop("label")
        options = tuple(data.pop("options", ()))
        return {"kind": kind, "label": label, "field": Definition(**data, options=options)}


class OneField(One):
    """Name a field and the version that was read of it."""

    field_id = fields.String(required=True, validate=ID)


class ChangeField(OneField):
    """Change a field."""

    changes = fields.Nested(FieldChanges, required=True)


class CustomFields(Paged):
    """Ask for the fields of a kind of record."""

    kind = fields.String(required=True, validate=Regexp(_NAME))


class FieldShown(ShownRecord):
    """Show a field."""

    kind = fields.String()
    key = fields.String()
    type = fields.Enum(FieldType, by_value=True)
    label = fields.String()
    required = fields.Boolean()
    unique = fields.Boolean()
    personal = fields.Boolean()
    searchable = fields.Boolean()
    active = fields.Boolean()
    is_indexed = fields.Function(lambda one: one.indexing is None)
    default = fields.Raw(attribute="default_value")
    rules = fields.Dict()
    options = fields.List(fields.Dict())
    refers_to = fields.String()
