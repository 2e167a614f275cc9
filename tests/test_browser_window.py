"""The sandbox's window in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.sandbox import Sandbox
from tests.browser import chromium, needs_axe, overflow, violations
from tests.picture_files import labelled
from tests.sandbox_clients import hook, mail, toots, tweets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE = 30_000
"""Milliseconds; the page looks twice a second, and a machine may be busy."""

EVIL = (
    "</script><script>top.broken = 1</script><img src=x onerror='top.broken = 1'>"
    "<svg onload='top.broken = 1'></svg> javascript:top.broken=1 {{ top.broken }}"
)
"""`top`, so that a mail's frame would be noticed, too."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 800}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(sandbox.url)
    yield page
    context.close()


def fill(sandbox: Sandbox, text: str = "Our lamp starts twice as fast.") -> None:
    """Something of every kind: a picture, an edit, a deletion, a mail, a fault that struck."""
    client = toots(sandbox)
    media = client.media_post(labelled(), "image/jpeg", description=text)
    status = client.status_post(text, media_ids=[media["id"]], spoiler_text=text)
    client.status_update(status["id"], status=f"{text} Edited.", media_ids=[media["id"]])
    gone = tweets(sandbox).create_tweet(text=text[:200])
    tweets(sandbox).delete_tweet(gone["data"]["id"])
    sandbox.fault("discord", "503")
    hook(sandbox, {"content": text})
    hook(sandbox, {"content": text, "embeds": [{"title": text, "description": text}]})
    mail(sandbox, subject=text, html=f"<p id=inside>{text}</p>")


def test_empty_it_says_how_to_send_something(page: Page, sandbox: Sandbox) -> None:
    page.get_by_role("heading", name="Send something").wait_for()
    commands = page.locator("#commands").inner_text()
    assert f"{sandbox.url}/_sandbox/publish.toml" in commands
    assert "publish post.md --config sandbox.toml" in commands


def test_what_arrives_appears_by_itself(page: Page, sandbox: Sandbox) -> None:
    mastodon = page.get_by_role("region", name="Mastodon")
    mastodon.get_by_text("Nothing yet.").wait_for()
    toots(sandbox).status_post("Hello from a lamp")
    mastodon.get_by_text("Hello from a lamp").wait_for()
    assert page.get_by_role("heading", name="Send something").is_hidden()
    toots(sandbox).status_post("And another")
    mastodon.get_by_text("And another").wait_for()
    assert mastodon.locator("article").count() == 2
    assert "And another" in mastodon.locator("article").first.inner_text()
    page.get_by_role("status").get_by_text("2 live").wait_for()


def test_an_edit_shows_what_was_there_before(page: Page, sandbox: Sandbox) -> None:
    client = toots(sandbox)
    status = client.status_post("Before")
    page.get_by_text("Before").wait_for()
    client.status_update(status["id"], status="After")
    page.get_by_text("After", exact=True).wait_for()
    page.get_by_text("Edited once").click()
    page.locator(".history").get_by_text("Before").wait_for()


def test_what_is_deleted_is_struck_through_and_stays(page: Page, sandbox: Sandbox) -> None:
    client = toots(sandbox)
    status = client.status_post("Soon gone")
    page.get_by_text("Soon gone").wait_for()
    client.status_delete(status["id"])
    page.get_by_text("deleted at").wait_for()
    line = page.locator("article.gone pre.text").evaluate("e => getComputedStyle(e).textDecoration")
    assert "line-through" in line


def test_a_mail_is_shown_as_html_text_headers_and_source(page: Page, sandbox: Sandbox) -> None:
    mail(sandbox)
    page.frame_locator("iframe").get_by_text("Rich").wait_for()
    mailbox = page.get_by_role("region", name="Email")
    mailbox.get_by_role("button", name="Headers").click()
    mailbox.get_by_text("Subject:").wait_for()
    mailbox.get_by_role("button", name="Source").click()
    mailbox.get_by_text("MIME-Version: 1.0").first.wait_for()
    hook(sandbox, {"content": "Something else arrives"})
    page.get_by_text("Something else arrives").first.wait_for()
    pressed = mailbox.get_by_role("button", name="Source").get_attribute("aria-pressed")
    assert pressed == "true"


