"""The plain literals of a JavaScript or TypeScript file, by its syntax tree: it is never run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from publisher.generators.unknown import UNKNOWN


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(Language(tree_sitter_typescript.language_typescript()))


@lru_cache(maxsize=16)
def tree_of(text: str) -> Node:
    """The whole file. TypeScript's grammar reads JavaScript, too."""
    return _parser().parse(text.encode()).root_node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.named_children))


def exported(text: str) -> dict[str, Any]:
    """The object that a configuration file exports (`export default {…}`, `module.exports = {…}`, or
    what a call such as defineConfig(…) is given, or a function returns), as far as it is plain.
    Empty where none is found."""
    root = tree_of(text)
    named = constants(root)
    for node in root.named_children:
        if node.type == "export_statement" and any(
            each.type == "default" for each in node.children
        ):
            exported_node = node.child_by_field_name("value") or _last(node)
            return _table(exported_node, named)
        if node.type == "expression_statement" and node.named_children:
            assigned = node.named_children[0]
            left = assigned.child_by_field_name("left")
            if (
                assigned.type == "assignment_expression"
                and left
                and words(left) == "module.exports"
            ):
                return _table(assigned.child_by_field_name("right"), named)
    return {}


def constants(root: Node) -> dict[str, Node]:
    """The values of the names that a file declares."""
    named: dict[str, Node] = {}
    for node in walk(root):
        if node.type == "variable_declarator":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None and value is not None:
                named.setdefault(words(name), value)
        elif node.type == "function_declaration":
            name = node.child_by_field_name("name")
            if name is not None:
                named.setdefault(words(name), node)
    return named


def value_of(node: Node | None, named: dict[str, Node], depth: int = 0) -> Any:
    """A plain value: a text, a number, a list, an object (as a dict), or UNKNOWN."""
    if node is None or depth > 20:
        return UNKNOWN
    if node.type in ("satisfies_expression", "as_expression", "parenthesized_expression"):
        return value_of(node.named_children[0], named, depth + 1)
    if node.type == "string":
        return "".join(_unescaped(each) for each in node.named_children)
    if node.type == "template_string":
        return UNKNOWN if _has(node, "template_substitution") else words(node)[1:-1]
    if node.type in ("true", "false", "null", "undefined"):
        return {"true": True, "false": False}.get(node.type)
    if node.type == "number":
        return float(words(node)) if "." in words(node) else _integer(words(node))
    if node.type == "array":
        return [value_of(each, named, depth + 1) for each in node.named_children]
    if node.type == "object":
        return _object(node, named, depth)
    if node.type == "identifier" and words(node) in named:
        return value_of(named[words(node)], named, depth + 1)
    return UNKNOWN


def words(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _table(node: Node | None, named: dict[str, Node]) -> dict[str, Any]:
    """The object that is meant by what a file exports."""
    for _ in range(20):
        if node is None:
            return {}
        if node.type == "object":
            return _object(node, named, 0)
        if node.type == "identifier":
            node = named.get(words(node))
        elif node.type == "call_expression":
            arguments = node.child_by_field_name("arguments")
            node = arguments.named_children[0] if arguments and arguments.named_children else None
        elif node.type in ("satisfies_expression", "as_expression", "parenthesized_expression"):
            node = node.named_children[0]
        elif node.type in (
            "arrow_function",
            "function_expression",
            "function_declaration",
            "function",
        ):
            node = _returned(node)
        elif node.type == "await_expression":
            node = node.named_children[0]
        else:
            return {}
    return {}


def _returned(function: Node) -> Node | None:
    """What a function returns, at its own end."""
    body = function.child_by_field_name("body")
    if body is None or body.type != "statement_block":
        return body
    returns = [each for each in body.named_children if each.type == "return_statement"]
    return returns[-1].named_children[0] if returns and returns[-1].named_children else None


def _object(node: Node, named: dict[str, Node], depth: int) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for each in node.named_children:
        if each.type == "pair":
            key = each.child_by_field_name("key")
            if key is not None and key.type in ("property_identifier", "string", "number"):
                name = value_of(key, named) if key.type == "string" else words(key)
                table[name] = value_of(each.child_by_field_name("value"), named, depth + 1)
        elif each.type == "shorthand_property_identifier":
            table[words(each)] = value_of(named.get(words(each)), named, depth + 1)
        elif each.type == "method_definition":
            name_node = each.child_by_field_name("name")
            if name_node is not None:
                table[words(name_node)] = UNKNOWN
    return table


def _last(node: Node) -> Node | None:
    return node.named_children[-1] if node.named_children else None


def _has(node: Node, kind: str) -> bool:
    return any(each.type == kind for each in node.named_children)


def _integer(text: str) -> Any:
    try:
        return int(text, 0)
    except ValueError:
        return UNKNOWN


def _unescaped(node: Node) -> str:
    text = words(node)
    if node.type != "escape_sequence":
        return text
    return {"\\n": "\n", "\\t": "\t", "\\\n": ""}.get(text, text[1:])
