/** Where people find the Temporal Web UI, and the namespace there. */
export interface TemporalUi {
  readonly url: string;
  readonly namespace: string;
}

/** The address of a workflow in the Temporal Web UI. */
export function workflowUrl({ url, namespace }: TemporalUi, workflowId: string): string {
  return `${url.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
