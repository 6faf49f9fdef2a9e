import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Content {
  readonly folder: string;
  readonly release: string;
  /** Made when it is not there. */
  readonly keyFile: string;
  readonly number: number;
  /** The number that `delta.txt` starts from. */
  readonly delta?: number;
}

/** Signs a release of `list.txt`, and of `delta.txt`, of a folder. @returns the public key */
export async function signedRelease({ folder, release, keyFile, number, delta }: Content): Promise<string> {
  if (!existsSync(keyFile)) {
    writeFileSync(keyFile, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
  }
  const key = createPrivateKey(readFileSync(keyFile));
  const list = await fileOf(folder, "list.txt");
  const deltas = delta === undefined ? [] : [{ from: delta, ...(await fileOf(folder, "delta.txt")) }];
  const text = JSON.stringify({ version: 1, id: "bench", number, issued: new Date().toISOString(), list, deltas });
  writeFileSync(release, text);
  writeFileSync(`${release}.sig`, sign(null, Buffer.from(text), key));
  return createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
}

async function fileOf(folder: string, name: string) {
  const digest = createHash("sha256");
  for await (const piece of createReadStream(join(folder, name))) digest.update(piece);
  return { name, size: statSync(join(folder, name)).size, sha256: digest.digest("hex") };
}
