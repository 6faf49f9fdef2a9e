/** abuse.ch URLhaus: its CSV (`csv`, `csv_recent`) and its JSON (`json`, `json_recent`). */
import { z } from "zod";
import type { Read } from "./formats.ts";

/** id, dateadded, url, url_status, …, each in quotation marks. */
export function urlhausCsvLine(text: string): Read {
  if (text.trim() === "" || text.startsWith("#")) return "skipped";
  const [, since, address] = csvFields(text) ?? [];
  return since === undefined || address === undefined ? "bad" : [{ address, since }];
}

/** RFC 4180; no field of these lists spans lines. */
function csvFields(line: string): readonly string[] | undefined {
  const fields: string[] = [];
  const field = /"((?:[^"]|"")*)"(,|$)|([^",]*)(,|$)/y;
  for (let end = ","; end === ","; ) {
    const found = field.exec(line);
    if (found === null) return undefined;
    fields.push(found[1]?.replaceAll('""', '"') ?? found[3] ?? "");
    end = found[2] ?? found[4] ?? "";
  }
  return fields;
}

const row = z.object({ url: z.string(), dateadded: z.string() });

/** An object of the lists under each id. */
export function urlhausObject(text: string): Read {
  try {
    const { url, dateadded } = row.parse(JSON.parse(text));
    return [{ address: url, since: dateadded }];
  } catch {
    return "bad";
  }
}
