"""Decide what each entry point does with a customer that is known already."""

from chassis.envelope import encode
from chassis.errors import StaleVersion
from chassis.ids import natural_id
from chassis.work import Work
from contracts.accounts import RecordChanged
from services.accounts.domain.matching import Rule, demand_sense
from services.accounts.reads import customers
from services.accounts.reads import matching as reads
from services.accounts.tables import MatchPolicy

KIND = "match_policy"


def set_match_policy(work: Work, *, rule: Rule) -> Rule:
    """Change the policy of an entry point; ``version`` is 0 until somebody has decided one.

    :raises StaleVersion: if somebody else changed it since.
    :raises PolicySenseless: if the entry point cannot follow it.
    """
    demand_sense(rule)
    customers.hold(work, [f"{KIND}:{rule.entry_point}"])
    known = reads.stored(work, rule.entry_point)
    version = known.version if known else 0
    if rule.version != version:
        raise StaleVersion(
            "The policy was changed by somebody else; read it again.",
            detail={"your_version": rule.version, "version": version},
        )
    policy = known or work.add(_new(work, rule))
    policy.policy, policy.overrides = rule.policy, [one.value for one in rule.overrides]
    if known is None or work.session.is_modified(policy):
        verb = "updated" if known else "created"
        work.tell(lambda done: _changed(done, verb), policy)
    work.flush()
    return reads.rule_of(rule.entry_point, policy)


def _new(work: Work, rule: Rule) -> MatchPolicy:
    entity_id = work.caller.entity_id
    return MatchPolicy(
        id=natural_id(KIND, entity_id, rule.entry_point),
        entity_id=entity_id,
        entry_point=rule.entry_point,
    )


def _changed(done: MatchPolicy, verb: str) -> RecordChanged:
    image = {
        "entry_point": done.entry_point.value,
        "policy": done.policy.value,
        "overrides": done.overrides,
    }
    fields = {name: encode(value).decode() for name, value in image.items()}
    return RecordChanged(id=done.id, kind=KIND, version=done.version, verb=verb, fields=fields)
