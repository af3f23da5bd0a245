"""Who may import whom. Counts every import, also those inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"hydrachat", "wire", "node", "client", "cluster", "drill", "tests", "examples"}
# Package -> which of ours it may import beside itself. hydrachat imports by name, so none.
ALLOWED = {
    "hydrachat": set[str](),
    "wire": set[str](),
    "cluster": set[str](),
    "client": {"wire"},
    "node": {"wire", "cluster"},
    "drill": {"wire", "client"},
    "examples": {"client"},
}
REDIS = {"redis", "hiredis", "fakeredis"}
# The drill speaks Redis's own protocol, to break what the cluster relies on and to look at what is left; it does not
# know what the cluster keeps there, or how.
MAY_SPEAK_REDIS = {"cluster", "drill"}


def imported(source: str) -> Iterator[tuple[int, str]]:
    """(line, first word of the module) of each absolute import, and of import_module("literal")."""
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.Import):
            yield from ((part.lineno, alias.name.partition(".")[0]) for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.level == 0 and part.module:
            yield part.lineno, part.module.partition(".")[0]
        elif isinstance(part, ast.Call) and _imports_by_name(part):
            yield part.lineno, str(part.args[0].value).partition(".")[0]  # type: ignore[attr-defined]


def _imports_by_name(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    literal = bool(call.args) and isinstance(call.args[0], ast.Constant)
    return name in {"import_module", "__import__"} and literal


def violations(package: str, source: str, where: str = "") -> list[str]:
    """What `source`, a file of `package`, imports although it may not."""
    forbidden = OURS - ALLOWED[package] - {package}
    if package not in MAY_SPEAK_REDIS:
        forbidden |= REDIS
    return [f"{where}:{line} imports {name}" for line, name in imported(source) if name in forbidden]


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    found: list[str] = []
    for path in sorted((ROOT / package).rglob("*.py")):
        found += violations(package, path.read_text("utf-8"), str(path.relative_to(ROOT)))
    assert found == []


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("wire", "import cluster.types"),
        ("wire", "def f():\n    from node import session"),
        ("cluster", "from wire.codes import Code"),
        ("cluster", "from client import ChatClient"),
        ("node", "import redis"),
        ("node", "from redis.retry import Retry"),
        ("node", "import client"),
        ("client", "def f():\n    import redis"),
        ("client", "from cluster.errors import Refused"),
        ("client", "import importlib\nimportlib.import_module('node.command')"),
        ("hydrachat", "def f():\n    import cluster.command"),
        ("drill", "import cluster"),
        ("drill", "from node.settings import NodeSettings"),
        ("examples", "from wire.codes import Code"),
        ("node", "if TYPE_CHECKING:\n    from tests.support import ports"),
    ],
)
def test_a_violation_is_found(package: str, source: str) -> None:
    assert len(violations(package, source)) == 1


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("node", "import wire.frames\nfrom cluster.seam import ClusterSeam\nimport node.outbox"),
        ("cluster", "import redis\nfrom cluster import keys"),
        ("client", "from wire import frames\nfrom . import link"),
        ("drill", "import redis\nfrom client.chat import ChatClient\nfrom wire import frames"),
        ("wire", "import wirelike, nodejs"),
    ],
)
def test_what_is_allowed_passes(package: str, source: str) -> None:
    assert violations(package, source) == []


@pytest.mark.parametrize("package", ["hydrachat", "wire", "node", "client", "cluster", "drill"])
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
