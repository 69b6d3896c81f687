// Talking to the service: a check goes out, an answer or a problem comes back. A problem carries its own sentence.

export class Problem extends Error {
  constructor(detail, code = "", params = {}) {
    super(detail);
    this.code = code;
    this.params = params;
  }
}

let last = { said: null, key: null };

// The same question asked again, because the answer was lost on the way, must not become a second check.
function keyOf(said) {
  if (last.said !== said) last = { said, key: crypto.randomUUID() };
  return last.key;
}

async function answered(sent, words) {
  let response;
  try {
    response = await sent;
  } catch {
    throw new Problem(words.lost);
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Problem(told.detail ?? `${words.lost} (${response.status})`, told.code, told.params);
}

export async function check(given, words) {
  const said = JSON.stringify(given);
  const sent = fetch("/api/checks", { method: "POST", headers: { "content-type": "application/json", "idempotency-key": keyOf(said) }, body: said });
  return (await answered(sent, words)).json();
}

// fields: what is said beside the file, all as text.
export async function checkFile(file, fields, words) {
  const form = new FormData();
  form.append("file", file);
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const said = `${file.name}/${file.size}/${file.lastModified}/${JSON.stringify(fields)}`;
  const sent = fetch("/api/checks/file", { method: "POST", headers: { "idempotency-key": keyOf(said) }, body: form });
  return (await answered(sent, words)).json();
}

export const stored = async (id, words) => (await answered(fetch(`/api/checks/${encodeURIComponent(id)}`), words)).json();
export const hits = async (id, words) => (await answered(fetch(`/api/checks/${encodeURIComponent(id)}/hits`), words)).json();
export const panel = async (id, words) => (await answered(fetch(`/checks/${encodeURIComponent(id)}/panel`), words)).text();
