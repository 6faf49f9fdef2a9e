import type { ReactNode } from "react";
import type { NoticeView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** What the client has to say without stopping anybody; each stays until it is dismissed. */
export function Notices({ notices }: { readonly notices: readonly NoticeView[] }): ReactNode {
  const api = useApi();
  if (notices.length === 0) return null;
  return (
    <ul className="notices" aria-label="Notices">
      {notices.map((notice) => (
        <li key={notice.id} className="notice" data-kind={notice.kind}>
          <Icon name={notice.kind === "warning" ? "warning" : "info"} size={18} />
          <p>{notice.text}</p>
          <IconButton
            icon="close"
            label="Dismiss"
            onPress={() => void api.call("app.acknowledge", { notice: notice.id })}
          />
        </li>
      ))}
    </ul>
  );
}
