"""python -m publisher.testing NAME...: write the certificates of these adapters.

Each lies beside its adapter's file, where `publish channels --guarantees` finds it.
"""

from __future__ import annotations

import os
import sys

from publisher import registry
from publisher.testing.certify import write

if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(os.path.relpath(write(registry.load(name))))
