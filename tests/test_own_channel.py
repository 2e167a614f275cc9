"""The channel that docs/adding-a-channel.md builds, as other people's package."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from tests.pages import README, ROOT, blocks, in_folder


class Ntfy(BaseHTTPRequestHandler):
    came: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        self.answer({"username": "ada"})

    def do_POST(self) -> None:
        assert self.headers["Authorization"] == "Bearer tk_test"
        self.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer({"id": "hwQ2YpKdmg", "event": "message"})

    def answer(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_the_channel_that_is_built_there_works_as_a_package_of_its_own(tmp_path: Path) -> None:
    page = ROOT / "docs" / "adding-a-channel.md"
    (code,) = blocks(page, "python")
    (template,) = blocks(page, "jinja")
    package, section = blocks(page, "toml")
    (entry,) = re.findall(r'^\[project\.entry-points\."(.+)"\]\n(.+)$', package, re.MULTILINE)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ntfy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Ntfy.came.clear()
    in_folder(
        tmp_path,
        {
            "site/publish_ntfy.py": code,
            "site/publish_ntfy-0.1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: publish-ntfy\nVersion: 0.1.0\n",
            "site/publish_ntfy-0.1.0.dist-info/entry_points.txt": f"[{entry[0]}]\n{entry[1]}\n".replace(
                '"', ""
            ),
            "site/ntfy.txt.j2": template,
            "news/publish.toml": section.replace(
                "https://ntfy.sh", f"http://127.0.0.1:{server.server_port}"
            ),
            "news/hello.md": blocks(README, "markdown")[0],
        },
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(
            [str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]
        ).rstrip(os.pathsep),
        "NTFY_ACCESS_TOKEN": "tk_test",
    }

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "publisher", *arguments],
            cwd=tmp_path / "news", env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    try:
        assert "ntfy: ntfy, set up" in run("channels")
        assert "signed in as ada" in run("check")
        assert "of 4096 (ntfy counting" in run("hello.md", "--dry-run")
        run("hello.md")
        run("hello.md")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    (message,) = Ntfy.came
    assert message["topic"] == "library-news"
    assert message["title"] == "The library is open on Sundays"
    assert message["click"] == "https://example.org/news/sundays/"
    assert "from ten to four" in message["message"]
