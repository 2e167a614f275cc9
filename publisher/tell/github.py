"""GitHub's environment of a job: the event, outputs, summary, annotations, and one comment on a
pull request.

https://docs.github.com/actions/reference/workflows-and-actions/variables and .../workflow-commands
(read 2026-11).
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.errors import DeliveryError, PublishError, Refused, UsageError
from publisher.hosts import check_url

if TYPE_CHECKING:
    from publisher.http import Session

MARK = "<!-- announcement-publisher -->"
"""By this line our comment is found again."""
COMMENT, SUMMARY = 65_536, 1024 * 1024
"""Characters of a comment; bytes of a step's summary (both read 2026-11). What is longer would be
refused whole."""
PAGES = 30
"""Of a hundred comments each: a pull request with more gets a second preview, not an error."""
MOST_FILES = 3000
"""Of a pull request that GitHub lists (its documentation, read 2026-11)."""
JOBS_OF_FORGES = ("forgejo-actions", "gitea-actions")
_CUT = "\n\n… cut here: it is too long to be shown whole."


@dataclass(frozen=True, slots=True)
class Event:
    """What a job was started by.

    number     of the pull request; None for any other event
    from_fork  the pull request's branch is in another repository: no secret, and a token that may
               only read
    run        of the workflow, the same when it is run again; `attempt` counts from "1"
    ref, sha   what is checked out; for a pull request its merge with the branch that it is for
    """

    name: str
    repository: str
    default_branch: str
    ref: str
    run: str = ""
    attempt: str = ""
    number: int | None = None
    from_fork: bool = False
    sha: str = ""


def read_event(environ: Mapping[str, str]) -> Event:
    """Raises UsageError outside of GitHub Actions, and for an event that gives a stranger's post
    our secrets."""
    name, path = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_EVENT_PATH", "")
    if not name or not path:
        raise UsageError(
            "this is not a job of GitHub Actions", hint="elsewhere, run `publish POST`"
        )
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
            f"the event can't be read: {type(error).__name__}",
            hint="is GITHUB_EVENT_PATH right?",
            file=path,
        ) from None
    here = environ.get("GITHUB_REPOSITORY", "")
    if "/" not in here:
        raise UsageError("GITHUB_REPOSITORY is not set", hint="GitHub Actions sets it: owner/name")
    return Event(
        name=name,
        repository=here,
        default_branch=str(repository.get("default_branch") or "main"),
        ref=environ.get("GITHUB_REF", ""),
        run=environ.get("GITHUB_RUN_ID", ""),
        attempt=environ.get("GITHUB_RUN_ATTEMPT", ""),
        number=number,
        # A fork that is gone has no name any more.
        from_fork=name == "pull_request" and str(head).lower() != here.lower(),
        sha=environ.get("GITHUB_SHA", ""),
    )


def set_outputs(environ: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Into GITHUB_OUTPUT, where there is one: each between two marks that no value can contain."""
    path = environ.get("GITHUB_OUTPUT")
    if not path:
        return
    with Path(path).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
        for name, value in values.items():
            mark = _mark(value)
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def _mark(text: str) -> str:
    """Something that nobody can guess, and that isn't in `text`."""
    while (mark := f"publish-{secrets.token_hex(16)}") in text:
        pass
    return mark


def add_summary(environ: Mapping[str, str], markdown: str) -> None:
    """Into GITHUB_STEP_SUMMARY, where there is one. Cut at a line where the step would have more
    than 1 MiB."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    with Path(path).open("a", encoding="utf-8", newline="\n") as file:
        file.write(
            _shortened(
                _plain(markdown), SUMMARY - file.tell() - 1, size=lambda text: len(text.encode())
            )
            + "\n"
        )


def annotation(level: str, message: str, file: str | None, line: int | None) -> str:
    """A line of a job's output that GitHub shows beside the file. `level` is error, warning or
    notice."""
    where = [f"file={_escaped(file, ',:')}"] if file else []
    where += [f"line={line}"] if file and line else []
    return f"::{level}{' ' + ','.join(where) if where else ''}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    codes = {"%": "%25", "\r": "%0D", "\n": "%0A", ",": "%2C", ":": "%3A"}
    return "".join(codes[c] if c in "%\r\n" + also else c for c in text)


def inert(text: str) -> str:
    """`text` for a job's output, in which no line is a command to the runner.

    It heeds `::name::` after any white space, and the older `##[name]` anywhere in a line.
    """
    mark = _mark(text)
    return f"::stop-commands::{mark}\n{text}\n::{mark}::"


def _plain(text: str) -> str:
    """Without what isn't seen: control characters, what turns the direction of writing, halves of
    characters."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return re.sub("[\u202a-\u202e\u2066-\u2069]", "", "".join(kept))


def fenced(text: str) -> str:
    """A stranger's text as it is, in a block that nothing in it can end."""
    plain = _plain(text)
    longest = max((len(run) for run in re.findall(r"`+|~+", plain)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{plain}\n{fence}"


def inline(text: str) -> str:
    """A stranger's text in one line, in which nothing is markup, a mention, a reference or an
    address."""
    line = " ".join(_plain(re.sub(r"\s", " ", text)).split())
    # A backslash ends with the Markdown, and GitHub looks for these afterwards. The word joiner
    # can't be seen.
    line = _REFERENCE.sub("\\g<0>\u2060", line)
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&$:=])", r"\\\1", line)


def code(text: str) -> str:
    """A stranger's text in one line, as it is, in code that nothing in it can end: it can be
    copied."""
    line = " ".join(_plain(re.sub(r"\s", " ", text)).split())
    if not line:
        return ""
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    ticks = "`" * (longest + 1)
    edge = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{ticks}{edge}{line}{edge}{ticks}"


