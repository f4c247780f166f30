"""What telephony accepts and shows."""
