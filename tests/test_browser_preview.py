"""The preview's page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.testing.bench import png
from tests.browser import chromium, needs_axe, overflow, violations
from tests.conftest import Publish, edit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVIL = "<script>top.broken = 1</script><img src='https://elsewhere.example/x' alt='x' onerror='top.broken = 1'>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(project: Path, publish: Publish) -> str:
    """The page of a post with a picture, a warning, code, a right-to-left title and bad intentions."""
    (project / "lamp.png").write_bytes(png(40, 20))
    edit(project, "title: ", f'description: "{EVIL}"\ntitle: مرحبا ')
    with (project / "post.md").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{EVIL}\n\n`make test`\n\n![A lamp that burns](lamp.png)\n")
    assert publish("preview", "post.md", "--no-open").status == 0
    return (project / ".publish" / "preview.html").as_uri()


@needs_axe
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_it_shuts_nobody_out(browser: Browser, address: str, colours: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if colours == "dark" else "light",
    )
    page = context.new_page()
    page.goto(address)
    assert overflow(page) <= 0
    assert violations(page) == []
    context.close()


def test_nothing_of_a_post_runs_and_nobody_is_asked(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.broken") is None
    assert [each for each in asked if not each.startswith(("file:", "data:", "about:"))] == []
    assert page.locator("img[alt='A lamp that burns']").first.evaluate("e => e.naturalWidth") == 40
    context.close()
