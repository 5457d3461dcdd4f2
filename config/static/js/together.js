// Files brought in together: the name of another source is asked for only where one is chosen.

function show(select) {
  const another = select.closest("td").querySelector(".another");
  another.hidden = select.value !== "another";
}
for (const select of document.querySelectorAll("select[data-source]")) {
  show(select);
  select.addEventListener("change", () => {
    show(select);
    if (select.value === "another") select.closest("td").querySelector(".another input").focus();
  });
}
