"""A post's own address: where it is from, or why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from publisher.generators.generator import Generator, is_address
from publisher.generators.page import NoAddress, Page

FRONT_MATTER, CONFIGURATION = "front matter", "configuration"


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is empty where there is none, `source` says who made it. `problem` is why a site that is
    known gives the post none: then the post waits for a person."""

    url: str = ""
    source: str = ""
    problem: str = ""


def of_generator(generator: Generator, page: Page, base_url: str, *, own: bool) -> Address:
    """The address that the generator gives the page. `base_url` is the site's; where it is publish.toml's `own`, it
    is every page's."""
    try:
        path = generator.path(page)
    except NoAddress as why:
        return Address(problem=str(why))
    if is_address(path):
        return Address(quote_address(path), generator.name)
    base = base_url if own else generator.base_for(page)
    if not base:
        return Address(
            problem=f"the site's own address isn't known: {generator.file.name} doesn't say it"
        )
    # The path is that of a file: what would end it in an address stands for itself.
    return Address(base.rstrip("/") + quote(path, safe="/%:@!$&'()*+,;=~-._"), generator.name)


def is_pattern(address: str) -> bool:
    """Whether a site's generator makes an address of it: Jekyll's /:year/:title/, Hugo's and
    Eleventy's /{{ title | slugify }}/, Astro's and SvelteKit's /[slug]/. It is none by itself."""
    path = address.partition("://")[2] if re.match("https?://", address) else address
    has_token = re.search(r"(?:^|[/_-]):[a-z]", path) is not None
    return has_token or any(mark in path for mark in ("{", "}", "<%", "[", "]"))


def quote_address(address: str) -> str:
    """Percent-encode what may not stand in an address; what is encoded already stays."""
    return quote(address, safe="%/:?#[]@!$&'()*+,;=~-._")
