// What is to be built, as it stands in the form: read as typed (the service understands "60 m" and refuses what it does not), and filled in
// again where an earlier check is opened.

const FIGURES = ["use", "height", "floor_area_ratio", "floor_area", "setback"];
const OF_USE = new Set(["use_unknown", "use_of_another_system", "use_without_system"]);

// The list of uses offers "0804 Education land"; the code alone is what is meant.
const code = (text) => text.match(/^(\d{2,6})(\s|$)/)?.[1] ?? text;

export function asked(form) {
  const said = {};
  for (const name of FIGURES) {
    const typed = form.elements[name]?.value.trim();
    if (typed) said[name] = name === "use" ? code(typed) : typed;
  }
  const day = form.elements.valid_on.value;
  return { ...(Object.keys(said).length ? { proposal: said } : {}), ...(day ? { valid_on: day } : {}) };
}

export function fill(form, answer) {
  for (const name of FIGURES) {
    const field = form.elements[name];
    const value = answer.proposal?.[name];
    if (!field || field.value || value === null || value === undefined) continue;
    field.value = name === "use" ? [...field.list.options].find((each) => each.value.startsWith(`${value} `))?.value ?? value : String(value);
  }
  // A check of its own day was a check of "today".
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(answer.checked_at));
  if (answer.valid_on && answer.valid_on !== day) {
    form.elements.valid_on.value = answer.valid_on;
    form.elements.valid_on.closest("details").open = true;
  }
}

// Where a refusal belongs among these fields; undefined where it does not.
export function place({ code: what, params }) {
  if (what.startsWith("proposal_") && FIGURES.includes(params.field)) return params.field;
  if (OF_USE.has(what)) return "use";
  return what === "date_unreadable" ? "valid_on" : undefined;
}

export function focus(form, name) {
  const field = form.elements[name];
  if (!field) return;
  field.scrollIntoView({ block: "center" });
  field.focus();
}
