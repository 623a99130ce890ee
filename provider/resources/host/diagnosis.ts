/** All that a new user's host may lack before the first `up`, as findings in the order in which one would look. */

import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { guestUserOf, type GuestUser } from "../../libvirt/local-files";
import { access, mayUse } from "../../libvirt/permissions";
import type { Virsh } from "../../libvirt/virsh";
import { elementsOf, firstElement, textOf } from "../../reconcile/tree";
import { type Condition, conditionOf, type Room } from "./condition";
import { connectedHost } from "./connected";
import { examine, type Examination } from "./examine";
import type { Finding } from "./finding";
import type { FolderLook } from "./machine";
import { whatGuestsCanHave } from "./readiness";

/** Resolves whatever the host answers: a connection that fails is a finding, too. `folder`: where guests' images are to be. */
export async function diagnose(virsh: Virsh, folder: string): Promise<Finding[]> {
  try {
    const [examination, condition] = await Promise.all([
      connectedHost(virsh).then((host) => examine(host, folder)),
      conditionOf(virsh),
    ]);
    return findingsOf(examination, condition, folder);
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    const { hint: help } = error;
    const says = reasonOf(error);
    return [{ subject: "connection", verdict: "missing", says, fatal: true, ...(help === undefined ? {} : { help }) }];
  }
}

/** Pure. */
export function findingsOf(examination: Examination, condition: Condition, folder: string): Finding[] {
  return [
    connectionOf(examination),
    ...shellOf(examination),
    ...rightsOf(condition),
    ...emulatorOf(examination),
    ...whatGuestsCanHave(examination),
    ...securityOf(examination),
    ...folderOf(examination, folder),
    ...memoryOf(condition),
    ...spaceOf(examination, condition, folder),
    ...defaultNetworkOf(examination, condition),
  ];
}

function connectionOf({ description }: Examination): Finding {
  const { libvirtVersion, ownLibvirtVersion: own, hypervisorVersion } = description;
  const here = [Math.floor(own / 1_000_000), Math.floor(own / 1_000) % 1_000, own % 1_000].join(".");
  return {
    subject: "connection",
    verdict: "ok",
    says: `libvirt ${here} here, ${libvirtVersion} there, ${hypervisorVersion}`,
  };
}

function shellOf({ profile, withoutShell }: Examination): Finding[] {
  if (!profile.isMachine) return [];
  const subject = "shell on the host";
  return withoutShell === undefined
    ? [{ subject, verdict: "ok", says: "what libvirt does not tell is asked there" }]
    : [{ subject, verdict: "not known", says: withoutShell }];
}

function rightsOf({ mayChange }: Condition): Finding[] {
  const subject = "rights";
  if (mayChange !== false) return [{ subject, verdict: "ok", says: "the connection may change things" }];
  return [
    {
      subject,
      verdict: "missing",
      says: "the connection may only read",
      help: "connect to the socket for reading and writing (libvirt-sock, virtqemud-sock), as root or as a member of the group libvirt",
      fatal: true,
    },
  ];
}

function emulatorOf({ description }: Examination): Finding[] {
  const { capabilities, facts } = description;
  const kinds = elementsOf(capabilities, "guest");
  const own = kinds.some((guest) => firstElement(guest, "arch")?.attributes.name === facts.architecture);
  if (own) return [];
  const subject = "hypervisor";
  if (kinds.length > 0) {
    const says = `guests of the host's own architecture (${facts.architecture}) cannot run, only of others`;
    return [
      {
        subject,
        verdict: "warning",
        says,
        help: "install QEMU for it (Debian, Ubuntu: qemu-system-x86, qemu-system-arm)",
      },
    ];
  }
  return [
    {
      subject,
      verdict: "missing",
      says: "libvirt finds nothing that could run a guest",
      help: "install QEMU on the host (Debian, Ubuntu: qemu-system-x86; Fedora, RHEL: qemu-kvm; SUSE: qemu-x86), then restart the daemon",
      fatal: true,
    },
  ];
}

function securityOf({ description, profile }: Examination): Finding[] {
  const { capabilities, facts } = description;
  if (!profile.guestsAreProcesses || facts.session) return [];
  const subject = "security driver";
  const host = firstElement(capabilities, "host");
  const models = (host === undefined ? [] : elementsOf(host, "secmodel"))
    .map((model) => textOf(firstElement(model, "model")))
    .filter((model) => model !== "none");
  if (models.some((model) => model === "apparmor" || model === "selinux")) {
    return [{ subject, verdict: "ok", says: models.join(", ") }];
  }
  return [
    {
      subject,
      verdict: "warning",
      says: `neither AppArmor nor SELinux holds guests apart${models.length === 0 ? "" : `, only their user (${models.join(", ")})`}`,
      help: "switch on what the distribution has: AppArmor on Debian, Ubuntu and SUSE, SELinux on Fedora and RHEL; then restart the daemon",
    },
  ];
}

