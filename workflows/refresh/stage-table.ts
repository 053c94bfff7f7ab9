import type { Stage } from '../../schema/run.ts';
import type { StageDetail } from './activities.ts';

export interface StageProgress {
  readonly stage: Stage;
  readonly state: 'running' | 'done';
  readonly detail: StageDetail;
  readonly ms: number;
}

/** The stages so far as a Markdown table, for the Temporal Web UI. */
export function stageTable(progress: readonly StageProgress[], end?: string): string {
  const rows = progress.map(({ stage, state, detail, ms }) => {
    const counts = Object.entries(detail).map(
      ([name, value]) => `${name} ${typeof value === 'number' ? grouped(value) : value}`,
    );
    return `| ${stage} | ${state} | ${state === 'done' ? `${(ms / 1000).toFixed(1)} s` : ''} | ${cell(counts.join(', '))} |`;
  });
  const table = ['| stage | state | time | |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return end === undefined ? table : `${table}\n\n${cell(end)}`;
}

/** The sandbox of workflows has no locale that may be relied on. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function cell(text: string): string {
  return text.replace(/[|\n]/g, ' ').slice(0, 1000);
}
