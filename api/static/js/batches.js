// Handing a file of sites over. What was typed stays as it was when something is refused.

const words = JSON.parse(document.getElementById("words").textContent);
const form = document.getElementById("batch");
const button = document.getElementById("submit");
const FIELDS = ["use", "height", "floor_area_ratio", "floor_area", "setback", "width_m", "valid_on"];
let last = { said: null, key: null };

function complain(text, field) {
  const row = document.getElementById(`${field}-error`) ?? document.getElementById("batch-error");
  row.textContent = text;
  row.hidden = false;
  document.getElementById(field)?.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  for (const each of form.querySelectorAll(".error")) each.hidden = true;
  const [file] = form.elements.file.files;
  if (!file) return complain(words.no_file, "file");
  const body = new FormData();
  body.append("file", file);
  for (const name of FIELDS) if (form.elements[name]?.value.trim()) body.append(name, form.elements[name].value.trim());
  // The same form sent again, because the answer was lost on the way, must not become a second batch.
  const said = `${file.name}/${file.size}/${file.lastModified}/${FIELDS.map((name) => form.elements[name]?.value).join("/")}`;
  if (last.said !== said) last = { said, key: crypto.randomUUID() };
  button.disabled = true;
  try {
    const response = await fetch("/api/batches", { method: "POST", headers: { "idempotency-key": last.key }, body });
    const told = await response.json().catch(() => ({}));
    if (response.ok) location.assign(`/batches/${told.id}`);
    else complain(told.detail ?? `${words.lost} (${response.status})`, told.params?.field);
  } catch {
    complain(words.lost);
  } finally {
    button.disabled = false;
  }
});
