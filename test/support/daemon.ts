/** libvirtd as a test kills it and starts it again where no service manager looks after it: shell commands for its host. */

export const killDaemon =
  "kill -KILL $(cat /run/libvirtd.pid); while pgrep -x libvirtd; do sleep 0.1; done; rm -f /run/libvirtd.pid";

/** Waits until it answers at this URI; else says the end of its log. */
export const startDaemon = (uri: string, log: string, environment = ""): string =>
  `${environment} libvirtd --daemon --pid-file /run/libvirtd.pid
   for i in $(seq 100); do virsh -c ${uri} uri >/dev/null 2>&1 && exit 0; sleep 0.1; done
   tail -n 20 '${log}' >&2; exit 1`;
