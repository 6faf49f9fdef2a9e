/** Where a list of hostile addresses comes from: a file of this machine, or a server that has proved its key. */
import type { ChannelOpener } from "../auth/channel.ts";
import type { ListSource } from "../core/hostile-source.ts";
import { expectationForList } from "../core/sites.ts";
import { httpsListSource } from "../gateway/list-source.ts";
import { fileSource } from "../hostile/file-source.ts";
import type { List } from "../hostile/lists.ts";

export function listSource(list: List, opener: ChannelOpener): ListSource {
  if (list.file !== undefined) return fileSource(list.file);
  const expectation = expectationForList(list);
  if (expectation === undefined || list.url === undefined) throw new Error(`the list ${list.id} has no source`);
  return httpsListSource({ expectation, path: new URL(list.url).pathname, opener });
}
