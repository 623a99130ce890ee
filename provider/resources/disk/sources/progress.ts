/** How far something has come, in words: percent, rate and time left. The front says it as often as it can be read. */

/** A few times a second are enough for any reader. */
const againMilliseconds = 300;

/** `total`: bytes, where they are known. Returns what is told, as often as one likes, how many there are by now. */
export function meter(
  doing: string,
  total: number | undefined,
  say: (text: string, often: boolean) => void,
  now: () => number = Date.now,
): (bytes: number) => void {
  const begun = now();
  let said = begun;
  let first: number | undefined;
  return (bytes) => {
    first ??= bytes;
    const at = now();
    if (at - said < againMilliseconds) return;
    said = at;
    say(`${doing}: ${progressInWords(bytes, total, ((bytes - first) / (at - begun)) * 1000)}`, true);
  };
}

/** `rate`: bytes a second. */
export function progressInWords(bytes: number, total: number | undefined, rate: number): string {
  const speed = `${size(rate)}/s`;
  if (total === undefined || total === 0) return `${size(bytes)}, ${speed}`;
  const left = rate > 0 ? `, ${duration((total - bytes) / rate)} left` : "";
  return `${Math.min(100, Math.floor((bytes / total) * 100))} % of ${size(total)}, ${speed}${left}`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

function size(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
