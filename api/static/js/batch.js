// A batch under way is looked at every two seconds.

import { watch } from "./watch.js";

watch(2000);
