"""The settings that only accounts has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    """What accounts may keep of people."""

    sensitive_traits: bool = False  # illness, belief, family, income …: with a consent of each
