import { type KeyboardEvent, type ReactNode, useId } from "react";
import type { QuestionView, SiteView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Action } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

interface QuestionProps {
  readonly question: QuestionView;
  readonly sites: readonly SiteView[];
}

const PRIMARY = { leave: "Stay", paste: "Do not paste", submit: "Send", alert: "OK", confirm: "OK" } as const;

function titleFor(kind: QuestionView["kind"], name: string): string {
  if (kind === "leave") return `Leave this page of ${name}?`;
  if (kind === "paste") return `Paste this into ${name}?`;
  return kind === "submit" ? `Send what you entered to ${name}?` : `The page of ${name} says`;
}

function wordsFor(kind: QuestionView["kind"], text: string): string {
  if (kind === "leave") return "What you entered may not have been saved.";
  if (kind === "paste") return `You typed it into a secret field of ${text} a short while ago. It would be given away.`;
  if (kind === "submit") return `It goes to ${text}, once both sides have proved themselves again.`;
  return text;
}

/**
 * What a page asks by itself, above the page and under the site's name. The page stays in sight; Escape answers as
 * people expect: stay, cancel, understood.
 */
export function Question({ question, sites }: QuestionProps): ReactNode {
  const api = useApi();
  const [title, words] = [useId(), useId()];
  const { id, kind, text, canSilence } = question;
  const name = sites.find((site) => site.id === question.site)?.name ?? question.site;
  const answer = (accepted: boolean, silence = false): void => {
    void api.call("question.answer", { id, accepted, silence });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") answer(false);
  };
  return (
    <section
      className="question"
      data-kind={kind}
      role="alertdialog"
      aria-labelledby={title}
      aria-describedby={words}
      onKeyDown={onKeyDown}
    >
      <Icon name={kind === "leave" || kind === "submit" || kind === "paste" ? "warning" : "info"} size={18} />
      <div className="question-words">
        <h2 id={title}>{titleFor(kind, name)}</h2>
        <p id={words}>{wordsFor(kind, sites.find((site) => kind === "paste" && site.id === text)?.name ?? text)}</p>
      </div>
      <div className="actions">
        {canSilence ? <Action onPress={() => answer(false, true)}>No more of these</Action> : null}
        {kind === "leave" ? <Action onPress={() => answer(true)}>Leave</Action> : null}
        {kind === "paste" ? <Action onPress={() => answer(true)}>Paste all the same</Action> : null}
        {kind === "confirm" || kind === "submit" ? <Action onPress={() => answer(false)}>Cancel</Action> : null}
        <Action kind="primary" autoFocus onPress={() => answer(kind !== "leave" && kind !== "paste")}>
          {PRIMARY[kind]}
        </Action>
      </div>
    </section>
  );
}
