"""Fields that each house defines for itself, without a change of any table (docs/adr/0015)."""
