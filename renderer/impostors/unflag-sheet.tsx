import { type ReactNode, useState } from "react";
import type { Explanation, ImpostorView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { imitatedSites } from "../model/impostor.ts";
import { Action } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface UnflagSheetProps {
  readonly impostor: ImpostorView;
  readonly onClose: () => void;
  readonly onRemoved: (now: readonly ImpostorView[]) => void;
}

/** Asks before a server is forgotten. */
export function UnflagSheet({ impostor, onClose, onRemoved }: UnflagSheetProps): ReactNode {
  const api = useApi();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Explanation>();
  const remove = async (): Promise<void> => {
    setPending(true);
    // The contract checks its form again.
    const result = await api.call("impostors.remove", { key: impostor.key });
    setPending(false);
    if (result.ok) onRemoved(result.value);
    else setError(result.error);
  };
  return (
    <Sheet title="No longer flag this server?" role="alertdialog" onClose={onClose}>
      <p>
        It answered in the place of <strong>{imitatedSites(impostor)}</strong>. What is known of it is deleted from this
        computer; export it first if your IT department should see it.
      </p>
      <p>It stays refused as long as its key is not one that your organisation lists for the site.</p>
      {error === undefined ? null : <ErrorNote error={error} />}
      <div className="actions sheet-actions">
        <Action onPress={onClose} autoFocus>
          Keep it flagged
        </Action>
        <Action kind="danger" isPending={pending} onPress={() => void remove()}>
          No longer flag
        </Action>
      </div>
    </Sheet>
  );
}
