// Reads a list of texts as JSON from stdin, and writes, for each Ruby, its version and how many grapheme clusters it
// makes of each text. Texts travel in hexadecimal, so that nothing in them is Ruby's syntax.
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { DefaultRubyVM } from "@ruby/wasm-wasi/dist/node";

const texts = JSON.parse(readFileSync(0, "utf8"));
const hex = texts.map((text) => Buffer.from(text, "utf8").toString("hex")).join(",");
const counting = '.map { |h| [h].pack("H*").force_encoding("UTF-8").each_grapheme_cluster.count }.join(",")';
const said = [];
for (const name of ["3.4", "4.0"]) {
  const file = new URL(`node_modules/@ruby/${name}-wasm-wasi/dist/ruby.wasm`, import.meta.url);
  const { vm } = await DefaultRubyVM(await WebAssembly.compile(await readFile(file)));
  const counts = vm.eval(`"${hex}".split(",", -1)${counting}`).toString();
  said.push({ version: vm.eval("RUBY_VERSION").toString(), counts: counts.split(",").map(Number) });
}
console.log(JSON.stringify(said));
