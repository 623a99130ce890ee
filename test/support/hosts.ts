/** The hosts of one test file: its stacks and its own questions share their connections. */

import { wordsOf } from "../../provider/hypervisors/profile-of";
import { Hosts } from "../../provider/libvirt/connection";

export const hosts = new Hosts(wordsOf);

export const disconnect = (): Promise<void> => hosts.close();
