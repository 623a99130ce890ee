/** A guest of full virtualization on Xen, which takes minutes to boot under emulation: not in `.ci/run` (CONTRIBUTING.md). */

import { livesOnXen } from "./life";

livesOnXen("full");
