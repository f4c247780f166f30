"""What the compliance log accepts."""

from marshmallow import fields
from marshmallow.validate import Length

from chassis.history import Asked
from services.accounts.domain.compliance import Duty


class AskCompliance(Asked):
    """Narrow the log down to duties, a period, or whoever acted."""

    duties = fields.List(
        fields.Enum(Duty, by_value=True), load_default=list, validate=Length(max=len(Duty))
    )
