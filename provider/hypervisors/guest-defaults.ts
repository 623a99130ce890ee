/** What a guest gets where the program says nothing: each profile fills it in, and XML is written by it alone. */

export interface GuestDefaults {
  readonly domainType: "kvm" | "qemu" | "xen" | "test";
  readonly osType: "hvm" | "xen" | "xenpvh";
  readonly machine: string | undefined;
  readonly cpuMode: string | undefined;
  /** Flags below `<features>`; without acpi a guest does not hear the power button. */
  readonly features: readonly string[];
  readonly bus: string;
  readonly cdromBus: string;
  /** Who carries a disk out, in `<driver name>`, by what it is on the host; undefined: the driver's own choice. */
  readonly diskDrivers: { readonly file: string; readonly block: string } | undefined;
  readonly cache: string | undefined;
  readonly discard: string | undefined;
  readonly serialNumbers: boolean;
  readonly nicModel: string | undefined;
  readonly rootPorts: boolean;
  /** Whether the console is a serial port of the machine, which has an element of its own. */
  readonly serialPort: boolean;
  readonly consoleTarget: "serial" | "xen";
  readonly graphics: "vnc" | "none";
  readonly video: string | undefined;
  readonly rng: string | undefined;
  readonly agent: boolean;
  readonly balloon: string | undefined;
  readonly tpm: boolean;
  readonly tpmModel: string;
  /** What finds the kernel on the guest's disk, from outside, where none is given (formatdomain, "Host bootloader"). */
  readonly bootloader: string | undefined;
  /** Whether the machine has a firmware that looks for a boot device. */
  readonly bootDevices: boolean;
  /** Whether a firmware is chosen by its features, and keeps variables in a file. */
  readonly firmwareFeatures: boolean;
  /** Where nothing is said and no kernel is given; undefined: the machine's own. */
  readonly firmware: "efi" | undefined;
  /** Whether ACPI needs UEFI beneath it. */
  readonly acpiNeedsFirmware: boolean;
  /** What a PC on KVM has beside: the port of VMware's mouse and a timer, both to be switched off; clocks for Windows. */
  readonly vmport: boolean;
  readonly hpet: boolean;
  /** The element of `<features>` by which its CPU does not say whose it is; undefined where none does. */
  readonly hiddenBy: string | undefined;
  /** Whether it has USB, on which a screen's tablet is. */
  readonly usb: boolean;
  /** Whether a screen needs a keyboard that is said: a PC has one. */
  readonly keyboard: boolean;
}

export type Virtualization = "full" | "paravirtual" | "pvh";