/** The user of guests must pass each folder on the way to an image. */
function folderOf({ description, profile, machine }: Examination, folder: string): Finding[] {
  const { facts, capabilities } = description;
  if (!profile.guestsAreProcesses || facts.session) return [];
  const subject = `folder ${folder}`;
  if (machine?.folder === undefined)
    return [{ subject, verdict: "not known", says: "there is no shell on the host to look with" }];
  const user = guestUserOf(capabilities, profile.name) ?? { uid: 0, gid: 0 };
  return [{ subject, ...reach(machine.folder, folder, user, machine.groups) }];
}

function reach(
  { way }: FolderLook,
  folder: string,
  user: GuestUser,
  groups: ReadonlySet<number>,
): Omit<Finding, "subject"> {
  const fromRoot = [...way].reverse();
  for (const [path, is] of fromRoot) {
    if (is === "hidden")
      return {
        verdict: "not known",
        says: `this user may not see ${path}`,
        help: "connect as root to have it looked at",
      };
    if (is === "absent") {
      const says = path === folder ? "it is not there" : `it is not there, nor is ${path}`;
      return { verdict: "warning", says, help: "a Pool of type dir makes it; --folder names another" };
    }
    if (!mayUse(is, user, new Set([user.gid, ...groups]), access.pass)) {
      return {
        verdict: "warning",
        says: `QEMU runs as user ${user.uid}, who may not pass ${path} (mode ${is.mode.toString(8)})`,
        help: `chmod o+x ${path}, or setfacl -m u:${user.uid}:x ${path}; or keep images elsewhere, as in /var/lib/libvirt/images`,
      };
    }
  }
  return { verdict: "ok", says: `QEMU's user (${user.uid}) reaches it` };
}

/** Below these, even a small guest is in trouble. */
const littleMemoryKiB = 512 * 1024;
const littleSpaceKiB = 2 * 1024 * 1024;

function memoryOf({ memory, hugePages }: Condition): Finding[] {
  if (memory === undefined) return [];
  const pages = hugePages.map(([size, free]) => `, ${free} free pages of ${size / 1024} MiB`).join("");
  const says = `${amounts(memory)} are free${pages}`;
  return memory.freeKiB >= littleMemoryKiB
    ? [{ subject: "memory", verdict: "ok", says }]
    : [
        {
          subject: "memory",
          verdict: "warning",
          says,
          help: "stop what is not needed: the kernel ends guests when there is none left",
        },
      ];
}

function spaceOf({ machine }: Examination, { pools }: Condition, folder: string): Finding[] {
  const free = machine?.folder?.freeKiB;
  const help = "make room, or keep images elsewhere: guests that find none are paused";
  const judged = (subject: string, freeKiB: number, says: string): Finding =>
    freeKiB >= littleSpaceKiB ? { subject, verdict: "ok", says } : { subject, verdict: "warning", says, help };
  return [
    ...pools.map(({ name, ...room }) => judged(`space in pool ${name}`, room.freeKiB, `${amounts(room)} are free`)),
    ...(free === undefined ? [] : [judged(`space in ${folder}`, free, `${gib(free)} GiB are free`)]),
  ];
}

function defaultNetworkOf({ description }: Examination, { networks }: Condition): Finding[] {
  if (description.facts.session) return [];
  const subject = "network default";
  const found = networks.find(({ name }) => name === "default");
  if (found === undefined) {
    return [
      { subject, verdict: "warning", says: "it is not there", help: "a Network of the program is as good: mode nat" },
    ];
  }
  if (found.active)
    return [
      { subject, verdict: "ok", says: found.autostart ? "it runs" : "it runs, and does not start with the host" },
    ];
  return [
    {
      subject,
      verdict: "warning",
      says: "it does not run",
      help: "virsh net-start default; virsh net-autostart default",
    },
  ];
}

function amounts({ freeKiB, totalKiB }: Room): string {
  return `${gib(freeKiB)} of ${gib(totalKiB)} GiB`;
}

function gib(kib: number): string {
  return (kib / 1024 / 1024).toFixed(1);
}
