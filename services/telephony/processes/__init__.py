"""Work of telephony that needs other services."""
