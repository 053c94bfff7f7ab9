import type { StatementRun, StatementWatch } from '../../schema/reading.ts';
import type { StatementParent } from '../traces/trace.ts';

/** The statements of an operation, or of a fetch of its plan: for its plan, its trace, and the log of what takes long. */
export class StatementsSeen implements StatementWatch {
  readonly runs: StatementRun[] = [];
  readonly explain: boolean;
  readonly counts: boolean;
  readonly #parent: StatementParent | null;
  #fallbacks: string[] | null = null;

  constructor(explain: boolean, parent: StatementParent | null) {
    this.explain = explain;
    this.counts = explain || parent?.recorded === true;
    this.#parent = parent;
  }

  /** Why there are several where one might have done. */
  get fallbacks(): readonly string[] {
    return this.#fallbacks ?? [];
  }

  saw(run: StatementRun): void {
    this.runs.push(run);
    this.#parent?.statement(run);
  }

  fellBack(because: string): void {
    (this.#fallbacks ??= []).push(because);
  }
}
