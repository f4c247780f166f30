"""How many stories are told: a few on every change, many in the long form."""

import pytest

SHORT = {"examples": 20, "steps": 15}
LONG = {"examples": 200, "steps": 50}


@pytest.fixture(
    params=["short", pytest.param("long", marks=[pytest.mark.long, pytest.mark.timeout(1_800)])]
)
def length(request: pytest.FixtureRequest) -> dict[str, int]:
    """The settings of a run; a planted fault must be found within the short ones."""
    return SHORT if request.param == "short" else LONG


@pytest.fixture
def short() -> dict[str, int]:
    """The settings within which a planted fault must be found."""
    return SHORT


@pytest.fixture(autouse=True)
def _quiet(quiet: None) -> None:
    """Draw no line for each of thousands of steps."""
