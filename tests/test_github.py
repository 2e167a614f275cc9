"""GitHub's environment: what a stranger writes stays text, and there is one comment, brought up to
date."""

from __future__ import annotations

import html
import inspect
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.commands import ci
from publisher.errors import PublishError, UsageError
from publisher.markdown.to_html import to_html
from publisher.tell import github
from tests.audit import TASTE, audit

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "ghs_0123456789abcdef"


class Api:
    """The part of GitHub's API that comments need."""

    def __init__(self) -> None:
        self.login = ""
        """Whose token it is; "" is a job's own, which may not ask and writes as a bot."""
        self.status = 200
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.files: list[dict[str, Any]] | None = [{"filename": "post.md", "status": "added"}]
        """What the pull request changes; None: it can't be said."""
        self.may_write = True
        self.page_size = 100
        """Forgejo and Gitea have fewer, and say so by a link."""
        self.pulls: list[dict[str, Any]] = []
        """Which pull requests the push merged."""
        self.users = "type"
        """Whether accounts have a type: on GitHub."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, value: Any, status: int = 200) -> None:
                if api.status != 200:
                    value, status = {"message": f"no, {self.headers['Authorization']}"}, api.status
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if isinstance(value, list) and len(value) == api.page_size < 100:
                    self.send_header("Link", f'<{api.url}/next>; rel="next"')
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                api.calls.append("GET")
                if self.path == "/user":
                    known = (
                        {"login": api.login}
                        if api.login
                        else {"message": "Resource not accessible by integration"}
                    )
                    self.answer(known, 200 if api.login else 403)
                    return
                page = int(re.findall(r"[?&]page=(\d+)", self.path)[0])
                kept = slice((page - 1) * api.page_size, page * api.page_size)
                if "/files" in self.path:
                    self.answer(api.files[kept] if api.files is not None else {}, 200)
                elif "/commits/" in self.path:
                    self.answer(api.pulls[kept])
                else:  # those of the one pull request that there is
                    self.answer(api.comments[kept] if "/issues/7/" in self.path else [])

            def written(self) -> str:
                assert self.headers["Authorization"] == f"Bearer {TOKEN}"
                return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

            def do_POST(self) -> None:
                api.calls.append(f"POST {self.path}")
                api.add(
                    self.written(),
                    "User" if api.login else "Bot",
                    api.login or "github-actions[bot]",
                )
                self.answer(api.comments[-1], 201)

            def do_PATCH(self) -> None:
                api.calls.append(f"PATCH {self.path}")
                if not api.may_write:
                    self.answer({"message": "Resource not accessible by integration"}, 403)
                    return
                (one,) = [
                    each for each in api.comments if each["id"] == int(self.path.rpartition("/")[2])
                ]
                one["body"] = self.written()
                self.answer(one)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, body: str, kind: str, login: str = "stranger") -> None:
        number = len(self.comments) + 1
        user = {"login": login, **({"type": kind} if self.users == "type" else {})}
        self.comments.append(
            {"id": number, "body": body, "user": user, "html_url": f"{self.url}/#{number}"}
        )


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
    assert (event.name, event.number, event.from_fork, event.default_branch) == (
        "pull_request",
        7,
        False,
        "trunk",
    )
    assert github.read_event(pull_request(tmp_path, fork=True)).from_fork
    more = {"GITHUB_SHA": "a5c3785", "GITHUB_RUN_ID": "17", "GITHUB_RUN_ATTEMPT": "2"}
    event = github.read_event({**pull_request(tmp_path), **more, "GITHUB_EVENT_NAME": "schedule"})
    assert (event.sha, event.run, event.attempt, event.number, event.from_fork) == (
        "a5c3785",
        "17",
        "2",
        None,
        False,
    )


def test_a_pull_request_from_a_fork_that_is_gone_is_from_a_fork(tmp_path: Path) -> None:
    environ = pull_request(tmp_path)
    event = json.loads((tmp_path / "event.json").read_text("utf-8"))
    event["pull_request"]["head"]["repo"] = None
    (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")
    assert github.read_event(environ).from_fork


@pytest.mark.parametrize(
    "content", ["", "[]", '"x"', "{}", '{"pull_request": {"number": "x"}}', "\xff", None]
)
def test_a_broken_event_is_one_error_with_a_hint(tmp_path: Path, content: str | None) -> None:
    environ = pull_request(tmp_path)
    if content is None:
        (tmp_path / "event.json").unlink()
    else:
        (tmp_path / "event.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match="can't be read") as caught:
        github.read_event(environ)
    assert caught.value.hint


def test_outside_of_actions_and_on_pull_request_target_it_stops(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        github.read_event({})
    with pytest.raises(UsageError, match="GITHUB_REPOSITORY"):
        github.read_event({**pull_request(tmp_path), "GITHUB_REPOSITORY": ""})
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


@pytest.mark.parametrize("forge", ["forgejo-actions", "gitea-actions"])
def test_on_another_forge_the_comment_is_found_again(tmp_path: Path, api: Api, forge: str) -> None:
    """Accounts have no types there, and the token may not ask whose it is."""
    api.users = "none"
    environ = pull_request(tmp_path, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN)
    event = github.read_event(environ)
    api.add(f"{github.MARK}\nnot ours", "", "stranger")
    api.add(f"{github.MARK}\nours", "", forge)
    github.comment(environ, event, "new")
    assert [each["body"] for each in api.comments] == [
        f"{github.MARK}\nnot ours", f"{github.MARK}\nnew",
    ]  # fmt: skip


def test_a_page_of_another_size_is_not_the_last(tmp_path: Path, api: Api) -> None:
    environ = pull_request(tmp_path, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN)
    api.page_size = 50
    for _ in range(60):
        api.add("a stranger's", "User")
    api.add(f"{github.MARK}\nours", "Bot")
    github.comment(environ, github.read_event(environ), "new")
    assert len(api.comments) == 61
    assert api.comments[-1]["body"] == f"{github.MARK}\nnew"


def test_with_a_person_s_token_it_is_that_person_s_comment(tmp_path: Path, api: Api) -> None:
    api.login = "ada"
    environ = pull_request(tmp_path, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN)
    event = github.read_event(environ)
    api.add(f"{github.MARK}\nquoted by somebody", "User")
    addresses = {github.comment(environ, event, text) for text in ("first", "second")}
    assert addresses == {f"{api.url}/#2"}
    assert [comment["body"] for comment in api.comments] == [
        f"{github.MARK}\nquoted by somebody", f"{github.MARK}\nsecond",
    ]  # fmt: skip


def test_a_comment_has_at_most_as_many_characters_as_github_takes(tmp_path: Path, api: Api) -> None:
    environ = pull_request(tmp_path, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN)
    github.comment(environ, github.read_event(environ), "# Head\n" + "😀 line\n" * 20_000)
    body = api.comments[0]["body"]
    assert 65_000 < len(body) <= 65_536
    assert body.startswith(f"{github.MARK}\n# Head\n😀 line\n")
    assert body.endswith("shown whole.")


@pytest.mark.parametrize("status", [301, 401, 403, 404, 422, 429, 500])
def test_what_github_refuses_is_one_line_without_the_token(
    tmp_path: Path, api: Api, status: int
) -> None:
    api.status = status
    environ = pull_request(tmp_path, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN)
    with pytest.raises(PublishError) as caught:
        github.comment(environ, github.read_event(environ), "text")
    assert "\n" not in caught.value.message
    assert TOKEN not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": "http://api.example"},
        {"GITHUB_EVENT_NAME": "push"},
    ],
    ids=["no token", "in the clear", "no pull request"],
)
def test_a_comment_that_can_t_be_made_is_said_before_anything_is_asked(
    tmp_path: Path, more: dict[str, str]
) -> None:
    environ = {**pull_request(tmp_path), **more}
    with pytest.raises(UsageError) as caught:
        github.comment(environ, github.read_event(environ), "text")
    assert caught.value.hint


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


RUNNER_READS = re.compile(r"\s*::[\w-]+[^\n]*::|.*##\[")
"""What a line of output is to be a command: https://github.com/actions/runner, ActionCommand.cs."""


