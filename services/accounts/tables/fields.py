"""Custom fields and the index of their values, as the chassis keeps them."""

from chassis.custom.tables import CUSTOM_FIELDS, CUSTOM_INDEX

__all__ = ["CUSTOM_FIELDS", "CUSTOM_INDEX"]
