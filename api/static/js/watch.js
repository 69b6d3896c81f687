// Work that goes on elsewhere: its progress is fetched again and again, and when it is over the page is read anew.

const box = document.getElementById("progress");

/** @param {number} every milliseconds between two looks */
export function watch(every) {
  if (box?.dataset.progress) setTimeout(look, every, every);
}

async function look(every) {
  try {
    const response = await fetch(box.dataset.progress);
    if (response.ok) {
      box.innerHTML = await response.text();
      if (box.firstElementChild.dataset.over === "yes") return location.reload();
    }
  } catch {
    // The service may be away for a while; the next look tries again.
  }
  setTimeout(look, every, every);
}
