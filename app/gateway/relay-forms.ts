/**
 * Forms go to the site's own origins and nowhere else. The engine is told so by a policy on every answer of the site
 * (CSP's `form-action`), which stops a form before its first byte, whatever its method, and reports where it would have
 * gone to a path that the relay keeps for itself. What the engine is told is help; the relay itself refuses the answer
 * that would lead content on to another server.
 */
import { randomUUID } from "node:crypto";
import { Refusal } from "../core/refusal.ts";
import type { Exchange, Fields } from "./exchange.ts";
import { valuesOf } from "./fields.ts";
import type { Relay } from "./relay.ts";

/** A report is a few addresses; more is not read. */
const MAXIMUM_REPORT = 65_536;

export interface FormRules {
  /** The site's own origins. */
  readonly origins: readonly string[];
  /** Path of every origin to which the engine reports; never passed on. */
  readonly reports: string;
  /** Whether pages are kept from printing, and with it from dialogs of their own. */
  readonly noPrinting: boolean;
  /** Where answers to GET have led out of the site lately, by their URL without query: the engine does not report it. */
  readonly ledOut: Map<string, URL>;
}

const MOST_LED_OUT = 64;

/** Everything that a document may do but open modal dialogs, of which the printer's is one (HTML, sandboxing flags). */
const WITHOUT_MODALS = [
  "sandbox",
  "allow-downloads",
  "allow-forms",
  "allow-orientation-lock",
  "allow-pointer-lock",
  "allow-popups",
  "allow-popups-to-escape-sandbox",
  "allow-presentation",
  "allow-same-origin",
  "allow-scripts",
  "allow-storage-access-by-user-activation",
  "allow-top-navigation",
].join(" ");

/** The path is new for each gateway, so that no page of the site can be hidden by it. */
export function formRules(origins: readonly string[], noPrinting = false): FormRules {
  return { origins, reports: `/.well-known/countersign-${randomUUID()}`, noPrinting, ledOut: new Map() };
}

/** The fields of a site's answer with the rule for its forms (CSP level 3 §6.4.2). */
export function withFormPolicy(fields: Fields, { origins, reports, noPrinting }: FormRules): Fields {
  const policy = `form-action ${origins.join(" ")}; report-uri ${reports}`;
  return [...fields, ["Content-Security-Policy", noPrinting ? `${policy}; ${WITHOUT_MODALS}` : policy]];
}

/**
 * Refuses an answer that leads a request other than GET and HEAD on to an origin that is none of the site's, with its
 * content (307, 308) or without. What GET leads on to is only remembered: most of it is links.
 * @param url of the request
 * @throws Refusal `site.form-elsewhere`
 */
export function admitRedirect(
  method: string,
  url: URL,
  answer: { readonly status: number; readonly fields: Fields },
  { origins, ledOut }: FormRules,
): void {
  const { status, fields } = answer;
  const [location] = valuesOf(fields, "location");
  if (status < 300 || status > 399 || location === undefined) return;
  const target = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  if (target !== undefined && origins.includes(target.origin)) return;
  const place = url.origin + url.pathname;
  if (method !== "GET" && method !== "HEAD")
    throw elsewhere(target, `the answer to ${method} ${place} redirects there`);
  if (target === undefined) return;
  ledOut.delete(place);
  ledOut.set(place, target);
  for (const oldest of ledOut.keys()) if (ledOut.size > MOST_LED_OUT) ledOut.delete(oldest);
}

function elsewhere(target: URL | undefined, fault: string): Refusal {
  const named =
    target === undefined || target.origin === "null" ? (target?.protocol ?? "an unreadable address") : target.origin;
  return new Refusal("site.form-elsewhere", { value: named, fault, expected: "one of the site's own origins" });
}

/** Takes the engine's reports of forms that it has stopped; they reach no server. */
export function formReports({ reports, origins, ledOut }: FormRules): Relay {
  return {
    name: "form-reports",
    accepts: (request) => request.kind === "exchange" && request.target === reports,
    serve(request, { origin }, context) {
      if (request.kind !== "exchange") return;
      void readReport(request).then((blocked) => {
        // Of a form whose answer led on to another server, the report has the form's own address.
        const own = blocked !== undefined && origins.includes(blocked.origin);
        const target = own ? ledOut.get(blocked.origin + blocked.pathname) : blocked;
        if (target) context.refused(elsewhere(target, "a form of the page leads there"), origin + reports);
        request.begin({ status: 204, fields: [], body: false, trailers: false });
      });
    },
  };
}

/** @returns the address of the form that was stopped; undefined for a report of something else, or none at all */
async function readReport({ body }: Exchange): Promise<URL | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) > MAXIMUM_REPORT) return undefined;
    }
    const report = JSON.parse(Buffer.concat(chunks).toString())?.["csp-report"];
    if (report?.["effective-directive"] !== "form-action") return undefined;
    const blocked = String(report["blocked-uri"]);
    // For schemes other than the web's the report has the name of the scheme alone.
    return new URL(/^[a-z][a-z0-9+.-]*$/i.test(blocked) ? `${blocked}:` : blocked);
  } catch {
    return undefined;
  }
}
