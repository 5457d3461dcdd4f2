// The page that imports a file: the fields of a new source show only while one is to be made.

const source = document.querySelector("#import-form select[name=source]");
const fields = document.getElementById("new-source");

function showNewSource() {
  fields.hidden = Boolean(source.value);
  fields.disabled = fields.hidden;
}
source.addEventListener("change", showNewSource);
showNewSource();
