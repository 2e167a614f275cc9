"""Gotify keeps what every channel keeps."""

from publisher.adapter import Adapter
from publisher.testing import AdapterContract


class TestGotify(AdapterContract):
    adapter = "gotify"
    has_a_name = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}
