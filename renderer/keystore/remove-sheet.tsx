import { type ReactNode, useState } from "react";
import type { Explanation, IdentityView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { commonName } from "../model/identity.ts";
import { Action } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface RemoveSheetProps {
  readonly identity: IdentityView;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

/** Asks before an identity leaves the keychain for good. */
export function RemoveSheet({ identity, onClose, onRemoved }: RemoveSheetProps): ReactNode {
  const api = useApi();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Explanation>();
  const remove = async (): Promise<void> => {
    setPending(true);
    const result = await api.call("keystore.remove", { fingerprint: identity.fingerprint });
    setPending(false);
    if (result.ok) onRemoved();
    else setError(result.error);
  };
  return (
    <Sheet title="Remove this identity?" role="alertdialog" onClose={onClose}>
      <p>
        <strong>{commonName(identity.subject)}</strong>, issued by {commonName(identity.issuer)}.
      </p>
      <p>
        Its private key is deleted from this computer’s keychain. Without the file it came from you cannot get it back,
        and sites that ask for it stay shut.
      </p>
      {error === undefined ? null : <ErrorNote error={error} />}
      <div className="actions sheet-actions">
        <Action onPress={onClose} autoFocus>
          Keep it
        </Action>
        <Action kind="danger" isPending={pending} onPress={() => void remove()}>
          Remove
        </Action>
      </div>
    </Sheet>
  );
}
