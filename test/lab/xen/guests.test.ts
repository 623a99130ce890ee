/** Paravirtual and PVH guests on Xen. */

import { livesOnXen } from "./life";

livesOnXen("paravirtual", "pvh");
