"""Who may call whom, by method; acyclic, and accounts calls nobody."""

CALLS: dict[str, dict[str, frozenset[str]]] = {
    "accounts": {},
    "sales": {
        "accounts": frozenset(
            {
                "find_matches",
                "register_customer",
                "register_contact",
                "record_interaction",
                "customers_changed_since",
                "staff_changed_since",
                "territories_changed_since",
            }
        )
    },
}


def may_call(caller: str, callee: str, method: str) -> bool:
    """Say whether a service may call a method of another."""
    return method in CALLS.get(caller, {}).get(callee, frozenset())
