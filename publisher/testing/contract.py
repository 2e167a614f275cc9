"""The promises that every channel keeps. A channel's own test is a subclass that says how its parts
look:

    class TestMastodon(AdapterContract):
        adapter = "mastodon"

Differences between channels are declared as attributes of the adapter or of the test, never
skipped.
"""

from __future__ import annotations

from publisher.testing.composing import Composing
from publisher.testing.disasters import Disasters
from publisher.testing.living import Living
from publisher.testing.sending import Sending


class AdapterContract(Composing, Sending, Living, Disasters):
    """All of them."""
