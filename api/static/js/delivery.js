// A delivery under way: its progress is fetched again every second; when it is over the page is read anew. Where a heavy check follows, it is looked at too.

const box = document.getElementById("progress");
const EVERY = 1000;
const LATER = 5000;

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

if (box?.dataset.progress) setTimeout(look, EVERY);

// The report stays where it is while the check after publication goes on; only its line moves, and once it is over what it found can be read.
const following = document.querySelector("[data-follow-up]");

async function follow() {
  try {
    const response = await fetch(location.href);
    if (response.ok) {
      const read = new DOMParser().parseFromString(await response.text(), "text/html");
      const line = read.getElementById("follow-up");
      if (line) document.getElementById("follow-up").replaceChildren(...line.childNodes);
      if (!read.querySelector("[data-follow-up]")) return location.reload();
    }
  } catch {
    // as above
  }
  setTimeout(follow, LATER);
}

if (following) setTimeout(follow, LATER);
