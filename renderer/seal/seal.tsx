import type { ReactNode } from "react";
import type { Seal as SealState } from "../../app/ipc/contract.ts";

/**
 * The seal: a ring with a keyhole while nothing is proved, and a disc of two halves, one for each side, that join along
 * a tick once both have. What may only be read is an eye, a refusal an octagon with a bar, a hostile site a warning triangle: each state has a shape
 * of its own. Decorative; the words beside it carry the meaning for screen readers.
 */
export function Seal({ state, size = 20 }: { readonly state: SealState; readonly size?: number }): ReactNode {
  return (
    <svg className="seal" data-state={state} width={size} height={size} viewBox="0 0 48 48" aria-hidden="true">
      {shapes[state]}
    </svg>
  );
}

/** The product's own mark: the two halves apart. It is never green, so that it cannot be taken for a proof. */
export function Mark({ size }: { readonly size: number }): ReactNode {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 48 48" aria-hidden="true">
      <path d={SERVER_HALF} transform="translate(-1 -2)" />
      <path d={CLIENT_HALF} transform="translate(1 2)" />
    </svg>
  );
}

/** Disc of radius 20 around (24, 24), cut along the tick (4.2, 22) – (20, 32) – (40.2, 12). */
const SERVER_HALF = "M4.1 22.2 19.6 31.2 39.6 11.5A20 20 0 0 0 4.1 22.2Z";
const CLIENT_HALF = "M4.4 27.6 20.4 36.9 42.6 15.9A20 20 0 0 1 4.4 27.6Z";

const keyhole = (
  <path className="seal-keyhole" d="M24 14.5a5.2 5.2 0 0 1 2.6 9.7L28 33h-8l1.4-8.8A5.2 5.2 0 0 1 24 14.5Z" />
);

const shapes: Record<SealState, ReactNode> = {
  shut: (
    <g>
      <circle className="seal-ring" cx="24" cy="24" r="19" />
      {keyhole}
    </g>
  ),
  opening: (
    <g>
      <circle className="seal-ring seal-turning" cx="24" cy="24" r="19" />
      {keyhole}
    </g>
  ),
  open: (
    <g className="seal-solid">
      <path d={SERVER_HALF} />
      <path d={CLIENT_HALF} />
    </g>
  ),
  "read-only": (
    <g>
      <path
        className="seal-ring"
        d="M3.500 24S10.500 11.500 24 11.500 44.500 24 44.500 24 37.500 36.500 24 36.500 3.500 24 3.500 24Z"
      />
      <circle className="seal-keyhole" cx="24" cy="24" r="5.500" />
    </g>
  ),
  refused: (
    <g>
      <path className="seal-solid" d="M15.7 4h16.6L44 15.7v16.6L32.3 44H15.7L4 32.3V15.7Z" />
      <path className="seal-mark" d="M13.5 24h21" />
    </g>
  ),
  hostile: (
    <g>
      <path className="seal-solid" d="M24 4.5 46 42.5a2 2 0 0 1-1.7 3H3.7a2 2 0 0 1-1.7-3Z" />
      <path className="seal-mark" d="M24 18v12" />
      <circle className="seal-dot" cx="24" cy="37" r="2.8" />
    </g>
  ),
};
