import { checksumIn, statedChecksum } from "../../../../../provider/resources/disk/sources/checksum";

const [short, long] = ["a1".repeat(32), "b2".repeat(64)];

describe("lists of checksums", () => {
  it.each([
    ["coreutils", `${"c".repeat(64)}  other.qcow2\n${short}  debian.qcow2\n`, { algorithm: "sha256", digest: short }],
    [
      "in binary mode, with a folder, in upper case",
      `${long.toUpperCase()} *./debian.qcow2\r\n`,
      { algorithm: "sha512", digest: long },
    ],
    [
      "BSD",
      `SHA256 (debian.qcow2) = ${short}\nSHA512 (debian.qcow2) = ${long}\n`,
      { algorithm: "sha512", digest: long },
    ],
    ["one digest alone", `${short}\n`, { algorithm: "sha256", digest: short }],
    [
      "signed",
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${short}  debian.qcow2\n`,
      { algorithm: "sha256", digest: short },
    ],
    ["of another file", `${short}  debian.qcow2.xz\n${short}  old-debian.qcow2\n`, undefined],
    ["MD5 only", `${"d".repeat(32)}  debian.qcow2\n`, undefined],
    ["a page of text", "<html>debian.qcow2</html>", undefined],
  ])("%s", (_name, list, found) => expect(checksumIn(list, "debian.qcow2")).toEqual(found));
});

it("of two that are stated the longer counts", () => {
  expect(statedChecksum({ sha256: short, sha512: long })).toEqual({ algorithm: "sha512", digest: long });
  expect(statedChecksum({ sha256: short })).toEqual({ algorithm: "sha256", digest: short });
  expect(statedChecksum({})).toBeUndefined();
});
