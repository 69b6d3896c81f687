// A delivery under way is looked at every second. Where a heavy check follows, it is looked at too.

import { watch } from "./watch.js";

const LATER = 5000;

watch(1000);

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
    // The service may be away for a while; the next look tries again.
  }
  setTimeout(follow, LATER);
}

if (following) setTimeout(follow, LATER);
