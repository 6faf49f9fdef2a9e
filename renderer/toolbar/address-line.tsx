import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { ActiveView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { addressParts, editableAddress } from "../model/address.ts";

interface AddressLineProps {
  readonly active: ActiveView | undefined;
  readonly requests: number;
  readonly onGo: () => void;
}

/** Shows the site's name and where it is; with the cursor in it, holds the address as text. */
export function AddressLine({ active, requests, onGo }: AddressLineProps): ReactNode {
  const api = useApi();
  const input = useRef<HTMLInputElement>(null);
  /** The mouse is giving the focus. */
  const pressed = useRef(false);
  const [text, setText] = useState<string>();
  const address = active === undefined ? "" : editableAddress(active.origin, active.path);

  useEffect(() => {
    if (requests > 0) input.current?.focus();
  }, [requests]);
  const onFocus = (): void => {
    setText(address);
    input.current?.select();
  };
  const onMouseDown = (): void => {
    pressed.current = document.activeElement !== input.current;
  };
  // The press that gives the focus puts the cursor somewhere; the whole address is wanted, unless a part was marked.
  const onMouseUp = (): void => {
    const { selectionStart = 0, selectionEnd = 0 } = input.current ?? {};
    if (pressed.current && selectionStart === selectionEnd) input.current?.select();
    pressed.current = false;
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      input.current?.blur();
    }
    if (event.key !== "Enter" || text === undefined || text.trim() === "") return;
    onGo();
    void api.call("site.navigate", { text: text.trim() });
    input.current?.blur();
  };
  return (
    <div className="address" data-editing={text !== undefined}>
      <input
        ref={input}
        className="address-input"
        aria-label={active === undefined ? "Address" : `Address of ${active.name}`}
        placeholder={active === undefined ? "Address of one of the sites" : undefined}
        value={text ?? address}
        onFocus={onFocus}
        onMouseDown={onMouseDown}
        onMouseUp={onMouseUp}
        onBlur={() => setText(undefined)}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={8192}
      />
      {active === undefined || text !== undefined ? null : <AddressDisplay active={active} />}
    </div>
  );
}

/** Lies over the input, which says the same to screen readers. What tells one owner from another gives way last. */
function AddressDisplay({ active }: { readonly active: ActiveView }): ReactNode {
  const { subdomain, registrable, port, path } = addressParts(active.origin, active.path);
  return (
    <div className="address-display" aria-hidden="true">
      {/* An address that belongs to no site has no name but its own. */}
      {active.site === "" ? null : <span className="address-name">{active.name}</span>}
      <span className="address-subdomain">{subdomain}</span>
      <span className="address-registrable">
        <b>{registrable}</b>
        {port}
      </span>
      <span className="address-path">{path}</span>
    </div>
  );
}
