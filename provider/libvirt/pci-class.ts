/** PCI classes in the words of lspci (pci-ids.ucw.cz/read/PD), for devices that people pass on or meet in a group. Pure. */

interface BaseClass {
  readonly words: string;
  /** By the two digits after the base class. */
  readonly subclasses?: Readonly<Record<string, string>>;
}

const baseClasses: Readonly<Record<string, BaseClass>> = {
  "00": { words: "Unclassified device" },
  "01": {
    words: "Mass storage controller",
    subclasses: {
      "00": "SCSI storage controller",
      "01": "IDE interface",
      "04": "RAID bus controller",
      "05": "ATA controller",
      "06": "SATA controller",
      "07": "Serial Attached SCSI controller",
      "08": "Non-Volatile memory controller",
    },
  },
  "02": {
    words: "Network controller",
    subclasses: { "00": "Ethernet controller", "07": "Infiniband controller", "08": "Fabric controller" },
  },
  "03": {
    words: "Display controller",
    subclasses: { "00": "VGA compatible controller", "01": "XGA compatible controller", "02": "3D controller" },
  },
  "04": {
    words: "Multimedia controller",
    subclasses: { "00": "Multimedia video controller", "01": "Multimedia audio controller", "03": "Audio device" },
  },
  "05": { words: "Memory controller", subclasses: { "00": "RAM memory", "01": "FLASH memory", "02": "CXL" } },
  "06": {
    words: "Bridge",
    subclasses: {
      "00": "Host bridge",
      "01": "ISA bridge",
      "04": "PCI bridge",
      "07": "CardBus bridge",
      "09": "Semi-transparent PCI-to-PCI bridge",
    },
  },
  "07": {
    words: "Communication controller",
    subclasses: { "00": "Serial controller", "01": "Parallel controller", "02": "Multiport serial controller" },
  },
  "08": {
    words: "Generic system peripheral",
    subclasses: {
      "00": "PIC",
      "01": "DMA controller",
      "02": "Timer",
      "03": "RTC",
      "04": "PCI Hot-plug controller",
      "05": "SD Host controller",
      "06": "IOMMU",
      "80": "System peripheral",
    },
  },
  "09": { words: "Input device controller" },
  "0a": { words: "Docking station" },
  "0b": { words: "Processor", subclasses: { "40": "Co-processor" } },
  "0c": {
    words: "Serial bus controller",
    subclasses: {
      "00": "FireWire (IEEE 1394)",
      "03": "USB controller",
      "04": "Fibre Channel",
      "05": "SMBus",
      "06": "InfiniBand",
      "07": "IPMI Interface",
    },
  },
  "0d": { words: "Wireless controller", subclasses: { "11": "Bluetooth" } },
  "0e": { words: "Intelligent controller" },
  "0f": { words: "Satellite communications controller" },
  "10": { words: "Encryption controller", subclasses: { "00": "Network and computing encryption device" } },
  "11": {
    words: "Signal processing controller",
    subclasses: { "01": "Performance counters", "20": "Signal processing management" },
  },
  "12": { words: "Processing accelerators" },
  "13": { words: "Non-Essential Instrumentation" },
  "40": { words: "Coprocessor" },
  ff: { words: "Unassigned class" },
};

/** The words for a class as libvirt writes it (`0x030000`): its subclass's, else its base class's, else the code itself. */
export function classInWords(classCode: string): string {
  const [, base = "", subclass = ""] = /^0x([0-9a-f]{2})([0-9a-f]{2})/.exec(classCode.toLowerCase()) ?? [];
  const known = baseClasses[base];
  return known?.subclasses?.[subclass] ?? known?.words ?? classCode;
}
