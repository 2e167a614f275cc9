"""What an adapter's test needs: the promises that every channel keeps, with a sandbox of its own.

    from publisher.testing import AdapterContract

    class TestGotify(AdapterContract):
        adapter = "gotify"

Needs pytest, and the extra `sandbox`.
"""

import pytest

pytest.register_assert_rewrite(
    *(f"publisher.testing.{name}" for name in ("composing", "sending", "living", "disasters"))
)

from publisher.testing.contract import AdapterContract  # noqa: E402 - only now are they rewritten

__all__ = ["AdapterContract"]
