"""Four platforms on loopback: Mastodon's API, X's API v2, Discord's webhooks, and an SMTP server.

    with Sandbox() as sandbox:
        os.environ.update(sandbox.environment())
        Path("publish.toml").write_text(sandbox.config())
        ...
        sandbox.received()

Each behaves as the real one does in what this project uses, and faults can be asked for.
Needs the extra `sandbox`.
"""

from publisher.sandbox.box import Sandbox
from publisher.sandbox.faults import FAULTS

__all__ = ["FAULTS", "Sandbox"]
