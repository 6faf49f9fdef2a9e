import { type ReactNode, useCallback, useEffect, useState } from "react";
import type { Explanation, ImpostorView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Action } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { ImpostorCard } from "./impostor-card.tsx";
import { UnflagSheet } from "./unflag-sheet.tsx";

type Listing =
  | { readonly kind: "loading" }
  | { readonly kind: "listed"; readonly impostors: readonly ImpostorView[] }
  | { readonly kind: "failed"; readonly error: Explanation };

/** Servers that imitated a site and whose keys this computer remembers: looking at them, forgetting, handing to IT. */
export function ImpostorsPage(): ReactNode {
  const api = useApi();
  const [listing, setListing] = useState<Listing>({ kind: "loading" });
  const [asked, setAsked] = useState<ImpostorView>();
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState<Explanation>();

  const refresh = useCallback(async (): Promise<void> => {
    const result = await api.call("impostors.list");
    setListing(result.ok ? { kind: "listed", impostors: result.value } : { kind: "failed", error: result.error });
  }, [api]);
  useEffect(() => void refresh(), [refresh]);

  const exportAll = async (): Promise<void> => {
    setSaid("");
    const written = await api.call("impostors.export");
    setFailure(written.ok ? undefined : written.error);
    if (written.ok && written.value !== undefined) setSaid(`Saved as ${written.value}. Send it to your IT department.`);
  };
  const any = listing.kind === "listed" && listing.impostors.length > 0;
  return (
    <div className="identities">
      <header className="identities-head">
        <div>
          <h1>Flagged servers</h1>
          <p className="lead">
            Each of these answered in the place of one of your sites and proved a key that is not that site’s. This
            computer knows them by that key, and refuses them at once wherever they appear.
          </p>
        </div>
        {any ? (
          <Action icon="file" onPress={() => void exportAll()}>
            Export for IT…
          </Action>
        ) : null}
      </header>
      <p className="said" role="status">
        {said}
      </p>
      {failure === undefined ? null : <ErrorNote error={failure} />}
      <Listed listing={listing} onUnflag={setAsked} />
      {asked === undefined ? null : (
        <UnflagSheet
          impostor={asked}
          onClose={() => setAsked(undefined)}
          onRemoved={(impostors) => {
            setAsked(undefined);
            setListing({ kind: "listed", impostors });
            setSaid("The server is no longer flagged.");
          }}
        />
      )}
    </div>
  );
}

function Listed({
  listing,
  onUnflag,
}: {
  readonly listing: Listing;
  readonly onUnflag: (impostor: ImpostorView) => void;
}): ReactNode {
  if (listing.kind === "loading") return null;
  if (listing.kind === "failed") return <ErrorNote error={listing.error} />;
  if (listing.impostors.length === 0)
    return (
      <div className="empty">
        <h2>No server is flagged</h2>
        <p>No server has answered with a wrong key in the place of one of your sites so far.</p>
      </div>
    );
  return (
    <ul className="identity-list" aria-label="Flagged servers">
      {listing.impostors.map((impostor) => (
        <ImpostorCard key={impostor.key} impostor={impostor} onUnflag={() => onUnflag(impostor)} />
      ))}
    </ul>
  );
}
