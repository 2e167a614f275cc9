"""GitHub's environment: what a stranger writes stays text, and there is one comment, brought up to date."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import github
from publisher.errors import PublishError, UsageError
from publisher.text.markdown import to_html

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "ghs_0123456789abcdef"


class Api:
    """The part of GitHub's API that comments need."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, value: Any, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                api.calls.append("GET")
                page = int(re.findall(r"[?&]page=(\d+)", self.path)[0])
                self.answer(api.comments[(page - 1) * 100 : page * 100])

            def written(self) -> str:
                assert self.headers["Authorization"] == f"Bearer {TOKEN}"
                return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

            def do_POST(self) -> None:
                api.calls.append(f"POST {self.path}")
                api.add(self.written(), "Bot")
                self.answer(api.comments[-1], 201)

            def do_PATCH(self) -> None:
                api.calls.append(f"PATCH {self.path}")
                (one,) = [each for each in api.comments if each["id"] == int(self.path.rpartition("/")[2])]
                one["body"] = self.written()
                self.answer(one)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, body: str, kind: str) -> None:
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, "user": {"type": kind}, "html_url": f"{self.url}/#{number}"})


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.server.shutdown()
    made.server.server_close()


def pull_request(tmp_path: Path, *, fork: bool = False, **more: str) -> dict[str, str]:
    head = "stranger/blog" if fork else "collective/blog"
    event = {
        "repository": {"default_branch": "trunk"},
        "pull_request": {"number": 7, "head": {"repo": {"full_name": head}}},
    }
    (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_REPOSITORY": "collective/blog",
        "GITHUB_REF": "refs/pull/7/merge",
        **more,
    }


def test_an_event_is_read(tmp_path: Path) -> None:
    event = github.read_event(pull_request(tmp_path))
    assert (event.name, event.number, event.from_fork, event.default_branch) == ("pull_request", 7, False, "trunk")
    assert github.read_event(pull_request(tmp_path, fork=True)).from_fork


def test_outside_of_actions_and_on_pull_request_target_it_stops(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        github.read_event({})
    with pytest.raises(UsageError, match="secrets"):
        github.read_event({**pull_request(tmp_path), "GITHUB_EVENT_NAME": "pull_request_target"})


def test_there_is_one_comment_and_it_is_brought_up_to_date(tmp_path: Path, api: Api) -> None:
    environ = pull_request(tmp_path, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN)
    event = github.read_event(environ)
    for number in range(120):
        api.add(f"Number {number}", "User")
    api.add(f"{github.MARK}\nquoted by somebody", "User")
    for text in ("first", "second"):
        github.comment(environ, event, text)
    assert [call for call in api.calls if call != "GET"] == [
        "POST /repos/collective/blog/issues/7/comments", "PATCH /repos/collective/blog/issues/comments/122",
    ]  # fmt: skip
    assert api.comments[-1]["body"] == f"{github.MARK}\nsecond"
    assert "quoted by somebody" in api.comments[120]["body"]


def test_a_comment_that_fails_is_one_error_without_the_token(tmp_path: Path) -> None:
    environ = pull_request(tmp_path, GITHUB_API_URL="http://127.0.0.1:9", GITHUB_TOKEN=TOKEN)
    with pytest.raises(PublishError) as caught:
        github.comment(environ, github.read_event(environ), "text")
    assert TOKEN not in caught.value.message


def test_outputs_can_hold_any_text(tmp_path: Path) -> None:
    path = tmp_path / "outputs"
    github.set_outputs({"GITHUB_OUTPUT": str(path)}, {"json": "a\nEOF\nurls<<EOF\nb", "urls": ""})
    text = path.read_text("utf-8")
    (mark,) = re.findall(r"^json<<(.+)$", text, re.MULTILINE)
    assert text.startswith(f"json<<{mark}\na\nEOF\nurls<<EOF\nb\n{mark}\n")
    assert len(mark) > 30


def test_an_annotation_is_one_line_whatever_is_in_it() -> None:
    told = github.annotation("error", "50 %\n::warning::x", "a,b:c.md", 3)
    assert told == "::error file=a%2Cb%3Ac.md,line=3::50 %25%0A::warning::x"


@given(st.text())
def test_a_fence_holds_whatever_is_in_it(text: str) -> None:
    lines = github.fenced(text).split("\n")
    fence = lines[-1]
    assert set(fence) == {"`"}
    assert lines[0] == f"{fence}text"
    assert not any(line.strip().startswith(fence) for line in lines[1:-1])


@pytest.mark.parametrize(
    "text",
    ["**bold** [x](https://evil.example) <img src=x>", "# head\n\n- list", "@everyone #12 `code`", "<details>", "$x$"],
)
def test_a_stranger_s_words_are_no_markup(text: str) -> None:
    shown = to_html(github.inline(text))
    assert re.fullmatch(r"<p>[^<]*</p>", shown.strip()), shown
    assert "@everyone" not in shown


def test_a_summary_that_is_too_long_is_cut_at_a_line_with_its_block_closed(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    github.add_summary({"GITHUB_STEP_SUMMARY": str(path)}, "# Head\n" + github.fenced("word\n" * 200_000))
    text = path.read_text("utf-8")
    assert len(text.encode()) < 1_000_000
    assert text.rstrip().endswith("cut here: it is too long to be shown whole.")
    assert text.count("\n```") == 2


@pytest.mark.parametrize("what", ["action", "workflow"])
def test_the_action_and_the_workflow_in_the_documentation_are_valid(what: str, tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    file = ROOT / "action.yml"
    if what == "workflow":
        page = (ROOT / "docs" / "github-action.md").read_text("utf-8")
        (block,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        file = tmp_path / "publish.yml"
        file.write_text(block, "utf-8")
    schema = "vendor.github-actions" if what == "action" else "vendor.github-workflows"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_input_reaches_a_shell_as_text() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    scripts = re.findall(r"^ +run: (?:\|\n((?: {8}.*\n)+)|(.*))", text, re.MULTILINE)
    assert len(scripts) == 2
    assert not [script for script in scripts if "${{" in "".join(script)]
