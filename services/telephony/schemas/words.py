"""What the house says about its telephony: phones, numbers, dispositions, and its links."""

from marshmallow import fields

from chassis.fields import ID, KEY, Moment, PlainFields, ShownRecord, line


class AgentDeviceFields(PlainFields):
    """Whose a phone is."""

    device = line(80, required=True)
    staff_id = fields.Str(required=True, validate=ID)


class DialledNumberFields(PlainFields):
    """What a number of ours is for."""

    dnis = line(40, required=True)
    purpose = line(80, required=True)
    queue = line(80, allow_none=True)


class DispositionFields(PlainFields):
    """What can come of a call."""

    key = fields.Str(required=True, validate=KEY)
    label = line(80, required=True)
    place = fields.Int(required=True, strict=True)
    active = fields.Bool()


class PbxLinkShown(ShownRecord):
    """How the link to a PBX stands."""

    pbx = fields.Str()
    boot_id = fields.Str()
    is_up = fields.Bool()
    since = Moment()
    gap_from = Moment()
    gap_to = Moment()
    restarted = fields.Bool()
    open_calls = fields.Int()
    closed_calls = fields.Int()
