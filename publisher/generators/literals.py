"""Settings files, read as text: what stands in them plainly. What only running them would tell is
`UNKNOWN`."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path
from typing import Any

import yaml

from publisher.errors import ConfigError
from publisher.files import read_text
from publisher.generators.unknown import UNKNOWN

SIZE_LIMIT = 500_000
"""Bytes of a settings file."""


def read(file: Path) -> Any:
    """What a settings file says: YAML, TOML or JSON by its ending, else Python or JavaScript.
    Raises ConfigError."""
    text = text_of(file)
    try:
        if file.suffix in (".yml", ".yaml"):
            return yaml.load(text, _Loader) or {}  # noqa: S506 - a safe loader, see below
        if file.suffix == ".toml":
            return tomllib.loads(text)
        if file.suffix == ".json":
            return json.loads(text)
        if file.suffix == ".py":
            return python(text)
    except (ValueError, SyntaxError, RecursionError, yaml.YAMLError):
        raise ConfigError(
            "can't be read", hint="does the site build? its address is read from here", file=file
        ) from None
    from publisher.generators.javascript import exported

    return exported(text)


def text_of(file: Path) -> str:
    """The text of a site's file, which is no link: it may be a stranger's, and lead to secrets.
    Raises ConfigError."""
    if file.is_symlink():
        raise ConfigError("is a link", hint="put a file of its own there", file=file)
    return read_text(file, SIZE_LIMIT, ConfigError)


def python(text: str) -> dict[str, Any]:
    """The names that a Python file gives plain values to, the last of each."""
    names: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                names[target.id] = _value(value, names)
    return names


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, UNKNOWN)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(each, names) for each in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        known = [(_value(key, names), _value(value, names)) for key, value in pairs if key]
        return {key: value for key, value in known if isinstance(key, str | int)}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _value(node.left, names), _value(node.right, names)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
    return UNKNOWN


class _Loader(yaml.SafeLoader):
    """MkDocs's files name Python's functions (`!!python/name:…`), which are nothing to us. Times stay
    as they are written."""


_Loader.add_multi_constructor("!", lambda *_: UNKNOWN)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: UNKNOWN)
