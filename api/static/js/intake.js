// Handing a delivery over: dropped or chosen, sent with its progress shown. What was typed stays as it was when something is refused.

const words = JSON.parse(document.getElementById("words").textContent);
const form = document.getElementById("handover");
const button = document.getElementById("submit");
const drop = document.getElementById("drop");
const input = document.getElementById("file");
const bar = document.getElementById("sent");
let last = { said: null, key: null };

function complain(text, field) {
  const row = document.getElementById(`${field}-error`) ?? document.getElementById("handover-error");
  row.textContent = text;
  row.hidden = false;
  const place = document.getElementById(field);
  place?.closest("details")?.setAttribute("open", "");
  place?.focus();
}

function named() {
  document.getElementById("file-name").textContent = [...input.files].map((each) => each.name).join(", ");
  document.getElementById("file-error").hidden = true;
}

document.querySelector("[data-drop]").hidden = false;
input.addEventListener("change", named);
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  named();
});

// fetch tells nothing of how far an upload is.
function sent(body, key) {
  return new Promise((done, lost) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/imports");
    request.setRequestHeader("idempotency-key", key);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => { bar.max = total || 1; bar.value = loaded; });
    request.addEventListener("load", () => done({ ok: request.status < 300, status: request.status, told: request.response ?? {} }));
    request.addEventListener("error", lost);
    request.send(body);
  });
}

// Which field a refusal is about, where it says so by its code alone.
const FIELD = { crs_unknown: "source_crs", crs_not_flat: "source_crs", status_unknown: "status", date_unreadable: "valid_from", valid_from_future: "valid_from", nodata_unreadable: "nodata", layer_unknown: "as_layer", file_empty: "file", body_too_large: "file" };

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  for (const each of form.querySelectorAll(".error")) each.hidden = true;
  const [file] = input.files;
  if (!file) return complain(words.no_file, "file");
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "file" && value.trim());
  const body = new FormData();
  body.append("file", file);
  for (const [name, value] of fields) body.append(name, value.trim());
  // The same form sent again, because the answer was lost on the way, must not become a second delivery.
  const said = `${file.name}/${file.size}/${file.lastModified}/${JSON.stringify(fields)}`;
  if (last.said !== said) last = { said, key: crypto.randomUUID() };
  button.disabled = true;
  bar.hidden = false;
  try {
    const { ok, status, told } = await sent(body, last.key);
    if (ok) location.assign(`/intake/${told.id}`);
    else complain(told.detail ?? `${words.lost} (${status})`, told.params?.field ?? FIELD[told.code]);
  } catch {
    complain(words.lost);
  } finally {
    button.disabled = false;
    bar.hidden = true;
  }
});
