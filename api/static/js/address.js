// The address is the state: view, layers shown, the check that is open, the hit that is chosen. Copy it, send it, see the same.

export function read() {
  const asked = new URLSearchParams(location.search);
  const view = (asked.get("view") ?? "").split("/").map(Number);
  return {
    view: view.length === 3 && view.every(Number.isFinite) ? { zoom: view[0], center: [view[2], view[1]] } : null,
    layers: asked.has("layers") ? asked.get("layers").split(",").filter(Boolean) : null,
    check: asked.get("check") || null,
    hit: asked.get("hit") || null,
    ask: asked.get("ask") || null,
  };
}

export function write(change) {
  const asked = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(change)) {
    if (value === null) asked.delete(key);
    else asked.set(key, value);
  }
  // Commas and slashes may stand in a query as they are, and an address is read by people.
  const query = asked.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}

export function keepLanguageLink() {
  const link = document.querySelector("[data-language]");
  link?.addEventListener("click", () => {
    const asked = new URLSearchParams(location.search);
    asked.set("lang", link.lang);
    link.search = asked.toString();
  });
}
