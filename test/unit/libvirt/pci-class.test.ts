import { classInWords } from "../../../provider/libvirt/pci-class";

it.each([
  ["0x010601", "SATA controller"],
  ["0x010802", "Non-Volatile memory controller"],
  ["0x020000", "Ethernet controller"],
  ["0x030000", "VGA compatible controller"],
  ["0x030200", "3D controller"],
  ["0x040300", "Audio device"],
  ["0x060000", "Host bridge"],
  ["0x060100", "ISA bridge"],
  ["0x060400", "PCI bridge"],
  ["0x080600", "IOMMU"],
  ["0x0C0330", "USB controller"],
  ["0x0c0500", "SMBus"],
  ["0x0c8000", "Serial bus controller"],
  ["0x108000", "Encryption controller"],
  ["0x120000", "Processing accelerators"],
  ["0x130000", "Non-Essential Instrumentation"],
  // A subclass that is not listed has the words of its base class, and an unknown class those of its code.
  ["0x02ab00", "Network controller"],
  ["0x7f0000", "0x7f0000"],
  ["", ""],
])("class %s in words is %s", (code, words) => expect(classInWords(code)).toBe(words));
