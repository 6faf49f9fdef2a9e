/** Opens one channel in a process whose environment the test has set, and answers with what came of it. */
import { connect } from "node:net";
import { createOpener } from "../../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../../app/auth/server-certificate.ts";
import type { Expectation } from "../../../app/core/expectation.ts";
import { Refusal } from "../../../app/core/refusal.ts";

const opener = createOpener({
  dialer: { dial: async (to) => connect(to.port, "127.0.0.1") },
  authenticators: [serverCertificateAuthenticator()],
  clock: Date.now,
});

process.once("message", (to: Expectation) => {
  opener.open(to, new AbortController().signal).then(
    (channel) => {
      channel.destroy();
      process.send?.("authenticated", () => process.disconnect());
    },
    (error: unknown) => {
      process.send?.(error instanceof Refusal ? error.code : String(error), () => process.disconnect());
    },
  );
});
