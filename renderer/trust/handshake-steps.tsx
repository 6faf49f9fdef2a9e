import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel } from "react-aria-components/Disclosure";
import { Heading } from "react-aria-components/Heading";
import type { TrustView } from "../../app/ipc/contract.ts";
import { elapsed } from "../model/time.ts";
import { Icon } from "../ui/icon.tsx";

/** The handshake, message by message, and what was decided between them. */
export function HandshakeSteps({ steps }: { readonly steps: TrustView["steps"] }): ReactNode {
  if (steps.length === 0) return null;
  return (
    <Disclosure className="trust-section disclosure">
      <Heading level={2}>
        <Button slot="trigger" className="disclosure-button">
          <Icon name="chevron" size={14} />
          Handshake, {steps.length} steps
        </Button>
      </Heading>
      <DisclosurePanel>
        <ol className="handshake">
          {steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name, and their order never changes
            <li key={index} data-from={step.from}>
              <span className="handshake-from">
                <Icon name={step.from === "client" ? "to" : "from"} size={14} />
                {step.from === "client" ? "You" : "Server"}
              </span>
              <span className="handshake-name">
                {step.name}
                {step.note === undefined ? null : <span className="handshake-note">{step.note}</span>}
              </span>
              <span className="handshake-at">{elapsed(step.at)}</span>
            </li>
          ))}
        </ol>
      </DisclosurePanel>
    </Disclosure>
  );
}
