"""A post's own address: where it is from, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from publisher.generators.built import Built, is_other
from publisher.generators.generator import Generator, is_address
from publisher.generators.page import NoAddress, NotBuilt, Page, quoted

FRONT_MATTER, CONFIGURATION, BUILT = "front matter", "configuration", "built site"


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is empty where there is none, `source` says who made it. `problem` is why a site that is
    known gives the post none: then the post waits for a person. `is_built` is false where the site
    makes no page of it."""

    url: str = ""
    source: str = ""
    problem: str = ""
    is_built: bool = True


def of_listing(computed: Address, listing: Mapping[str, str], page: Page, name: str) -> Address:
    """What the generator's own list says, beside what its rules say."""
    if not computed.is_built:
        return computed
    found = listing.get(str(page.path))
    if found is None:
        return Address(
            problem="the site doesn't build this post: it isn't in the list of its pages"
        )
    host = re.match("https?://[^/]*", found)
    start = host.end() if host else 0
    there = found[:start] + quoted(found[start:])
    if computed.url and computed.url != there:
        return Address(problem=f"by its rules it is {computed.url}, by its list {there}")
    return Address(there, name)


def of_generator(
    generator: Generator, page: Page, base_url: str, output: Path | None, *, own: bool
) -> Address:
    """The address that the generator gives the page. `base_url` is the site's; where it is
    publish.toml's `own`, it is every page's; else it counts where the generator says none. The built
    site in `output` is asked, too, where it is newer than the post: what both don't agree about is
    no address."""
    built = built_after(output, generator.root / page.path)
    base = ((own and base_url) or generator.base_for(page) or base_url).rstrip("/")
    try:
        path = generator.path(page)
    except NotBuilt as why:
        return Address(problem=str(why), is_built=False)
    except NoAddress as why:
        there = _only_page(built, page, base) if built else ""
        return Address(there, BUILT) if there else Address(problem=str(why))
    if is_address(path):
        return Address(quote_address(path), generator.name)
    # The path is that of a file: what would end it in an address stands for itself.
    path = quoted(path)
    if not base:
        if there := built.address_at(path) if built else "":
            return Address(there, BUILT)
        missing = f"{generator.file.name} doesn't say it"
        return Address(problem=f"the site's own address isn't known: {missing}")
    if built is not None and (dispute := _dispute(built, page, generator.name, base, path)):
        return Address(problem=dispute)
    return Address(base + path, generator.name)


def built_after(output: Path | None, post: Path) -> Built | None:
    """The built site, if it is newer than the post."""
    built = Built(output) if output is not None else None
    return built if built is not None and built.is_newer_than(post) else None


def _only_page(built: Built, page: Page, base: str) -> str:
    """The address of the one page that can be this post's; empty where there is none, or several."""
    paths = built.pages_of(page)
    if len(paths) == 1:
        return base + paths[0] if base else built.address_at(paths[0])
    return built.listed_as(page)


def _dispute(built: Built, page: Page, name: str, base: str, path: str) -> str:
    """What the built site says against the address that the rules make; empty where it agrees."""
    address = base + path
    if built.has(path):
        own_words = built.canonical(path)
        if is_other(own_words, address):
            return f"{name} makes it {address}, and it calls itself {own_words}"
        # A feed may know a translation of the same title alone: the page's own title comes first.
        listed = "" if built.is_called(path, page) else built.listed_as(page)
        if is_other(listed, address):
            return f"{name} makes it {address}, and the site's feed has it at {listed}"
        return ""
    others = built.pages_of(page)
    if len(others) == 1:
        return f"{name} would make it {address}, but the built site has it at {base}{others[0]}"
    return f"the built site in {built.folder.name} is newer than the post, and has no {path}"


def is_pattern(address: str) -> bool:
    """Whether a site's generator makes an address of it: Jekyll's /:year/:title/, Hugo's and
    Eleventy's /{{ title | slugify }}/, Astro's and SvelteKit's /[slug]/. It is none by itself."""
    path = address.partition("://")[2] if re.match("https?://", address) else address
    has_token = re.search(r"(?:^|[/_-]):[a-z]", path) is not None
    return has_token or any(mark in path for mark in ("{", "}", "<%", "[", "]"))


def has_scheme(address: str) -> bool:
    """Whether it says by itself what it is: https:, mailto:, …"""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address) is not None


def quote_address(address: str) -> str:
    """Percent-encode what may not stand in an address; what is encoded already stays."""
    return quote(address, safe="%/:?#[]@!$&'()*+,;=~-._")
