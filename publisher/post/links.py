"""Where a post's links and pictures lead to, as a reader elsewhere needs it.

A link to another post's file leads to that post's page, whose address is found as this post's own
is. Where it isn't known, "not known" is the answer: the words stay, without a link.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urljoin

from publisher.config import Config
from publisher.files import resolved
from publisher.generators.generator import MARKDOWN
from publisher.hosts import parts_of
from publisher.post.address import built_after, quote_address


@dataclass(slots=True)
class Links:
    """The links of one post.

    post        its file
    inner       its file, as seen from the site's folder
    page        its own address; empty where it has none
    address_of  the address of another post's page, by its file; empty where that isn't known
    unknown     targets whose page isn't known, as they are written
    notes       the site's source files by their names, once a wiki link asked for one
    """

    post: Path
    inner: PurePosixPath
    page: str
    config: Config
    address_of: Callable[[Path], str]
    unknown: list[str] = field(default_factory=list)
    notes: dict[str, list[Path]] = field(default_factory=dict)

    def absolute(self, target: str) -> str:
        """A relative link or picture as an address; empty where it leads to a page that isn't known.
        What nothing can be said of (there is no base_url) stays as it is."""
        # A space may have slipped in before the closing parenthesis.
        target = target.strip().removesuffix("%20")
        generator = self.config.generator
        if generator is not None and target.startswith(tuple(generator.links)):
            return self.named(target) or ""
        parts = None if re.match(r"[^:/?#]*\[", target) else parts_of(target)
        if parts is None or parts.scheme or target.startswith("//"):
            return ("https:" + target) if target.startswith("//") else target
        if target.startswith("#") or not target:
            return target
        path, _, fragment = target.partition("#")
        found = self._of_source(path) if path.lower().endswith(MARKDOWN) else None
        if found is None:
            found = self._beside(path)
        elif not found:
            self.unknown.append(target)
        return f"{found}#{fragment}" if found and fragment else found

    def named(self, target: str) -> str | None:
        """What a generator's own tag (ref, link, post_url, post_link, …) leads to: an address; empty
        where that page isn't known; None where it is no post that is named."""
        path, _, fragment = target.partition("#")
        generator = self.config.generator
        if generator is None:
            return "" if "_posts/" in path else self.absolute(target)
        file = generator.linked(path, self.inner)
        if file is None or not file.resolve().is_relative_to(resolved(generator.root)):
            is_asset = PurePosixPath(path).suffix not in ("", *MARKDOWN)
            return None if is_asset else self._unknown(target)
        if file.suffix.lower() not in MARKDOWN:
            below = file.relative_to(generator.root.resolve()).as_posix()
            return urljoin(f"{self.config.site.base_url.rstrip('/')}/", below)
        address = self.address_of(file)
        if not address:
            return self._unknown(target)
        return f"{address}#{fragment}" if fragment else address

    def note(self, name: str) -> str:
        """The page of the one file that is called so on a known site, as `[[wiki links]]` name it;
        empty where there is none, or there are several."""
        generator = self.config.generator
        if generator is None:
            return ""
        if not self.notes:
            for file in generator.sources():
                self.notes.setdefault(file.stem.casefold(), []).append(file)
        files = self.notes.get(PurePosixPath(name).name.casefold(), [])
        return self.address_of(files[0]) if len(files) == 1 else ""

    def shown(self, picture: Path, alt: str) -> str:
        """Where the site shows a picture's file, by its generator's rules or as the built page has it;
        empty where that can't be known: then who shows it elsewhere has to carry it."""
        generator, site = self.config.generator, self.config.site
        if generator is None or not picture.resolve().is_relative_to(resolved(generator.root)):
            return ""
        file = PurePosixPath(picture.resolve().relative_to(resolved(generator.root)).as_posix())
        place = generator.asset(file, self.inner)
        if place is None:
            return self._on_built_page(file, alt)
        base = site.base_url if place.startswith("/") else self.page
        if not (place and base):
            return ""
        return f"{base.rstrip('/')}/{quote(place.lstrip('/'))}"

    def _on_built_page(self, file: PurePosixPath, alt: str) -> str:
        """Where this post's page in the built site shows the file; empty where it isn't known."""
        base = self.config.site.base_url.rstrip("/")
        built = built_after(self.config.built(), self.post)
        if built is None or not base or not self.page.startswith(f"{base}/"):
            return ""
        found = built.picture(self.page.removeprefix(base), file, alt)
        return urljoin(self.page, quote_address(found)) if found else ""

    def _unknown(self, target: str) -> str:
        self.unknown.append(target)
        return ""

    def _of_source(self, path: str) -> str | None:
        """The address of the page that is made of a source file; empty where it isn't known, None
        where only a guess is left, on a site that nothing is known of."""
        file = self._file(unquote(path))
        address = self.address_of(file) if file is not None else ""
        if address or self.config.generator is not None or "_posts/" in path:
            return address
        return None

    def _file(self, path: str) -> Path | None:
        """The other post's file, inside the site."""
        generator = self.config.generator
        top = resolved(generator.root if generator else self.config.root)
        named = generator.linked(path, self.inner) if generator else None
        places = [top] if path.startswith("/") else [self.post.resolve().parent]
        for file in [named] if named else [place / path.lstrip("/") for place in places]:
            real = file.resolve()
            if real.is_relative_to(top) and real.is_file():
                return real
        return None

    def _beside(self, path: str) -> str:
        """By the post's own address. `other-post.md` is how many sites write a link to another
        source file: its page stands beside this one's."""
        base = self.page or self.config.site.base_url
        if not base:
            return path
        if path.startswith("@/"):  # Zola's internal links start at the content folder
            path = "/" + path[2:]
        if re.search(r"\.(md|markdown)$", path):
            stem = re.sub(r"(/|^)(_?index|README)$", r"\1", re.sub(r"\.(md|markdown)$", "", path))
            name = re.sub(r"^\d{4}-\d\d-\d\d-", "", posixpath.basename(stem))
            stem = posixpath.join(posixpath.dirname(stem), name)
            is_folder = self.page.endswith("/")
            above = "../" if is_folder and not stem.startswith("/") else ""
            end = "/" if is_folder and not stem.endswith("/") else ""
            path = f"{above}{stem}{end}"
        return quote_address(urljoin(base, path))