_REFERENCE = re.compile(
    r"[@#]"  # @user, #12, owner/name#12
    r"|\bGH(?=-[0-9])"
    r"|\w(?=://)|\bwww(?=\.)"
    r"|[0-9a-f]{4}(?=[0-9a-f]{3})",  # a commit: 7 digits or more
    re.IGNORECASE,
)


@contextmanager
def _api(environ: Mapping[str, str], event: Event) -> Iterator[Api]:
    """GitHub's API for one repository. Raises UsageError where there is no token; DeliveryError."""
    from publisher.http import Session, sorted_errors

    api = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    token = environ.get("GITHUB_TOKEN", "")
    if not token:
        raise UsageError("GITHUB_TOKEN is not set", hint="the input `token` of the Action sets it")
    if problem := check_url(api):
        raise UsageError(f"GITHUB_API_URL {problem}", hint="GitHub Actions sets it")
    with sorted_errors(), Session(secrets=[token]) as session:
        session.headers.update(
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "announcement-publisher",
            }
        )
        yield Api(session, api, f"{api}/repos/{event.repository}")


@dataclass(frozen=True, slots=True)
class Api:
    """`root` is that of the whole API, `repository` that of one repository in it."""

    session: Session
    root: str
    repository: str

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """The items of a list, a hundred at a time. Raises Refused where it is none."""
        for page in range(1, PAGES + 1):
            answer = self.session.request(
                "GET", f"{self.repository}/{path}", params={"per_page": "100", "page": str(page)}
            )
            found = answer.json()
            if not isinstance(found, list):
                raise Refused("what answers there is not GitHub", hint="is GITHUB_API_URL right?")
            yield from found
            # Forgejo and Gitea have pages of a size of their own, and say where the next one is.
            if len(found) < 100 and "next" not in answer.links:
                return

    def write(self, method: str, path: str, body: str) -> str:
        """A comment; returns its address."""
        made = self.session.request(method, f"{self.repository}/{path}", json={"body": body}).json()
        if not isinstance(made, dict) or not made.get("html_url"):
            raise DeliveryError(
                "GitHub answered without a comment", hint="the preview is in the job's summary"
            )
        return str(made["html_url"])


def comment(
    environ: Mapping[str, str], event: Event, body: str, *, update_only: bool = False
) -> str:
    """Make our one comment on the pull request, or bring it up to date; returns its address, empty
    where there is none to be brought up to date and `update_only`.

    Raises UsageError where there is no pull request or no token; DeliveryError.
    """
    if event.number is None:
        raise UsageError(
            "there is no pull request to comment on", hint=f"the event is {event.name}"
        )
    text = _shortened(f"{MARK}\n{_plain(body)}", COMMENT)
    with _api(environ, event) as api:
        ours = _ours(api, event.number)
        if ours is not None:
            return api.write("PATCH", f"issues/comments/{ours}", text)
        if update_only:
            return ""
        return api.write("POST", f"issues/{event.number}/comments", text)


def changed_files(environ: Mapping[str, str], event: Event) -> frozenset[str] | None:
    """The paths that the pull request changes, also those it takes away or gives another name; None
    where that can't be known."""
    if event.number is None or not environ.get("GITHUB_TOKEN"):
        return None
    try:
        with _api(environ, event) as api:
            files = list(api.pages(f"pulls/{event.number}/files"))
    except PublishError:
        return None
    if len(files) >= MOST_FILES:
        return None
    names = (
        str(file.get(key) or "") for file in files for key in ("filename", "previous_filename")
    )
    return frozenset(name for name in names if name)


def merged_pull_request(environ: Mapping[str, str], event: Event) -> int | None:
    """The pull request that this push merged; None where it was none, or that can't be known."""
    if event.name != "push" or not event.sha or not environ.get("GITHUB_TOKEN"):
        return None
    with suppress(PublishError), _api(environ, event) as api:
        for pull in api.pages(f"commits/{event.sha}/pulls"):
            into = (pull.get("base") or {}).get("ref")
            if pull.get("merged_at") and into == event.default_branch:
                return int(pull["number"])
    return None


def _ours(api: Api, number: int) -> int | None:
    """The number of the comment that begins with our mark and is ours: anybody may write that mark.

    A job's own token writes as a bot, a person's token as that person. Forgejo and Gitea have no
    kinds of accounts; there a job writes under a name that nobody else may have.
    """
    me = ""
    for one in api.pages(f"issues/{number}/comments"):
        if not str(one.get("body") or "").startswith(MARK):
            continue
        author = one.get("user") or {}  # None: the account is gone
        if author.get("type") == "Bot" or (
            "type" not in author and author.get("login") in JOBS_OF_FORGES
        ):
            return int(one["id"])
        me = me or _login(api)
        if author.get("login") == me:
            return int(one["id"])
    return None


def _login(api: Api) -> str:
    """Who this token writes as, for a person's; "-", which nobody is called, for a job's: it may
    not ask."""
    try:
        return str(api.session.request("GET", f"{api.root}/user").json().get("login") or "-")
    except Refused:
        return "-"


def _shortened(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """Whole lines of `text`, then a note, with no more than `limit` of what `size` counts."""
    if size(text) <= limit:
        return text
    left = limit - size(_CUT)
    if left < 0:
        return ""
    kept, fence = [], ""
    for line in text.split("\n"):
        # A block that is open must be closed, or the rest of the page would be in it. Only the line
        # that `fenced` ends a block with does that.
        ticks = line[: len(line) - len(line.lstrip("`"))]
        after = (ticks if len(ticks) >= 3 else "") if not fence else "" if line == fence else fence
        left -= size(line) + 1
        if left < len(after) + 1:
            break
        kept.append(line)
        fence = after
    return "\n".join([*kept, fence] if fence else kept) + _CUT
