"""Calendars, holidays, promises and the way up, as they come in and as they are shown."""

from typing import Any

from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import Length, Range

from chassis.errors import Invalid
from chassis.fields import ID, KEY, One, PlainFields, line
from chassis.schemas import Accepted
from contracts.roles import ROLES
from services.service_desk.domain.calendars import DAYS, MAX_WINDOWS_A_DAY, read_week, read_zone
from services.service_desk.domain.cases import CaseType, Severity
from services.service_desk.domain.escalation import MAX_LEVEL
from services.service_desk.domain.milestones import ALL, MAX_TARGET_SECONDS

MIN_TARGET_SECONDS = 60
TARGET = Range(MIN_TARGET_SECONDS, MAX_TARGET_SECONDS)
PERCENT = Range(1, ALL)
TIME = Length(5, 5)


def _zone(value: str) -> None:
    try:
        read_zone(value)
    except Invalid as unknown:
        raise ValidationError(unknown.message) from unknown


def _week(value: dict[str, list[list[str]]]) -> None:
    try:
        read_week(value)
    except Invalid as wrong:
        raise ValidationError(wrong.message) from wrong


def _role(value: str) -> None:
    if value not in ROLES:
        raise ValidationError("There is no such role.")


def zone(**options: Any) -> fields.String:
    """Take the name of a time zone."""
    return fields.String(validate=[Length(1, 64), _zone], **options)


def week(**options: Any) -> fields.Dict:
    """Take the windows of a week: day -> [["09:00", "12:30"], …]."""
    window = fields.List(fields.Str(validate=TIME), validate=Length(2, 2))
    day = fields.List(window, validate=Length(max=MAX_WINDOWS_A_DAY))
    return fields.Dict(
        keys=fields.Str(), values=day, validate=[Length(1, len(DAYS)), _week], **options
    )


class CalendarFields(PlainFields):
    """When service is given."""

    key = fields.Str(required=True, validate=KEY)
    label = line(80, required=True)
    zone = zone(required=True)
    week = week(required=True)


class HolidayFields(PlainFields):
    """A day without service."""

    calendar_id = fields.Str(required=True, validate=ID)
    day = fields.Date(required=True)
    label = line(80, required=True)


class PolicyFields(PlainFields):
    """What is promised on which cases, in seconds of service time."""

    key = fields.Str(required=True, validate=KEY)
    label = line(80, required=True)
    type = fields.Enum(CaseType, by_value=True, allow_none=True)
    severity = fields.Enum(Severity, by_value=True, allow_none=True)
    tier = fields.Str(allow_none=True, validate=[KEY, Length(max=20)])
    calendar_id = fields.Str(required=True, validate=ID)
    acknowledge_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    first_response_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    solution_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    feedback_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    warn_percent = fields.Int(required=True, strict=True, validate=PERCENT)
    active = fields.Bool()


class EscalationStepFields(PlainFields):
    """One level of the way up."""

    level = fields.Int(required=True, strict=True, validate=Range(1, MAX_LEVEL))
    role = fields.Str(required=True, validate=[Length(1, 40), _role])
    staff_id = fields.Str(allow_none=True, validate=ID)


class ReviseCalendar(One):
    """Give service at other hours."""

    calendar_id = fields.Str(required=True, validate=ID)
    label = line(80)
    zone = zone()
    week = week()

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case what was given, apart from the name of the record."""
        return {name: data.pop(name) for name in ("calendar_id", "version")} | {"given": data}


class DeclareHoliday(Accepted):
    """Give no service on a day."""

    calendar_id = fields.Str(required=True, validate=ID)
    day = fields.Date(required=True)
    label = line(80, required=True)


class WithdrawHoliday(One):
    """Give service on a day after all."""

    holiday_id = fields.Str(required=True, validate=ID)


class WritePolicy(PolicyFields):
    """Promise something on some cases."""

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"values": data}


class RevisePolicy(One):
    """Promise something else from now on; for which cases it is stays."""

    policy_id = fields.Str(required=True, validate=ID)
    label = line(80)
    calendar_id = fields.Str(validate=ID)
    acknowledge_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    first_response_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    solution_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    feedback_seconds = fields.Int(strict=True, allow_none=True, validate=TARGET)
    warn_percent = fields.Int(strict=True, validate=PERCENT)
    active = fields.Bool()

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case what was given, apart from the name of the record."""
        return {name: data.pop(name) for name in ("policy_id", "version")} | {"given": data}
