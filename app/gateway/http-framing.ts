/**
 * A second, stricter reading of HTTP/1.1 message framing (RFC 9112), beside Node's parser and in front of it.
 *
 * Node's parser is the one that reads messages; which lapses it forgives differs between the releases that the client
 * runs on. This one reads nothing out of a message but its lines and lengths and says where a message could be read
 * in two ways (RFC 9112 §11.2). It sees every byte before the parser does and copies none of a body.
 */

/** What is wrong, in words for IT. */
export type Fault = string;

type Phase = "head" | "counted" | "until-close" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "between";

const LF = 0x0a;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) (\\S+) HTTP/1\\.([01])$`);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = new RegExp(`^(${TOKEN}):[ \\t]*([\\x21-\\x7e\\x80-\\xff](?:[\\t\\x20-\\x7e\\x80-\\xff]*))?$`);
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})(?:;[\t\x20-\x7e\x80-\xff]{0,256})?$/;
/** Fields that a trailer section must not bring (RFC 9110 §6.5.1): they would change how the message is read. */
const FRAMING_FIELDS = new Set(["content-length", "transfer-encoding", "host", "connection", "te", "trailer"]);

abstract class FramingWatch {
  private phase: Phase = "head";
  private readonly maximumHead: number;
  /** Latin-1 text of the lines of a head, trailer section or chunk size that is still incomplete. */
  private text = "";
  private lastWasCr = false;
  private remaining = 0;
  private fault: Fault | undefined;

  constructor(maximumHead: number) {
    this.maximumHead = maximumHead;
  }

  /** True from the first byte of a head to its last. */
  get inHead(): boolean {
    return this.phase === "head" && this.text !== "";
  }

  /** Reads the next bytes. @returns the first fault of this stream, also on every later call */
  feed(bytes: Buffer): Fault | undefined {
    let at = 0;
    while (this.fault === undefined && at < bytes.length) at = this.step(bytes, at);
    return this.fault;
  }

  /** How the body of the message with this head is delimited (RFC 9112 §6.3); also checks the first line. */
  protected abstract bodyOf(firstLine: string, fields: Fields): Body;
  /** What follows a complete message. */
  protected abstract afterMessage(): "head" | "between";

  protected expectHead(): void {
    this.phase = "head";
  }

  protected get isBetween(): boolean {
    return this.phase === "between";
  }

  private step(bytes: Buffer, at: number): number {
    switch (this.phase) {
      case "counted":
      case "chunk-data":
        return this.skip(bytes, at);
      case "until-close":
        return bytes.length;
      case "between":
        this.fault = "bytes arrived that belong to no message";
        return bytes.length;
      default:
        return this.readLine(bytes, at);
    }
  }

  private skip(bytes: Buffer, at: number): number {
    const taken = Math.min(this.remaining, bytes.length - at);
    this.remaining -= taken;
    if (this.remaining === 0) {
      if (this.phase === "chunk-data") this.phase = "chunk-end";
      else this.endMessage();
    }
    return at + taken;
  }

  /** Takes the bytes up to the next LF; a line is complete only when a CR stands before it, and nowhere else. */
  private readLine(bytes: Buffer, at: number): number {
    if (this.lastWasCr) return bytes[at] === LF ? this.takeLine("", at) : this.fail("a CR stands without an LF", bytes);
    const lineFeed = bytes.indexOf(LF, at);
    const piece = bytes.toString("latin1", at, lineFeed === -1 ? bytes.length : lineFeed);
    const carriageReturn = piece.indexOf("\r");
    if (carriageReturn !== -1 && carriageReturn !== piece.length - 1)
      return this.fail("a CR stands without an LF", bytes);
    if (this.text.length + piece.length > this.maximumHead) {
      return this.fail(`a head has more than ${this.maximumHead} bytes`, bytes);
    }
    if (lineFeed !== -1) {
      if (carriageReturn === -1) return this.fail("a line ends with a bare LF", bytes);
      return this.takeLine(piece.slice(0, -1), lineFeed);
    }
    this.lastWasCr = carriageReturn !== -1;
    this.text += this.lastWasCr ? piece.slice(0, -1) : piece;
    return bytes.length;
  }

  private takeLine(end: string, lineFeed: number): number {
    this.lastWasCr = false;
    this.text += `${end}\n`;
    this.endLine();
    return lineFeed + 1;
  }

  private fail(fault: Fault, bytes: Buffer): number {
    this.fault = fault;
    return bytes.length;
  }

  private endLine(): void {
    switch (this.phase) {
      case "chunk-size":
        this.endChunkSize(this.takeText().slice(0, -1));
        return;
      case "chunk-end":
        this.fault = this.takeText() === "\n" ? undefined : "a chunk is longer than its size says";
        this.phase = "chunk-size";
        return;
      case "trailers":
        if (this.text === "\n" || this.text.endsWith("\n\n")) this.endTrailers(this.takeText());
        return;
      default:
        if (this.text === "\n") this.fault = "an empty line stands where a message must begin";
        else if (this.text.endsWith("\n\n")) this.endHead(this.takeText());
    }
  }

  private takeText(): string {
    const text = this.text;
    this.text = "";
    return text;
  }

  private endChunkSize(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) this.fault = `the chunk size ${JSON.stringify(line.slice(0, 40))} is malformed`;
    else if (Number.parseInt(size, 16) === 0) this.phase = "trailers";
    else {
      this.remaining = Number.parseInt(size, 16);
      this.phase = "chunk-data";
    }
  }

  private endTrailers(text: string): void {
    const fields = readFields(text.slice(0, -1).split("\n").slice(0, -1));
    if (typeof fields === "string") this.fault = fields;
    else {
      const forbidden = [...fields.keys()].find((name) => FRAMING_FIELDS.has(name));
      if (forbidden === undefined) this.endMessage();
      else this.fault = `the trailer section brings ${forbidden}`;
    }
  }

  private endHead(text: string): void {
    const [firstLine = "", ...lines] = text.slice(0, -2).split("\n");
    const fields = readFields(lines);
    const body = typeof fields === "string" ? fields : this.bodyOf(firstLine, fields);
    if (typeof body === "string") this.fault = body;
    else if (body.kind === "another-head") this.phase = "head";
    else if (body.kind === "none") this.endMessage();
    else if (body.kind === "chunked") this.phase = "chunk-size";
    else if (body.kind === "counted") {
      this.remaining = body.length;
      this.phase = "counted";
    } else this.phase = "until-close";
  }

  private endMessage(): void {
    this.phase = this.afterMessage();
  }
}

type Fields = ReadonlyMap<string, readonly string[]>;
type Body =
  | Fault
  | { readonly kind: "none" }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" }
  | { readonly kind: "another-head" }
  | { readonly kind: "counted"; readonly length: number };

function readFields(lines: readonly string[]): Fields | Fault {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    if (line.startsWith(" ") || line.startsWith("\t")) return "a field is folded over two lines";
    const [, name, value = ""] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined) return `the field line ${JSON.stringify(line.slice(0, 40))} is malformed`;
    const values = fields.get(name.toLowerCase());
    if (values === undefined) fields.set(name.toLowerCase(), [value.trimEnd()]);
    else values.push(value.trimEnd());
  }
  return fields;
}

/** The length that a head declares; one way to say it, said once. */
function declaredBody(fields: Fields, minor: string | undefined): Body | undefined {
  const lengths = fields.get("content-length");
  const codings = fields.get("transfer-encoding");
  if (codings !== undefined) {
    if (lengths !== undefined) return "Content-Length and Transfer-Encoding stand side by side";
    if (minor === "0") return "Transfer-Encoding stands in an HTTP/1.0 message";
    if (codings.length !== 1 || codings[0]?.toLowerCase() !== "chunked") {
      return `Transfer-Encoding is ${JSON.stringify(codings.join(", ").slice(0, 40))}, not chunked alone`;
    }
    return { kind: "chunked" };
  }
  if (lengths === undefined) return undefined;
  if (lengths.length !== 1) return `Content-Length stands ${lengths.length} times`;
  const [length = ""] = lengths;
  if (!/^\d{1,15}$/.test(length)) return `Content-Length is ${JSON.stringify(length.slice(0, 40))}, no number`;
  return Number(length) === 0 ? { kind: "none" } : { kind: "counted", length: Number(length) };
}

/** Watches what a page sends on one connection. */
export class RequestFraming extends FramingWatch {
  protected override bodyOf(firstLine: string, fields: Fields): Body {
    const [, , target = "", minor] = REQUEST_LINE.exec(firstLine) ?? [];
    if (minor === undefined) return `the request line ${JSON.stringify(firstLine.slice(0, 40))} is malformed`;
    if (!/^[\x21-\x7e]+$/.test(target)) return "the request target has characters that no URI has";
    const hosts = fields.get("host")?.length ?? 0;
    if (hosts !== 1) return `Host stands ${hosts} times`;
    return declaredBody(fields, minor) ?? { kind: "none" };
  }

  protected override afterMessage(): "head" {
    return "head";
  }
}

/** Watches what a server sends on one channel; it may speak only when it has been asked. */
export class ResponseFraming extends FramingWatch {
  private method: string | undefined;
  private upgrade = false;
  private bytes = 0;
  private readonly mayEndByClose: boolean;

  /** @param mayEndByClose whether the end of the connection may be the end of an answer: only where it is protected */
  constructor(maximumHead: number, mayEndByClose = true) {
    super(maximumHead);
    this.mayEndByClose = mayEndByClose;
  }

  /** True once a byte has arrived since `ask`. */
  get answered(): boolean {
    return this.bytes > 0;
  }

  /** A request of this method is about to be sent; `upgrade` when it asks to leave HTTP. */
  ask(method: string, upgrade: boolean): void {
    this.method = method;
    this.upgrade = upgrade;
    this.bytes = 0;
    if (this.isBetween) this.expectHead();
  }

  override feed(bytes: Buffer): Fault | undefined {
    this.bytes += bytes.length;
    if (this.method === undefined) return "bytes arrived that belong to no message";
    return super.feed(bytes);
  }

  protected override bodyOf(firstLine: string, fields: Fields): Body {
    const [, minor, status = ""] = STATUS_LINE.exec(firstLine) ?? [];
    if (minor === undefined) return `the status line ${JSON.stringify(firstLine.slice(0, 40))} is malformed`;
    const declared = declaredBody(fields, minor);
    if (typeof declared === "string") return declared;
    if (status === "101") {
      return this.upgrade ? { kind: "until-close" } : "the server leaves HTTP without having been asked to";
    }
    if (status.startsWith("1")) {
      return declared === undefined || declared.kind === "none"
        ? { kind: "another-head" }
        : `a ${status} answer declares a body`;
    }
    if (this.method === "HEAD" || status === "204" || status === "304") return { kind: "none" };
    if (declared === undefined && !this.mayEndByClose)
      return "only the end of the connection says where the answer ends";
    return declared ?? { kind: "until-close" };
  }

  protected override afterMessage(): "between" {
    this.method = undefined;
    return "between";
  }
}
