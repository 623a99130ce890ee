/**
 * The locale in which virsh writes every name as it is and every message in English. In `C` it writes each byte of a
 * letter beyond ASCII as `\xff`, which tells nothing; a locale that is not there is `C` again. Pure.
 */

/** Any of these writes UTF-8. Debian and Fedora have the first, RHEL 7 and macOS the second. */
const preferred = ["C.UTF-8", "en_US.UTF-8"];

/**
 * The name of a UTF-8 locale that the machine has: of what `locale -a` lists, or what the user's own environment names.
 * Where nothing tells (musl has no such command), the first of the list, which musl takes.
 */
export function utf8Locale(listed: readonly string[], own?: string): string {
  const has = (name: string): boolean => listed.some((each) => spelling(each) === spelling(name));
  const known = [...preferred, ...(own === undefined ? [] : [own])].find((name) => isUtf8(name) && has(name));
  return known ?? listed.find(isUtf8) ?? preferred[0] ?? "C";
}

/**
 * What a process of ours gets instead of the user's locale: one setting that is not there would make all of them `C`
 * (setlocale(3)), so none is left over.
 */
export function englishInUtf8(
  environment: Readonly<Record<string, string | undefined>>,
  listed: readonly string[],
): Record<string, string | undefined> {
  const { LC_ALL, LC_CTYPE, LANG } = environment;
  const inherited = Object.keys(environment).filter((name) => name.startsWith("LC_"));
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    LANGUAGE: undefined,
    LANG: "C",
    LC_CTYPE: utf8Locale(listed, LC_ALL ?? LC_CTYPE ?? LANG),
  };
}

function isUtf8(name: string): boolean {
  return /\.utf-?8(@.*)?$/i.test(name);
}

/** `locale -a` of glibc says `en_US.utf8` for what is called `en_US.UTF-8` everywhere else. */
function spelling(name: string): string {
  return name.toLowerCase().replace("-", "");
}
