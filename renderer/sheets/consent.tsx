import type { ReactNode } from "react";
import type { ConsentView, SiteView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Action } from "../ui/button.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface Words {
  readonly title: (site: string) => string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}

const WORDS: Readonly<Record<ConsentView["kind"], Words>> = {
  "clipboard-read": {
    title: (site) => `Let ${site} read what you have copied?`,
    text: "A script of the page wants to read the clipboard. It may hold something from another program.",
    yes: "Allow",
    no: "Don't allow",
  },
  "clipboard-write": {
    title: (site) => `Let ${site} copy something for you?`,
    text: "A script of the page wants to put something on the clipboard, where other programs can read it.",
    yes: "Allow",
    no: "Don't allow",
  },
  link: {
    title: (site) => `${site} leads to another site`,
    text: "This address goes with the link, and the other site reads all of it:",
    yes: "Go there",
    no: "Stay",
  },
  "unproved-link": {
    title: (site) => `Follow a link of ${site}?`,
    text: "Nobody has proved this site. The link asks for this address, all of it:",
    yes: "Go there",
    no: "Stay",
  },
  program: {
    title: (site) => `${site} wants to open another program`,
    text: "This goes to your program for mail or calls, all of it:",
    yes: "Open the program",
    no: "Stay",
  },
};

/** What a page wants; only the user may allow it. Staying is what Enter does. */
export function ConsentSheet({
  consent,
  sites,
}: {
  readonly consent: ConsentView;
  readonly sites: readonly SiteView[];
}): ReactNode {
  const api = useApi();
  const { title, text, yes, no } = WORDS[consent.kind];
  const name = sites.find(({ id }) => id === consent.site)?.name ?? consent.site;
  const answer = (allow: boolean): void => void api.call("consent.answer", { id: consent.id, allow });
  return (
    <Sheet title={title(name)} role="alertdialog" onClose={() => answer(false)}>
      <p>{text}</p>
      {consent.subject === undefined ? null : <p className="consent-subject">{consent.subject}</p>}
      <div className="actions sheet-actions">
        <Action onPress={() => answer(false)} autoFocus>
          {no}
        </Action>
        <Action kind="primary" onPress={() => answer(true)}>
          {yes}
        </Action>
      </div>
    </Sheet>
  );
}
