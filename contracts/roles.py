"""What each role may do, and how far: own, team, territory or all records of the entity."""

OWN, TEAM, TERRITORY, ALL = "own", "team", "territory", "all"
REACH = (OWN, TEAM, TERRITORY, ALL)  # ascending

_SELLING = (
    "customer.read",
    "customer.reach",
    "customer.write",
    "contact.read",
    "contact.write",
    "interaction.read",
    "interaction.write",
    "trait.read",
    "trait.write",
    "lead.read",
    "lead.write",
    "lead.convert",
    "opportunity.read",
    "opportunity.write",
    "quote.read",
    "quote.write",
    "order.read",
    "score.read",
    "pool.read",
    "pool.claim",
    "customer.release",
    "customer.lock",
)
_REFERENCE = (
    "directory.read",
    "product.read",
    "match.read",
    "pipeline.read",
    "policy.read",
    "field.read",
)
_MANAGING = (
    "customer.assign",
    "customer.share",
    "customer.merge",
    "customer.import",
    "customer.export",
    "customer.disclose",  # to third parties, and what was agreed on that
    "pool.write",
    "lead.assign",
    "order.write",
    "case.assign",
    "customer.allocate",
    "customer.handover",
    "cap.exceed",  # give somebody more customers than he may own, with a reason
)
_SERVING = ("case.read", "case.write", "survey.read", "survey.write")
_CALLING = ("call.read", "call.write", "callback.read", "callback.write")
_MARKETING = (
    "segment.read",
    "segment.write",
    "campaign.read",
    "campaign.write",
    "campaign.launch",
    "send.read",
    "send.settle",
    "consent.read",
    "consent.write",
)
# What data subjects ask of us; disclose: all that anybody keeps of one, for the answer.
_PRIVACY = ("privacy.read", "privacy.write", "privacy.disclose")
_JUDGING = ("flag.write", "flag.judge")  # write: what a customer wishes; judge: what we think
_ANALYSING = ("report.read", "score.run")
_READING = (
    "customer.read",
    "contact.read",
    "interaction.read",
    "trait.read",
    "lead.read",
    "opportunity.read",
    "quote.read",
    "order.read",
    "score.read",
    "case.read",
    "survey.read",
    "call.read",
    "callback.read",
    "segment.read",
    "campaign.read",
    "send.read",
    "consent.read",
)

_FILING = ("file.read", "file.write")  # everybody, and each only what is his own


_SENSITIVE = ("sensitive_trait.read", "sensitive_trait.write")


def _grant(*granted: tuple[tuple[str, ...], str]) -> dict[str, str]:
    return {permission: scope for permissions, scope in granted for permission in permissions}


ROLES: dict[str, dict[str, str]] = {
    "general_manager": _grant(
        (_SELLING, ALL),
        (_REFERENCE, ALL),
        (_MANAGING, ALL),
        (_JUDGING, ALL),
        (_SERVING, ALL),
        (_CALLING, ALL),
        (_MARKETING, ALL),
        (_ANALYSING, ALL),
        (("audit.read",), ALL),
        (_PRIVACY, ALL),
        (_SENSITIVE, ALL),
    ),
    "sales_director": _grant(
        (_SELLING, ALL),
        (_REFERENCE, ALL),
        (_MANAGING, ALL),
        (_JUDGING, ALL),
        (("pipeline.write", "campaign.read", "segment.read", *_ANALYSING), ALL),
        (_SERVING, ALL),
        (_READING, ALL),
    ),
    "supervisor": _grant(
        (_SELLING, TERRITORY),
        (_REFERENCE, ALL),
        (
            (
                "customer.assign",
                "customer.allocate",
                "customer.export",
                "customer.merge",
                "lead.assign",
                "case.assign",
            ),
            TERRITORY,
        ),
        (_JUDGING, TERRITORY),
        (_SERVING, TERRITORY),
        (_CALLING, TERRITORY),
        (("report.read",), ALL),
    ),
    "rep": _grant(
        (_SELLING, OWN), (_REFERENCE, ALL), (("case.read", "call.read", "callback.read"), OWN)
    ),
    "relationship_staff": _grant(
        (
            (
                "customer.read",
                "customer.reach",
                "customer.write",
                "contact.read",
                "contact.write",
                "interaction.read",
                "interaction.write",
                "order.read",
                "score.read",
                "trait.read",
                "trait.write",
                *_SENSITIVE,
                "flag.write",
                *_SERVING,
            ),
            TEAM,
        ),
        (_REFERENCE, ALL),
    ),
    "data_analyst": _grant((_READING, ALL), (_REFERENCE, ALL), (_ANALYSING, ALL)),
    "agent": _grant(
        (
            (
                "customer.read",
                "customer.reach",
                "contact.read",
                "interaction.read",
                "interaction.write",
                "flag.write",
                "lead.write",
                "order.read",
                "score.read",
                *_SERVING,
                *_CALLING,
            ),
            ALL,
        ),
        (_REFERENCE, ALL),
    ),
    "marketer": _grant(
        (
            (
                "customer.read",
                "contact.read",
                "trait.read",
                "lead.read",
                "lead.write",
                "score.read",
            ),
            ALL,
        ),
        (_REFERENCE, ALL),
        (_MARKETING, ALL),
        (("flag.write",), ALL),
        (("report.read",), ALL),
    ),
    # Answers those who ask what we keep, and sees of others who they are.
    "privacy_officer": _grant(
        (_PRIVACY, ALL), (("customer.read", "contact.read"), ALL), (_REFERENCE, ALL)
    ),
    "admin": _grant(
        (_SELLING, ALL),
        (_REFERENCE, ALL),
        (_MANAGING, ALL),
        (_JUDGING, ALL),
        (_SERVING, ALL),
        (_CALLING, ALL),
        (_MARKETING, ALL),
        (_ANALYSING, ALL),
        (_SENSITIVE, ALL),
        (
            (
                "policy.write",
                "agent.write",
                "directory.write",
                "entity.write",
                "field.write",
                "product.write",
                "pipeline.write",
                "token.issue",
                "operations.write",
                "audit.read",
                *_PRIVACY,
            ),
            ALL,
        ),
    ),
}


for _granted in ROLES.values():
    _granted.update(_grant((_FILING, OWN)))


def reach(roles: tuple[str, ...], permission: str) -> str | None:
    """Return the widest scope these roles have for a permission, or None."""
    scopes = [ROLES[role][permission] for role in roles if permission in ROLES.get(role, {})]
    return max(scopes, key=REACH.index) if scopes else None
