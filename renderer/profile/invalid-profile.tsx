import type { ReactNode } from "react";
import type { ProfileView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Seal } from "../seal/seal.tsx";
import { Action } from "../ui/button.tsx";

type Invalid = Extract<ProfileView, { kind: "invalid" }>;

/** A profile is there, but has a fault: it is taken whole or not at all. */
export function InvalidProfile({ profile }: { readonly profile: Invalid }): ReactNode {
  const api = useApi();
  const { error, problems } = profile;
  return (
    <main className="first-page">
      <div className="own-page">
        <Seal state="refused" size={72} />
        <h1>{error.title}</h1>
        <p className="lead">{error.message}</p>
        <section className="refusal-remedy">
          <h2>What to do</h2>
          <p>{error.remedy}</p>
        </section>
        <div className="actions">
          <Action kind="primary" icon="reload" onPress={() => void api.call("app.reload-profile")}>
            Look again
          </Action>
        </div>
        <section className="refusal-details">
          <h2>For IT</h2>
          <dl className="facts">
            <dt>Code</dt>
            <dd>
              <code>{error.code}</code>
            </dd>
            <dt>Found</dt>
            <dd className="breakable">{error.it}</dd>
          </dl>
          {problems.length === 0 ? null : (
            <>
              <h3>{problems.length === 1 ? "One problem" : `${problems.length} problems`}</h3>
              <ol className="problems">
                {problems.map((problem) => (
                  <li key={problem}>
                    <code>{problem}</code>
                  </li>
                ))}
              </ol>
            </>
          )}
        </section>
      </div>
    </main>
  );
}
