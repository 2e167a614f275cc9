"""Bluesky's server: the contract, and what is Bluesky's own, over real sockets."""

from __future__ import annotations

from publisher.adapter import Adapter
from publisher.sandbox import Sandbox
from tests.adapter_contract import AdapterContract
from tests.test_pictures import got


class TestBluesky(AdapterContract):
    adapter = "bluesky"

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]
