"""The chassis uses of nameko and kombu only what does neither hang nor lose (ADR 0008)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# nameko's life cycle and the classes that ours stand on; never its publishing, its callers, its
# events or its timer, whose faults the ADR lists.
ALLOWED = {
    "nameko.containers", "nameko.exceptions", "nameko.extensions", "nameko.messaging",
    "nameko.rpc", "kombu.utils.url",
}  # fmt: skip
UNUSED = {"Publisher", "Rpc", "RpcProxy", "ServiceRpcProxy", "EventDispatcher", "EventHandler"}
STANDS_ON = {("rpc", "Rpc")}  # our entrypoint is nameko's, with another consumer under it


def strangers(text: str) -> set[str]:
    """Return what a module takes of nameko or kombu and should not."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            taken = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module in {"nameko", "kombu"}:
            taken = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            taken = [node.module or ""]
        else:
            taken = []
        found |= {name for name in taken if name.split(".")[0] in {"nameko", "kombu"}}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = (node.value.id, node.attr)
            is_namekos = used[0] in {"rpc", "messaging", "events"} and used[1] in UNUSED
            found |= {".".join(used)} if is_namekos and used not in STANDS_ON else set()
    return found - ALLOWED


@pytest.mark.parametrize(
    "path",
    [p for name in ("chassis", "services", "rapport_cli") for p in (ROOT / name).rglob("*.py")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_takes_nothing_else(path: Path) -> None:
    assert strangers(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        ("from nameko.events import event_handler", "nameko.events"),
        ("import nameko.standalone.rpc", "nameko.standalone.rpc"),
        ("from nameko import timer", "nameko.timer"),
        ("from kombu import Connection", "kombu.Connection"),
        ("from kombu.mixins import ConsumerMixin", "kombu.mixins"),
        ("from nameko import messaging\nmessaging.Publisher()", "messaging.Publisher"),
        ("from nameko import rpc\nrpc.RpcProxy('x')", "rpc.RpcProxy"),
    ],
)
def test_notices_what_is_planted(planted: str, name: str) -> None:
    assert strangers(planted) == {name}
