"""Imports point one way, and the map says where things are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import publisher
from tests.pages import ROOT

PACKAGE = Path(publisher.__file__).parent
ROOMS = (
    ("commands", "testing"), ("setup", "rehearsal", "preview"), ("run", "retraction", "sandboxed"), ("sending",), ("tell",),
    ("delivery",), ("channels",),
    ("compose", "ledger", "site"), ("pictures",), ("post",), ("markdown",), ("sandbox",), ("adapter", "config", "registry"),
    ("text",),
)  # fmt: skip
"""From the top to the ground, on which everything else stands: each imports only from below."""
GROUND = len(ROOMS)


def modules() -> dict[str, Path]:
    return {
        ".".join(("publisher", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): file
        for file in PACKAGE.rglob("*.py")
        if "adapters" not in file.parts and "templates" not in file.parts
    }


def imports(file: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules that a file imports, also late; but not those that only types name."""
    tree = ast.parse(file.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("publisher"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else str(node.module)


def floor(module: str) -> int:
    room = module.split(".")[1] if "." in module else ""
    return next((number for number, rooms in enumerate(ROOMS) if room in rooms), GROUND)


def test_imports_point_one_way() -> None:
    known = modules()
    upwards = [
        f"{module} → {other}"
        for module, file in known.items()
        for other in imports(file, known)
        if floor(other) < floor(module) and module != "publisher.cli"
    ]
    assert upwards == []


def test_there_are_no_circles() -> None:
    known = modules()
    graph = {module: set(imports(file, known)) - {module} for module, file in known.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_nothing_names_an_adapter_s_module() -> None:
    for file in PACKAGE.rglob("*.py"):
        if "adapters" not in file.parts:
            assert "publisher.adapters." not in file.read_text("utf-8").replace(
                '"publisher.adapters"', ""
            ), file


def test_the_map_leads_to_files_that_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text[text.index("## To change X, open Y") : text.index("## Three folders")]
    named = [
        name
        for row in table.splitlines()
        if row.startswith("| ")
        for name in re.findall(r"`([\w/.]+(?:\.py|/))`", row)
    ]
    assert len(named) > 30
    folder = ""
    for name in named:
        own = name.removeprefix("publisher/")
        places = [PACKAGE / own, ROOT / name, PACKAGE / folder / name]
        assert any(place.exists() for place in places), name
        folder = str(Path(name).parent).removeprefix("publisher/")
