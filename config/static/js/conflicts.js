// Resolving conflicts by keyboard: decide, say why, send, next. Without this script the page does the same by hand.

const deciding = document.getElementById("deciding");
const confirming = document.getElementById("confirming");
const declining = document.getElementById("declining");
const heading = document.querySelector("#conflict h1");

function setting(name) {
  return localStorage.getItem(`parallax:${name}`) !== "off";
}

function choose(decision) {
  const radio = deciding?.querySelector(`[name=decision][value=${decision}]`);
  if (!radio) return;
  radio.checked = true;
  explain();
}

function explain() {
  deciding?.querySelector("[name=rationale]").focus();
}

function decline() {
  if (!declining) return;
  declining.open = true;
  declining.querySelector("textarea").focus();
}

function go(relation) {
  document.querySelector(`header a[rel=${relation}]`)?.click();
}

const keys = {
  i: () => choose("include"),
  e: () => choose("exclude"),
  r: explain,
  c: () => confirming?.requestSubmit(),
  d: decline,
  j: () => go("next"),
  n: () => go("next"),
  k: () => go("prev"),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  if (typing && event.key === "Escape") {
    heading.focus();
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("form") ?? deciding;
    if (!form?.closest("#conflict")) return;
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !setting("keys")) return;
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

// A second press while the first is on its way is not sent; coming back by the browser's arrow frees the form.
document.addEventListener("submit", (event) => {
  if (!event.target.closest("#conflict")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("#conflict form")) delete form.dataset.sent;
});

const keysOn = document.getElementById("keys-on");
keysOn.checked = setting("keys");
keysOn.addEventListener("change", () => {
  if (keysOn.checked) localStorage.removeItem("parallax:keys");
  else localStorage.setItem("parallax:keys", "off");
});
document.getElementById("conflict").dataset.highlighting = setting("highlighting") ? "on" : "off";
for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;

// The keyboard starts at the record, unless something that was sent has to be looked at again.
if (!document.querySelector(".error-summary") && !location.hash) heading.focus({ preventScroll: true });
