"""What an earlier version published is known to this one: nothing is posted again, and nothing is
edited because posts are read, addressed or worded otherwise now."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from publisher.adapter import pictures_of
from publisher.delivery.plan import place_of, plan
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.sandbox import Sandbox
from tests.conftest import Publish
from tests.upgrade import real
from tests.upgrade.record import SITE

VERSIONS = sorted(
    file.parent for file in (Path(__file__).parent / "upgrade").glob("*/ledger.jsonl")
)


def test_there_are_earlier_versions() -> None:
    assert VERSIONS


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_the_first_run_after_an_upgrade_creates_and_edits_nothing(
    version: Path, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    shutil.copytree(version / "posts", project / "posts")
    (project / "post.md").unlink()
    config = sandbox.config().replace("[site]\n", SITE, 1)
    (project / "publish.toml").write_text(config, "utf-8")
    assert publish("ledger", "import", version / "ledger.jsonl").status == 0
    known = len(re.findall(r'"path":', (version / "ledger.jsonl").read_text("utf-8")))
    for arguments in (("--dry-run",), ("--yes",)):
        files = sorted(str(file) for file in (project / "posts").glob("*.md"))
        ran = publish(*files, "--json", *arguments)
        assert ran.status == 0, ran.err
        assert {each["status"] for each in ran.json["results"]} <= {"unchanged", "outdated"}
        assert len(ran.json["results"]) == 4 * known
    assert sandbox.received() == []


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_an_edit_after_an_upgrade_is_an_edit(
    version: Path, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """So that the test above can fail: what is compared is what the author wrote."""
    shutil.copytree(version / "posts", project / "posts")
    config = sandbox.config().replace("[site]\n", SITE, 1)
    (project / "publish.toml").write_text(config, "utf-8")
    publish("ledger", "import", version / "ledger.jsonl")
    file = min((project / "posts").glob("*.md"))
    text = file.read_text("utf-8")
    file.write_text(re.sub(r"(?m)^title: .*$", "title: Another title", text), "utf-8")
    ran = publish(file, "--json", "--dry-run", "--channels", "mastodon,discord")
    assert ran.statuses() == {"mastodon": "planned", "discord": "planned"}
    assert {each["action"] for each in ran.json["results"]} == {"update"}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_no_real_post_would_be_edited_by_an_upgrade(
    version: Path, project: Path, sandbox: Sandbox
) -> None:
    """Each is live with other words than this version would choose, and with the pictures that
    version chose."""
    if not real.POSTS.is_dir():
        pytest.skip("../shared/posts is not there")
    recorded = json.loads((version / "real.json").read_text("utf-8"))
    shutil.copytree(real.POSTS, project / "posts")
    edited = []
    with Ledger(project / "upgraded.db") as ledger:
        for each in real.seen(project / "posts", project / "publish.toml"):
            channel = each.adapter.channel.name
            live = _live(each, *recorded[each.name][channel])
            ledger.prepare(each.post.identity, each.name, channel, live)
            planned = plan(each.post, each.message, each.adapter, ledger, each.name, ("",))
            if planned.action != "none":
                edited.append(f"{each.name} on {planned.channel}")
    assert edited == []
    assert len(recorded) > 400


def _live(each: real.Seen, source: str, pictures: list[list[tuple[str, str]]]) -> list[Row]:
    """What an earlier version sent. Its pictures are recorded by digests of their addresses: those
    that this version chooses, too, get theirs back."""
    known = {
        real.place(picture): place_of(picture)
        for payload in each.payloads
        for picture in pictures_of(payload)
    }
    return [
        Row(
            each.name,
            each.adapter.channel.name,
            part,
            {
                "text": f"part {part}, in other words",
                "pictures": [
                    {"address": known.get(place, place), "source": picture}
                    for place, picture in there
                ],
            },
            state="sent",
            remote_id=str(part),
            source=source,
        )
        for part, there in enumerate(pictures)
    ]
