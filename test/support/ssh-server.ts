/** The real sshd of a private host: its keys and configuration, and a user on the host who is not root. */

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PrivateHost, run } from "./private-host";

export interface SshServer {
  /** Where the keys `client` (let in) and `stranger` (not) are, `known` with the server's, `authorized`, `sshd_config`. */
  readonly folder: string;
  /**
   * An ssh program for `?command=` of a URI, with a configuration file `config-NAME` that begins with `configuration`. Its
   * connections to the server are counted in `NAME.count`, a line each.
   */
  program(name: string, configuration?: string, key?: "client" | "stranger" | "nothing"): string;
}

/** The user who is not root is called `operator`. */
export function prepareSshServer(host: PrivateHost): SshServer {
  const folder = join(host.folder, "ssh");
  // sshd reads authorized keys as the user who comes in.
  mkdirSync(folder, { mode: 0o755 });
  for (const key of ["server", "client", "stranger"]) {
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(folder, key));
  }
  writeFileSync(join(folder, "authorized"), readFileSync(join(folder, "client.pub")));
  writeFileSync(
    join(folder, "sshd_config"),
    `HostKey ${folder}/server\nAuthorizedKeysFile ${folder}/authorized\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nPidFile none\n`,
  );
  appendFileSync(join(host.folder, "passwd"), "operator:x:64100:64100::/tmp:/bin/sh\n");
  appendFileSync(join(host.folder, "group"), "operator:x:64100:\n");
  host.enter("mkdir", "-p", "/run/sshd");
  writeFileSync(join(folder, "known"), `* ${readFileSync(join(folder, "server.pub"), "utf8")}`);
  const enter = join(__dirname, "../../scripts/private-host");
  const reach = `${enter} enter ${host.folder} /usr/sbin/sshd -i -f ${folder}/sshd_config`;
  return {
    folder,
    program: (name, configuration = "", key = "client") => {
      const [wrapper, server] = [join(folder, `ssh-${name}`), join(folder, `server-${name}`)];
      writeFileSync(server, `#!/bin/sh\necho >>${folder}/${name}.count\nexec ${reach}\n`, { mode: 0o755 });
      const base = `Host jump target\n  ProxyCommand ${server}\n`;
      const common = `Host *\n  UserKnownHostsFile ${folder}/known\n  GlobalKnownHostsFile /dev/null\n  IdentityFile ${folder}/${key}\n  BatchMode yes\n`;
      writeFileSync(join(folder, `config-${name}`), configuration + base + common);
      writeFileSync(wrapper, `#!/bin/sh\nexec ssh -F ${folder}/config-${name} "$@"\n`, { mode: 0o755 });
      return wrapper;
    },
  };
}
