/**
 * Runs sandboxed in the isolated world of every document of a site: recognises sensitive fields and blurs them when
 * told to. The page's scripts have no access to this world and cannot change what it reads. It exposes nothing.
 */
import { ipcRenderer } from "electron";
import { type FieldFacts, type SensitiveKind, sensitiveKind } from "../core/sensitive-fields.ts";
import type { FieldMessage, FieldOrder } from "./page-messages.ts";

type Field = HTMLInputElement | HTMLTextAreaElement;

const FIELDS = "input, textarea";
/** How long changes of the document are gathered before it is looked through again, milliseconds. */
const GATHER = 150;

/** Shorter texts are no secrets that could be told from ordinary words, characters. */
const SHORTEST = 4;

let focused: Field | undefined;
let filled = false;
let concealed = false;
let watchingPaste = false;
let hashKey: Promise<CryptoKey> | undefined;
let revealed: HTMLInputElement | undefined;
let last = "";

function factsOf(field: Field): FieldFacts {
  const labels = [...(field.labels ?? [])].map((label) => label.textContent ?? "");
  return {
    type: field instanceof HTMLInputElement ? field.type : "text",
    autocomplete: field.getAttribute("autocomplete") ?? "",
    name: field.name,
    id: field.id,
    label: [...labels, field.getAttribute("aria-label") ?? "", field.placeholder].join(" "),
    inputMode: field.inputMode,
    pattern: field instanceof HTMLInputElement ? field.pattern : "",
    maxLength: field.maxLength,
  };
}

/** A field whose dots are shown for a moment stays what it was. */
function kindOf(field: Field): SensitiveKind | undefined {
  return field === revealed ? "password" : sensitiveKind(factsOf(field));
}

function showsDots(): boolean {
  return focused instanceof HTMLInputElement && (focused === revealed || focused.type === "password");
}

function sensitiveFields(): readonly Field[] {
  return [...document.querySelectorAll<Field>(FIELDS)].filter((field) => kindOf(field) !== undefined);
}

function tell(): void {
  const fields = sensitiveFields();
  const kind = focused?.isConnected ? kindOf(focused) : undefined;
  const message: FieldMessage = {
    focused: kind ?? null,
    dots: showsDots(),
    filled,
    present: fields.length > 0 || kind !== undefined,
  };
  const text = JSON.stringify(message);
  if (text !== last) ipcRenderer.send("countersign:field", message);
  last = text;
  if (concealed) blur(fields);
}

function blur(fields: readonly Field[]): void {
  for (const field of fields) {
    if (concealed) field.style.setProperty("filter", "blur(0.5em)", "important");
    else field.style.removeProperty("filter");
  }
}

function reveal(on: boolean): void {
  if (revealed) revealed.type = "password";
  revealed = undefined;
  if (!on || !(focused instanceof HTMLInputElement) || focused.type !== "password" || !document.hasFocus()) return;
  revealed = focused;
  focused.type = "text";
}

function obey(order: FieldOrder): void {
  if (order.order === "conceal") {
    concealed = order.on;
    reveal(false);
    blur(sensitiveFields());
  } else if (order.order === "reveal") reveal(order.on);
  else if (order.order === "watch-paste") watchingPaste = order.on;
  else if (focused && document.activeElement === focused) document.execCommand("delete");
}

/** HMAC-SHA-256 under the key of this run, lower-case hex: what was typed stays in this process. */
async function keyedHash(text: string): Promise<string> {
  hashKey ??= ipcRenderer
    .invoke("countersign:key")
    .then((key: Uint8Array<ArrayBuffer>) =>
      crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    );
  const signed = await crypto.subtle.sign("HMAC", await hashKey, new TextEncoder().encode(text));
  return [...new Uint8Array(signed)].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

async function mayPaste(text: string): Promise<boolean> {
  return (await ipcRenderer.invoke("countersign:paste", await keyedHash(text))) === true;
}

/** Into shadow trees, too, where the event's own target is hidden. */
function fieldOf(event: Event): Field | undefined {
  const [target] = event.composedPath();
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target : undefined;
}

addEventListener(
  "focusin",
  (event) => {
    focused = fieldOf(event);
    tell();
  },
  true,
);
addEventListener(
  "focusout",
  () => {
    reveal(false);
    // A window that loses the keyboard keeps the cursor where it is.
    if (!document.hasFocus()) return;
    focused = undefined;
    tell();
  },
  true,
);
addEventListener(
  "input",
  (event) => {
    const field = fieldOf(event);
    if (filled || !event.isTrusted || !field || kindOf(field) === undefined) return;
    filled = true;
    tell();
  },
  true,
);
addEventListener(
  "change",
  (event) => {
    const field = fieldOf(event);
    if (!event.isTrusted || !field || kindOf(field) === undefined || field.value.length < SHORTEST) return;
    void keyedHash(field.value).then((hash) => ipcRenderer.send("countersign:typed", hash));
  },
  true,
);
addEventListener(
  "paste",
  (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!watchingPaste || !event.isTrusted || text.trim().length < SHORTEST) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void mayPaste(text.trim()).then((may) => {
      if (may) document.execCommand("insertText", false, text);
    });
  },
  true,
);
let gathering = false;
const look = () => {
  if (gathering) return;
  gathering = true;
  setTimeout(() => {
    gathering = false;
    tell();
  }, GATHER);
};
addEventListener("DOMContentLoaded", () => {
  tell();
  new MutationObserver(look).observe(document, {
    childList: true,
    subtree: true,
    attributeFilter: ["type", "name", "id", "autocomplete"],
  });
});
ipcRenderer.on("countersign:order", (_event, order: FieldOrder) => obey(order));
