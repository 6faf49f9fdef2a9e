import { Fragment, type ReactNode } from "react";

/** A sentence of ours; what it has between backticks is to be typed as it stands. */
export function Prose({ text }: { readonly text: string }): ReactNode {
  const key = (index: number, part: string) => `${index} ${part}`;
  return text
    .split("`")
    .map((part, index) =>
      index % 2 === 1 ? <code key={key(index, part)}>{part}</code> : <Fragment key={key(index, part)}>{part}</Fragment>,
    );
}
