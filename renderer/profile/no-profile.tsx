import type { ReactNode } from "react";
import { useApi } from "../api.ts";
import { Mark } from "../seal/seal.tsx";
import { Action } from "../ui/button.tsx";

/** The first page where no profile is installed. */
export function NoProfile({ lookedIn }: { readonly lookedIn: readonly string[] }): ReactNode {
  const api = useApi();
  return (
    <main className="first-page">
      <div className="own-page">
        <Mark size={96} />
        <h1>Welcome to Countersign</h1>
        <p className="lead">
          Countersign opens the sites that your organisation has set up for you, and only those. It has not been set up
          on this computer yet.
        </p>
        <section className="panel">
          <h2>If this is your work computer</h2>
          <p>Ask your IT department to install the Countersign profile. You need not do anything else.</p>
        </section>
        <section className="panel">
          <h2>If you are IT</h2>
          <p>A profile is a JSON file. Countersign looks for one here:</p>
          <ul className="paths">
            {lookedIn.map((place) => (
              <li key={place}>
                <code>{place}</code>
              </li>
            ))}
          </ul>
        </section>
        <div className="actions">
          <Action kind="primary" icon="reload" onPress={() => void api.call("app.reload-profile")}>
            Look again
          </Action>
        </div>
      </div>
    </main>
  );
}
