"""What comes in from outside, and what of an answer goes out."""

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Equal, Length, Range, Regexp

from chassis.fields import ID, line, printable
from chassis.schemas import MAX_TEXT, Accepted, Shown

SOURCE = "web"  # where a lead of this door comes from
TRAP = "website"  # people do not see this field; machines fill in whatever they find
MAX_DRIVERS = 20
COUNTRY = Regexp(r"\A[A-Z]{2}\Z", error="Not a country (two capital letters).")
EMAIL = Regexp(r"\A[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+\Z", error="Not a mail address.")
PHONE = Regexp(r"\A[0-9+()./ \-x]{3,40}\Z", error="Not a phone number.")
DRIVER = Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z", error="Not a question of this survey.")
LINES = "\n\r\t"


def _readable(value: str) -> None:
    if any(unicodedata.category(sign) == "Cc" and sign not in LINES for sign in value):
        raise ValidationError("Control characters are not taken.")


def _text() -> fields.String:
    return fields.String(allow_none=True, validate=[Length(1, MAX_TEXT), _readable])


class Whole(fields.Integer):
    """A whole number, also as a form writes it; a part of one is refused, not cut off."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


def _scores() -> fields.Dict:
    return fields.Dict(
        keys=fields.Str(validate=DRIVER),
        values=Whole(validate=Range(1, 10)),
        required=True,
        validate=Length(1, MAX_DRIVERS),
    )


class OneClick(Accepted):
    """The body of RFC 8058, word for word."""

    list_unsubscribe = fields.Str(
        required=True, data_key="List-Unsubscribe", validate=Equal("One-Click")
    )

    @post_load
    def build(self, _: dict[str, Any], **__: Any) -> dict[str, Any]:
        """Hand on nothing: the token says it all."""
        return {}


class UnsubscribeShown(Shown):
    """What somebody is asked before the mail stops."""

    purpose = fields.Str()
    channel = fields.Str()
    state = fields.Str()  # subscribed, unsubscribed


class ConsentShown(Shown):
    """What somebody is asked to confirm."""

    purpose = fields.Str()
    channel = fields.Str()
    state = fields.Str()  # asked, confirmed


class Confirm(Accepted):
    """The button of the page: nothing but the word."""

    confirm = fields.Str(required=True, validate=Equal("yes"))

    @post_load
    def build(self, _: dict[str, Any], **__: Any) -> dict[str, Any]:
        """Hand on nothing: the token says it all."""
        return {}


class SurveyShown(Shown):
    """What a survey asks: for each driver what was expected and what was found."""

    answered = fields.Bool()
    purpose = fields.Str()
    invitation = fields.Str()
    least = fields.Int()
    most = fields.Int()
    drivers = fields.List(fields.Str())
    questions = fields.Dict(keys=fields.Str(), values=fields.Str())


class AnswerSurvey(Accepted):
    """What was expected and what was found, from 1 to 10 by question."""

    expected = _scores()
    perceived = _scores()
    comment = _text()


class CaptureLead(Accepted):
    """Somebody who wants to be contacted."""

    name = line(200, required=True)
    company = line(200, allow_none=True)
    email = fields.Str(allow_none=True, validate=[Length(3, 254), printable, EMAIL])
    phone = fields.Str(allow_none=True, validate=PHONE)
    country = fields.Str(allow_none=True, validate=COUNTRY)
    state = line(80, allow_none=True)
    message = _text()
    campaign_id = fields.Str(allow_none=True, validate=[ID, printable])
    website = fields.Str(allow_none=True, validate=Length(max=200))

    @validates_schema
    def demand_a_way_back(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse somebody who cannot be contacted."""
        if not data.get("email") and not data.get("phone"):
            raise ValidationError("A mail address or a phone number is needed.", "email")

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Say where it comes from."""
        return data | {"source": SOURCE}
