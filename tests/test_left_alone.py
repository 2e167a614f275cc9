"""No archive goes out by accident, no page, and no post a second time because it was renamed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.delivery.left_alone import ALIKE, likeness
from publisher.sandbox import Sandbox
from tests.conftest import RECENT, YESTERDAY, Publish, edit, live, texts
from tests.test_ci import event as event
from tests.test_ci import summary
from tests.test_github import api as api


def day(ago: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=ago):%Y-%m-%d}"


def write(project: Path, name: str, title: str, date: str | None, more: str = "") -> None:
    dated = f"date: {date}\n" if date else ""
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    words = f"{title} is what this is about.{more}"
    path.write_text(f"---\ntitle: {title}\n{dated}---\n\n{words}\n", "utf-8")


def configure(project: Path, site: str) -> None:
    path = project / "publish.toml"
    path.write_text(path.read_text("utf-8").replace("[site]\n", f"[site]\n{site}\n", 1), "utf-8")


def titles(sandbox: Sandbox) -> set[str]:
    return {text.split("\n")[0] for text in texts(sandbox, "mastodon")}


@pytest.fixture
def archive(project: Path) -> Path:
    for number in range(6):
        write(project, f"posts/old-{number}.md", f"Old {number}", day(15 + 100 * number))
    write(project, "posts/new.md", "The newest lamp", day(1))
    return project


# Old


def test_a_folder_s_archive_stays_and_the_run_says_how_to_send_one(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for arguments in (("posts",), ("posts", "--yes")):  # the cron line, however it is written
        ran = publish(*arguments, "--channels", "mastodon")
        assert ran.status == 0, ran.err
        assert "6 posts are older than 14 days ([site] max_age)" in ran.err
        assert ": posts/old-0.md, posts/old-1.md, posts/old-2.md" in ran.err
        assert "and 1 more" in ran.err
        assert "name it by itself" in ran.err
        assert "Old" not in ran.out
    assert titles(sandbox) == {"The newest lamp"}
    assert publish("posts/old-2.md", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"The newest lamp", "Old 2"}


def test_without_its_ledger_a_folder_sends_no_archive(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (archive / "posts" / "new.md").unlink()
    assert publish("posts", "--yes", "--channels", "mastodon").status == 0
    (archive / ".publish" / "sandbox.db").unlink()
    assert publish("posts", "--yes", "--channels", "mastodon").status == 0
    assert sandbox.received() == []


def test_more_than_three_named_files_are_a_folder(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    files = sorted(str(path) for path in (archive / "posts").glob("*.md"))
    assert publish(*files, "--yes", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"The newest lamp"}
    assert publish(*files[1:4], "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"The newest lamp", "Old 0", "Old 1", "Old 2"}


def test_republish_means_it(archive: Path, sandbox: Sandbox, publish: Publish) -> None:
    ran = publish("posts", "--yes", "--republish", "--channels", "mastodon")
    assert ran.status == 0, ran.err
    assert len(titles(sandbox)) == 7


@pytest.mark.parametrize(
    ("setting", "sent"),
    [
        ("max_age = 100", 1),
        ('max_age = "20 days"', 1),
        ('max_age = "3w"', 1),
        ("max_age = 99999", 6),
    ],
)
def test_max_age_is_days_or_weeks(
    archive: Path, sandbox: Sandbox, publish: Publish, setting: str, sent: int
) -> None:
    configure(archive, setting)
    (archive / "posts" / "new.md").unlink()
    assert publish("posts", "--yes", "--channels", "mastodon").status == 0
    assert len(titles(sandbox)) == sent


@pytest.mark.parametrize("setting", ["max_age = -1", 'max_age = "soon"', "max_age = true"])
def test_a_max_age_that_is_none_is_an_error(archive: Path, publish: Publish, setting: str) -> None:
    configure(archive, setting)
    ran = publish("posts", "--dry-run")
    assert ran.status == 2
    assert "max_age is no number of days" in ran.err


def test_it_is_the_day_of_publishing_that_counts(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(archive, "posts/old-0.md", "Old 0", f"{day(300)}\npublishDate: {day(1)}")
    assert publish("posts", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"The newest lamp", "Old 0"}


def test_what_was_begun_is_finished_however_old_it_is(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("mastodon", "429", times=1000)
    assert publish("posts/old-1.md", "--channels", "mastodon").status == 1
    sandbox.faults.clear()
    assert publish("posts/old-2.md", "--channels", "mastodon").status == 0
    edit(archive, "is what this", "was what this", "posts/old-2.md")
    assert publish("posts", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"The newest lamp", "Old 1", "Old 2"}
    assert "Old 2 was what" in "".join(texts(sandbox, "mastodon"))


def test_the_sandbox_has_no_such_limit(archive: Path, publish: Publish) -> None:
    ran = publish("posts", "--sandbox", "--channels", "mastodon", "--json")
    assert len([each for each in ran.json["results"] if each["status"] == "sent"]) == 7


def test_an_old_post_that_is_broken_stops_nothing(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    too_long = f"{day(90)}\npublish: {{mastodon: {{text: '{'x' * 600}'}}}}"
    write(archive, "posts/old-3.md", "Old 3", too_long)
    ran = publish("posts", "--channels", "mastodon")
    assert ran.status == 0, ran.err


def test_a_job_says_so_before_and_after(
    archive: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(archive, "posts/about.md", "About", None)
    event("push")
    monkeypatch.setenv("INPUT_PATH", "posts")
    monkeypatch.setenv("INPUT_DRY_RUN", "true")
    assert publish("ci").status == 0
    assert "6 posts are older than 14 days" in summary(archive)
    assert f"date: {datetime.now(UTC):%Y-%m-%d}" in summary(archive).replace("\\", "")
    monkeypatch.setenv("INPUT_DRY_RUN", "")
    assert publish("ci").status == 0
    assert titles(sandbox) == {"The newest lamp"}
    monkeypatch.setenv("INPUT_PATH", "posts/old-0.md")
    assert publish("ci").status == 0
    assert titles(sandbox) == {"The newest lamp", "Old 0"}


# Without a date


def test_a_file_without_a_date_is_a_page_and_is_named_with_the_line_to_add(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project, "posts/about.md", "About", None)
    for more in ((), ("--dry-run",)):
        ran = publish("posts", "--channels", "mastodon", *more)
        assert ran.status == 0
        assert "posts/about.md has no date" in ran.err
        assert f"date: {datetime.now(UTC):%Y-%m-%d}" in ran.err
    assert sandbox.received() == []
    assert publish("posts/about.md", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"About"}


def test_a_site_may_have_posts_without_dates(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    configure(project, "undated = true")
    write(project, "posts/hello.md", "Hello", None)
    assert publish("posts", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"Hello"}


def test_a_post_without_a_date_does_not_pass_since(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    configure(project, 'since = "2020-01-01"\nundated = true')
    write(project, "posts/hello.md", "Hello", None)
    for path in ("posts", "posts/hello.md"):
        ran = publish(path, "--channels", "mastodon", "--json")
        assert [each["reason"] for each in ran.json["results"]] == ["undated"]
    assert sandbox.received() == []


# Renamed


def rename(project: Path, old: str, new: str) -> None:
    (project / old).rename(project / new)


def test_a_post_that_was_renamed_and_edited_at_once_is_held(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "post.md").write_text(RECENT, "utf-8")
    publish("post.md", "--channels", "mastodon,discord")
    rename(project, "post.md", "lamp-two.md")
    edit(project, "twice as fast", "three times as fast", "lamp-two.md")
    ran = publish("lamp-two.md", "--channels", "mastodon,discord", "--json")
    assert ran.status == 1
    assert {(each["status"], each["reason"]) for each in ran.json["results"]} == {
        ("skipped", "renamed?")
    }
    hint = ran.json["results"][0]["error"]["hint"]
    assert "publish adopt lamp-two.md --as post.md" in hint
    assert "publish adopt lamp-two.md --new" in hint
    assert publish("lamp-two.md", "--dry-run", "--channels", "mastodon").status == 1
    assert len(sandbox.received()) == 2
    # It was: what is live follows.
    assert publish("adopt", "lamp-two.md", "--as", "post.md").status == 0
    assert publish("lamp-two.md", "--channels", "mastodon,discord").status == 0
    assert len(sandbox.received()) == 2
    assert "three times as fast" in texts(sandbox, "mastodon")[0]


@pytest.mark.parametrize("key", ["aliases", "redirect_from"])
def test_a_post_that_names_its_old_address_is_the_post_it_was(
    key: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """But not while the other file is there: then they are two."""
    write(project, "one.md", "We are hiring", f"{YESTERDAY}\npermalink: /jobs/old/")
    publish("one.md", "--channels", "mastodon")
    head = f"{YESTERDAY}\npermalink: /jobs/new/\n{key}: [/other/, /jobs/old/]"
    write(project, "two.md", "Come and work with us", head, " Two drivers of lorries by night." * 3)
    assert (
        "two.md → mastodon: create" in publish("two.md", "--dry-run", "--channels", "mastodon").out
    )
    (project / "one.md").unlink()
    assert publish("two.md", "--channels", "mastodon").status == 0
    (text,) = texts(sandbox, "mastodon")
    assert "Come and work with us" in text


def test_a_post_that_is_only_like_one_that_is_gone_is_sent_when_somebody_says_so(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    rename(project, "post.md", "other.md")
    edit(project, "Lamp 2.0", "Lamp 2.1", "other.md")
    assert publish("other.md", "--channels", "mastodon").status == 1
    assert publish("adopt", "other.md", "--new").status == 0
    assert publish("other.md", "--channels", "mastodon").status == 0
    assert len(live(sandbox, "mastodon")) == 2


def test_the_same_title_is_enough_where_the_old_file_is_gone(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project, "one.md", "We are hiring", YESTERDAY, " A baker, full time." * 3)
    write(project, "three.md", "We are hiring", YESTERDAY, " Someone who mends ovens." * 3)
    publish("one.md", "--channels", "mastodon")
    # While both files are there, they are two posts.
    assert publish("three.md", "--channels", "mastodon").status == 0
    (project / "one.md").unlink()
    write(project, "two.md", "We are hiring", YESTERDAY, " Two drivers of lorries by night." * 3)
    assert publish("two.md", "--channels", "mastodon").status == 1
    assert len(live(sandbox, "mastodon")) == 2


def test_two_short_mails_are_not_alike_for_what_stands_in_each(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project, "one.md", "Bread", YESTERDAY, "We bake on Mondays.")
    publish("one.md", "--channels", "email")
    (project / "one.md").unlink()
    write(project, "two.md", "Ovens", YESTERDAY, "Rosa mends them.")
    assert publish("two.md", "--channels", "email").status == 0


def test_two_ids_are_two_posts_and_another_text_is_another_post(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project, "one.md", "We are hiring", f"{YESTERDAY}\nid: one")
    publish("one.md", "--channels", "mastodon")
    (project / "one.md").unlink()
    write(project, "two.md", "We are hiring", f"{YESTERDAY}\nid: two")
    write(project, "three.md", "An evening about bread", YESTERDAY)
    assert publish("two.md", "three.md", "--channels", "mastodon").status == 0
    assert len(live(sandbox, "mastodon")) == 3


def test_nobody_is_made_another_post_by_mistake(project: Path, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    assert "known already" in publish("adopt", "post.md", "--new").err
    write(project, "two.md", "Two", YESTERDAY)
    assert "no post is known as" in publish("adopt", "two.md", "--as", "psot.md").err


SERIES = (
    "Next Thursday Rosa shows how to keep bees on a roof. The doors open at seven, bring a chair.",
    "Next Thursday Ilir tells of forty years on the railway. The doors open at eight, bring soup.",
    "来週の木曜日は屋上での養蜂についてお話しします。開場は七時です。",
    "来週の木曜日は鉄道員として働いた四十年を語ります。開場は八時です。",
)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (SERIES[0], SERIES[0].replace("seven", "half past seven"), True),
        (SERIES[0], SERIES[1], False),
        (SERIES[2], SERIES[2].replace("七時", "七時半"), True),
        (SERIES[2], SERIES[3], False),
        ("", "", False),
    ],
)
def test_likeness_tells_an_edit_from_a_series(one: str, other: str, alike: bool) -> None:
    assert (likeness(one, other) >= ALIKE) == alike


# Adopt


def test_what_was_taken_over_or_marked_can_be_forgotten_and_what_was_sent_can_not(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("posts/new.md", "--channels", "mastodon")
    assert publish("adopt", "--all", "posts").status == 0
    ran = publish("adopt", "posts/old-0.md", "--forget")
    assert ran.status == 0, ran.err
    assert publish("posts/old-0.md", "--channels", "mastodon").status == 0
    ran = publish("adopt", "posts/new.md", "mastodon", "--forget")
    assert ran.status == 2
    assert "publish retract" in ran.err
    assert titles(sandbox) == {"The newest lamp", "Old 0"}


def test_a_file_that_can_t_be_read_is_marked_by_its_path(
    archive: Path, sandbox: Sandbox, publish: Publish
) -> None:
    broken = archive / "posts" / "of-2015.md"
    broken.write_text("---\ntitle: One\ntitle: Two\n---\nText.\n", "utf-8")
    assert publish("posts", "--channels", "mastodon").status == 1
    ran = publish("adopt", "--all", "posts")
    assert ran.status == 0, ran.err
    assert "of-2015.md" in ran.err
    ran = publish("posts", "--channels", "mastodon", "--json")
    assert ran.status == 0, ran.err
    assert ran.json["errors"] == []
    # Mended later, it is an archived post still.
    broken.write_text("---\ntitle: One\n---\nText.\n", "utf-8")
    assert publish("posts", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"The newest lamp"}


def test_what_is_taken_over_is_read_back(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    url = live(sandbox, "mastodon")[0]["url"]
    (project / ".publish" / "sandbox.db").unlink()
    ran = publish("adopt", "post.md", "mastodon", url.rsplit("/", 1)[0] + "/114000000000000001")
    assert ran.status == 2
    assert "there is no such post on mastodon" in ran.err
    ran = publish("adopt", "post.md", "mastodon", url)
    assert ran.status == 0, ran.err
    assert ran.err == ""
    publish("adopt", "post.md", "mastodon", "--forget")
    edit(project, "twice as fast", "much faster")
    ran = publish("adopt", "post.md", "mastodon", url)
    assert ran.status == 0
    assert "reads otherwise" in ran.err


def test_without_secrets_it_is_taken_over_unread(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("post.md", "--channels", "mastodon")
    url = live(sandbox, "mastodon")[0]["url"]
    (project / ".publish" / "sandbox.db").unlink()
    for name in sandbox.environment():
        monkeypatch.delenv(name)
    ran = publish("adopt", "post.md", "mastodon", url)
    assert ran.status == 0
    assert "was not read back" in ran.err
    assert json.loads(publish("status", "--json").out)["posts"][0]["parts"][0]["status"] == "sent"


# Whole sites


def hugo(number: int, title: str, date: str) -> tuple[str, str]:
    text = f'+++\ntitle = "{title}"\ndate = {date}T10:00:00+01:00\ndraft = false\n+++\n{title}, told.\n'
    return f"content/posts/{title.lower().replace(' ', '-')}/index.md", text


def jekyll(number: int, title: str, date: str) -> tuple[str, str]:
    name = f"_posts/{date}-{title.lower().replace(' ', '-')}.md"
    return name, f"---\nlayout: post\ntitle: {title}\n---\n{title}, told.\n"


def eleventy(number: int, title: str, date: str) -> tuple[str, str]:
    front = json.dumps({"title": title, "date": date, "tags": ["posts", "news"]})
    return f"posts/{number}.md", f"---json\n{front}\n---\n{title}, told.\n"


def astro(number: int, title: str, date: str) -> tuple[str, str]:
    day = datetime.fromisoformat(date)
    words = f"import Lamp from '../Lamp.astro';\n\n{title}, told.\n\n<Lamp />\n"
    return (
        f"src/content/blog/{number}.mdx",
        f"---\ntitle: '{title}'\npubDate: '{day:%b %d %Y}'\nheroImage: /lamp.jpg\n---\n{words}",
    )


def pelican(number: int, title: str, date: str) -> tuple[str, str]:
    return (
        f"content/{number}.md",
        f"Title: {title}\nDate: {date} 10:00\nTags: a, b\n\n{title}, told.\n",
    )


PAGES = ("about.md", "content/about.md", "contact/index.md", "src/content/blog/notes.md")


@pytest.mark.parametrize("site", [hugo, jekyll, eleventy, astro, pelican])
def test_of_a_whole_site_only_what_is_new_is_sent(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    site: Callable[[int, str, str], tuple[str, str]],
) -> None:
    """200 old posts, some pages, a draft and one that is to come; by the README's own cron line."""
    posts = [site(number, f"Old {number}", day(15 + 9 * number)) for number in range(200)]
    posts.append(site(200, "The newest", day(1)))
    future = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    posts.append(site(201, "Not yet", future))
    for name, text in posts:
        path = project / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for name in PAGES:
        write(project / "site", name, "A page", None)
    for _ in range(2):
        ran = publish("site", "--yes", "--channels", "mastodon")
        assert ran.status == 0, ran.err
        assert titles(sandbox) == {"The newest"}
        assert "200 posts are older than 14 days" in ran.err
    assert len(live(sandbox, "mastodon")) == 1


