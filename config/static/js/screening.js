// Screening: the next record is on the page before the vote on this one is sent; the outbox keeps it until it is saved.
// Without this script the page is a plain form that does the same, slower.

import { MOST_UNSENT, openOutbox } from "./outbox.js";

const screening = document.getElementById("screening");
const bar = document.getElementById("votebar");
if (screening && bar) start();

function start() {
  const address = screening.dataset.address;
  const voter = screening.dataset.owner;
  const place = document.getElementById("card");
  const note = document.getElementById("id_note");
  const noteBox = document.getElementById("note");
  const saved = document.getElementById("saved");
  const unsent = document.getElementById("unsent");
  const reasons = document.getElementById("reasons"); // only at full text: see reasons.js
  const ahead = [...screening.querySelectorAll("template[data-card]")].map(cardIn);
  const kept = new Map(); // cards of votes on their way, to show again when one is refused
  const outbox = openOutbox(`parallax:votes:${voter}:${address}`, postVote, { stored, refused, givenBack, held });
  let live = place.querySelector("article");
  let lastSaved = document.querySelector("#undo [name=record]").value;
  let shownAt = performance.now();
  let visibleFor = 0;

  // ---- what the page holds

  function cardIn(template) {
    template.remove();
    return template.content.querySelector("article");
  }

  function records() {
    return [live, ...ahead].filter(Boolean).map((card) => card.dataset.record);
  }

  function show(card, { focus = true } = {}) {
    live = card;
    place.replaceChildren(card || placeholder());
    note.value = card?.dataset.note || "";
    noteBox.open = Boolean(note.value);
    for (const button of bar.querySelectorAll(".vote")) {
      button.setAttribute("aria-pressed", String(button.value === card?.dataset.vote));
      button.disabled = !card;
    }
    tick(card?.dataset.reasons);
    shownAt = performance.now();
    visibleFor = 0;
    if (!card) return;
    document.title = `Record ${card.dataset.number}: ${screening.dataset.stage} · Parallax`;
    bar.action = `${address}${card.dataset.record}/`;
    document.getElementById("later").action = `${bar.action}later/`;
    if (focus) card.querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function tick(codes = "") {
    const given = new Set(codes.split(" "));
    for (const box of reasons?.querySelectorAll("[name=reason]") || []) box.checked = given.has(box.value);
  }

  function placeholder() {
    const text = document.createElement("p");
    text.className = "soft";
    text.textContent = "Fetching the next record…";
    return text;
  }

  function add(cards) {
    const known = new Set(records());
    for (const card of cards) {
      if (!known.has(card.dataset.record) && !outbox.has(card.dataset.record)) ahead.push(card);
    }
    if (!live && ahead.length) show(ahead.shift());
  }

  function status(text, { undo = false } = {}) {
    saved.textContent = text;
    if (!undo) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = "Undo";
    button.addEventListener("click", takeBack);
    const key = document.createElement("kbd");
    key.textContent = "Z";
    saved.append(" ", button, " ", key);
  }

  function problem(text) {
    document.dispatchEvent(new CustomEvent("parallax:notice", { detail: { kind: "problem", text } }));
  }

  // ---- voting

  function seconds() {
    const now = document.hidden ? 0 : performance.now() - shownAt;
    return String(Math.round((visibleFor + now) / 1000));
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) visibleFor += performance.now() - shownAt;
    else {
      shownAt = performance.now();
      outbox.send(); // back from signing in
    }
  });

  function vote(decision, why = { codes: [], label: "" }) {
    if (!live) return;
    if (outbox.size >= MOST_UNSENT) {
      status(`${MOST_UNSENT} votes are still on their way. Wait a moment.`);
      return;
    }
    const card = live;
    const { record, number, key, current } = card.dataset;
    const said = why.label ? `${decision} (${why.label})` : decision;
    outbox.add({
      record,
      number,
      said,
      reasons: why.codes,
      body: { vote: decision, note: note.value, seconds: seconds(), request_key: key, current },
    });
    kept.set(record, card);
    card.dataset.note = note.value;
    status(`Saving: record ${number}, ${said}…`);
    if (screening.hasAttribute("data-single")) show(null);
    else show(ahead.shift() || null);
    outbox.send();
  }

  function postVote(vote) {
    const given = vote.reasons.map((code) => ["reason", code]);
    const body = [...Object.entries(vote.body), ...given, ["held", records().join(",")]];
    return post(`${address}${vote.record}/`, body);
  }

  async function post(url, body) {
    try {
      const response = await fetch(url, {
        method: "POST",
        body: new URLSearchParams([...body, ["voter", voter]]),
        headers: { "X-Requested-With": "fetch", "X-CSRFToken": csrfToken() },
        signal: AbortSignal.timeout(30_000), // a line that went dead says nothing for minutes
      });
      const html = await response.text();
      return { status: response.status, page: new DOMParser().parseFromString(html, "text/html") };
    } catch {
      return { status: 0, page: null };
    }
  }

  /** From the cookie, not the page: after a new sign-in the page's own is an old one. */
  function csrfToken() {
    const name = `${document.body.dataset.csrfCookie}=`;
    const found = document.cookie.split("; ").find((part) => part.startsWith(name));
    return found ? found.slice(name.length) : "";
  }

  function cardsOf(page) {
    return [...page.querySelectorAll("template[data-card]")].map(cardIn);
  }

  function stored(vote, page) {
    unsent.hidden = true;
    kept.delete(vote.record);
    lastSaved = vote.record;
    if (!outbox.size) status(`Saved: record ${vote.number}, ${vote.said}.`, { undo: true });
    countOn(1);
    add(cardsOf(page));
    if (vote.takenBack) undo(vote.record, vote.body.note);
    else goOnIfEmpty();
  }

  function refused(vote, page) {
    unsent.hidden = true;
    kept.delete(vote.record);
    const said = page.querySelector("[data-refused], [role=alert]");
    const typed = vote.body.note ? ` Your note was: “${vote.body.note}”` : "";
    problem((said?.textContent.trim() || `Record ${vote.number} is not up for screening any more. Nothing was stored.`) + typed);
    status(`Not saved: record ${vote.number}.`);
    add(cardsOf(page));
    goOnIfEmpty();
  }

  /** The server could not take the vote as it is: the card comes back with what was typed. */
  function givenBack(vote, page) {
    unsent.hidden = true;
    const said = [...page.querySelectorAll("[data-error]")].map((one) => one.textContent);
    problem(said.join(" ") || "You cannot vote here any more. Nothing was stored.");
    status(`Not saved: record ${vote.number}.`);
    const card = kept.get(vote.record);
    kept.delete(vote.record);
    if (!card) return;
    if (live) ahead.unshift(live);
    card.dataset.key = newKey();
    show(card);
    note.value = vote.body.note;
    noteBox.open = Boolean(note.value);
    tick(vote.reasons.join(" "));
  }

  /** The votes wait: says why, and how to send them at once. */
  function held(answer) {
    const number = outbox.size === 1 ? "1 vote is" : `${outbox.size} votes are`;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "link";
    again.textContent = "Send now";
    again.addEventListener("click", outbox.send);
    unsent.hidden = false;
    if (saved.textContent.startsWith("Saving")) status("");
    if (answer.status !== 401) {
      unsent.replaceChildren(`${number} not saved yet: the server does not answer. Trying again… `, again);
      return;
    }
    // Nobody is signed in, or somebody else by now.
    const why = answer.page.querySelector("[data-why]")?.textContent;
    const link = document.createElement("a");
    link.href = answer.page.querySelector("a")?.getAttribute("href") || "/accounts/login/";
    link.textContent = why ? "Sign out" : "Sign in again";
    link.target = "_blank";
    link.rel = "noopener";
    unsent.replaceChildren(`${why || "You are signed out."} ${number} kept here. `, link, " in a new tab and come back. ", again);
  }

  function goOnIfEmpty() {
    if (live || outbox.size) return;
    location.assign(address);
  }

  // ---- undo, later

  function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  function takeBack() {
    const waiting = outbox.takeBack();
    if (waiting?.takenBack) status(`Record ${waiting.number}: your vote is taken back as soon as the server answers.`);
    else if (waiting) {
      back(kept.get(waiting.record), waiting.body.note);
      status(`Not sent: record ${waiting.number}.`);
    } else if (lastSaved) undo(lastSaved, "");
    else status("There is no vote to take back.");
  }

  async function undo(record, typed) {
    const answer = await post(`${address}undo/`, new URLSearchParams({ record, request_key: newKey() }));
    if (answer.status === 200) {
      status(answer.page.querySelector("[data-undone]").textContent);
      lastSaved = "";
      countOn(-1);
      back(cardsOf(answer.page)[0], typed);
    } else if (answer.status === 409) {
      status(answer.page.querySelector("[role=alert]").textContent.trim());
      lastSaved = "";
      goOnIfEmpty();
    } else {
      status(answer.status === 401 ? "You are signed out; sign in to take votes back." : "Not taken back: the server does not answer. Try again.");
    }
  }

  function back(card, typed) {
    if (!card) return location.assign(address);
    if (live) {
      live.dataset.note = note.value;
      ahead.unshift(live);
    }
    show(card);
    note.value = typed;
    noteBox.open = Boolean(typed);
  }

  async function later() {
    if (!live) return;
    const card = live;
    const { record, number } = card.dataset;
    show(ahead.shift() || null);
    const body = new URLSearchParams({ request_key: newKey(), held: records().join(",") });
    const answer = await post(`${address}${record}/later/`, body);
    if (answer.status === 200) {
      status(`Record ${number} waits at the end of your queue.`);
      add(cardsOf(answer.page).filter((one) => one.dataset.record !== record || !live));
      goOnIfEmpty();
    } else {
      problem(answer.page?.querySelector("[role=alert]")?.textContent.trim() || "Not put off: the server does not answer.");
      back(card, "");
    }
  }

  function countOn(by) {
    // The rail counts what is left, the line above the record what is done.
    const queue = document.querySelector(`#rail [data-my-queue="${screening.dataset.stage}"]`);
    if (queue) {
      const left = Math.max(0, Number(queue.dataset.left) - by);
      queue.dataset.left = String(left);
      queue.textContent = left.toLocaleString("en");
      queue.parentElement.hidden = !left;
    }
    const progress = document.querySelector("#progress [data-mine]");
    if (!progress) return;
    const mine = Number(progress.dataset.mine) + by;
    progress.dataset.mine = String(mine);
    for (const shown of document.querySelectorAll("#progress [data-shows-mine]")) shown.textContent = mine.toLocaleString("en");
    const meter = document.querySelector("#progress progress");
    if (meter) meter.value = mine;
  }

  // ---- keys, notes, highlighting

  function setting(name) {
    return localStorage.getItem(`parallax:${name}`) !== "off";
  }

  function set(name, on) {
    if (on) localStorage.removeItem(`parallax:${name}`);
    else localStorage.setItem(`parallax:${name}`, "off");
    apply();
  }

  function apply() {
    screening.dataset.highlighting = setting("highlighting") ? "on" : "off";
    document.getElementById("highlighting-on").checked = setting("highlighting");
    document.getElementById("keys-on").checked = setting("keys");
  }

  function openNote() {
    noteBox.open = true;
    note.focus();
  }

  const keys = {
    e: () => press("exclude"),
    m: () => press("maybe"),
    i: () => press("include"),
    z: takeBack,
    l: later,
    n: openNote,
    h: () => set("highlighting", !setting("highlighting")),
    c: () => document.getElementById("criteria").focus(),
    "?": () => document.getElementById("keys").showModal(),
  };

  function press(decision) {
    if (!bar.querySelector(`.vote[value=${decision}]`)) return;
    if (reasons && decision === "exclude") reasons.dispatchEvent(new CustomEvent("parallax:ask"));
    else vote(decision);
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.key === "Escape" && event.target === note) {
      live?.querySelector("h1").focus();
      return;
    }
    if (typing || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") || !setting("keys")) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });

  bar.addEventListener("submit", (event) => {
    if (!event.submitter?.matches(".vote")) return;
    event.preventDefault();
    press(event.submitter.value);
  });
  reasons?.addEventListener("parallax:answered", (event) => vote("exclude", event.detail));
  document.getElementById("undo").addEventListener("submit", (event) => {
    event.preventDefault();
    takeBack();
  });
  document.getElementById("later").addEventListener("submit", (event) => {
    event.preventDefault();
    later();
  });
  bar.querySelector("[data-act=note]").addEventListener("click", openNote);
  document.getElementById("keys-on").addEventListener("change", (event) => set("keys", event.target.checked));
  document.getElementById("highlighting-on").addEventListener("change", (event) => set("highlighting", event.target.checked));
  for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;
  addEventListener("online", outbox.send);
  addEventListener("beforeunload", (event) => {
    if (outbox.size) event.preventDefault();
  });

  // ---- begin

  async function claim() {
    if (screening.hasAttribute("data-single")) return;
    // A vote meanwhile would leave its record claimed.
    const answer = await outbox.pause(post(`${address}claim/`, new URLSearchParams({ held: records().join(",") })));
    const said = answer.page?.querySelector("[data-kept]");
    if (answer.status !== 200 || !said) return;
    const mine = new Set(said.dataset.kept.split(","));
    for (let i = ahead.length - 1; i >= 0; i -= 1) {
      if (!mine.has(ahead[i].dataset.record)) ahead.splice(i, 1);
    }
    if (live && !mine.has(live.dataset.record) && !note.value) show(null);
    add(cardsOf(answer.page));
  }

  apply();
  ahead.splice(0, ahead.length, ...ahead.filter((card) => !outbox.has(card.dataset.record)));
  if (outbox.has(live.dataset.record)) show(ahead.shift() || null, { focus: false });
  if (screening.hasAttribute("data-shared")) claim();
  outbox.send();
}
