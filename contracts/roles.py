"""What each role may do, and how far: own, team, territory or all records of the entity."""

OWN, TEAM, TERRITORY, ALL = "own", "team", "territory", "all"
REACH = (OWN, TEAM, TERRITORY, ALL)  # ascending

_SELLING = (
    "customer.read",
    "customer.write",
    "contact.read",
    "contact.write",
    "interaction.read",
    "interaction.write",
    "lead.read",
    "lead.write",
    "lead.convert",
    "opportunity.read",
    "opportunity.write",
    "quote.read",
    "quote.write",
    "order.read",
)
_REFERENCE = ("directory.read", "product.read", "match.read", "pipeline.read")
_MANAGING = ("customer.assign", "lead.assign", "customer.import", "order.write")
_READING = (
    "customer.read",
    "contact.read",
    "interaction.read",
    "lead.read",
    "opportunity.read",
    "quote.read",
    "order.read",
)


def _grant(*granted: tuple[tuple[str, ...], str]) -> dict[str, str]:
    return {permission: scope for permissions, scope in granted for permission in permissions}


ROLES: dict[str, dict[str, str]] = {
    "general_manager": _grant((_SELLING, ALL), (_REFERENCE, ALL), (_MANAGING, ALL)),
    "sales_director": _grant(
        (_SELLING, ALL), (_REFERENCE, ALL), (_MANAGING, ALL), (("pipeline.write",), ALL)
    ),
    "supervisor": _grant(
        (_SELLING, TERRITORY),
        (_REFERENCE, ALL),
        (("customer.assign", "lead.assign"), TERRITORY),
    ),
    "rep": _grant((_SELLING, OWN), (_REFERENCE, ALL)),
    "relationship_staff": _grant(
        (
            (
                "customer.read",
                "customer.write",
                "contact.read",
                "contact.write",
                "interaction.read",
                "interaction.write",
                "order.read",
            ),
            TEAM,
        ),
        (_REFERENCE, ALL),
    ),
    "data_analyst": _grant((_READING, ALL), (_REFERENCE, ALL)),
    "agent": _grant(
        (
            (
                "customer.read",
                "contact.read",
                "interaction.read",
                "interaction.write",
                "lead.write",
                "order.read",
            ),
            ALL,
        ),
        (_REFERENCE, ALL),
    ),
    "marketer": _grant(
        (("customer.read", "contact.read", "lead.read", "lead.write"), ALL),
        (_REFERENCE, ALL),
    ),
    "admin": _grant(
        (_SELLING, ALL),
        (_REFERENCE, ALL),
        (_MANAGING, ALL),
        (
            (
                "directory.write",
                "product.write",
                "pipeline.write",
                "token.issue",
                "operations.write",
            ),
            ALL,
        ),
    ),
}


def reach(roles: tuple[str, ...], permission: str) -> str | None:
    """Return the widest scope these roles have for a permission, or None."""
    scopes = [ROLES[role][permission] for role in roles if permission in ROLES.get(role, {})]
    return max(scopes, key=REACH.index) if scopes else None
