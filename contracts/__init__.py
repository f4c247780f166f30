"""The promises between services: events, calls, roles, partners. Knows nothing of the code."""

SERVICES = ("accounts", "sales", "service_desk", "marketing", "telephony", "analytics")