@pytest.mark.parametrize(
    "text", ["::warning::x", "a\n  ::add-mask::the", "see ##[error]x", "::stop-commands::x\n::x::"]
)
def test_a_stranger_s_words_are_no_command_to_the_runner(text: str) -> None:
    assert any(RUNNER_READS.match(line) for line in text.split("\n"))
    first, *lines, last = github.inert(text).split("\n")
    mark = first.removeprefix("::stop-commands::")
    assert len(mark) > 30
    assert "\n".join(lines) == text
    assert last == f"::{mark}::"
    assert github.inert(text) != github.inert(text)


@given(st.text())
def test_a_fence_holds_whatever_is_in_it(text: str) -> None:
    lines = github.fenced(text).split("\n")
    fence = lines[-1]
    assert set(fence) == {"`"}
    assert lines[0] == f"{fence}text"
    assert not any(line.strip().startswith(fence) for line in lines[1:-1])


@pytest.mark.parametrize(
    "text",
    [
        "**bold** [x](https://evil.example) <img src=x>", "# head\n\n- list", "@everyone #12 `code`", "<details>",
        "$x$", "===", "1. one", "1) one", "> quote", "| a |\n|---|",
        "www.evil.example a@evil.example", "[^1]: note", "&lt;b>",
    ],
)  # fmt: skip
def test_a_stranger_s_words_are_no_markup(text: str) -> None:
    # After another line, which could be made a heading by it.
    shown = to_html(f"Head\n{github.inline(text)}")
    assert re.fullmatch(r"<p>[^<]*</p>", shown.strip()), shown
    assert (
        html.unescape(shown).replace("\u2060", "").strip()
        == f"<p>Head\n{' '.join(text.split())}</p>"
    )


