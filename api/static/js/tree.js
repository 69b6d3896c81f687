// The tree of layers: search, and one box per layer to show it.

export function tree(house, shown, onChange) {
  const boxes = [...document.querySelectorAll("[data-layer][type=checkbox]")];
  const counter = document.getElementById("shown");
  const filter = document.getElementById("filter");

  const tell = () => {
    const codes = boxes.filter((box) => box.checked).map((box) => box.value);
    counter.textContent = codes.length ? house.words.shown.replace("{n}", codes.length) : "";
    return codes;
  };

  for (const box of boxes) {
    box.checked = shown.includes(box.value);
    box.addEventListener("change", () => onChange(box.value, box.checked, tell()));
  }
  for (const theme of document.querySelectorAll(".tree-theme")) if (theme.querySelector(":checked")) theme.open = true;
  tell();

  document.getElementById("hide-all")?.addEventListener("click", () => {
    for (const box of boxes.filter((each) => each.checked)) {
      box.checked = false;
      onChange(box.value, false, tell());
    }
  });

  filter?.addEventListener("input", () => {
    const word = filter.value.trim().toLowerCase();
    let found = 0;
    for (const theme of document.querySelectorAll(".tree-theme")) {
      let here = 0;
      for (const item of theme.querySelectorAll(".tree-layer")) {
        item.hidden = Boolean(word) && !item.dataset.name.toLowerCase().includes(word);
        if (!item.hidden) here += 1;
      }
      theme.hidden = here === 0;
      if (word) theme.open = here > 0;
      found += here;
    }
    document.getElementById("filter-none").hidden = found > 0;
  });

  // On a phone the tree stands below the answer and is closed until it is wanted.
  if (matchMedia("(max-width: 760px)").matches) document.getElementById("tree").open = false;
}
