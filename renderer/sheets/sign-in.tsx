import { type FormEvent, type ReactNode, useState } from "react";
import type { HttpAuthView, SiteView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { withoutScheme } from "../model/address.ts";
import { Action } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";

/** HTTP authentication (RFC 9110 §11) asked for by a server that has been proved. */
export function SignInSheet({
  request,
  sites,
}: {
  readonly request: HttpAuthView;
  readonly sites: readonly SiteView[];
}): ReactNode {
  const api = useApi();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const name = sites.find((site) => site.id === request.site)?.name ?? request.site;
  const answer = (credentials: { username: string; password: string } | null): void => {
    void api.call("http-auth.answer", { id: request.id, answer: credentials });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    answer({ username, password });
  };
  return (
    <Sheet title={`Sign in to ${name}`} onClose={() => answer(null)}>
      <form className="sheet-form" onSubmit={submit}>
        <p>
          <strong>{withoutScheme(request.origin)}</strong> has proved who it is and asks for a name and a password.
        </p>
        {request.realm === "" ? null : <p className="secondary">It calls this: “{request.realm}”.</p>}
        {request.retry ? (
          <p className="form-error" role="alert">
            The server did not accept that name and password.
          </p>
        ) : null}
        <Field label="User name" value={username} onChange={setUsername} autoFocus />
        <Field label="Password" value={password} onChange={setPassword} secret />
        <div className="actions sheet-actions">
          <Action onPress={() => answer(null)}>Cancel</Action>
          <Action kind="primary" type="submit">
            Sign in
          </Action>
        </div>
      </form>
    </Sheet>
  );
}
