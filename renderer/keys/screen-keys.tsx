import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { ActiveView, FieldView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { shuffled } from "../model/shuffle.ts";
import { Action, IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

const DIGITS = [..."0123456789"];
/** Rows of the keyboard, a set at a time, each with the word on the key that leads to it. */
const SETS = [
  { word: "abc", cases: true, rows: ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"] },
  { word: "?#&", cases: false, rows: ["1234567890", "!\"#$%&'()*+", ",-./:;<=>?@", "[\\]^_`{|}~"] },
  { word: "äéø", cases: true, rows: ["äöüåæøéèàç", "ñáíóúâêîôû", "ëïœłńśžčřğ", "ß€£§°"] },
] as const;

const NAMES: Readonly<Record<FieldView["kind"], string>> = {
  password: "password",
  pin: "PIN",
  "one-time-code": "one-time code",
  card: "card number",
  iban: "account number",
  "national-id": "identity number",
};

interface ScreenKeysProps {
  readonly active: ActiveView;
  readonly onClose: () => void;
}

/** Keys on the screen for the page's sensitive fields; other programs see no key pressed. */
export function ScreenKeys({ active, onClose }: ScreenKeysProps): ReactNode {
  const api = useApi();
  const { field } = active;
  const [round, setRound] = useState(0);
  const type = (text: string): void => {
    void api.call("keys.type", { text });
  };
  return (
    <section className="screen-keys" aria-label="Keys on the screen" data-ready={field !== undefined}>
      <div className="screen-keys-about">
        <h2>{field === undefined ? "Keys on the screen" : `Your ${NAMES[field.kind]}`}</h2>
        <p className="secondary">
          {field === undefined
            ? "Put the cursor into a password or PIN field of the page."
            : `Typed straight into ${active.name}. Other programs see no key pressed.`}
        </p>
        <div className="actions">
          {field?.digits === true ? (
            <Action icon="reload" onPress={() => setRound(round + 1)}>
              New order
            </Action>
          ) : null}
          {field?.dots === true ? <Reveal /> : null}
        </div>
      </div>
      {field?.digits === true ? (
        <Keypad key={round} type={type} />
      ) : (
        <Keyboard type={type} disabled={field === undefined} />
      )}
      <IconButton icon="close" label="Close the keys on the screen" onPress={onClose} />
    </section>
  );
}

/** Shows what the field holds for as long as it is held. */
function Reveal(): ReactNode {
  const api = useApi();
  const [shown, setShown] = useState(false);
  const show = (on: boolean): void => {
    setShown(on);
    void api.call("keys.reveal", { on });
  };
  return (
    <Button className="action" aria-pressed={shown} onPressStart={() => show(true)} onPressEnd={() => show(false)}>
      <Icon name="eye" />
      Hold to show
    </Button>
  );
}

interface KeysProps {
  readonly type: (text: string) => void;
  readonly disabled?: boolean;
}

/** Digits in an order of their own each time, so that where the pointer goes says nothing. */
function Keypad({ type }: KeysProps): ReactNode {
  const [order] = useState(() => shuffled(DIGITS));
  return (
    <fieldset className="keypad" aria-label="Digits in random order">
      {order.map((digit) => (
        <Key key={digit} text={digit} type={type} />
      ))}
      <Erase />
    </fieldset>
  );
}

function Keyboard({ type, disabled = false }: KeysProps): ReactNode {
  const [chosen, choose] = useState(0);
  const [upper, setUpper] = useState(false);
  const { rows, cases } = SETS[chosen] ?? SETS[0];
  const shown = (text: string): string => (cases && upper && text !== "ß" ? text.toUpperCase() : text);
  return (
    <fieldset className="keyboard" aria-label="Keyboard">
      {rows.map((row, index) => (
        <div className="keyboard-row" key={row}>
          {index === 3 && cases ? <Capitals upper={upper} onChange={setUpper} disabled={disabled} /> : null}
          {[...row].map((text) => (
            <Key key={text} text={shown(text)} type={type} disabled={disabled} />
          ))}
          {index === 3 ? <Erase disabled={disabled} /> : null}
        </div>
      ))}
      <div className="keyboard-row">
        {SETS.map(({ word }, index) => (
          <Button
            key={word}
            className="key key-wide"
            isDisabled={disabled}
            aria-pressed={chosen === index}
            onPress={() => choose(index)}
          >
            {word}
          </Button>
        ))}
        <Button className="key key-space" aria-label="Space" isDisabled={disabled} onPress={() => type(" ")}>
          {" "}
        </Button>
      </div>
    </fieldset>
  );
}

interface CapitalsProps {
  readonly upper: boolean;
  readonly onChange: (upper: boolean) => void;
  readonly disabled: boolean;
}

function Capitals({ upper, onChange, disabled }: CapitalsProps): ReactNode {
  return (
    <Button
      className="key key-wide"
      aria-pressed={upper}
      aria-label="Capitals"
      isDisabled={disabled}
      onPress={() => onChange(!upper)}
    >
      <Icon name="up" />
    </Button>
  );
}

function Key({ text, type, disabled = false }: KeysProps & { readonly text: string }): ReactNode {
  return (
    <Button className="key" isDisabled={disabled} onPress={() => type(text)}>
      {text}
    </Button>
  );
}

function Erase({ disabled = false }: { readonly disabled?: boolean }): ReactNode {
  const api = useApi();
  return (
    <Button
      className="key key-wide"
      aria-label="Erase the last character"
      isDisabled={disabled}
      onPress={() => void api.call("keys.erase")}
    >
      <Icon name="erase" />
    </Button>
  );
}
