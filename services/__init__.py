"""The departments; none of them knows another."""
