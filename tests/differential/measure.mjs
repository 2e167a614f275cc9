// Reads {"tlds": [names] or null, "texts": [...]} from stdin, and writes what twitter-text says of each text:
// [weighted length, valid, valid range's end, URLs, mentions, hashtags], where the last three are pairs of
// offsets in UTF-16 units. With "tlds", these names stand in for twitter-text's own generic top-level domains.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { tlds, texts } = JSON.parse(readFileSync(0, "utf8"));

if (tlds) {
  const path = require.resolve("twitter-text/dist/regexp/validGTLD");
  const original = require(path);
  const boundary = original.source.slice(original.source.lastIndexOf("(?="));
  const names = [...tlds].sort((a, b) => b.length - a.length).join("|");
  require.cache[path].exports = new RegExp(`(?:(?:${names})${boundary}`);
}

const twitter = require("twitter-text");
const offsets = (entities) => entities.map((entity) => entity.indices);
const measured = texts.map((text) => {
  const { weightedLength, valid, validRangeEnd } = twitter.parseTweet(text);
  return [
    weightedLength,
    valid,
    validRangeEnd,
    offsets(twitter.extractUrlsWithIndices(text)),
    offsets(twitter.extractMentionsWithIndices(text)),
    offsets(twitter.extractHashtagsWithIndices(text)),
  ];
});
process.stdout.write(JSON.stringify(measured));
