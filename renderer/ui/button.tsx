import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Icon, type IconName } from "./icon.tsx";

interface ActionProps {
  readonly children: ReactNode;
  readonly onPress?: () => void;
  readonly kind?: "primary" | "plain" | "danger";
  readonly icon?: IconName;
  readonly isDisabled?: boolean;
  readonly isPending?: boolean;
  readonly type?: "button" | "submit";
  readonly autoFocus?: boolean;
}

/** A button with words. */
export function Action({ children, kind = "plain", icon, onPress, ...rest }: ActionProps): ReactNode {
  return (
    <AriaButton className="action" data-kind={kind} {...rest} {...(onPress === undefined ? {} : { onPress })}>
      {icon === undefined ? null : <Icon name={icon} size={16} />}
      <span>{children}</span>
    </AriaButton>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does; shown as the tooltip and read aloud. */
  readonly label: string;
  readonly onPress: () => void;
  readonly isDisabled?: boolean;
}

/** A button with a drawing alone. */
export function IconButton({ icon, label, onPress, isDisabled = false }: IconButtonProps): ReactNode {
  return (
    <span className="icon-button-frame" title={label}>
      <AriaButton className="icon-button" aria-label={label} onPress={onPress} isDisabled={isDisabled}>
        <Icon name={icon} />
      </AriaButton>
    </span>
  );
}
