// Answering questions about duplicates by keyboard. Without this script the page does the same by its buttons.

const answering = document.getElementById("answering");
const heading = document.querySelector("h1");

function keysAreOn() {
  return localStorage.getItem("parallax:keys") !== "off";
}

function answer(what) {
  answering?.querySelector(`[name=answer][value=${what}]`).click();
}

const keys = {
  s: () => answer("same"),
  d: () => answer("different"),
  r: () => answer("related"),
  l: () => document.getElementById("later")?.click(),
  z: () => document.getElementById("undo")?.requestSubmit(),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

// A second press while the first is on its way is not sent; coming back by the browser's arrow frees the form.
const OURS = "#answering, #undo";
let isSent = false;
document.addEventListener("submit", (event) => {
  if (!event.target.matches(OURS)) return;
  if (isSent) event.preventDefault();
  isSent = true;
});
addEventListener("pageshow", () => {
  isSent = false;
});

const keysOn = document.getElementById("keys-on");
if (keysOn) {
  keysOn.checked = keysAreOn();
  keysOn.addEventListener("change", () => {
    if (keysOn.checked) localStorage.removeItem("parallax:keys");
    else localStorage.setItem("parallax:keys", "off");
  });
}
for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;

// The keyboard starts at the question, unless a number has to be looked at again.
if (!document.querySelector(".is-invalid") && !location.hash) heading.focus({ preventScroll: true });
