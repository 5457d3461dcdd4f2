// What every page shares: menus, dialogs, copying, confirmation, and plain words when the server does not answer.
// Pages work without it, except that nothing asks "are you sure?".

const messages = document.getElementById("messages");

/** Shows one notice above the page; `kind` is "info", "success" or "problem". */
function notify(kind, content) {
  const notice = document.createElement("div");
  notice.className = `notice ${kind}`;
  if (kind === "problem") notice.setAttribute("role", "alert");
  notice.append(content);
  messages.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

/** Tells people who hear the page what just happened. */
function say(text) {
  document.getElementById("said").textContent = text;
}

// Other modules speak through an event, so that none of them has to know this one.
document.addEventListener("parallax:notice", (event) => notify(event.detail.kind, event.detail.text));

// Menus close on a click elsewhere and on Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Dialogs: data-opens names one, data-closes shuts the one around it; a click on the backdrop shuts it too.
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog[open]")) event.target.close();
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  event.target.closest("[data-closes]")?.closest("dialog").close();
});

// Copying: data-copy is the id of what is copied. The buttons are hidden where there is no script.
function showCopyButtons(root) {
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}
showCopyButtons(document);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
    const label = button.textContent;
    if (label !== "Copied") {
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = label), 2000);
    }
  } catch {
    // Without https a browser refuses the clipboard: select the text, so that one key copies it.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    say("Selected: copy it with your keyboard");
  }
});

// Confirmation: data-confirm on a form or on its button is the question; data-confirm-yes the word on the button.
const confirmation = document.getElementById("confirm");
const confirmed = new WeakSet();
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const asking = event.submitter?.dataset.confirm ? event.submitter : form;
    if (!asking.dataset.confirm) return;
    if (confirmed.delete(form)) return;

    event.preventDefault();
    event.stopImmediatePropagation();
    confirmation.querySelector("p").textContent = asking.dataset.confirm;
    confirmation.querySelector("[value=yes]").textContent = asking.dataset.confirmYes ?? "Yes";
    confirmation.returnValue = "no";
    confirmation.addEventListener(
      "close",
      () => {
        if (confirmation.returnValue !== "yes") return;
        confirmed.add(form);
        form.requestSubmit(event.submitter);
      },
      { once: true },
    );
    confirmation.showModal();
  },
  true,
);

// Dropping a file: the field itself takes it; the frame only shows that it would.
for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    const frame = event.target.closest?.(".file-drop");
    frame?.classList.toggle("over", type === "dragenter" || type === "dragover");
  });
}

// A form that came back with errors: the keyboard starts at the summary.
function focusErrors(root) {
  root.querySelector(".error-summary")?.focus();
}
focusErrors(document);

// htmx: new parts get the same treatment; refusals are told in words and never leave a page silent.
document.addEventListener("htmx:load", (event) => {
  showCopyButtons(event.detail.elt);
  focusErrors(event.detail.elt);
});
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const words = {
    403: "You may not do this. If your role changed, reload the page.",
    404: "This is not here any more. Reload the page to see what is.",
    503: "The server is busy and nothing was saved. Try again in a moment.",
  };
  // Troubles and the way to sign in come as a part of a page; a whole page would be an error page.
  if ([401, 503].includes(status) && !/<html/i.test(responseText)) {
    const part = document.createDocumentFragment();
    part.append(...new DOMParser().parseFromString(responseText, "text/html").body.childNodes);
    notify("problem", part);
  } else {
    notify("problem", words[status] ?? "Something went wrong on the server. Reload the page before you go on.");
  }
});
document.addEventListener("htmx:sendError", () => {
  notify("problem", "The server did not answer and nothing was saved. Check your connection and try again.");
});
