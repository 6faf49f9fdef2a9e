import { type ReactNode, useMemo, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Collection } from "react-aria-components/Collection";
import { Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import type { TrustView } from "../../app/ipc/contract.ts";
import { basisWord, branchKeys, type DerivationNode, derivationForest, foundations } from "../model/derivation.ts";
import { Icon } from "../ui/icon.tsx";

/** How the verdict follows from what was checked and what is assumed, as a tree that opens step by step. */
export function Derivation({ trust }: { readonly trust: TrustView }): ReactNode {
  const forest = useMemo(() => derivationForest(trust.goals), [trust.goals]);
  const branches = useMemo(() => branchKeys(forest), [forest]);
  const { facts, assumptions } = useMemo(() => foundations(trust.goals), [trust.goals]);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const all = branches.length > 0 && branches.every((key) => expanded.has(key));
  return (
    <section className="trust-section">
      <div className="trust-section-head">
        <h2>Why this holds</h2>
        <Button className="text-button" onPress={() => setExpanded(new Set(all ? [] : branches))}>
          {all ? "Fold up" : "Show all"}
        </Button>
      </div>
      <p className="secondary">
        Rests on {count(facts, "checked fact")} and {count(assumptions, "assumption")}.
      </p>
      <Tree
        className="derivation"
        aria-label="Derivation"
        items={forest}
        expandedKeys={expanded}
        onExpandedChange={(keys) => setExpanded(new Set([...keys].map(String)))}
      >
        {(node: DerivationNode) => <Step node={node} />}
      </Tree>
      <NotRequired goals={trust.notRequired} />
    </section>
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function Step({ node }: { readonly node: DerivationNode }): ReactNode {
  const { step } = node;
  return (
    <TreeItem id={node.key} textValue={`${basisWord(step.basis)}: ${step.sentence}`} className="step">
      <TreeItemContent>
        {({ level }) => (
          <div className="step-row" data-level={Math.min(level, 8)} data-basis={step.basis}>
            {node.children.length === 0 ? (
              <span className="step-leaf" />
            ) : (
              <Button slot="chevron" className="step-chevron">
                <Icon name="chevron" size={14} />
              </Button>
            )}
            <div className="step-words">
              <p className="step-sentence">{step.sentence}</p>
              <p className="step-formula">{step.formula}</p>
              <p className="step-basis">
                <span className="step-mark">{basisWord(step.basis)}</span> {step.source ?? step.rule}
              </p>
            </div>
          </div>
        )}
      </TreeItemContent>
      <Collection items={node.children}>{(child: DerivationNode) => <Step node={child} />}</Collection>
    </TreeItem>
  );
}

function NotRequired({ goals }: { readonly goals: TrustView["notRequired"] }): ReactNode {
  if (goals.length === 0) return null;
  return (
    <>
      <h3>Not required here, and not derived</h3>
      <ul className="plain-list not-required">
        {goals.map((goal) => (
          <li key={goal.formula}>
            <p className="step-sentence">{goal.sentence}</p>
            <p className="secondary">{goal.why}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
