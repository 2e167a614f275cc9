"""What each adapter says a platform takes of pictures is what the platform's own description
says."""

from __future__ import annotations

from typing import Any

from publisher import registry
from publisher.adapter import Channel, Facts, PictureRule
from tests.specs import Channel as Described
from tests.specs import document


def field(channel: Described, schema: str, name: str) -> Any:
    return document(channel)["components"]["schemas"][schema]["properties"][name]


def rule_of(adapter: str, facts: Facts | None = None) -> PictureRule:
    rule = registry.load(adapter)(Channel(adapter, adapter)).pictures({}, facts or {})
    assert rule is not None
    return rule


def test_x() -> None:
    rule = rule_of("twitter")
    assert rule.count == field("twitter", "CreatePostsMedia", "media_ids")["maxItems"]
    assert rule.alt == field("twitter", "CreateMediaMetadataMetadataAltText", "text")["maxLength"]
    assert set(rule.kinds) <= set(
        field("twitter", "InitializeMediaUploadRequest", "media_type")["enum"]
    )


def test_discord() -> None:
    rule = rule_of("discord")
    for schema in ("IncomingWebhookRequestPartial", "IncomingWebhookUpdateRequestPartial"):
        assert rule.count == field("discord", schema, "attachments")["maxItems"]
    assert rule.alt == field("discord", "MessageAttachmentRequest", "description")["maxLength"]


def test_mastodon_before_an_instance_was_asked() -> None:
    rule = rule_of("mastodon")
    told = document("mastodon")["components"]["examples"]["Instance200Example"]["value"][
        "configuration"
    ]
    assert rule.count == told["statuses"]["max_media_attachments"]
    media = told["media_attachments"]
    assert (rule.bytes, rule.pixels) == (media["image_size_limit"], media["image_matrix_limit"])
    assert rule.alt == media["description_limit"]
    assert set(rule.kinds) <= set(media["supported_mime_types"])


def test_what_an_instance_says_comes_first() -> None:
    told = {
        "max_media_attachments": 8,
        "image_size_limit": 1000,
        "image_matrix_limit": 64,
        "description_limit": 10_000,
        "supported_mime_types": ["image/png", "video/mp4"],
    }
    rule = rule_of("mastodon", told)
    assert (rule.count, rule.bytes, rule.pixels, rule.alt) == (8, 1000, 64, 10_000)
    assert (rule.kinds, rule.animation) == (("image/png",), None)
