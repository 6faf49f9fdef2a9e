import type { ReactNode } from "react";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { TextField } from "react-aria-components/TextField";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly secret?: boolean;
  readonly autoFocus?: boolean;
  readonly invalid?: boolean;
}

/** A labelled line of text; `secret` hides what is typed. */
export function Field({
  label,
  value,
  onChange,
  secret = false,
  autoFocus = false,
  invalid = false,
}: FieldProps): ReactNode {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      type={secret ? "password" : "text"}
      autoFocus={autoFocus}
      isInvalid={invalid}
      // Natively invalid, the field would keep its form from being sent again.
      validationBehavior="aria"
      autoComplete="off"
      spellCheck="false"
    >
      <Label className="field-label">{label}</Label>
      <Input className="field-input" />
    </TextField>
  );
}
