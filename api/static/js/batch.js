// A batch under way: its progress is fetched again every two seconds; when it is over the page is read anew.

const box = document.getElementById("progress");
const EVERY = 2000;

async function look() {
  try {
    const response = await fetch(box.dataset.progress);
    if (response.ok) {
      box.innerHTML = await response.text();
      if (box.firstElementChild.dataset.over === "yes") return location.reload();
    }
  } catch {
    // The service may be away for a while; the next look tries again.
  }
  setTimeout(look, EVERY);
}

if (box.dataset.progress) setTimeout(look, EVERY);
