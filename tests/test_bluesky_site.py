"""standard.site: a post's page as a record, to which its card on Bluesky refers."""

from __future__ import annotations

from pathlib import Path

from publisher.sandbox import Sandbox
from publisher.sandbox.bluesky import Bluesky
from tests.conftest import Publish, edit
from tests.test_bluesky_publish import NAME, option
from tests.test_bluesky_publish import sandbox as sandbox


def records(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    return {
        key[0].rpartition(".")[2]: value["record"] for key, value in sandbox[Bluesky].others.items()
    }


def test_the_page_is_a_document_of_the_site_and_the_card_refers_to_both(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    option(project, 'publication_url = "https://example.org/news"\npublication_name = "Lamp news"')
    known = {
        what: publish("uri", "post.md", "bluesky", "--of", what).out.strip()
        for what in ("post", "document", "publication")
    }
    sandbox.fault("bluesky", "lost", times=2)
    ran = publish("post.md", *NAME)
    assert ran.status == 0, ran.err
    (item,) = sandbox.received()
    refs = item["object"]["value"]["embed"]["external"]["associatedRefs"]
    assert [each["uri"] for each in refs] == [known["document"], known["publication"]]
    assert item["id"] == known["post"]
    made = records(sandbox)
    assert made["publication"] == {
        "$type": "site.standard.publication",
        "url": "https://example.org/news",
        "name": "Lamp news",
    }
    assert made["document"]["path"] == "/post/"
    assert made["document"]["site"] == known["publication"]
    assert made["document"]["title"] == "Lamp 2.0 is out"
    assert publish("retract", "post.md", *NAME, "--yes").status == 0
    assert set(records(sandbox)) == {"publication"}


def test_a_document_is_edited_in_its_place(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    option(project, 'publication_url = "https://example.org"\nedit = "replace"')
    publish("post.md", *NAME)
    before = sandbox[Bluesky].others.copy()
    known = publish("uri", "post.md", "bluesky", "--of", "document").out
    edit(project, "Lamp 2.0 is out", "Lamp 2.0 is here")
    edit(project, "2026-01-20", "2026-01-19")  # of which its name was made
    assert publish("uri", "post.md", "bluesky", "--of", "document").out == known
    ran = publish("post.md", *NAME)
    assert ran.status == 0, ran.err
    assert records(sandbox)["document"]["title"] == "Lamp 2.0 is here"
    assert set(sandbox[Bluesky].others) == set(before)
    embed = sandbox.received()[0]["object"]["value"]["embed"]["external"]
    cids = [each["cid"] for each in sandbox[Bluesky].others.values()]
    assert {each["cid"] for each in embed["associatedRefs"]} == set(cids)


def test_a_page_elsewhere_is_no_document(project: Path, publish: Publish, sandbox: Sandbox) -> None:
    option(project, 'publication_url = "https://example.org/new"')
    assert publish("post.md", *NAME).status == 0
    assert records(sandbox) == {}
    assert publish("uri", "post.md", "bluesky", "--of", "document").status == 2
