"""Calls as they are shown, and what is said of them."""

from zoneinfo import available_timezones

from marshmallow import fields
from marshmallow.validate import OneOf

from chassis.fields import ANY_DAY, ID, KEY, Moment, One, Paged, ShownOwned, line
from chassis.schemas import Accepted, Shown
from services.telephony.domain.calls import CallState, Direction, Identity
from services.telephony.schemas.callbacks import CallbackShown
from services.telephony.schemas.common import NOTE


class OneCall(One):
    """Name a call."""

    call_id = fields.Str(required=True, validate=ID)


class DisposeCall(OneCall):
    """Say what came of a call."""

    disposition = fields.Str(required=True, validate=KEY)
    note = fields.Str(load_default=None, allow_none=True, validate=NOTE)


class LinkCallCustomer(OneCall):
    """Say whose call it is."""

    customer_id = fields.Str(required=True, validate=ID)


class CallHistory(Paged):
    """Ask what happened in a call."""

    call_id = fields.Str(required=True, validate=ID)


class DayReport(Accepted):
    """Ask for a day of calls."""

    day = fields.Date(required=True, validate=ANY_DAY)
    zone = fields.Str(load_default="UTC", validate=OneOf(sorted(available_timezones())))
    queue = line(80, load_default=None, allow_none=True)


class CallShown(ShownOwned):
    """A call as it stands."""

    seq = fields.Int()
    pbx = fields.Str()
    direction = fields.Enum(Direction, by_value=True)
    state = fields.Enum(CallState, by_value=True)
    number = fields.Str()
    caller_name = fields.Str()
    dnis = fields.Str()
    data = fields.Dict(keys=fields.Str(), values=fields.Str())
    queue = fields.Str()
    device = fields.Str()
    agent_id = fields.Str()
    started_at = Moment()
    queued_at = Moment()
    delivered_at = Moment()
    established_at = Moment()
    ended_at = Moment()
    wait_ms = fields.Int()
    talk_ms = fields.Int()
    hold_ms = fields.Int()
    transfers = fields.Int()
    outcome = fields.Str()
    end_reason = fields.Str()
    estimated = fields.Bool()
    identity = fields.Enum(Identity, by_value=True)
    is_linked = fields.Bool()
    customer_id = fields.Str()
    disposition = fields.Str()
    note = fields.Str()


class CallEventShown(Shown):
    """What happened in a call."""

    seq = fields.Int()
    type = fields.Str()
    at = Moment()
    basis = fields.Str()
    state = fields.Str()
    queue = fields.Str()
    device = fields.Str()
    outcome = fields.Str()
    heard_at = Moment()


class _Sums(Shown):
    arrived = fields.Int()
    direct = fields.Int()
    offered = fields.Int()
    answered = fields.Int()
    answered_in_time = fields.Int()
    abandoned = fields.Int()
    abandoned_short = fields.Int()
    abandoned_in_time = fields.Int()
    timed_out = fields.Int()
    refused = fields.Int()
    otherwise = fields.Int()
    waiting = fields.Int()
    answered_wait_ms = fields.Int()
    abandoned_wait_ms = fields.Int()
    longest_wait_ms = fields.Int()
    talk_ms = fields.Int()
    hold_ms = fields.Int()


class _Quarter(_Sums):
    quarter = Moment()


class _Totals(_Sums):
    service_level = fields.Float()
    service_level_of_answered = fields.Float()
    service_level_of_offered = fields.Float()
    service_level_with_abandoned = fields.Float()
    abandoned_percent = fields.Float()
    average_speed_of_answer = fields.Float()
    average_handling = fields.Float()
    longest_wait = fields.Float()


class DayReportShown(Shown):
    """A day of calls."""

    day = fields.Date()
    zone = fields.Str()
    queue = fields.Str()
    service_level_seconds = fields.Int()
    short_abandon_seconds = fields.Int()
    quarters = fields.List(fields.Nested(_Quarter))
    totals = fields.Nested(_Totals)
    as_of = Moment()


class _Section(Shown):
    permitted = fields.Bool()
    as_of = Moment()


class _Calls(_Section):
    items = fields.List(fields.Nested(CallShown))


class _Callbacks(_Section):
    items = fields.List(fields.Nested(CallbackShown))
    closed = fields.List(fields.Nested(CallbackShown))


class CardShown(Shown):
    """Show telephony's sections of the 360° view."""

    customer_id = fields.Str()
    service = fields.Str()
    calls = fields.Nested(_Calls)
    callbacks = fields.Nested(_Callbacks)
