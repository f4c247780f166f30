"""Who may call whom, by method; acyclic, and accounts calls nobody."""

_CUSTOMERS = frozenset({"customers_changed_since"})
_ERASED = frozenset({"erased_identities"})  # where something may hang on no customer
_DIRECTORY = frozenset({"staff_changed_since", "territories_changed_since"})

CALLS: dict[str, dict[str, frozenset[str]]] = {
    "accounts": {},
    "sales": {
        "accounts": _CUSTOMERS
        | _DIRECTORY
        | _ERASED
        | {"find_matches", "register_customer", "register_contact", "record_interaction"}
    },
    "service_desk": {"accounts": _CUSTOMERS | _DIRECTORY | _ERASED},
    "marketing": {"accounts": _CUSTOMERS | {"consents_changed_since", "fields_changed_since"}},
    "telephony": {
        "accounts": _CUSTOMERS | _DIRECTORY | _ERASED | {"identify", "customer_card"},
        "sales": frozenset({"customer_card"}),
        "service_desk": frozenset({"customer_card"}),
    },
    "analytics": {"accounts": _CUSTOMERS, "sales": frozenset({"totals"})},
    # a plain process: the only door from outside
    "gateway": {
        "sales": frozenset({"capture_lead"}),
        "service_desk": frozenset({"survey_form", "answer_survey"}),
        "marketing": frozenset({"unsubscribe_form", "unsubscribe"}),
        "accounts": frozenset({"consent_form", "confirm_consent"}),
    },
}


def may_call(caller: str, callee: str, method: str) -> bool:
    """Say whether a service may call a method of another."""
    return method in CALLS.get(caller, {}).get(callee, frozenset())
