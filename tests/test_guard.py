"""What would make reading slow, or too deep, is refused with its line; ordinary text never is."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.errors import PostError
from publisher.markdown import limits
from publisher.markdown.to_html import to_html

ROOT = Path(__file__).resolve().parents[1]


def families() -> dict[str, Callable[[int], str]]:
    spec = importlib.util.spec_from_file_location(
        "benchmark_families", ROOT / "benchmarks" / "families.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Callable[[int], str]] = module.FAMILIES
    return found


def refused(source: str, **where: object) -> PostError:
    with pytest.raises(PostError) as caught:
        to_html(source, **where)  # type: ignore[arg-type]
    error = caught.value
    assert "\n" not in error.message
    assert error.hint
    assert error.line
    return error


@pytest.mark.parametrize("name", sorted(families()))
def test_input_made_to_be_slow_is_read_or_refused_with_its_line(name: str) -> None:
    source = families()[name](2_000)
    try:
        assert isinstance(to_html(source), str)
    except PostError as error:
        assert error.hint
        assert error.line is not None
        assert 1 <= error.line <= source.count("\n") + 1


@pytest.mark.parametrize(
    "source",
    [
        "[" * 10_000,
        "[a](" * 10_000,
        "*a **b " * 10_000,
        "**" * 10_000 + "a" + "**" * 10_000,
        "x " * 500_000,
    ],
    ids=["brackets", "links", "emphasis", "nested emphasis", "a paragraph of 1 MB"],
)
def test_ten_thousand_of_a_kind_are_refused_on_the_line_where_they_stand(source: str) -> None:
    assert refused(f"# Title\n\nText\n\n{source}\n\nEnd", file="post.md", first_line=8).line == 12


def test_quotes_are_read_up_to_the_limit_and_refused_beyond() -> None:
    assert to_html("> " * limits.MAX_LEVEL + "deep").count("<blockquote>") == limits.MAX_LEVEL
    error = refused(
        "text\n\n" + "> " * (limits.MAX_LEVEL + 1) + "deep", file="post.md", first_line=5
    )
    assert (error.file, error.line) == ("post.md", 7)
    assert "nested" in error.message


def test_lists_are_read_up_to_the_limit_and_refused_beyond() -> None:
    def nested(depth: int) -> str:
        return "".join("  " * level + f"- item {level}\n" for level in range(depth))

    assert to_html(nested(limits.MAX_LEVEL // 2)).count("<li>") == limits.MAX_LEVEL // 2
    assert refused(nested(500)).line == limits.MAX_LEVEL // 2 + 1


def test_html_is_refused_where_it_is_nested_too_deep_but_not_for_being_long() -> None:
    assert to_html("<p>a\n\n<br>\n\n<div>b</div>\n\n" * 500).count("<div>") == 500
    assert refused("a\n\n" + "<div>\n\n" * 500).line == 3 + 2 * limits.MAX_DEPTH


def test_the_same_signs_in_code_are_no_danger() -> None:
    signs = "[a](" * 10_000 + "\n" + ">" * 10_000 + "\n" + "*a _b " * 10_000
    assert "[a]([a](" in to_html(f"```\n{signs}\n```")


def test_a_megabyte_of_ordinary_text_is_read() -> None:
    text = (
        "The collective has released its *calendar*: `calendar import` reads [every other](https://example.org/a) "
        "calendar. Merci à toutes et à tous, 谢谢, شكرا.\n\n- one thing\n- another\n\n"
    )
    source = text * (1_000_000 // len(text))
    assert to_html(source).count("<em>calendar</em>") == source.count("*calendar*")


def test_every_real_post_is_read() -> None:
    posts = ROOT.parent / "shared" / "posts"
    if not posts.exists():
        pytest.skip("../shared/posts is not there")
    for path in sorted(posts.rglob("*.md"))[::5]:
        assert to_html(path.read_text("utf-8-sig"))


def test_without_a_file_the_line_is_told_alone() -> None:
    error = refused("[" * 10_000)
    assert (error.file, error.line) == (None, 1)
