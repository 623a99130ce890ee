/** Golden cases of Xen, without devices of the host. */

import { startsGoldenCases } from "./golden-cases";

startsGoldenCases({ withDevices: false });
