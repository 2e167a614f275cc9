"""Quarto: quarto.org/docs/websites (read 2026-11)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from publisher.generators.generator import FirstPost, Generator
from publisher.generators.literals import read
from publisher.generators.page import Facts, NotBuilt, Page


def find(folder: Path) -> Quarto | None:
    for name in ("_quarto.yml", "_quarto.yaml"):
        if (folder / name).is_file():
            settings = read(folder / name)
            return Quarto(folder, folder / name, settings if isinstance(settings, dict) else {})
    return None


class Quarto(Generator):
    name = "Quarto"
    built = ("", "_site")
    first_post = FirstPost("posts/{slug}/index.qmd")

    def read_facts(self) -> Facts:
        website = self.table("website")
        url = str(website.get("site-url") or "").rstrip("/")
        base = str(website.get("site-path") or "").strip("/")
        whole = f"{url}/{base}" if base and not url.endswith(f"/{base}") else url
        return Facts(
            base_url=whole,
            title=str(website.get("title") or ""),
            language=self.text("lang"),
            static=".",
        )

    def output(self) -> Path | None:
        folder = self.table("project").get("output-dir")
        return self.root / (folder if isinstance(folder, str) and folder else self.built[1])

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """What lies in a folder whose name begins with an underscore is not published."""
        if any(part.startswith(("_", ".")) for part in file.parts):
            return None
        return super().asset(file, page)

    def path(self, page: Page) -> str:
        if any(part.startswith(("_", ".")) for part in page.path.parts):
            raise NotBuilt("the site doesn't build this post: its name or folder begins with _")
        if "output-file" in page.data:
            return "/" + str(page.path.with_name(page.text("output-file")))
        path = "/" + str(page.path.with_suffix(".html"))
        return path.removesuffix("index.html") if path.endswith("/index.html") else path
