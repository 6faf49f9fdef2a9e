import type { Stats } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";

/** Symbolic links followed before a path counts as a loop, as in Linux (`path_resolution(7)`). */
const MAX_LINKS = 40;
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/** What is wrong with a path: others than the owner could change what is read there. */
export interface SafetyFault {
  readonly path: string;
  readonly fault: string;
}

/**
 * Looks at everything that decides what is read at `path`: the file or directory itself, every directory above it and
 * every symbolic link on the way, with the directories above their targets.
 *
 * Owners must be root or `owner`. The thing itself must not be writable by group or others (an ACL's grants show in
 * the group bits, `acl(5)`); a directory above may be when it is sticky, since then nobody can exchange what is root's.
 * @throws what `lstat` throws, e.g. ENOENT.
 */
export async function safetyFault(path: string, owner: number): Promise<SafetyFault | undefined> {
  return judge(resolve(path), owner, { left: MAX_LINKS });
}

async function judge(path: string, owner: number, links: { left: number }): Promise<SafetyFault | undefined> {
  const { root } = parse(path);
  const steps = path
    .slice(root.length)
    .split("/")
    .filter((step) => step !== "");
  let here = root;
  let fault = modeFault(await lstat(here), owner, steps.length > 0);
  for (const [index, step] of steps.entries()) {
    if (fault !== undefined) return { path: here, fault };
    here = join(here, step);
    const stats = await lstat(here);
    if (stats.isSymbolicLink()) {
      return await judgeLink(here, steps.slice(index + 1), stats, owner, links);
    }
    fault = modeFault(stats, owner, index + 1 < steps.length);
  }
  return fault === undefined ? undefined : { path: here, fault };
}

/** A link's own mode says nothing; its owner, and everything on the way to its target, does. */
async function judgeLink(
  link: string,
  rest: readonly string[],
  stats: Stats,
  owner: number,
  links: { left: number },
): Promise<SafetyFault | undefined> {
  if (!isTrusted(stats.uid, owner)) return { path: link, fault: `the link belongs to uid ${stats.uid}` };
  links.left -= 1;
  if (links.left < 0) return { path: link, fault: "too many symbolic links" };
  const target = resolve(dirname(link), await readlink(link));
  return judge(join(target, ...rest), owner, links);
}

/** What is wrong with an opened file or a directory, judged by itself. */
export function modeFault(stats: Stats, owner: number, isAbove: boolean): string | undefined {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  if (!isTrusted(stats.uid, owner)) return `it belongs to uid ${stats.uid} (mode ${mode})`;
  const tolerated = isAbove && (stats.mode & STICKY) !== 0;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0 && !tolerated) return `group or others may write to it (mode ${mode})`;
  return undefined;
}

function isTrusted(uid: number, owner: number): boolean {
  return uid === 0 || uid === owner;
}
