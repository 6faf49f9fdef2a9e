import type { ReactNode } from "react";

/** Line drawings on a 20 × 20 grid. */
const drawings = {
  back: <path d="M12.5 4 6.5 10l6 6" />,
  forward: <path d="m7.5 4 6 6-6 6" />,
  reload: <path d="M15.5 7A6.3 6.3 0 1 0 16.3 11M15.8 3.2V7H12" />,
  stop: <path d="m5 5 10 10M15 5 5 15" />,
  close: <path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />,
  chevron: <path d="m7.5 5 5 5-5 5" />,
  down: <path d="m5 7.5 5 5 5-5" />,
  up: <path d="m5 12.5 5-5 5 5" />,
  "sign-out": <path d="M8 3.5H4.5v13H8M8.5 10h8M13.5 6.5 17 10l-3.5 3.5" />,
  identity: (
    <>
      <rect x="2.5" y="4" width="15" height="12" rx="1.5" />
      <circle cx="7" cy="9" r="1.8" />
      <path d="M4.5 13.2c.4-1.4 1.3-2 2.5-2s2.1.6 2.5 2M12 8.500h3M12 11.500h3" />
    </>
  ),
  file: <path d="M5 2.500h6.500L15 6v11.500H5ZM11.5 2.500V6H15" />,
  folder: <path d="M2.5 15.500v-11H8l1.5 2h8v9Z" />,
  copy: <path d="M7 7h9.500v9.500H7ZM13 7V3.500H3.500V13H7" />,
  keypad: (
    <>
      <rect x="3" y="2.500" width="14" height="15" rx="2" />
      <path
        d="M7 6.500h.01M10 6.500h.01M13 6.500h.01M7 10h.01M10 10h.01M13 10h.01M7 13.500h.01M10 13.500h.01M13 13.500h.01"
        strokeWidth={2.2}
      />
    </>
  ),
  erase: <path d="M7.500 4.500H17v11H7.500L2.500 10ZM9.800 7.700l4.600 4.600M14.400 7.700l-4.600 4.600" />,
  eye: (
    <>
      <path d="M2 10s3-5.500 8-5.500S18 10 18 10s-3 5.500-8 5.500S2 10 2 10Z" />
      <circle cx="10" cy="10" r="2.400" />
    </>
  ),
  info: (
    <>
      <circle cx="10" cy="10" r="7.5" />
      <path d="M10 9v5M10 6v.6" />
    </>
  ),
  warning: <path d="M10 3 18 16.500H2ZM10 8v4M10 13.800v.6" />,
  to: <path d="M3 10h13M11.5 5.5 16 10l-4.5 4.5" />,
  from: <path d="M17 10H4M8.5 5.5 4 10l4.5 4.5" />,
  check: <path d="m4 10.5 4 4 8-9" />,
} as const;

export type IconName = keyof typeof drawings;

/** Decorative: what it means is said by the label of the control or the text beside it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      {drawings[name]}
    </svg>
  );
}
