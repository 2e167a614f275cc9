"use strict";
// Content goes into text nodes and attributes that hold no code; never into markup.

const given = JSON.parse(document.getElementById("data").textContent);
const POLL = 500; // milliseconds
const byId = (id) => document.getElementById(id);
const chosenViews = new Map(); // entry → the view that somebody chose
let drawnBefore = false;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function time(iso) {
  const words = new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return make("time", { datetime: iso }, words);
}

function link(url) {
  const isWeb = url.startsWith("http://") || url.startsWith("https://");
  return isWeb ? make("a", { href: url, target: "_blank", rel: "noreferrer" }, url) : url;
}

const code = (text, label) => make("pre", { class: "code", tabindex: "0", role: "group", "aria-label": label }, text);

// One node for each item, by its key. A node whose item stays as it was isn't touched, so that neither
// focus nor a frame's place is lost.
function keep(list, items, keyOf, draw) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const wanted = new Set(items.map(keyOf));
  for (const [key, node] of old) if (!wanted.has(key)) node.remove();
  let next = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const is = JSON.stringify(item);
    const node = old.get(key);
    if (node && node.is === is) {
      next = node.nextElementSibling;
      continue;
    }
    const drawn = draw(item, !node && drawnBefore);
    drawn.dataset.key = key;
    drawn.is = is;
    if (node) {
      if (next === node) next = node.nextElementSibling;
      node.replaceWith(drawn);
    } else {
      list.insertBefore(drawn, next);
    }
  }
}

// An entry

const keyOfEntry = (entry) => `${entry.channel} ${entry.id} ${entry.url}`;

function frame(html) {
  const element = make("iframe", { sandbox: "", title: "The mail as HTML" });
  element.srcdoc = html;
  return element;
}

function views(entry) {
  const text = () => make("pre", { class: "text", dir: "auto" }, entry.text);
  const all = [];
  if (entry.html) all.push(["HTML", () => frame(entry.html)]);
  all.push(["Text", text]);
  if (entry.headers) all.push(["Headers", () => code(entry.headers, "Headers")]);
  if (entry.source) all.push(["Source", () => code(entry.source, "Source")]);
  return all;
}

function body(entry) {
  const all = views(entry);
  const place = make("div");
  const buttons = make("div", { class: "views", role: "group", "aria-label": "Show as" });
  function choose(name) {
    const view = all.find(([title]) => title === name) || all[0];
    for (const button of buttons.children) button.setAttribute("aria-pressed", button.textContent === view[0]);
    place.replaceChildren(view[1]());
  }
  for (const [name] of all) {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      chosenViews.set(keyOfEntry(entry), name);
      choose(name);
    });
    buttons.append(button);
  }
  choose(chosenViews.get(keyOfEntry(entry)));
  return [buttons, place];
}

function picture({ url, alt }) {
  const src = given.base ? `/_sandbox/picture?of=${encodeURIComponent(url)}` : url;
  const figure = make("figure", {}, make("img", { src, alt }));
  figure.append(make("figcaption", { dir: "auto" }, alt || "without a text for those who can't see it"));
  return figure;
}

function earlier(entry) {
  const list = make("ol", { class: "earlier" });
  for (const version of [...entry.earlier].reverse()) {
    list.append(make("li", {}, "until ", time(version.until), make("pre", { dir: "auto" }, version.text)));
  }
  const times = entry.earlier.length === 1 ? "once" : `${entry.earlier.length} times`;
  return make("details", { class: "history" }, make("summary", {}, `Edited ${times}`), list);
}

function drawEntry(entry, isNew) {
  const classes = [isNew ? "fresh" : "", entry.gone ? "gone" : ""].join(" ").trim();
  const article = make("article", classes ? { class: classes } : {});
  if (entry.subject) article.append(make("h3", { dir: "auto" }, entry.subject));
  article.append(...body(entry), ...entry.pictures.map(picture));
  if (entry.earlier.length) article.append(earlier(entry));
  const facts = make("dl", { class: "facts" });
  for (const [name, value] of Object.entries(entry.facts)) {
    facts.append(make("dt", {}, name), make("dd", { dir: "auto" }, value));
  }
  if (facts.children.length) article.append(facts);
  const footer = make("footer", {}, time(entry.at), " ");
  if (entry.gone) footer.append(make("span", { class: "state" }, "deleted at ", time(entry.gone)), " ");
  footer.append(entry.gone ? entry.url : link(entry.url));
  article.append(footer);
  return make("li", {}, article);
}

function drawPlatform(platform) {
  const id = `timeline-${platform.name}`;
  const title = make("h2", { id }, platform.title, make("span", { class: "count" }));
  return make("section", { "aria-labelledby": id }, title, make("p", { class: "where" }, platform.url),
    make("p", { class: "none" }, "Nothing yet."), make("ol"));
}

