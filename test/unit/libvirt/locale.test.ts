import { englishInUtf8, utf8Locale } from "../../../provider/libvirt/locale";

describe("a locale that writes every name (8.2)", () => {
  const machines: Readonly<Record<string, readonly [readonly string[], string]>> = {
    "Debian 12": [["C", "C.utf8", "POSIX"], "C.UTF-8"],
    "Fedora, SUSE": [["C", "C.utf8", "de_DE", "de_DE.utf8", "en_US.utf8", "POSIX"], "C.UTF-8"],
    "RHEL 7": [["C", "en_US", "en_US.iso88591", "en_US.utf8", "POSIX"], "en_US.UTF-8"],
    macOS: [["en_US.US-ASCII", "de_DE.ISO8859-1", "de_DE.UTF-8", "en_US.UTF-8", "C", "POSIX"], "en_US.UTF-8"],
    "a small image with one locale": [["C", "POSIX", "pt_BR.utf8"], "pt_BR.utf8"],
    "one with a modifier": [["C", "POSIX", "de_DE.utf8@euro"], "de_DE.utf8@euro"],
    "musl, without the command": [[], "C.UTF-8"],
    "without any": [["C", "POSIX", "de_DE.iso88591"], "C.UTF-8"],
  };
  it.each(Object.entries(machines))("%s", (_, [listed, expected]) => expect(utf8Locale(listed)).toBe(expected));

  it("is the user's own where it is there and neither of ours is", () => {
    expect(utf8Locale(["C", "fr_FR.utf8", "pt_BR.utf8"], "pt_BR.UTF-8")).toBe("pt_BR.UTF-8");
    expect(utf8Locale(["C", "fr_FR.utf8"], "pt_BR.UTF-8")).toBe("fr_FR.utf8");
    expect(utf8Locale(["C", "fr_FR.utf8"], "de_DE.ISO-8859-1")).toBe("fr_FR.utf8");
  });

  it("leaves nothing of the user's locale: one setting that is not there would undo all", () => {
    const inherited = { LC_ALL: "xx_XX", LC_TIME: "de_DE.UTF-8", LANG: "de_DE.UTF-8", LANGUAGE: "de:fr", PATH: "/bin" };
    expect(englishInUtf8(inherited, ["C.utf8"])).toEqual({
      LC_ALL: undefined,
      LC_TIME: undefined,
      LANGUAGE: undefined,
      LANG: "C",
      LC_CTYPE: "C.UTF-8",
    });
  });
});
