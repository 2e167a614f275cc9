"""Matrix: the contract, and what is its own."""

from __future__ import annotations

from publisher.adapter import Adapter
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from tests.test_pictures import got


class TestMatrix(AdapterContract):
    adapter = "matrix"
    makes_live = "PUT"
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]