function drawTimelines(state) {
  keep(byId("timelines"), state.platforms, (platform) => platform.name, drawPlatform);
  for (const section of byId("timelines").children) {
    const mine = state.entries.filter((entry) => entry.channel === section.dataset.key).reverse();
    keep(section.querySelector("ol"), mine, keyOfEntry, drawEntry);
    section.querySelector(".none").hidden = mine.length > 0;
    const live = mine.filter((entry) => !entry.gone).length;
    section.querySelector(".count").textContent = live ? `${live} live` : "";
  }
}

// What went over the wire

function drawExchange(one) {
  const summary = make("summary", {}, time(one.at), ` ${one.channel}: ${one.first} `);
  if (one.fault) summary.append(make("strong", { class: "struck" }, `struck by “${one.fault}” `));
  summary.append(`→ ${one.answered.split("\n")[0].trim() || "closed without an answer"}`);
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(make("div", { class: "both" },
      make("div", {}, make("h3", {}, "Request"), code(one.asked, "Request")),
      make("div", {}, make("h3", {}, "Answer"), code(one.answered || "(none)", "Answer"))));
  }, { once: true });
  return make("li", {}, details);
}

// Faults

function drawFault(fault) {
  const rest = fault.times ? `${fault.times} still to come` : "used up";
  const words = `${fault.platform}: ${fault.kind} on ${fault.when} (${rest})`;
  const item = make("li", {}, words);
  if (fault.hits.length) item.append(make("span", { class: "struck" }, ` hit ${fault.hits.join(", ")}`));
  return item;
}

function explain() {
  const form = byId("fault");
  const kinds = explain.kinds[form.platform.value] || {};
  byId("what").textContent = `${form.kind.value}: ${kinds[form.kind.value] || ""}`;
}

function offerKinds() {
  const form = byId("fault");
  const kinds = Object.keys(explain.kinds[form.platform.value] || {});
  form.kind.replaceChildren(...kinds.map((kind) => make("option", { value: kind }, kind)));
  explain();
}

function offerFaults(state) {
  explain.kinds = state.kinds;
  const titles = state.platforms.filter((platform) => platform.name in state.kinds);
  const form = byId("fault");
  form.platform.replaceChildren(...titles.map(({ name, title }) => make("option", { value: name }, title)));
  offerKinds();
  form.platform.addEventListener("change", offerKinds);
  form.kind.addEventListener("change", explain);
  form.addEventListener("submit", askForFault);
  byId("faults").hidden = false;
  byId("clear").hidden = false;
  byId("clear").addEventListener("click", () => tell("DELETE", "/_sandbox/received"));
  byId("calm").addEventListener("click", () => tell("DELETE", "/_sandbox/faults"));
}

async function askForFault(event) {
  event.preventDefault();
  const form = byId("fault");
  const fault = { platform: form.platform.value, kind: form.kind.value, when: form.when.value };
  for (const name of ["times", "after", "seconds"]) fault[name] = Number(form[name].value);
  await tell("POST", "/_sandbox/faults", fault);
}

async function tell(method, path, value) {
  const body = value && JSON.stringify(value);
  try {
    const answer = await fetch(path, { method, body, headers: { "Content-Type": "application/json" } });
    byId("refused").textContent = answer.ok ? "" : (await answer.json()).error;
  } catch {
    return; // the next look says that the sandbox has ended
  }
  await look();
}

// The page as a whole

function count(state) {
  const live = state.entries.filter((entry) => !entry.gone).length;
  const gone = state.entries.length - live;
  if (!state.entries.length) return "Nothing has arrived yet.";
  return `${live} live${gone ? `, ${gone} deleted` : ""}`;
}

function say(words) {
  if (byId("status").textContent !== words) byId("status").textContent = words;
}

function draw(state) {
  drawTimelines(state);
  keep(byId("wire"), state.exchanges, (one) => `${one.at} ${one.channel} ${one.first}`, drawExchange);
  byId("silent").hidden = state.exchanges.length > 0;
  keep(byId("waiting"), [...state.faults].reverse(), (fault) => JSON.stringify(fault), drawFault);
  byId("calm").hidden = !state.faults.some((fault) => fault.times);
  byId("empty").hidden = !given.base || state.entries.length > 0;
  say(count(state));
  drawnBefore = true;
}

let seen = "";
async function look() {
  try {
    const answer = await fetch("/_sandbox/window", { headers: { "If-None-Match": seen }, cache: "no-store" });
    if (answer.status !== 200) return;
    seen = answer.headers.get("ETag");
    const state = await answer.json();
    if (!drawnBefore) offerFaults(state);
    draw(state);
  } catch {
    seen = "";
    say("The sandbox has ended. What it had received stays here until this page is closed.");
  }
}

async function watch() {
  await look();
  setTimeout(watch, POLL);
}

if (given.still) {
  draw(given.still);
  say(`${count(given.still)}. The sandbox has ended; its addresses lead nowhere any more.`);
} else {
  byId("commands").textContent = [
    `curl -so sandbox.toml ${given.base}/_sandbox/publish.toml`,
    `eval "$(curl -s ${given.base}/_sandbox/environment)"`,
    "publish post.md --config sandbox.toml",
  ].join("\n");
  watch();
}
