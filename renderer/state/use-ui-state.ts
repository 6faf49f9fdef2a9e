import { useEffect, useState } from "react";
import type { CountersignApi, UiState } from "../../app/ipc/contract.ts";

/** The newest snapshot from the main process; undefined until the first one is here. */
export function useUiState(api: CountersignApi): UiState | undefined {
  const [state, setState] = useState<UiState>();
  useEffect(() => {
    let pushed = false;
    const end = api.onState((next) => {
      pushed = true;
      setState(next);
    });
    void api.call("app.state").then((first) => {
      // A snapshot that was pushed meanwhile is the newer one.
      if (!pushed) setState(first);
    });
    return end;
  }, [api]);
  return state;
}
