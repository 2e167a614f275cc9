"""GitHub's environment of a job: the event, outputs, summary, annotations, and one comment on a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/variables and .../workflow-commands (read 2026-11).
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publisher.errors import DeliveryError, Refused, UsageError

MARK = "<!-- announcement-publisher -->"
"""By this line our comment is found again."""
COMMENT, SUMMARY = 65_536, 1_000_000
"""Characters of a comment; bytes of a step's summary (1 MiB, read 2026-11)."""
_CUT = "\n\n… cut here: it is too long to be shown whole."


@dataclass(frozen=True, slots=True)
class Event:
    """What a job was started by. `number` is a pull request's; `run` and `attempt` name the job."""

    name: str
    repository: str
    default_branch: str
    ref: str
    run: str = ""
    attempt: str = ""
    number: int | None = None
    from_fork: bool = False


def read_event(environ: Mapping[str, str]) -> Event:
    """Raises UsageError outside of GitHub Actions, and for an event that gives a stranger's post our secrets."""
    name, path = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_EVENT_PATH", "")
    if not name or not path:
        raise UsageError("this is not a job of GitHub Actions", hint="elsewhere, run `publish POST`")
    if name == "pull_request_target":
        raise UsageError(
            "pull_request_target would give a stranger's posts and templates this repository's secrets",
            hint="write `on: pull_request`",
        )
    try:
        event = json.loads(Path(path).read_text("utf-8"))
        repository = event.get("repository") or {}
        pull = event.get("pull_request") or {}
        number = int(pull["number"]) if name == "pull_request" else None
        head = ((pull.get("head") or {}).get("repo") or {}).get("full_name")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"the event can't be read: {type(error).__name__}", hint="is GITHUB_EVENT_PATH right?"
        ) from None
    here = environ.get("GITHUB_REPOSITORY", "")
    return Event(
        name=name,
        repository=here,
        default_branch=str(repository.get("default_branch") or "main"),
        ref=environ.get("GITHUB_REF", ""),
        run=environ.get("GITHUB_RUN_ID", ""),
        attempt=environ.get("GITHUB_RUN_ATTEMPT", ""),
        number=number,
        from_fork=name == "pull_request" and head != here,
    )


def set_outputs(environ: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Into GITHUB_OUTPUT, where there is one: each between two marks that no value can contain."""
    path = environ.get("GITHUB_OUTPUT")
    if not path:
        return
    with Path(path).open("a", encoding="utf-8") as file:
        for name, value in values.items():
            mark = f"publish-{secrets.token_hex(16)}"
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def add_summary(environ: Mapping[str, str], markdown: str) -> None:
    """Into GITHUB_STEP_SUMMARY, where there is one."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(_shortened(markdown, SUMMARY // 4) + "\n")


def annotation(level: str, message: str, file: str | None, line: int | None) -> str:
    """A line of a job's output that GitHub shows beside the file. `level` is error, warning or notice."""
    where = [f"file={_escaped(file, ',:')}"] if file else []
    where += [f"line={line}"] if file and line else []
    return f"::{level}{' ' + ','.join(where) if where else ''}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    codes = {"%": "%25", "\r": "%0D", "\n": "%0A", ",": "%2C", ":": "%3A"}
    return "".join(codes[c] if c in "%\r\n" + also else c for c in text)


def fenced(text: str) -> str:
    """A stranger's text as it is, in a block that nothing in it can end."""
    plain = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    longest = max((len(run) for run in re.findall(r"`+|~+", plain)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{plain}\n{fence}"


def inline(text: str) -> str:
    """A stranger's text in one line, in which nothing is markup, a mention, an issue's number or an address."""
    line = " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in text).split())
    line = re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&$:])", r"\\\1", line)
    return line.replace("@", "@\u2060")  # a word joiner: it looks the same, and calls nobody


def comment(environ: Mapping[str, str], event: Event, body: str) -> str:
    """Make our one comment on the pull request, or bring it up to date; returns its address.

    Raises DeliveryError.
    """
    from publisher.http import Session, sorted_errors

    api = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    issue = f"{api}/repos/{event.repository}/issues"
    token = environ["GITHUB_TOKEN"]
    text = _shortened(f"{MARK}\n{body}", COMMENT)
    with sorted_errors(), Session(secrets=[token]) as session:
        session.headers.update(
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "announcement-publisher",
            }
        )
        ours = next(_ours(session, f"{issue}/{event.number}/comments"), None)
        if ours is None:
            made = session.request("POST", f"{issue}/{event.number}/comments", json={"body": text}).json()
        else:
            made = session.request("PATCH", f"{issue}/comments/{ours['id']}", json={"body": text}).json()
    if not isinstance(made, dict) or not made.get("html_url"):
        raise DeliveryError("GitHub answered without a comment", hint="the preview is in the job's summary")
    return str(made["html_url"])


def _ours(session: Any, address: str) -> Iterator[dict[str, Any]]:
    """Comments that begin with our mark and are a bot's: somebody may have quoted it."""
    for page in range(1, 31):
        found = session.request("GET", address, params={"per_page": "100", "page": str(page)}).json()
        if not isinstance(found, list):
            raise Refused("what answers there is not GitHub", hint="is GITHUB_API_URL right?")
        for one in found:
            is_bot = (one.get("user") or {}).get("type") == "Bot"
            if is_bot and str(one.get("body") or "").startswith(MARK):
                yield one
        if len(found) < 100:
            return


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = text[: limit - len(_CUT) - 20]
    head = head[: head.rfind("\n")] if "\n" in head else head
    # A block that was open must be closed, or the rest of the page would be in it.
    fences = re.findall(r"^(`{3,})", head, re.MULTILINE)
    return head + (f"\n{fences[-1]}" if len(fences) % 2 else "") + _CUT
