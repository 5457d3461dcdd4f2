// The page that imports files: what was chosen is said in words, a dropped folder is opened, and the source
// is asked for here only while there is one file. Without it `multiple` works, and ignores the source by itself.

const form = document.getElementById("import-form");
const source = form.querySelector("select[name=source]");
const fields = document.getElementById("new-source");
const oneFile = document.getElementById("one-file");
const input = document.getElementById("id_file");
const frame = form.querySelector(".file-drop");
const chosen = document.getElementById("chosen");
const folder = document.getElementById("folder");
const folderInput = document.getElementById("id_folder");
const MOST = 500;

function isMany() {
  return input.files.length > 1 || (input.files.length === 1 && /\.zip$/i.test(input.files[0].name));
}

function showFields() {
  oneFile.hidden = isMany();
  fields.hidden = Boolean(source.value);
  fields.disabled = fields.hidden || isMany();
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function sayChosen() {
  const files = [...input.files];
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  chosen.textContent =
    files.length > 1
      ? `${files.length} files, ${size(bytes)}. Their sources are asked for on the next page.`
      : isMany()
        ? "A ZIP: the sources of its files are asked for on the next page."
        : "";
  showFields();
}

/** Beside those chosen before; one that comes twice is told on the next page. */
function add(files) {
  const transfer = new DataTransfer();
  for (const file of [...input.files, ...files].slice(0, MOST)) transfer.items.add(file);
  input.files = transfer.files;
  sayChosen();
}

/** All files below an entry of what was dropped; a folder gives its content a hundred at a time. */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length || found.length > MOST) return found;
    for (const one of some) found.push(...(await filesOf(one)));
  }
}

frame.addEventListener("dragover", (event) => event.preventDefault());
frame.addEventListener("drop", async (event) => {
  event.preventDefault();
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...event.dataTransfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return add(files);
  chosen.textContent = "Looking into the folder …";
  try {
    add((await Promise.all(entries.map(filesOf))).flat());
  } catch {
    chosen.textContent = "This folder could not be read: choose its files instead.";
  }
});

folder.hidden = !("webkitdirectory" in folderInput);
folderInput.addEventListener("change", () => add([...folderInput.files]));
input.addEventListener("change", sayChosen);
source.addEventListener("change", showFields);
sayChosen();
