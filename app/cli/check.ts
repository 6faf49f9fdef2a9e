import type { ChannelOpener } from "../auth/channel.ts";
import { factsOf } from "../auth/channel-refusal.ts";
import type { Expectation } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import { namedBy } from "../core/scp.ts";
import { givingExpectation } from "../gateway/split-pool.ts";
import type { Command } from "./arguments.ts";
import { bindingEnforced } from "./binding-enforced.ts";
import { type CheckOutcome, checkReport, checkText, derivationText } from "./check-report.ts";
import { type CommandIo, type CommandParts, EXIT, openerOf, print, printJson } from "./io.ts";
import { serverVerifies } from "./server-verifies.ts";
import { findTarget, profileFor, usable } from "./target.ts";

type CheckCommand = Extract<Command, { kind: "check" }>;

/** `check <url>`: proves both sides once, says what was found, and ends the channel. */
export async function check(command: CheckCommand, io: CommandIo, parts: CommandParts): Promise<number> {
  const outcome = await checkOnce(command, parts);
  const report = checkReport(outcome);
  if (command.json) await printJson(io.stdout, report);
  else await print(io.stdout, `${checkText(report)}${command.explain ? derivationText(outcome) : ""}`);
  if (report.verdict === "authenticated") return EXIT.done;
  if (report.verdict === "hostile") return EXIT.hostile;
  return outcome.refusal?.code.startsWith("profile.") ? EXIT.usage : EXIT.refused;
}

async function checkOnce({ url, profile: file }: CheckCommand, parts: CommandParts): Promise<CheckOutcome> {
  const load = await profileFor(file, parts);
  const now = parts.clock();
  try {
    const profile = usable(load);
    const target = await findTarget(url, profile, parts);
    return await prove(target.url.href, target.expectation, openerOf(parts, profile), parts);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const problems = load.kind === "invalid" ? load.problems : [];
    return { url, refusal, evidence: [], problems, now };
  }
}

async function prove(
  url: string,
  expectation: Expectation,
  opener: ChannelOpener,
  parts: CommandParts,
): Promise<CheckOutcome> {
  const { dialer, clock, kerberosVariables: environment } = parts;
  const { signal } = new AbortController();
  try {
    const channel = await opener.open(expectation, signal);
    const { evidence, facts, expectation: met } = channel;
    const proved = { url, expectation: met, evidence, facts, environment, now: clock() };
    channel.destroy();
    if (met.giving !== undefined) (await opener.open(givingExpectation(expectation, met.giving), signal)).destroy();
    const verifies = await serverVerifies(expectation, { dialer, clock }, signal);
    const enforced = await bindingEnforced(met, { dialer, clock, gss: parts.gss }, signal);
    return {
      ...proved,
      ...(verifies === undefined ? {} : { serverVerifies: verifies }),
      ...(enforced === undefined ? {} : { bindingEnforced: enforced }),
    };
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const facts = factsOf(refusal);
    const entry = refusal.evidence.find((record) => record.kind === "directory.entry");
    const met = entry === undefined ? expectation : namedBy(expectation, entry);
    const refused = { url, expectation: met, refusal, evidence: refusal.evidence, environment, now: clock() };
    return facts === undefined ? refused : { ...refused, facts };
  }
}
