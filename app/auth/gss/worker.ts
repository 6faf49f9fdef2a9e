/** Entry of the process that calls the system's Kerberos library, as a utility process or a forked Node. */
import type { GssRequest } from "./protocol.ts";
import { GssServer } from "./serve.ts";

interface ParentPort {
  on(event: "message", listener: (event: { readonly data: GssRequest }) => void): void;
  postMessage(message: unknown): void;
}

const server = new GssServer();
const { parentPort } = process as NodeJS.Process & { readonly parentPort?: ParentPort };
if (parentPort !== undefined) {
  parentPort.on("message", ({ data }) => parentPort.postMessage(server.answer(data)));
} else {
  process.on("message", (request: GssRequest) => process.send?.(server.answer(request)));
  process.on("disconnect", () => process.exit());
}
