import { Worker } from 'node:worker_threads';
import type { Mesh, Product } from '../../schema/contract/model.ts';
import type { Judgement } from '../../schema/policies/judgement.ts';
import type { OwnPolicy } from '../../schema/policies/own-policy.ts';
import type { PolicyContext } from '../../schema/policies/policy.ts';
import type { Rule } from '../../schema/policies/rules.ts';
import { inTurn } from '../in-turn.ts';
import type { FromWorker, SentPolicy, SentProduct, ToWorker } from './policy-worker.ts';

/** A product to be judged by these rules. */
export interface Judging {
  readonly context: PolicyContext;
  readonly rules: readonly Rule[];
}

export interface OwnJudge {
  /** What is wrong with the files, once they are loaded: they do not parse, or export no function. */
  loaded(): Promise<readonly { readonly path: string; readonly message: string }[]>;
  /** Judges by the organisation's own policies, one product and policy after the other; all contexts are of one mesh. Never throws for a policy. */
  judge(judgings: readonly Judging[]): Promise<Judgement[][]>;
  close(): Promise<void>;
}

export interface OwnJudgeLimits {
  /** For one policy and product: what judges documents takes milliseconds. A publish waits for it, and others behind it. */
  readonly policyMs: number;
  /** For all that is asked in one go. */
  readonly allMs: number;
}

const LIMITS: OwnJudgeLimits = { policyMs: 2_000, allMs: 10_000 };
// Compiling TypeScript takes a second, and far longer where the machine is busy.
const LOAD_MS = 60_000;
// A mesh of a thousand products takes some 60 MB; a policy that wants more than this is at fault.
const MEMORY_MB = 512;

/**
 * Judges in a thread of its own, which is ended where a policy takes too long, or all memory: a loop in one is a finding, and nobody
 * else waits for it. The thread is started when it is wanted.
 */
export function openOwnJudge(policies: readonly OwnPolicy[], limits: OwnJudgeLimits = LIMITS): OwnJudge {
  let thread: Thread | null = null;
  let isClosed = false;
  const started = (): Thread => (thread ??= openThread(policies));
  const end = async (): Promise<void> => {
    const ended = thread;
    thread = null;
    await ended?.end();
  };
  const turn = inTurn();

  const judgeOne = async (rule: Rule, context: PolicyContext, go: Go): Promise<Judgement> => {
    const known = go.stopped.get(rule.policy.id);
    if (known !== undefined) return { rule, fault: known };
    // Loading is not the policies' time.
    const faults = await started().loaded;
    const source = 'source' in rule.policy ? rule.policy.source : null;
    const broken = source?.kind === 'file' ? faults.find(({ path }) => path === source.path) : undefined;
    if (broken !== undefined) return { rule, fault: broken.message };
    const limitMs = Math.min(limits.policyMs, limits.allMs - go.spentMs);
    if (limitMs <= 0) return { rule, fault: `all policies together took longer than ${limits.allMs} ms` };
    const beganMs = performance.now();
    const answer = await started().judge(rule, context, limitMs);
    go.spentMs += performance.now() - beganMs;
    if (typeof answer !== 'string')
      return answer.kind === 'judged' ? { rule, found: answer.found } : { rule, fault: answer.fault };
    await end();
    const about = `of ${context.product.id}`;
    const fault =
      answer === 'late'
        ? `${about}, it took longer than ${Math.round(limitMs)} ms`
        : `${about}, it ended its thread, or took more than ${MEMORY_MB} MB`;
    // Once is enough: the time of the others is not spent on it for each product.
    go.stopped.set(rule.policy.id, fault);
    return { rule, fault };
  };

  return {
    loaded: () => turn(() => started().loaded),
    judge: (judgings) =>
      turn(async () => {
        const go: Go = { spentMs: 0, stopped: new Map() };
        const all: Judgement[][] = [];
        for (const { context, rules } of judgings) {
          const judgements: Judgement[] = [];
          for (const rule of rules.filter(isOwnAndOn)) judgements.push(await judgeOne(rule, context, go));
          all.push(judgements);
        }
        // Who had hold of it when it was closed is answered all the same.
        if (isClosed) await end();
        return all;
      }),
    close: () => {
      isClosed = true;
      return turn(end);
    },
  };
}

/** What is asked in one go. */
interface Go {
  spentMs: number;
  /** Policies that had to be stopped, and why. */
  readonly stopped: Map<string, string>;
}

function isOwnAndOn({ policy, severity }: Rule): boolean {
  return 'source' in policy && severity !== 'off';
}

interface Thread {
  readonly loaded: ReturnType<OwnJudge['loaded']>;
  judge(rule: Rule, context: PolicyContext, limitMs: number): Promise<Answer | 'late' | 'ended'>;
  end(): Promise<void>;
}

type Answer = Extract<FromWorker, { kind: 'judged' | 'faulty' }>;

function openThread(policies: readonly OwnPolicy[]): Thread {
  const sent = policies.map(({ id, source }): SentPolicy => ({ id, source }));
  const worker = new Worker(new URL('./policy-thread.js', import.meta.url), {
    workerData: { policies: sent },
    execArgv: [],
    // Secrets of the gateway are none of a policy's business.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  worker.unref();
  const answers = answersOf(worker);
  const loaded = answers(LOAD_MS).then((answer) => {
    if (typeof answer !== 'string' && answer.kind === 'loaded') return answer.faults;
    const message = answer === 'late' ? `it took longer than ${LOAD_MS / 1_000} s to load` : 'it ended its thread';
    return sent.flatMap(({ source }) => (source.kind === 'file' ? [{ path: source.path, message }] : []));
  });
  let mesh: Mesh | null = null;
  const tell = (message: ToWorker): void => worker.postMessage(message);
  return {
    loaded,
    judge: async ({ policy, parameters }, { product, before, changes, today, mesh: asked }, limitMs) => {
      if (mesh !== asked) {
        // Copying and linking a large mesh is not the policy's time.
        const taken = answers(LOAD_MS);
        tell({ kind: 'mesh', products: [...asked.products.values()].map(sendable) });
        const answer = await taken;
        if (typeof answer === 'string') return answer;
        mesh = asked;
      }
      const answer = answers(limitMs);
      const about = { product: product.id, before: before && sendable(before), changes, today };
      tell({ kind: 'judge', policy: policy.id, parameters, ...about });
      const found = await answer;
      return typeof found === 'string' || found.kind === 'judged' || found.kind === 'faulty' ? found : 'ended';
    },
    end: async () => {
      await worker.terminate();
    },
  };
}

/** The next message of the thread, within the limit; who waits keeps the process alive. */
function answersOf(worker: Worker): (limitMs: number) => Promise<FromWorker | 'late' | 'ended'> {
  let hasEnded = false;
  let settle: ((answer: FromWorker | 'late' | 'ended') => void) | null = null;
  worker.on('message', (message: FromWorker) => settle?.(message));
  // An error ends the thread; that it ended is what is told.
  worker.on('error', () => undefined);
  worker.on('exit', () => {
    hasEnded = true;
    settle?.('ended');
  });
  return (limitMs) =>
    new Promise((resolve) => {
      if (hasEnded) return resolve('ended');
      const timer = setTimeout(() => settle?.('late'), limitMs);
      settle = (answer) => {
        clearTimeout(timer);
        settle = null;
        resolve(answer);
      };
    });
}

function sendable({ locate: _locate, ...product }: Product): SentProduct {
  return product;
}
