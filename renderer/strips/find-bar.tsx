import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { ActiveView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { IconButton } from "../ui/button.tsx";

interface FindBarProps {
  readonly find: ActiveView["find"];
  readonly requests: number;
  readonly onClose: () => void;
}

/** Finds text in the page: Enter goes on, Shift+Enter back, Escape closes. */
export function FindBar({ find, requests, onClose }: FindBarProps): ReactNode {
  const api = useApi();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: each request brings the cursor back
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [requests]);
  const go = (forward: boolean): void => {
    if (text !== "") void api.call("find.start", { text, forward, next: true });
  };
  const change = (value: string): void => {
    setText(value);
    if (value === "") void api.call("find.stop");
    else void api.call("find.start", { text: value, forward: true, next: false });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onClose();
    if (event.key === "Enter" && event.target === input.current) go(!event.shiftKey);
  };
  return (
    <search className="find-bar" aria-label="Find in page" onKeyDown={onKeyDown}>
      <input
        ref={input}
        className="find-input"
        aria-label="Find in page"
        placeholder="Find in page"
        value={text}
        maxLength={512}
        spellCheck={false}
        onChange={(event) => change(event.target.value)}
      />
      <p className="find-count" role="status">
        {text === "" || find === undefined ? "" : countText(find)}
      </p>
      <IconButton icon="up" label="Previous match" isDisabled={text === ""} onPress={() => go(false)} />
      <IconButton icon="down" label="Next match" isDisabled={text === ""} onPress={() => go(true)} />
      <IconButton icon="close" label="Close find" onPress={onClose} />
    </search>
  );
}

function countText(find: NonNullable<ActiveView["find"]>): string {
  return find.matches === 0 ? "No match" : `${find.current} of ${find.matches}`;
}
