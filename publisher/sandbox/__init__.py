"""Platforms on this machine's loopback: each behaves as the real one
does in what this project uses.

    with Sandbox() as sandbox:
        os.environ.update(sandbox.environment())
        Path("publish.toml").write_text(sandbox.config())
        ...
        sandbox.received()

An adapter says which one stands in for its own (`Adapter.platform`). Faults can be asked for.
Needs the extra `sandbox`.
"""

from publisher.sandbox.box import Sandbox

__all__ = ["Sandbox"]
