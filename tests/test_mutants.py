"""The contract suite sees every mistake that an adapter may have."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from publisher import registry
from publisher.adapter import Adapter
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from publisher.testing.composing import SCRIPTS
from tests.mutants import (
    MUTANTS,
    Mutant,
    counts_bytes,
    counts_code_points,
    counts_half,
    forgets_how_long_to_wait,
    ignores_the_users_limit,
    loses_the_alt_texts,
    loses_the_key,
)

ADAPTERS = registry.names()
SUITE = [
    name
    for name, value in inspect.getmembers(AdapterContract)
    if name.startswith("test_") and callable(value)
]


def suite_of(name: str) -> type[AdapterContract]:
    """The contract suite as the adapter's own test fills it in."""
    module = importlib.import_module(f"tests.test_{name.replace('-', '_')}")
    (suite,) = (
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, AdapterContract)
        and getattr(value, "adapter", "") == name
    )
    return suite


@pytest.fixture(scope="module")
def boxes() -> Iterator[dict[str, Sandbox]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(Sandbox(adapters=(name,))) for name in ADAPTERS}


def seen(suite_class: type[AdapterContract], sandbox: Sandbox, folder: Path) -> str:
    """The first test of the contract that fails; empty: none does."""
    for number, name in enumerate(sorted(SUITE, key=_is_slow)):
        sandbox.clear()
        suite = suite_class()
        suite.folder = folder / str(number)
        suite.folder.mkdir()
        test = getattr(suite, name)
        wanted = inspect.signature(test).parameters
        with ExitStack() as stack:
            known: dict[str, Any] = {"sandbox": sandbox}
            try:
                if "channel" in wanted:
                    known["channel"] = suite.signed_in(sandbox)
                if "stage" in wanted:
                    known["stage"] = stack.enter_context(suite.staged())
                test(**{each: known[each] for each in wanted})
            except (Exception, pytest.fail.Exception) as problem:
                return f"{name}: {type(problem).__name__}"
    return ""


def _is_slow(name: str) -> bool:
    return any(word in name for word in ("killed", "storm", "certificate"))


def is_the_same(
    mutant: Mutant, kind: type[Adapter], channel: Adapter, suite: type[AdapterContract]
) -> bool:
    """Whether that is no mistake with this adapter."""
    rule = channel.rule(channel.settings, {})
    if mutant is loses_the_key:
        return not suite.same_key_is_one
    if mutant in (counts_half, counts_bytes, counts_code_points):
        mutated = mutant(kind)
        assert mutated is not None
        other = mutated(channel.channel).rule(channel.settings, {})
        alike = all(rule.count(each * 9) == other.count(each * 9) for each in SCRIPTS)
        return rule.limit is None or alike or not suite.refuses_more
    if mutant is forgets_how_long_to_wait:
        return not any(kind.startswith("429") for kind in suite.nothing_live)
    if mutant is loses_the_alt_texts:
        return not suite.shows_alt
    if mutant is ignores_the_users_limit:
        return rule.limit is None
    return False


def put_in_place(patch: pytest.MonkeyPatch, name: str, mutated: type[Adapter]) -> None:
    real = registry.load
    mutated.__module__ = real(name).__module__  # beside which its certificate lies
    patch.setattr(registry, "load", lambda other: mutated if other == name else real(other))


@pytest.mark.parametrize("name", ADAPTERS)
def test_without_a_mistake_it_passes(
    name: str, boxes: dict[str, Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = registry.load(name)
    put_in_place(monkeypatch, name, type("Unchanged", (kind,), {}))
    assert seen(suite_of(name), boxes[name], tmp_path) == ""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
@pytest.mark.parametrize("name", ADAPTERS)
def test_the_suite_sees(
    name: str,
    mutant: Mutant,
    boxes: dict[str, Sandbox],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite, kind = suite_of(name), registry.load(name)
    mutated = mutant(kind)
    bench = suite()
    bench.folder = tmp_path
    if mutated is None or is_the_same(mutant, kind, bench.signed_in(boxes[name]), suite):
        pytest.skip(f"{kind.title} can't have that mistake")
    put_in_place(monkeypatch, name, mutated)
    assert seen(suite, boxes[name], tmp_path) != ""
