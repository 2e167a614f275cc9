"""Our reading of a text held against npm's twitter-text, which is what X itself publishes."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from publisher.text.measure import count, entities, tlds

HERE = Path(__file__).parent
POSTS = HERE.parents[1].parent / "shared" / "posts"

Reading = tuple[int, bool, int, list[list[int]], list[list[int]], list[list[int]]]
"""Weighted length, valid, valid range's end; URLs, mentions, hashtags as offsets. All offsets in
UTF-16 units."""

_WORDS = (
    "libre collectif équipe naïve Straße ПРОЕКТ свобода новость 自由ソフト 公開 "
    "发布新版本 協同組合 软件 حرية برمجيات مجتمع "
    "शब्द 한국어 ไทย Ελλάς ελ ñandú İstanbul ǅ ﬁn ſharp Kelvin ɠ ɐ ⱥ ι ͅ ꟜA a1b2 v1.2.3 "
    "node.js 3.14 README.md e.g. p.ex. "
    "C++ U.S.A. ... …  — – « » “quote” ‘x’ don't • → ✓ ½ ™ © ® ‼ ⁉ № \u200b \u200d "
    "\u2060 \ufe0f \u20e3 \u00a0 \u202f \u3000"
).split(" ")
_EMOJI = (
    "😀 ☺ ☺️ ❤ ❤️ ❤︎ ✈️ 👍 👍🏽 👩🏽‍🚀 👩‍🚀 👨‍⚕️ 🧑‍🚀 👨‍👩‍👧‍👦 👩‍👩‍👦 "
    "👩‍❤️‍💋‍👨 👨‍❤️‍👨 🏳️‍🌈 🏳️‍⚧️ 🏴‍☠️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇩🇪 🇫🇷 🇦🇦 🇫🇷🇩🇪🇪 🇺 1️⃣ 1⃣ "
    "#️⃣ *️⃣ 9⃣ ©️ "
    "®️ ™️ ♟️ ♟ 🕵️‍♀️ 🕵🏻‍♂️ 🏌️‍♀️ ⛹🏿‍♀️ 🤷‍♀️ 🤷🏽‍♂️ 🧟‍♂️ 👯‍♂️ 👁‍🗨 👁️‍🗨️ ☝🏼 ☝️🏼 "
    "✌︎🏼 🅰️ 🀄 🀄️ 🥰 🫠 🫱🏼‍🫲🏽 🐻‍❄️ ❤️‍🔥 👨‍🦰 🦸🏾‍♀️ 🧕🏾 ⚽️ ⌚️ ⏩️ 🔟 "
    "💑 🏃🏽‍♀️‍➡️ 👨🏽‍🤝‍👨🏻 👪 ️ ‍ 🏻 🏿"
).split(" ")
_HOSTS = (
    "example.org example.com. www.example.co.jp t.co sub_domain.example.com "
    "under_score.com dash-.com -dash.com a.b.c.d.e.net "
    "例え.jp 日本語.日本 example.中国 пример.рф müller.de xn--fsqu00a.com xn--p1ai "
    "example.xn--p1ai EXAMPLE.ORG Example.CoM "
    "example.music example.web example.kids example.hotel example.notatld foo.zip "
    "bücher.example localhost 127.0.0.1 ☃.net "
    "a.community.com foo.comx foo.com1 foo.com@ foo.com+x foo.com-x ليبيا.com "
    "foobar.پاکستان 中国.cn 公司 x.公司 example.한국 "
    "vermögen.vermögensberater xn--a.xn--b 😀.com a😀b.org .com ..com a..com com.com.com "
    "。example.com example。com é.fr "
    + "a" * 63
    + ".com "
    + "b" * 64
    + ".org "
    + "字" * 50
    + ".com "
    + "日" * 60
    + "x.jp"
).split(" ")
_TAILS = (
    "|/|/path|/path/to.html|/path.|/path,|/a(b)|/a(b(c))|/a(b|/(x)|/a_(b)_c|?q=1|?q|?|"
    "/?q=1&r=2|/#frag|#frag|:8080|:8080/x|:x|"
    "/été|/путь|/日本|/a/@user|/@user/post/1|/@|/a;b=1|/a!|/a'|/a\"|/a*b|/~me|/%20|/a|b|"
    "/a–b|/ι|/ⱥ|/K|?ι|/x?|/x?!|/x?a=é|//|/-|/=|/+|"
    ""
    "/abcdefghij?x=1|/aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee|/a…|/…|/a[b]|/[|/a&amp;b|/$a|/http://example.com|/a😀|?😀"
).split("|")
_PROTOCOLS = (
    "http://",
    "https://",
    "HTTP://",
    "hTTps://",
    "ftp://",
    "xhttp://",
    "http:/",
    "https//",
    "//",
    "mailto:",
    "@",
    "#",
    "$",
)
_TAGS = (
    "#tag #Tag_1 #123 #1a #été #日本語 #свобода #حرية #ハッシュ・タグ ＃全角 #️⃣ #a#b "
    "##x &#39; &#x #tag's #a.b #a.com/x #👍 👍#tag #a\u200cb #हिन्दी #ไทย "
    "#\U00020021 #\U0001d4d0 #ꟜA #Ꟈ #Ᲊ x#tag .#tag /#tag #tag:// #a~b #〜 #a· #〃 #İ"
).split(" ")
_MENTIONS = (
    "@user @User_1 ＠user @123 @a_very_long_name_that_goes_on @user@host.org @user. "
    "@user/list @user/1 @user/-x @é @useré .@user "
    "RT@user rt:@user xRT@user x@user mail@example.com @user:// @@user !@user -@user "
    "(@user) @user's é@user 日@user 😀@user @user😀 @ @/x"
).split(" ")
_MARKS = (
    "\u202a",
    "\u202c",
    "\u2066",
    "\u2069",
    "\u200e",
    "\u200f",
    "\u061c",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\u0301",
    "e\u0301",
    "\u05e9\u05bc\u05c1",
)
_PUNCTUATION = (
    *".,:;!?/\\|()[]{}<>\"'`~^*_-+=&%$#@ \n\t。、！「」・\x00\x85\u2028\u180e",
    "\r\n",
)


def generated(amount: int, seed: int = 20261123) -> Iterator[str]:
    """Texts in many scripts, made to be hard: every sort of entity next to every other, "
    "with and without spaces."""
    dice = random.Random(seed)

    def address() -> str:
        protocol = dice.choice(_PROTOCOLS) if dice.random() < 0.55 else ""
        return protocol + dice.choice(_HOSTS) + (dice.choice(_TAILS) if dice.random() < 0.6 else "")

    def noise() -> str:
        return "".join(chr(dice.choice(_NOISE)) for _ in range(dice.randint(1, 4)))

    makers = (
        address,
        address,
        lambda: dice.choice(_WORDS),
        lambda: dice.choice(_WORDS),
        lambda: dice.choice(_EMOJI),
        lambda: dice.choice(_EMOJI) + dice.choice(_EMOJI),
        lambda: dice.choice(_TAGS),
        lambda: dice.choice(_MENTIONS),
        lambda: dice.choice(_MARKS),
        lambda: dice.choice(_PUNCTUATION),
        noise,
    )
    for _ in range(amount):
        separators = dice.choice(((" ",), ("", " "), ("",), ("", "", " ", "\n")))
        pieces = (
            dice.choice(makers)() + dice.choice(separators) for _ in range(dice.randint(1, 14))
        )
        yield "".join(pieces)