@given(st.text(alphabet="#@`*_[]()<>!|~-+=:.&\\/ \n\tabGHw1"))
def test_whatever_a_stranger_writes_is_shown_as_it_is(text: str) -> None:
    shown = to_html(f"Head {github.inline(text)}")
    assert (
        html.unescape(shown).replace("\u2060", "").strip()
        == f"<p>{' '.join(f'Head {text}'.split())}</p>"
    )


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("cc @team", r"@\w"),
        ("see #12 and owner/blog#12", r"#\d"),
        ("GH-12, gh-12", r"(?i)gh-\d"),
        ("https://github.com/owner/blog/issues/1", r"https?://"),
        ("www.evil.example", r"www\."),
        (
            "a5c3785ed8d6a35868bc169f07e40e889087fd2e, 16c999e, owner/blog@16c999e",
            r"(?i)\b[0-9a-f]{7,40}\b",
        ),
    ],
)
def test_github_finds_no_reference_in_what_markdown_left_of_a_stranger_s_words(
    text: str, reference: str
) -> None:
    assert re.search(reference, text)
    assert not re.search(reference, html.unescape(to_html(github.inline(text))))


@pytest.mark.parametrize("show", [github.fenced, github.inline])
def test_what_can_t_be_seen_is_taken_out(show: Callable[[str], str]) -> None:
    shown = show("a\x1b[31m\x00\u202eb\ud800\u2066c\x7fé👩‍🚀")
    assert shown.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)
    assert "é👩‍🚀" in shown


