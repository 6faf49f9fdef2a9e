/** The lists of hostile addresses of the profile that is in use. */
import { join } from "node:path";
import { app } from "electron";
import type { ListSource } from "../core/hostile-source.ts";
import type { Profile } from "../core/profile.ts";
import { explain } from "../core/reasons.ts";
import { HostileLists, type List } from "../hostile/lists.ts";
import { threadRunner } from "../hostile/thread.ts";
import type { ListEvents, ProfileLists } from "./current-lists.ts";

/** Opens the lists of a profile and begins to keep them up to date. */
export async function openLists(
  { hostileLists: lists = [] }: Pick<Profile, "hostileLists">,
  sourceOf: (list: List) => Promise<ListSource>,
  events: ListEvents,
): Promise<ProfileLists> {
  const open = await HostileLists.open({
    lists,
    folder: join(app.getPath("userData"), "hostile"),
    sourceOf,
    runner: threadRunner(join(app.getAppPath(), "out/app/preload/hostile-worker.cjs")),
    clock: Date.now,
    warn: ({ name }, why) => {
      const { title, it } = explain(why);
      console.error(`hostile list ${name}: ${why.code}: ${it}`);
      events.notice(`${title} (“${name}”).`);
    },
    changed: events.changed,
  });
  open.start();
  return open;
}
