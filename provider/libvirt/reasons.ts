/** What virsh, libvirt, ssh and QEMU said on standard error, as one sentence: every line that says why. Pure. */

/** virsh's words (9.0 to 11.3) when the daemon silently came back. */
const reconnected = /^error: Reconnected to the hypervisor/;

const noise: readonly RegExp[] = [
  // The last words of every session of ours: it has no place for a history file, by intent.
  /^Failed to create '\/dev\/null/,
  // libvirt's own log.
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000: \d+: (debug|info|warning|error) :/,
  // ssh's frame around what it says of a changed key.
  /^@+$/,
  /^failed to connect to the hypervisor$/,
];

/** The complaint, or undefined where there is none: warnings on standard error are no failure. */
export function complaintOf(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => !reconnected.test(line));
  const begin = lines.findIndex((line) => line.startsWith("error: "));
  return begin < 0 ? undefined : sentenceOf(lines.slice(begin).join("\n"));
}

export function sentenceOf(said: string): string {
  const lines = said
    .split("\n")
    .map((line) => line.replace(/^error: /, "").trim())
    .filter((line) => line !== "" && !noise.some((pattern) => pattern.test(line)))
    .map(plain);
  return lines
    .reduce((text, line) => (text === "" ? line : `${text}${separator(text)}${line}`), "")
    .replace(/passwd=(['"]).*?\1/g, "passwd=$1***$1");
}

/** `Failed to start domain 'web'` and its reason are one sentence; the lines of a schema's complaint are several. */
function separator(before: string): string {
  if (/[:,;.!?]$/.test(before)) return " ";
  return /^(Failed|Unable|Cannot) to [^:.]*$/i.test(before) ? ": " : ". ";
}

function plain(line: string): string {
  return (
    line
      // The file that the XML travelled in is nobody's business.
      .replace(/ from (\/proc\/\d+\/fd\/\d+|\S*\/pulumi-virt-\w+\/\d+\.xml)/g, "")
      // Which schema: the reason is on the next lines.
      .replace(/(failed to validate against schema): Unable to validate doc against \S+$/, "$1:")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z (?=\S*qemu)/g, "")
      .replace(/\S*qemu(-system-\S+|-kvm|-img)?: (?=-)/g, "")
      .replace(/(?:^|(?<=: ))(-[a-z][a-z-]*) (\{.*?\}(?=: )|[^\s:]+)(?=: )/g, (_, __, what: string) => subject(what))
      .replace(/^: /, "")
  );
}

/** libvirt numbers the nodes of QEMU's block layer in an order of its own: which disk it is cannot be told. */
const node = /^libvirt-\d+-/;

/** Said in place of such a number. */
export const imageOfADisk = "the image of a disk";

/** Of a part of QEMU's command line: which device or file it is. */
function subject(option: string): string {
  const value = (key: string): string | undefined =>
    new RegExp(`"${key}":"((?:[^"\\\\]|\\\\.)*)"`).exec(option)?.[1] ??
    new RegExp(`(?:^|,)${key}=([^,]*)`).exec(option)?.[1];
  const file = value("filename") ?? value("file");
  if (file !== undefined && !node.test(file)) return file;
  return value("id") ?? (node.test(value("node-name") ?? "") ? imageOfADisk : "QEMU");
}