@pytest.mark.parametrize(
    "text", ["word\n" * 300_000, "```\nword\n" * 150_000, "é" * 2_000_000, "~~~~\n````\n" * 200_000]
)
def test_a_summary_that_is_too_long_is_cut_at_a_line_with_its_block_closed(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "summary"
    block = github.fenced(text)
    github.add_summary({"GITHUB_STEP_SUMMARY": str(path)}, f"# Head\n{block}")
    assert path.stat().st_size <= 1024 * 1024
    shown = path.read_text("utf-8")
    fence = block.rpartition("\n")[2]
    assert shown.startswith(f"# Head\n{fence}text\n")
    assert shown.endswith(f"\n{fence}\n\n… cut here: it is too long to be shown whole.\n")
    assert shown.split("\n").count(fence) == 1


def test_all_that_a_step_says_is_within_the_limit_together(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    for _ in range(5):
        github.add_summary({"GITHUB_STEP_SUMMARY": str(path)}, "word\n" * 100_000)
    assert path.stat().st_size <= 1024 * 1024
    assert path.read_text("utf-8").rstrip().endswith("shown whole.")


def test_where_there_is_no_job_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    github.set_outputs({}, {"json": "{}"})
    github.add_summary({}, "text")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("what", ["action", "workflow"])
def test_the_action_and_the_workflow_in_the_documentation_are_valid(
    what: str, tmp_path: Path
) -> None:
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


@pytest.mark.parametrize("what", ["action", "workflow"])
def test_a_security_audit_finds_nothing_in_them(what: str, tmp_path: Path) -> None:
    file = tmp_path / "action.yml"
    text = (ROOT / "action.yml").read_text("utf-8")
    if what == "workflow":
        file = tmp_path / ".github" / "workflows" / "publish.yml"
        file.parent.mkdir(parents=True)
        page = (ROOT / "docs" / "github-action.md").read_text("utf-8")
        (text,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    file.write_text(text, "utf-8")
    assert audit(tmp_path) - (TASTE if what == "workflow" else set()) == set()
    file.write_text(text.replace("persist-credentials: false", "fetch-depth: 1"), "utf-8")
    if what == "workflow":
        assert "artipacked" in audit(tmp_path), "the audit can't fail"


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return loaded


def test_no_input_reaches_a_shell_as_text() -> None:
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
    assert scripts[-1] == 'exec "$RUNNER_TEMP/publish/bin/publish" ci'
    assert not [script for script in scripts if "${{" in script]


def test_each_input_is_used_and_reaches_the_program_under_its_name() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action()["inputs"])
    given = {
        name
        for step in action()["runs"]["steps"]
        for name in step.get("env", {})
        if name.startswith("INPUT_")
    }
    program = inspect.getsource(ci)
    asked = re.findall(r'_(?:given|is_true|lines)\(\s*environ,\s*"(\w+)"', program)
    assert given == {f"INPUT_{name}" for name in asked}
    page = (ROOT / "docs" / "github-action.md").read_text("utf-8")
    assert not [
        name for name in [*action()["inputs"], *action()["outputs"]] if f"`{name}`" not in page
    ]


def test_what_is_installed_is_pinned_with_hashes_and_so_is_what_builds_it() -> None:
    install = "".join(step.get("run", "") for step in action()["runs"]["steps"])
    commands = re.findall(r"pip install .*", install)
    assert [("--require-hashes" in line, "--no-deps --no-build-isolation" in line) for line in commands] == [
        (True, False), (True, False), (False, True),
    ]  # fmt: skip
    for name, wanted in (("requirements.txt", "setuptools=="), ("requirements-uv.txt", "uv==")):
        text = (ROOT / name).read_text("utf-8")
        assert wanted in text
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
        pinned = re.findall(r"^[\w.-]+==", text, re.MULTILINE)
        assert len(pinned) == len(
            re.findall(r"^[\w.-]+==.*\\\n +--hash=sha256:", text, re.MULTILINE)
        )


def test_the_secrets_in_the_documentation_s_workflow_are_those_of_the_example_configuration() -> (
    None
):
    page = (ROOT / "docs" / "github-action.md").read_text("utf-8")
    named = re.findall(r"(\w+): \$\{\{ secrets\.(\w+) \}\}", page)
    assert named
    example = (ROOT / "config.example.toml").read_text("utf-8")
    assert not [
        name for name, secret in named if name != secret or f'env = "{name}"' not in example
    ]
