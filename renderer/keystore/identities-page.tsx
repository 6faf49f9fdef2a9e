import { type ReactNode, useCallback, useEffect, useState } from "react";
import type { Explanation, IdentityView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { importedText } from "../model/identity.ts";
import { Action } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { IdentityCard } from "./identity-card.tsx";
import { ImportSheet } from "./import-sheet.tsx";
import { RemoveSheet } from "./remove-sheet.tsx";

type Listing =
  | { readonly kind: "loading" }
  | { readonly kind: "listed"; readonly identities: readonly IdentityView[] }
  | { readonly kind: "failed"; readonly error: Explanation };

type Dialog =
  | { readonly kind: "import"; readonly token: string; readonly fileName: string }
  | { readonly kind: "remove"; readonly identity: IdentityView };

/** The identities in the keychain: what they are, how long they serve; adding and removing them. */
export function IdentitiesPage(): ReactNode {
  const api = useApi();
  const [listing, setListing] = useState<Listing>({ kind: "loading" });
  const [dialog, setDialog] = useState<Dialog>();
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState<Explanation>();

  const refresh = useCallback(async (): Promise<void> => {
    const result = await api.call("keystore.list");
    setListing(result.ok ? { kind: "listed", identities: result.value } : { kind: "failed", error: result.error });
  }, [api]);
  useEffect(() => void refresh(), [refresh]);

  const choose = async (): Promise<void> => {
    setSaid("");
    const chosen = await api.call("keystore.choose");
    setFailure(chosen.ok ? undefined : chosen.error);
    if (chosen.ok && chosen.value !== undefined) setDialog({ kind: "import", ...chosen.value });
  };
  const done = (text: string): void => {
    setDialog(undefined);
    setSaid(text);
    void refresh();
  };
  return (
    <div className="identities">
      <header className="identities-head">
        <div>
          <h1>Your identities</h1>
          <p className="lead">
            With these you prove who you are. Their private keys are kept in this computer’s keychain and are never sent
            anywhere.
          </p>
        </div>
        <Action kind="primary" icon="file" onPress={() => void choose()}>
          Import a file…
        </Action>
      </header>
      <p className="said" role="status">
        {said}
      </p>
      {failure === undefined ? null : <ErrorNote error={failure} />}
      <Listed
        listing={listing}
        onRetry={() => void refresh()}
        onRemove={(identity) => setDialog({ kind: "remove", identity })}
      />
      {dialog?.kind === "import" ? (
        <ImportSheet
          token={dialog.token}
          fileName={dialog.fileName}
          onClose={() => setDialog(undefined)}
          onImported={(now) => done(importedText(listing.kind === "listed" ? listing.identities : [], now))}
        />
      ) : null}
      {dialog?.kind === "remove" ? (
        <RemoveSheet
          identity={dialog.identity}
          onClose={() => setDialog(undefined)}
          onRemoved={() => done(`${dialog.identity.name} has been removed.`)}
        />
      ) : null}
    </div>
  );
}

interface ListedProps {
  readonly listing: Listing;
  readonly onRetry: () => void;
  readonly onRemove: (identity: IdentityView) => void;
}

function Listed({ listing, onRetry, onRemove }: ListedProps): ReactNode {
  if (listing.kind === "loading") return <p className="secondary">Asking the keychain…</p>;
  if (listing.kind === "failed")
    return (
      <>
        <ErrorNote error={listing.error} />
        <div className="actions">
          <Action icon="reload" onPress={onRetry}>
            Try again
          </Action>
        </div>
      </>
    );
  if (listing.identities.length === 0)
    return (
      <div className="empty">
        <h2>No identity yet</h2>
        <p>
          Your organisation gives you a file whose name ends in <code>.p12</code> or <code>.pfx</code>, and a passphrase
          for it. Import it here once.
        </p>
      </div>
    );
  return (
    <ul className="identity-list" aria-label="Identities">
      {listing.identities.map((identity) => (
        <IdentityCard key={identity.fingerprint} identity={identity} onRemove={() => onRemove(identity)} />
      ))}
    </ul>
  );
}
