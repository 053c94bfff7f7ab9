/** What a window holds of an objective: seconds, reads or checks, and those of them that were as promised. */
export interface Measured {
  readonly good: number;
  readonly total: number;
}

/** How much of an objective's room is used up. */
export interface ErrorBudget {
  /** The share that was as promised; null where nothing was measured. */
  readonly compliance: number | null;
  /** What may be otherwise, in the objective's unit: of time in all of the window, of reads and checks in those that there were. */
  readonly allowed: number;
  readonly spent: number;
  /** The share of it that is left, below 0 where it is overspent; null where nothing may be otherwise. */
  readonly left: number | null;
}

/** `window` is the whole of what there could be, where the measuring began in its midst. */
export function errorBudget({ good, total }: Measured, target: number, window = total): ErrorBudget {
  const spent = total - good;
  // 1 - 0.999 is not 0.001.
  const allowed = Number(((1 - target) * window).toFixed(9));
  return {
    compliance: total === 0 ? null : good / total,
    allowed,
    spent,
    left: allowed === 0 ? (spent === 0 ? null : 0) : 1 - spent / allowed,
  };
}

/** How fast the budget is spent: at 1 it is used up at the end of its window, at 10 in a tenth of it; null where nothing was measured. */
export function burnRate({ good, total }: Measured, target: number): number | null {
  if (total === 0 || target >= 1) return null;
  return Number(((total - good) / total / (1 - target)).toFixed(6));
}
