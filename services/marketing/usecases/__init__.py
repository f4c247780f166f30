"""What marketing does: functions of (work, *, …)."""
