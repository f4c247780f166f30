"""Merges, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length

from chassis.fields import Moment, ShownOwned
from chassis.schemas import Accepted, Shown
from services.accounts.domain.merging import CHOOSABLE, MAX_LOSERS, MergeStatus, Named, Why
from services.accounts.schemas.common import choice, id_, version

SEVERAL = Length(1, MAX_LOSERS)


def _choices() -> fields.Dict:
    """Take whose value of a field is to survive; an address is chosen as a whole."""
    return fields.Dict(
        keys=choice(CHOOSABLE), values=id_(), load_default=dict, validate=Length(max=len(CHOOSABLE))
    )


class NamedCustomer(Accepted):
    """Name a customer by its own id, in the version that was seen."""

    id = id_(required=True)
    version = version()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Named:
        """Make it a value."""
        return Named(**data)


class PreviewMerge(Accepted):
    """Ask what a merge would do."""

    winner_id = id_(required=True)
    loser_ids = fields.List(id_(), required=True, validate=SEVERAL)
    choices = _choices()


class MergeCustomers(Accepted):
    """Make customers one: the winner stays, the losers become old ids of it."""

    winner = fields.Nested(NamedCustomer, required=True)
    losers = fields.List(fields.Nested(NamedCustomer), required=True, validate=SEVERAL)
    choices = _choices()


class UnmergeCustomers(Accepted):
    """Undo a merge as it stands."""

    merge_id = id_(required=True)
    version = version()


class OneMerge(Accepted):
    """Name a merge."""

    merge_id = id_(required=True)


class SurvivorShown(Shown):
    """What survives of a field, of whom, and why."""

    field = fields.Str()
    from_id = fields.Str()
    why = fields.Enum(Why, by_value=True)
    values = fields.Dict()


class StandingShown(Shown):
    """A consent that would stand."""

    purpose = fields.Str()
    channel = fields.Str()
    granted = fields.Bool()
    at = Moment()
    from_id = fields.Str()


class KeptAsideShown(Shown):
    """A relationship that gives way, and why."""

    relationship_id = fields.Str()
    customer_id = fields.Str()
    other_id = fields.Str()
    relation = fields.Str()
    why = fields.Str()


class PreviewShown(Shown):
    """What a merge would do."""

    winner_id = fields.Str()
    versions = fields.Dict()
    fields_ = fields.List(fields.Nested(SurvivorShown), data_key="fields", attribute="fields")
    external_ids = fields.Dict()
    other_keys = fields.Dict()
    consents = fields.List(fields.Nested(StandingShown))
    related = fields.Dict()
    kept_aside = fields.List(fields.Nested(KeptAsideShown))
    is_foreseen = fields.Bool()


class MergeShown(ShownOwned):
    """A merge, without who it is about."""

    winner_id = fields.Str()
    status = fields.Enum(MergeStatus, by_value=True)
    choices = fields.Dict()
    task_id = fields.Str()
    told_at = Moment()
    completed_at = Moment()


class AcknowledgementShown(Shown):
    """What a service has done."""

    service = fields.Str()
    at = Moment()
    counts = fields.Dict()


class StatusShown(Shown):
    """How far a merge is."""

    merge_id = fields.Str()
    version = fields.Int()
    winner_id = fields.Str()
    losers = fields.List(fields.Str())
    status = fields.Enum(MergeStatus, by_value=True)
    task_id = fields.Str()
    told_at = Moment()
    completed_at = Moment()
    acknowledgements = fields.List(fields.Nested(AcknowledgementShown))
    missing = fields.List(fields.Str())
    kept_aside = fields.List(fields.Nested(KeptAsideShown))
    is_overdue = fields.Bool()
