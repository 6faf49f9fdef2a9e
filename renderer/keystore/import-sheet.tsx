import { type FormEvent, type ReactNode, useState } from "react";
import type { Explanation, IdentityView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Action } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Field } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface ImportSheetProps {
  readonly token: string;
  readonly fileName: string;
  readonly onClose: () => void;
  /** With all identities that are there now. */
  readonly onImported: (identities: readonly IdentityView[]) => void;
}

/** Asks for the passphrase of a PKCS#12 file; the file itself stays in the main process. */
export function ImportSheet({ token, fileName, onClose, onImported }: ImportSheetProps): ReactNode {
  const api = useApi();
  const [passphrase, setPassphrase] = useState("");
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Explanation>();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setPending(true);
    setError(undefined);
    const result = await api.call("keystore.import", { token, passphrase });
    setPending(false);
    if (result.ok) onImported(result.value);
    else setError(result.error);
  };
  return (
    <Sheet title="Import an identity" onClose={onClose}>
      <form className="sheet-form" onSubmit={(event) => void submit(event)}>
        <p className="chosen-file">
          <code>{fileName}</code>
        </p>
        <Field
          label="Passphrase of the file"
          value={passphrase}
          onChange={setPassphrase}
          secret
          autoFocus
          invalid={error?.code === "keystore.passphrase"}
        />
        <p className="secondary">It came with the file. Leave it empty if the file has none.</p>
        {error === undefined ? null : <ErrorNote error={error} />}
        <div className="actions sheet-actions">
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isPending={pending}>
            Import
          </Action>
        </div>
      </form>
    </Sheet>
  );
}
