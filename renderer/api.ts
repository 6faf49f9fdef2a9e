import { createContext, useContext } from "react";
import type { CountersignApi } from "../app/ipc/contract.ts";

declare global {
  interface Window {
    /** Exposed by preload. */
    readonly countersign: CountersignApi;
  }
}

const ApiContext = createContext<CountersignApi | undefined>(undefined);

export const ApiProvider = ApiContext.Provider;

/** The way to the main process. @throws Error outside of an ApiProvider */
export function useApi(): CountersignApi {
  const api = useContext(ApiContext);
  if (api === undefined) throw new Error("no ApiProvider above this component");
  return api;
}
