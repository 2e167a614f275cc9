"""A blog's life, on a real git repository, with the sandbox as the platforms and `publish ci` as
the Action runs it.

After each step, what is live is what the files say, or is held where nobody can know; nothing was
ever posted twice.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from publisher.testing.bench import png
from tests.conftest import YESTERDAY
from tests.git_repositories import clone, commit, git, remote
from tests.reliability.child import TIMING, Job
from tests.reliability.fixtures import box as box
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Process, Run, Runner
from tests.web_servers import Server, says

CHANNELS = ("mastodon", "twitter", "discord")
CONFIG = """[site]
base_url = "https://example.org/"
permalink = "/news/{{slug}}/"

[ledger]
branch = "publish-ledger"

[channels.mastodon]
api_base_url = "{mastodon}"
access_token = {{ env = "MASTODON_ACCESS_TOKEN" }}

[channels.twitter]
api_url = "{twitter}"
consumer_key = {{ env = "TWITTER_CONSUMER_KEY" }}
consumer_secret = {{ env = "TWITTER_CONSUMER_SECRET" }}
access_token = {{ env = "TWITTER_ACCESS_TOKEN" }}
access_token_secret = {{ env = "TWITTER_ACCESS_TOKEN_SECRET" }}

[channels.discord]
webhook_url = {{ env = "DISCORD_WEBHOOK_URL" }}
"""

EMAIL = """
[channels.email]
smtp_url = { env = "SMTP_URL" }
sender = "news@example.org"
recipients = ["ada@example.org"]
unsubscribe = "mailto:leave@example.org"
"""


class Blog:
    """A repository whose every push starts a job in a fresh, shallow clone, as GitHub does."""

    def __init__(self, folder: Path, box: Sandbox, runner: Runner) -> None:
        self.folder, self.box, self.runner = folder, box, runner
        self.bare = remote(folder)
        self.work = clone(self.bare, "work")
        self.jobs = 0
        config = CONFIG.format(mastodon=box[Mastodon].url, twitter=box[Twitter].url)
        (self.work / "publish.toml").write_text(config, "utf-8")
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **box.environment(),
        }  # fmt: skip

    def write(self, name: str, text: str) -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.work / name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def job(
        self,
        *argv: str,
        run: str = "",
        attempt: int = 1,
        event: str = "push",
        path: str = "posts",
        **how: Any,
    ) -> Process:
        """One job on what is on main now. `run` is its number: a job that is run again has the
        same, and a higher attempt."""
        self.jobs += 1
        checkout = clone(self.bare, f"job-{self.jobs}", shallow=True)
        told = self.folder / f"event-{self.jobs}.json"
        told.write_text(json.dumps({"repository": {"default_branch": "main"}}), "utf-8")
        out = self.folder / f"job-{self.jobs}"
        environment = {
            **self.environment,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(told),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "collective/blog",
            "GITHUB_RUN_ID": run or str(1000 + self.jobs),
            "GITHUB_RUN_ATTEMPT": str(attempt),
            "GITHUB_OUTPUT": f"{out}.outputs",
            "GITHUB_STEP_SUMMARY": f"{out}.summary",
            "INPUT_PATH": path,
        }
        job = Job(
            argv or ("ci",),
            str(checkout),
            environment,
            f"{out}.out",
            f"{out}.err",
            **{"timing": TIMING, **how},
        )
        return self.runner.start(job)

    def push(self, message: str, **how: Any) -> Run:
        """Commit what is there, and let the job run."""
        commit(self.work, message)
        return self.job(**how).wait()

    def live(self, channel: str) -> list[str]:
        return [item["text"] for item in self.box.received() if item["channel"] == channel]

    def everything(self) -> dict[str, int]:
        return {channel: len(self.live(channel)) for channel in CHANNELS}

    def creations(self) -> int:
        """Posts that were ever made, those deleted since included."""
        paths = ("/api/v1/statuses", "/2/tweets")
        made = [each for each in self.box.requests if each.method == "POST"]
        return sum(1 for each in made if each.path in paths or "/webhooks/" in each.path)


@pytest.fixture
def blog(tmp_path: Path, box: Sandbox, runner: Runner) -> Iterator[Blog]:
    yield Blog(tmp_path, box, runner)


NEW = f"""---
title: The lamp is out
date: {YESTERDAY}
image: {{src: lamp.png, alt: A lamp}}
---
It starts twice as fest, and remembers.
"""


def test_a_blog_s_life(blog: Blog) -> None:
    # An archive, old and not so old, and no ledger: nothing is sent, and it says what to do.
    blog.write("posts/older.md", "---\ntitle: Older\ndate: 2020-01-01\n---\nLonger ago.\n")
    for number in range(5):
        blog.write(
            f"posts/old-{number}.md",
            f"---\ntitle: Old {number}\ndate: {YESTERDAY}\n---\nLong ago.\n",
        )
    ran = blog.push("An archive")
    assert ran.status == 2
    assert "publish ledger init" in ran.err
    assert blog.job("ledger", "init").wait().status == 0
    ran = blog.job().wait()
    assert ran.status == 2
    assert "this would send 5 new posts" in ran.err
    assert "1 post is older than 14 days ([site] max_age): posts/older.md" in ran.err
    ran = blog.job("adopt", "--all", "posts").wait()
    assert ran.status == 0, ran.err
    ran = blog.job().wait()
    assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 0, "twitter": 0, "discord": 0}

    # A new post.
    (blog.work / "posts" / "lamp.png").write_bytes(png(20, 10))
    blog.write("posts/lamp.md", NEW)
    ran = blog.push("A post")
    assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}
    assert blog.job().wait().status == 0, "the same push, run again"
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}

    # A typo is mended: Mastodon and Discord follow, X can't.
    blog.edit("posts/lamp.md", "fest", "fast")
    ran = blog.push("A typo")
    assert ran.status == 0, ran.err
    assert "fast" in blog.live("mastodon")[0]
    assert "fast" in blog.live("discord")[0]
    assert "fest" in blog.live("twitter")[0]
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}

    # A picture is replaced, a title changed, a file renamed.
    (blog.work / "posts" / "lamp.png").write_bytes(png(24, 12))
    assert blog.push("A picture").status == 0
    (message,) = [item["object"] for item in blog.box.received() if item["channel"] == "discord"]
    assert [each["size"] for each in message["attachments"]] == [len(png(24, 12))]
    blog.edit("posts/lamp.md", "The lamp is out", "The new lamp is out")
    assert blog.push("A title").status == 0
    assert blog.live("mastodon")[0].startswith("The new lamp is out")
    git(blog.work, "mv", "posts/lamp.md", "posts/new-lamp.md")
    assert blog.push("A name").status == 0
    assert "/news/new-lamp/" in blog.live("mastodon")[0]
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}

    # A thread, and a shorter one.
    blog.write(
        "templates/mastodon.txt.j2",
        "{{ post.title }}\n\n{{ post.text | thread }}\n\n{{ post.url }}\n",
    )
    blog.write(
        "posts/thread.md",
        f"---\ntitle: A thread\ndate: {YESTERDAY}\n---\nOne.\n<!-- thread -->\n\nTwo.\n",
    )
    ran = blog.push("A thread, and a new template")
    assert ran.status == 0, ran.err
    assert len(blog.live("mastodon")) == 3
    assert "#" not in blog.live("mastodon")[0], "a new template rewrites nothing that is live"
    assert any("The new lamp is out" in text for text in blog.live("mastodon"))
    blog.edit("posts/thread.md", "One.\n<!-- thread -->\n\nTwo.\n", "One, and only.\n")
    assert blog.push("A shorter thread").status == 0
    assert len(blog.live("mastodon")) == 2
    assert blog.everything() == {"mastodon": 2, "twitter": 2, "discord": 2}

    # Retracted, and brought back.
    ran = blog.job("retract", "posts/thread.md", "--yes").wait()
    assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}
    assert blog.job().wait().status == 0
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}
    ran = blog.job("posts/thread.md", "--republish", "--yes").wait()
    assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 2, "twitter": 2, "discord": 2}

    # Killed half-way, and run again: what can be read back is, Discord is held for a person.
    blog.write("posts/third.md", f"---\ntitle: The third\ndate: {YESTERDAY}\n---\nIt is here.\n")
    killed = blog.push(
        "A third post", run="77", how="kill", at="before outcome written", channel="discord"
    )
    assert killed.killed
    other = blog.job().wait()
    assert other.status == 1, "another job: the first may still be at it"
    assert "another run" in other.out + other.err
    twin = blog.job(run="77").wait()
    assert twin.status == 1, "another job of the same run is another job"
    again = blog.job(run="77", attempt=2).wait()
    assert again.status == 3, again.err
    assert blog.everything() == {"mastodon": 3, "twitter": 3, "discord": 3}
    ran = blog.job("resolve", "posts/third.md", "discord", "--sent", run="77", attempt=3).wait()
    assert ran.status == 0, ran.err
    assert blog.job().wait().status == 0
    assert blog.everything() == {"mastodon": 3, "twitter": 3, "discord": 3}

    # Two jobs at once: one sends.
    blog.write("posts/fourth.md", f"---\ntitle: The fourth\ndate: {YESTERDAY}\n---\nIt is here.\n")
    commit(blog.work, "A fourth post")
    runs = [process.wait() for process in [blog.job(), blog.job()]]
    assert 0 in {run.status for run in runs} <= {0, 1}, [run.err for run in runs]
    assert blog.everything() == {"mastodon": 4, "twitter": 4, "discord": 4}

    # The ledger's branch is rewound to before the fourth post.
    (before,) = git(
        blog.bare, "log", "--format=%H", "--skip=2", "-1", "publish-ledger"
    ).splitlines()
    git(blog.bare, "update-ref", "refs/heads/publish-ledger", before)
    ran = blog.job().wait()
    assert ran.status == 3, ran.err
    assert blog.everything() == {"mastodon": 4, "twitter": 4, "discord": 4}
    ran = blog.job("resolve", "posts/fourth.md", "discord", "--sent").wait()
    assert ran.status == 0, ran.err
    assert blog.job().wait().status == 0
    assert blog.everything() == {"mastodon": 4, "twitter": 4, "discord": 4}
    assert git(blog.work, "status", "--porcelain") == ""


@pytest.mark.parametrize("depth", ["site", "sites/blog/config"])
def test_the_configuration_may_lie_in_a_folder_and_beside_a_second_site(
    blog: Blog, depth: str
) -> None:
    config = (blog.work / "publish.toml").read_text("utf-8")
    (blog.work / "publish.toml").unlink()
    for folder in (depth, "second"):
        named = config.replace("/news/", f"/{folder}/")
        blog.write(f"{folder}/publish.toml", named)
        blog.write(f"{folder}/posts/lamp.md", NEW.replace("image", "# image"))
    blog.edit("second/posts/lamp.md", "The lamp", "The second lamp")
    commit(blog.work, "Two sites")
    ran = blog.job("ledger", "init", "--config", f"{depth}/publish.toml").wait()
    assert ran.status == 0, ran.err
    for folder in (depth, "second", depth, "second"):
        ran = blog.job(path=f"{folder}/posts").wait()
        assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 2, "twitter": 2, "discord": 2}
    blog.write(f"{depth}/posts/two.md", f"---\ntitle: Two\ndate: {YESTERDAY}\n---\nAnother one.\n")
    assert blog.push("Two", path=f"{depth}/posts").status == 0
    assert blog.job(path="second/posts").wait().status == 0
    blog.edit(f"{depth}/posts/lamp.md", "fest", "fast")
    assert blog.push("A typo", path=f"{depth}/posts").status == 0
    assert blog.everything() == {"mastodon": 3, "twitter": 3, "discord": 3}
    assert blog.creations() == 9


def test_what_is_approved_is_committed_with_the_post(blog: Blog) -> None:
    """Of what was pushed without its approval, or edited after it, nothing goes out."""
    blog.edit("publish.toml", "[site]", "[site]\napprove = true")
    blog.write("posts/lamp.md", NEW.replace("image", "# image"))
    commit(blog.work, "A post")
    assert blog.job("ledger", "init").wait().status == 0
    ran = blog.job().wait()
    assert ran.status == 1, ran.err
    assert "it isn't approved" in ran.out
    checkout = clone(blog.bare, "office")
    environment = blog.environment
    approve = Job(
        ("approve", "posts/lamp.md", "--channels", "twitter,discord"), str(checkout), environment,
        str(blog.folder / "approve.out"), str(blog.folder / "approve.err"),
    )  # fmt: skip
    assert blog.runner.start(approve).wait().status == 0
    text = (checkout / "posts" / "lamp.md.approved").read_text("utf-8")
    blog.write("posts/lamp.md.approved", text)
    blog.edit("publish.toml", "[channels.mastodon]", "[channels.discord]")
    config = (blog.work / "publish.toml").read_text("utf-8")
    begin, _, rest = config.partition("[channels.discord]")
    blog.write("publish.toml", begin + rest[rest.index("[channels.twitter]") :])
    ran = blog.push("It is approved")
    assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 0, "twitter": 1, "discord": 1}
    blog.edit("posts/lamp.md", "fest", "fast")
    ran = blog.push("A typo")
    assert ran.status == 1, ran.err
    assert "its text on discord isn't what was approved" in ran.out
    assert "fest" in blog.live("discord")[0]


def test_any_separator_may_stand_in_a_post(blog: Blog) -> None:
    odd = "\u2028 \u2029 \x85 \x0b \x0c \x1c \x1d \x1e".split(" ")
    for number, letter in enumerate(odd):
        text = f"---\ntitle: Post {number}\ndate: {YESTERDAY}\n---\nBefore{letter}after.\n"
        blog.write(f"posts/odd-{number}.md", text)
    commit(blog.work, "Odd letters")
    assert blog.job("ledger", "init").wait().status == 0
    ran = blog.job("posts", "--yes").wait()
    assert ran.status == 0, ran.err
    ran = blog.job("posts", "--yes").wait()
    assert ran.status == 0, ran.err
    assert blog.creations() == 3 * len(odd)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"part": 0', '"part": "x"'),
        ('"channel": "discord"', '"channel": 7'),
        ('"error": null', '"error": 5'),
        ('"row": "', '"row": "other '),
        ('"state": "sent"', '"state": "lost"'),
    ],
)
def test_a_tampered_row_names_its_file(blog: Blog, old: str, new: str) -> None:
    blog.write("posts/lamp.md", NEW.replace("image", "# image"))
    commit(blog.work, "A post")
    assert blog.job("ledger", "init").wait().status == 0
    assert blog.job().wait().status == 0
    there = clone(blog.bare, "tampering")
    git(there, "checkout", "--quiet", "publish-ledger")
    (file,) = (there / "posts").iterdir()
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    git(there, "commit", "--quiet", "-am", "Better")
    git(there, "push", "--quiet", "origin", "HEAD:publish-ledger")
    ran = blog.job().wait()
    assert ran.status == 2
    assert f"posts/{file.name}" in ran.err
    assert "line " in ran.err


def test_the_branch_tells_nothing_of_what_isn_t_live(blog: Blog) -> None:
    blog.write(
        "posts/lamp.md", f"---\ntitle: Unheard of\ndate: {YESTERDAY}\n---\nNobody knows this yet.\n"
    )
    commit(blog.work, "A post")
    assert blog.job("ledger", "init").wait().status == 0
    for channel in CHANNELS:
        blog.box.fault(channel, "500", times=50, when="*")
    blog.box.fault("mastodon", "500", times=500, when="*")
    blog.job(timing={**TIMING, "deadline": 0.5}).wait()
    git(blog.work, "fetch", "--quiet", "origin", "publish-ledger")
    written = git(blog.work, "log", "-p", "--format=%B", "FETCH_HEAD")
    assert '"state": "intent"' in written
    assert "Nobody knows this yet" not in written


def test_the_email_channel_is_refused_and_the_alternative_named(blog: Blog) -> None:
    config = (blog.work / "publish.toml").read_text("utf-8")
    blog.write("publish.toml", config + EMAIL)
    blog.write("posts/lamp.md", NEW.replace("image", "# image"))
    ran = blog.push("A newsletter")
    assert ran.status == 2
    assert "it would show who gets it" in ran.err
    assert "ledger of its own" in ran.err


def test_a_deleted_branch_is_not_made_anew_by_itself(blog: Blog) -> None:
    blog.write("posts/lamp.md", NEW.replace("image", "# image"))
    commit(blog.work, "A post")
    assert blog.job("ledger", "init").wait().status == 0
    assert blog.job().wait().status == 0
    git(blog.bare, "update-ref", "-d", "refs/heads/publish-ledger")
    ran = blog.job().wait()
    assert ran.status == 2
    assert "was deleted" in ran.err
    assert blog.everything() == {"mastodon": 1, "twitter": 1, "discord": 1}


def test_an_archive_stays_one_after_the_branch_was_rewound(blog: Blog) -> None:
    for number in range(5):
        blog.write(f"posts/old-{number}.md", f"---\ntitle: Old {number}\n---\nLong ago.\n")
    commit(blog.work, "An archive")
    assert blog.job("ledger", "init").wait().status == 0
    before = git(blog.bare, "rev-parse", "publish-ledger")
    assert blog.job("adopt", "--all", "posts").wait().status == 0
    git(blog.bare, "update-ref", "refs/heads/publish-ledger", before)
    ran = blog.job().wait()
    assert ran.status == 0, ran.err
    assert blog.everything() == {"mastodon": 0, "twitter": 0, "discord": 0}


def test_a_wrong_address_is_waited_for_once_and_not_in_each_hourly_run(blog: Blog) -> None:
    """The ledger's branch remembers it, from one machine to the next."""
    with Server(says("404 Not Found", b"")) as server:
        config = (blog.work / "publish.toml").read_text("utf-8")
        config = config.replace('"https://example.org/"', f'"{server.url("/")}"')
        blog.write("publish.toml", config.replace("[site]\n", '[site]\nwait_for_page = "1s"\n'))
        blog.write("posts/lamp.md", NEW.replace("image: {src: lamp.png, alt: A lamp}\n", ""))
        commit(blog.work, "A post")
        assert blog.job("ledger", "init").wait().status == 0
        assert blog.job().wait().status == 1
        blog.edit("publish.toml", '"1s"', '"10m"')
        commit(blog.work, "wait longer")
        before = server.connections
        ran = blog.job(event="schedule").wait()
        assert ran.status == 1
        assert server.connections == before + 2  # the page, and the site's map
    assert blog.creations() == 0
    with Server(says("200 OK", b"<title>A lamp</title>")) as server:
        right = re.sub('(?m)^base_url = ".*"', f'base_url = "{server.url("/")}"', config)
        blog.write("publish.toml", right)
        assert blog.push("its address is right").status == 0
    assert blog.everything() == dict.fromkeys(CHANNELS, 1)
