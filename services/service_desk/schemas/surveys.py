"""Surveys as they are asked and answered."""

from marshmallow import fields
from marshmallow.validate import Length, Range

from chassis.fields import ID, Moment, Period, ShownOwned
from chassis.schemas import MAX_TEXT, Accepted, Shown
from services.service_desk.domain.surveys import LEAST, MOST, Driver, Satisfaction, SurveyMoment

TOKEN = Length(1, 200)  # whatever leads nowhere is not found, not wrong


def _scores() -> fields.Dict:
    return fields.Dict(
        keys=fields.Enum(Driver, by_value=True),
        values=fields.Int(strict=True, validate=Range(LEAST, MOST)),
        required=True,
        validate=Length(1, len(Driver)),
    )


class InviteSurvey(Accepted):
    """Ask a customer."""

    customer_id = fields.Str(required=True, validate=ID)
    moment = fields.Enum(SurveyMoment, by_value=True, required=True)
    case_id = fields.Str(load_default=None, allow_none=True, validate=ID)


class SurveyForm(Accepted):
    """Follow a link."""

    token = fields.Str(required=True, validate=TOKEN)


class AnswerSurvey(SurveyForm):
    """Say what was expected of each driver, and what was found."""

    expected = _scores()
    perceived = _scores()
    comment = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_TEXT))


class SatisfactionByDriver(Period):
    """Ask what customers expected and found in a period."""

    moment = fields.Enum(SurveyMoment, by_value=True, load_default=None, allow_none=True)


class SurveyShown(ShownOwned):
    """A survey as it stands; its token is nowhere."""

    customer_id = fields.Str()
    case_id = fields.Str()
    moment = fields.Enum(SurveyMoment, by_value=True)
    invited_at = Moment()
    expires_at = Moment()
    answered_at = Moment()
    satisfaction = fields.Enum(Satisfaction, by_value=True)
    gap = fields.Str()
    comment = fields.Str()


class AnswerTaken(Shown):
    """What whoever answered is told: nothing that tells who they are."""

    state = fields.Constant("answered")
    answered_at = Moment()
