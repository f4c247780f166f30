"""Which policy a case falls under, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.service_desk.domain.cases import CaseType, Severity

NO_POLICY = "none"  # the key that is told where no policy applies


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """For which cases a policy is; None stands for any."""

    policy_id: str
    key: str  # unique within the entity
    is_own: bool  # the entity's and not the group's
    type: CaseType | None = None
    severity: Severity | None = None
    tier: str | None = None

    @property
    def reason(self) -> str:
        """Say what it was chosen by."""
        named = {"type": self.type, "severity": self.severity, "tier": self.tier}
        return ",".join(f"{name}={value}" for name, value in named.items() if value) or "default"


def choose(
    rules: Iterable[Rule], type_: CaseType, severity: Severity, tier: str | None
) -> Rule | None:
    """Return the policy for a case: the entity's own first, then whichever says most about it.

    Of two that say as much the type decides, then the severity: a complaint keeps its four
    deadlines whoever complains.
    """
    meeting = [
        rule
        for rule in rules
        if rule.type in {None, type_}
        and rule.severity in {None, severity}
        and rule.tier in {None, tier}
    ]
    return min(meeting, key=_rank, default=None)


def _rank(rule: Rule) -> tuple[bool, int, bool, bool, bool, str]:
    missing = [each is None for each in (rule.type, rule.severity, rule.tier)]
    return (not rule.is_own, sum(missing), missing[0], missing[1], missing[2], rule.key)
