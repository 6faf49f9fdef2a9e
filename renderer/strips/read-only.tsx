import type { ReactNode } from "react";
import type { ActiveView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** Stands over a page that nobody has proved; the keyboard scrolls it from here, since the page never has it. */
export function ReadOnlyBanner({ readOnly }: { readonly readOnly: NonNullable<ActiveView["readOnly"]> }): ReactNode {
  const api = useApi();
  return (
    <section className="notice" data-kind="warning" aria-label="Read only">
      <Icon name="warning" size={18} />
      <p>
        Nobody has proved this site. You can read it, nothing more: no scripts, no forms, no keyboard.
        {readOnly.cut ? " What followed the path in the address was left out." : ""}
      </p>
      <IconButton icon="up" label="Scroll up" onPress={() => void api.call("view.command", "scroll-up")} />
      <IconButton icon="down" label="Scroll down" onPress={() => void api.call("view.command", "scroll-down")} />
    </section>
  );
}