def test_a_fault_is_asked_for_and_shows_what_it_hit(page: Page, sandbox: Sandbox) -> None:
    page.get_by_label("Platform").select_option("Discord")
    page.get_by_label("What happens").select_option("503")
    page.get_by_text("answers 503 before acting").wait_for()
    page.get_by_role("button", name="Let it happen").click()
    page.get_by_text("1 still to come").wait_for()
    assert sandbox.faults.waiting() == 1
    assert hook(sandbox, {"content": "x"}).status_code == 503
    page.locator("#waiting").get_by_text("hit POST /api/webhooks/").wait_for()
    page.locator("#wire").get_by_text("struck by “503”").click()
    page.get_by_text('{"content": "x"}').wait_for()


def test_a_number_that_makes_no_sense_is_told(page: Page, sandbox: Sandbox) -> None:
    page.get_by_label("How often").wait_for()
    page.locator("#fault").evaluate("form => form.noValidate = true")
    page.get_by_label("How often").fill("0")
    page.get_by_role("button", name="Let it happen").click()
    page.get_by_role("alert").get_by_text("times must be at least 1").wait_for()


def test_everything_can_be_forgotten_from_there(page: Page, sandbox: Sandbox) -> None:
    hook(sandbox, {"content": "Short-lived"})
    page.get_by_text("Short-lived").first.wait_for()
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("heading", name="Send something").wait_for()
    assert sandbox.received() == []


def test_no_script_of_a_post_runs(page: Page, sandbox: Sandbox) -> None:
    fill(sandbox, EVIL)
    page.get_by_role("status").get_by_text("3 live, 1 deleted").wait_for()
    page.frame_locator("iframe").locator("#inside").wait_for()
    assert page.locator("article script, article svg, article [onerror]").count() == 0
    for button in page.get_by_role("button", name="Source").all():
        button.click()
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("window.broken") is None
    frames = [frame for frame in page.frames if frame.parent_frame]
    assert all(frame.url == "about:srcdoc" for frame in frames)
    assert page.locator("article script, article svg, article [onerror]").count() == 0
    assert "<script>top.broken" in page.locator("article pre").first.inner_text()


def test_it_says_so_when_the_sandbox_has_ended(browser: Browser) -> None:
    page = browser.new_page()
    with Sandbox() as sandbox:
        hook(sandbox, {"content": "Still here"})
        page.goto(sandbox.url)
        page.get_by_text("Still here").first.wait_for()
    page.get_by_text("The sandbox has ended").wait_for(timeout=PATIENCE)
    assert page.get_by_text("Still here").first.is_visible()
    page.close()


def test_the_page_that_it_leaves_behind_needs_nothing(browser: Browser, tmp_path: Path) -> None:
    with Sandbox(keep=tmp_path) as sandbox:
        fill(sandbox, EVIL)
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "received.html").as_uri())
    page.get_by_role("status").get_by_text("3 live, 1 deleted").wait_for(timeout=PATIENCE)
    page.wait_for_function("[...document.images].every(image => image.complete)")
    assert page.locator("article img").first.evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("window.broken") is None
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
    page.close()


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    page: Page, sandbox: Sandbox, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("heading", name="Send something").wait_for()
    assert violations(page) == []
    assert overflow(page) <= 0
    fill(sandbox, f"Our lamp is fast. {'x' * 150}")
    page.get_by_role("status").get_by_text("3 live, 1 deleted").wait_for()
    for summary in page.locator("summary").all()[:6]:
        summary.click()
    assert violations(page) == []
    assert overflow(page) <= 0
