"""Scores as they are asked for and shown."""

from marshmallow import fields

from chassis.fields import Moment, ShownOwned, ShownRecord
from services.analytics.domain.pyramid import Tier
from services.analytics.schemas.reports import Spending


class ScoreCustomers(Spending):
    """Score all customers over the whole history; of a period or a currency it is only an answer."""


class ScoreRunShown(ShownRecord):
    """A run over all customers."""

    period_start = fields.Date()
    period_end = fields.Date()
    as_of = Moment()
    currency = fields.Str()
    method = fields.Str()
    population = fields.Int()
    tiers = fields.Dict(keys=fields.Str(), values=fields.Int())
    told = fields.Int()
    finished_at = Moment()
    current = fields.Bool()


class CustomerScoreShown(ShownOwned):
    """A score as it was told."""

    customer_id = fields.Str()
    number = fields.Int()
    run_id = fields.Str()
    scored_at = Moment()
    tier = fields.Enum(Tier, by_value=True)
    previous_tier = fields.Enum(Tier, by_value=True)
    rank = fields.Int()
    population = fields.Int()
    spend_minor = fields.Int()
    currency = fields.Str()
    recency_days = fields.Int()
    frequency = fields.Int()
    monetary_minor = fields.Int()
    rfm = fields.Str()


class LeadScoreShown(ShownOwned):
    """What a lead is worth, and why; its id is the lead's."""

    score = fields.Int()
    reasons = fields.List(fields.Dict())
    method = fields.Str()
    trigger_id = fields.Str()
    trigger_type = fields.Str()
    scored_at = Moment()
