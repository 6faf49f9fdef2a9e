import type { ReactNode } from "react";
import type { Explanation } from "../../app/ipc/contract.ts";

/** What went wrong with an operation, and what to do. */
export function ErrorNote({ error }: { readonly error: Explanation }): ReactNode {
  return (
    <div className="error-note" role="alert">
      <p className="error-title">{error.title}</p>
      <p>{error.message}</p>
      <p>{error.remedy}</p>
      <p className="error-code">
        <code>{error.code}</code>
      </p>
    </div>
  );
}