_NOISE = tuple(
    code
    for low, high in (
        (0x21, 0x7E), (0xA0, 0x24F), (0x250, 0x3FF), (0x400, 0x52F), (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F),
        (0x10A0, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x20D0), (0x2100, 0x2BFF), (0x3000, 0x30FF), (0xA640, 0xA7FF),
        (0xFE00, 0xFE6F), (0xFF00, 0xFFEF), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F6FF), (0x1F900, 0x1F9FF),
        (0xE0060, 0xE007F),
    )
    for code in range(low, high + 1)
)  # fmt: skip


def real(limit: int | None = None, seed: int = 20261123) -> list[str]:
    """Paragraphs of the posts beside this repository, of 1 to 2,000 characters; none "
    "where there are none."""
    paragraphs = {
        paragraph.strip()
        for path in sorted(POSTS.rglob("*.md"))
        for paragraph in re.split(r"\n\s*\n", path.read_text("utf-8", "replace"))
    }
    chosen = sorted(paragraph for paragraph in paragraphs if 0 < len(paragraph) <= 2000)
    random.Random(seed).shuffle(chosen)
    return chosen[:limit]


def missing() -> str | None:
    """Why npm's twitter-text can't be run here, or None; installs it on the first call."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    if (HERE / "node_modules" / ".package-lock.json").exists():
        return None
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "npm ci took more than two minutes"
    return None if done.returncode == 0 else f"npm ci failed: {done.stderr.strip()[-300:]}"


def theirs(texts: Sequence[str], *, own_domains: bool = False) -> list[Reading]:
    """What twitter-text 3.1.0 makes of the texts: with our list of top-level domains, "
    "or with its own, of 2021."""
    names = None if own_domains else sorted(name for name in tlds.names())
    done = subprocess.run(
        ["node", "measure.mjs"],
        cwd=HERE,
        input=json.dumps({"tlds": names, "texts": texts}),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return [tuple(reading) for reading in json.loads(done.stdout)]


def ours(text: str) -> Reading:
    measured = count.measure_twitter(text)

    def offsets(spans: Sequence[entities.Span]) -> list[list[int]]:
        return [
            [count.utf16_length(text[: span.start]), count.utf16_length(text[: span.end])]
            for span in spans
        ]

    return (
        count.twitter(text),
        measured.valid,
        measured.valid_end,
        offsets(entities.twitter_urls(text)),
        offsets(entities.twitter_mentions(text)),
        offsets(entities.twitter_hashtags(text)),
    )