def test_two_files_that_claim_one_identity_are_both_held(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for number in (1, 2):
        write(project, f"posts/{number}.md", f"Title {number}", f"{YESTERDAY}\nid: same")
    write(project, "posts/other.md", "Another one", YESTERDAY)
    ran = publish("posts", "--channels", "mastodon")
    assert ran.status == 1
    assert "posts/2.md: claims the same identity as posts/1.md: same" in ran.err
    assert titles(sandbox) == {"Another one"}


def test_pages_that_claim_one_identity_make_no_run_fail_unless_one_is_live(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project, "posts/a/about.md", "About", None)
    (project / "posts" / "b").mkdir(parents=True)
    write(project, "posts/b/about.md", "About us", None)
    assert publish("posts", "--channels", "mastodon").status == 0
    assert publish("posts/a/about.md", "--channels", "mastodon").status == 0
    # Now one of them is live, and the other would be taken for it.
    assert publish("posts", "--channels", "mastodon").status == 1
    assert texts(sandbox, "mastodon")[0].startswith("About\n")


def test_an_archive_is_not_read_whole_run_by_run(
    archive: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    from publisher.post import reader
    from publisher.post.head import Head
    from publisher.post.post import Post

    read: list[str] = []
    whole = reader._whole

    def counted(head: Head, post: Post, first_line: int) -> Post:
        read.append(head.file.name)
        return whole(head, post, first_line)

    monkeypatch.setattr(reader, "_whole", counted)
    publish("adopt", "--all", "posts")
    write(archive, "posts/newer.md", "A newer lamp", YESTERDAY)
    read.clear()
    assert publish("posts", "--channels", "mastodon").status == 0
    assert titles(sandbox) == {"A newer lamp"}
    assert read == ["newer.md"]
    # What is named, or asked for again, is read.
    assert publish("posts/old-1.md", "--channels", "mastodon", "--republish").status == 0
    assert titles(sandbox) == {"A newer lamp", "Old 1"}
