import { relative } from 'node:path';
import type { Mesh, Product } from '../../schema/contract/model.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import { type Configuration, NO_CONFIGURATION, readConfiguration } from '../../schema/policies/configuration.ts';
import { judge, type Judgement } from '../../schema/policies/judgement.ts';
import { readOwnPolicy } from '../../schema/policies/own-policy.ts';
import type { PolicyContext } from '../../schema/policies/policy.ts';
import { rulesFor } from '../../schema/policies/rules.ts';
import { inTurn } from '../in-turn.ts';
import { openOwnJudge, type OwnJudge, type OwnJudgeLimits } from './own-judge.ts';
import { policyFilesState, readPolicyFiles } from './policy-files.ts';

/** What products are judged by at one moment. */
export interface Governance {
  readonly configuration: Configuration;
  /** Why this is not what lies at WEFT_POLICIES by now; empty where it is. */
  readonly faults: readonly Finding[];
  /** By every rule that holds for each product, the organisation's own too; all of one mesh. */
  judge(contexts: readonly PolicyContext[]): Promise<{ product: Product; judgements: Judgement[] }[]>;
}

export interface Policies {
  /** What holds now: read anew where the files have changed since. */
  current(): Promise<Governance>;
  close(): Promise<void>;
}

export interface PoliciesAsk {
  /** A file or folder (WEFT_POLICIES); null: the platform's policies alone. */
  readonly path: string | null;
  /** Told once for each state of the files that cannot be read; what was read before stays. */
  readonly onFaults?: (findings: readonly Finding[]) => void;
  readonly limits?: OwnJudgeLimits;
}

interface Read {
  readonly state: string;
  readonly configuration: Configuration;
  readonly own: OwnJudge | null;
}

/** Files as they are told to people: from here. */
export class PolicyConfigurationError extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const faults = findings.map(({ file, line, column, message }) =>
      [[file, line, column].filter((part) => part !== null && part !== '').join(':'), message]
        .filter(Boolean)
        .join(': '),
    );
    super(`The policies at WEFT_POLICIES are not as they must be. ${faults.join(' ')}`);
    this.name = 'PolicyConfigurationError';
    this.findings = findings;
  }
}

/**
 * Opens an organisation's governance, and follows its files without a restart. Throws a PolicyConfigurationError with every fault, by
 * file and line, where it cannot be read at first; where a change cannot be, what was read before goes on to hold, and says so.
 */
export async function openPolicies({ path, onFaults, limits }: PoliciesAsk): Promise<Policies> {
  if (path === null) {
    const governance = governanceOf({ configuration: NO_CONFIGURATION, own: null }, []);
    return { current: () => Promise.resolve(governance), close: () => Promise.resolve() };
  }
  const first = await read(path, await stateOf(path), limits);
  if ('faults' in first) throw new PolicyConfigurationError(first.faults);
  let held: Read = first;
  let faulty: { readonly state: string; readonly faults: readonly Finding[] } | null = null;
  const turn = inTurn();

  const follow = async (): Promise<void> => {
    const state = await stateOf(path);
    if (state === (faulty ?? held).state) return;
    if (state === held.state) {
      faulty = null;
      return;
    }
    const next = await read(path, state, limits);
    if ('faults' in next) {
      faulty = { state, faults: next.faults };
      onFaults?.(next.faults);
      return;
    }
    faulty = null;
    const before = held;
    held = next;
    void before.own?.close();
  };
  return {
    current: async () => {
      await turn(follow);
      return governanceOf(held, faulty?.faults ?? []);
    },
    close: () => turn(async () => held.own?.close()),
  };
}

/** The day of a moment: `2026-01-31`, UTC. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/** What a live product is judged by: its changes were, when it was published. */
export function standing(product: Product, mesh: Mesh, today: string): PolicyContext {
  return { product, mesh, before: null, changes: [], today };
}

function governanceOf({ configuration, own }: Omit<Read, 'state'>, faults: readonly Finding[]): Governance {
  return {
    configuration,
    faults,
    judge: async (contexts) => {
      const judgings = contexts.map((context) => ({
        context,
        rules: rulesFor(configuration, { product: context.product.id }),
      }));
      const owns = (await own?.judge(judgings)) ?? [];
      return judgings.map(({ context, rules }, index) => ({
        product: context.product,
        judgements: [...judge(rules, context), ...(owns[index] ?? [])],
      }));
    },
  };
}

/** What cannot be looked at is a state too: it is told once, and looked at again. */
async function stateOf(path: string): Promise<string> {
  try {
    return await policyFilesState(path);
  } catch (error) {
    return `unreadable: ${reason(error)}`;
  }
}

async function read(
  path: string,
  state: string,
  limits: OwnJudgeLimits | undefined,
): Promise<Read | { readonly faults: readonly Finding[] }> {
  let files: Awaited<ReturnType<typeof readPolicyFiles>>;
  try {
    files = await readPolicyFiles(path);
  } catch (error) {
    const message = `It cannot be read (${reason(error)}): name a policies.yaml, or a folder with one.`;
    return { faults: [errorFinding('POLICY_CONFIGURATION', message, { file: path })] };
  }
  const own = files.own.map(readOwnPolicy);
  const { configuration, findings } = readConfiguration(
    files.configuration,
    own.flatMap(({ policy }) => policy ?? []),
  );
  const faults = [...own.flatMap((one) => one.findings), ...findings];
  if (faults.length > 0) return { faults: faults.map(fromHere) };
  if (configuration.own.length === 0) return { state, configuration, own: null };
  const judge = openOwnJudge(configuration.own, limits);
  const broken = await judge.loaded();
  if (broken.length === 0) return { state, configuration, own: judge };
  await judge.close();
  return {
    faults: broken.map((one) =>
      fromHere(errorFinding('POLICY_CONFIGURATION', `It does not load: ${one.message}.`, { file: one.path })),
    ),
  };
}

function fromHere(finding: Finding): Finding {
  return finding.file === null || finding.file === ''
    ? finding
    : { ...finding, file: relative('', finding.file) || finding.file };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
