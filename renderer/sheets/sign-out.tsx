import { type ReactNode, useState } from "react";
import type { Explanation, SiteView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Action } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface SignOutSheetProps {
  readonly site: string;
  readonly sites: readonly SiteView[];
  readonly onClose: () => void;
}

/** Asks before a site's session is ended and everything it stored here is cleared. */
export function SignOutSheet({ site, sites, onClose }: SignOutSheetProps): ReactNode {
  const api = useApi();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Explanation>();
  const name = sites.find((candidate) => candidate.id === site)?.name ?? site;
  const signOut = async (): Promise<void> => {
    setPending(true);
    const result = await api.call("site.sign-out", { site });
    setPending(false);
    if (result.ok) onClose();
    else setError(result.error);
  };
  return (
    <Sheet title={`Sign out of ${name}?`} role="alertdialog" onClose={onClose}>
      <p>
        The page closes, and everything the site has stored on this computer is cleared: cookies, saved data and cached
        pages. Your identities stay.
      </p>
      {error === undefined ? null : <ErrorNote error={error} />}
      <div className="actions sheet-actions">
        <Action onPress={onClose} autoFocus>
          Stay signed in
        </Action>
        <Action kind="primary" isPending={pending} onPress={() => void signOut()}>
          Sign out and clear
        </Action>
      </div>
    </Sheet>
  );
}
