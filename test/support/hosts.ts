/** The hosts of one test file: its stacks and its own questions share their connections. */

import { wordsOf } from "../../provider/hypervisors/profile-of";
import { Hosts } from "../../provider/libvirt/connection";
import type { Virsh } from "../../provider/libvirt/virsh";

class HostsOfRuns extends Hosts {
  private present = new Hosts(wordsOf);

  override connect(uri: string): Virsh {
    return this.present.connect(uri);
  }

  override close(): Promise<void> {
    return this.present.close();
  }

  async renew(): Promise<void> {
    await this.present.close();
    this.present = new Hosts(wordsOf);
  }
}

const ofRuns = new HostsOfRuns(wordsOf);

export const hosts: Hosts = ofRuns;

export const disconnect = (): Promise<void> => hosts.close();

/** As with the next `up`, in a process of its own: what this one knows of its hosts (listings, looks) is forgotten. */
export const nextRun = (): Promise<void> => ofRuns.renew();
