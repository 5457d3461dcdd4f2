// Why a report is excluded: the list opens with E, a digit votes, Shift and a digit ticks one more, typing filters.
// The page asks with "parallax:ask" and is answered with "parallax:answered". Without this script the list stands open.

const panel = document.getElementById("reasons");
if (panel) start();

function start() {
  const filter = document.getElementById("find-reason");
  const nothing = panel.querySelector("[data-nothing]");
  const reasons = [...panel.querySelectorAll(".reason")];

  function box(reason) {
    return reason.querySelector("input");
  }

  function ticked() {
    return reasons.filter((reason) => box(reason).checked);
  }

  function narrow() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const reason of reasons) {
      const text = reason.textContent.toLowerCase();
      reason.hidden = !words.every((word) => text.includes(word));
    }
    nothing.hidden = reasons.some((reason) => !reason.hidden);
  }

  function open() {
    filter.value = "";
    narrow();
    panel.hidden = false;
    filter.focus();
  }

  function close() {
    panel.hidden = true;
    document.querySelector("#card h1")?.focus({ preventScroll: true });
  }

  function answer() {
    const visible = reasons.filter((reason) => !reason.hidden);
    if (!ticked().length && filter.value && visible.length === 1) box(visible[0]).checked = true;
    const given = ticked();
    if (!given.length) {
      panel.querySelector("[data-none]").hidden = false;
      filter.focus();
      return;
    }
    panel.querySelector("[data-none]").hidden = true;
    panel.hidden = true;
    const codes = given.map((reason) => box(reason).value);
    const label = given.map((reason) => reason.dataset.label).join("; ");
    panel.dispatchEvent(new CustomEvent("parallax:answered", { detail: { codes, label } }));
  }

  panel.addEventListener("parallax:ask", () => (panel.hidden ? open() : answer()));
  panel.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (event.key === "Escape") close();
    else if (event.key === "Enter") answer();
    else if (digit && reasons[digit - 1] && !event.repeat) {
      const one = box(reasons[digit - 1]);
      one.checked = event.shiftKey ? !one.checked : true;
      if (!event.shiftKey) answer();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  filter.addEventListener("input", narrow);
  panel.querySelector("[data-act=answer]").addEventListener("click", answer);
  panel.querySelector("[data-act=close]").addEventListener("click", close);
  if (!panel.querySelector(".invalid-feedback:not([hidden])")) panel.hidden = true;
}
