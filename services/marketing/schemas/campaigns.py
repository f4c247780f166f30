"""Templates and campaigns as they are written and shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range, Regexp

from chassis.fields import ID, KEY, Moment, One, ShownRecord, line
from chassis.schemas import Accepted
from services.marketing.domain.campaigns import MAX_RESPONSES, CampaignStatus, Plan
from services.marketing.domain.templates import Purpose, Variant

MAX_LANGUAGES = 30
LANGUAGE = Regexp(r"\A[a-z]{2,3}(-[a-z0-9]{2,8})*\Z", error="Not a language (such as en or zh-cn).")
MAX_PART = 50_000  # characters
WINDOW_DAYS = Range(1, 730)
# It is told in the log, where no free text goes: a kind of thing and its id.
EVIDENCE = Regexp(r"\A[a-z_]{1,40}:[A-Za-z0-9_.-]{1,79}\Z", error="Not evidence (such as call:17).")


class VariantFields(Accepted):
    """What a mail says in one language."""

    subject = line(200, required=True)
    text = fields.Str(required=True, validate=Length(1, MAX_PART))
    html = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_PART))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Variant:
        """Return the variant."""
        return Variant(**data)


class _Variants(Accepted):
    """What a mail says, by language."""

    variants = fields.Dict(
        keys=fields.Str(validate=LANGUAGE),
        values=fields.Nested(VariantFields),
        required=True,
        validate=Length(1, MAX_LANGUAGES),
    )


class SaveTemplate(_Variants):
    """Save a new template."""

    key = fields.Str(required=True, validate=KEY)
    purpose = fields.Enum(Purpose, by_value=True, required=True)


class ReviseTemplate(One, _Variants):
    """Change what a template says."""

    template_id = fields.Str(required=True, validate=ID)


class _Plan(Accepted):
    """Whom a campaign addresses, with what."""

    label = line(80, required=True)
    segment_id = fields.Str(required=True, validate=ID)
    template_id = fields.Str(required=True, validate=ID)
    responses = fields.List(
        fields.Str(validate=KEY), load_default=list, validate=Length(max=MAX_RESPONSES)
    )
    window_days = fields.Int(load_default=30, strict=True, validate=WINDOW_DAYS)
    honours_preference = fields.Bool(load_default=True)


class DraftCampaign(_Plan):
    """Draw up a campaign."""

    key = fields.Str(required=True, validate=KEY)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case a key and one value."""
        return {"key": data.pop("key"), "plan": Plan(**data)}


class OneCampaign(One):
    """Name a campaign."""

    campaign_id = fields.Str(required=True, validate=ID)


class RedraftCampaign(OneCampaign, _Plan):
    """Draw up a campaign anew."""

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case a campaign and one value."""
        named = {name: data.pop(name) for name in ("campaign_id", "version")}
        return named | {"plan": Plan(**data)}


class CampaignReport(Accepted):
    """Ask what came of a campaign."""

    campaign_id = fields.Str(required=True, validate=ID)


class RecordResponse(Accepted):
    """Say how a customer reacted to a campaign."""

    campaign_id = fields.Str(required=True, validate=ID)
    customer_id = fields.Str(required=True, validate=ID)
    response = fields.Str(required=True, validate=KEY)
    evidence = fields.Str(load_default=None, allow_none=True, validate=EVIDENCE)


class TemplateShown(ShownRecord):
    """A template as it stands."""

    key = fields.Str()
    purpose = fields.Enum(Purpose, by_value=True)
    variants = fields.Dict(keys=fields.Str(), values=fields.Dict())


class CampaignShown(ShownRecord):
    """A campaign as it stands."""

    key = fields.Str()
    label = fields.Str()
    segment_id = fields.Str()
    template_id = fields.Str()
    responses = fields.List(fields.Str())
    window_days = fields.Int()
    honours_preference = fields.Bool()
    status = fields.Enum(CampaignStatus, by_value=True)
    members = fields.Int()
    launched_at = Moment()
    finished_at = Moment()


class ResponseShown(ShownRecord):
    """How a customer reacted to a campaign."""

    campaign_id = fields.Str()
    customer_id = fields.Str()
    response = fields.Str()
    evidence = fields.Str()
    at = Moment()
    withdrawn_at = Moment()
