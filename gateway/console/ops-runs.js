import { ask } from './graph.js';
import { ago, element, lasting, link, row, table, words } from './page.js';
import { actionButton } from './steering.js';

const RUN = `query Run($id: ID!) {
  run(id: $id) {
    id trigger phase outcome priority fullLoad requestedBy requestedAt startedAt endedAt keptUntil scheduledFor datasetVersion traceId temporalUrl
    product { id }
    retryOf { id }
    error { code message findings { code message file line } }
    stages { name state attempt startedAt endedAt detail }
    quality { rule severity outcome measured expected description samples }
  }
}`;
const STAGES = ['EXTRACT', 'LAND', 'TRANSFORM', 'AUDIT', 'PUBLISH', 'ANNOUNCE'];
const OVER = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** All that is known of a run; undefined where there is none of that id. */
export async function runDetail(id) {
  const { run } = await ask(RUN, { id });
  return run ?? undefined;
}

/** A run as a row; where it is open, with another of what was read of it in `detail`. */
export function runRows(run, { open, detail }) {
  const { id, product, trigger, phase, outcome, requestedBy, requestedAt, startedAt, endedAt, error, temporalUrl } =
    run;
  const className = phase === 'FAILED' ? 'bad' : phase === 'SUCCEEDED' ? 'good' : undefined;
  const line = row([
    element('td', [
      opener(id, product.id, open),
      element('div', `${words(trigger)} by ${requestedBy}, ${ago(requestedAt)}`, 'quiet'),
    ]),
    element('td', [
      element('div', words(outcome === 'CONFIRMED' ? outcome : phase), className),
      error ? element('div', error.message, 'quiet') : null,
    ]),
    element('td', stageMarks(run), 'stages'),
    element('td', startedAt ? lasting(startedAt, endedAt) : '–', 'number'),
    element(
      'td',
      [
        OVER.includes(phase) ? null : actionButton('Cancel', 'cancelRun', id, product.id),
        phase === 'FAILED' ? actionButton('Retry', 'retry', id, product.id) : null,
        temporalUrl ? link(temporalUrl, 'Temporal') : null,
      ],
      'actions',
    ),
  ]);
  if (!open) return [line];
  const within = element('td', detail ? detailOf(detail) : '…');
  within.colSpan = 5;
  return [line, row([within])];
}

/** A button that shows or hides what else is known of a run. */
function opener(id, name, open) {
  const button = element('button', name, 'opener');
  button.type = 'button';
  // What marks it is not read aloud.
  button.ariaLabel = name;
  button.ariaExpanded = String(open);
  Object.assign(button.dataset, { key: `open ${id}`, run: id });
  return button;
}

/** How far it came, a mark for each stage: read aloud by its name and state. */
function stageMarks({ stages, phase }) {
  return STAGES.map((name) => {
    const stage = stages.find((one) => one.name === name);
    const state =
      stage === undefined ? 'waits' : stage.state === 'RUNNING' && OVER.includes(phase) ? 'ended' : words(stage.state);
    const mark = element('span', words(name), `stage ${state}`);
    mark.title = `${words(name)}: ${state}${stage ? `, ${lasting(stage.startedAt, stage.endedAt)}` : ''}`;
    return mark;
  });
}

function detailOf(run) {
  const {
    id,
    outcome,
    priority,
    fullLoad,
    scheduledFor,
    keptUntil,
    retryOf,
    datasetVersion,
    traceId,
    error,
    stages,
    quality,
  } = run;
  const facts = [
    `run ${id}`,
    `priority ${priority}`,
    fullLoad ? 'reads all of its sources' : null,
    scheduledFor ? `meant for ${new Date(scheduledFor).toLocaleString()}` : null,
    retryOf ? `takes up ${retryOf.id}` : null,
    datasetVersion === null ? null : `${words(outcome ?? 'PUBLISHED')} version ${datasetVersion}`,
    traceId ? `trace ${traceId}` : null,
    keptUntil ? `what it landed is kept until ${new Date(keptUntil).toLocaleString()}` : null,
  ].filter((fact) => fact !== null);
  return [
    element('p', facts.join(' · '), 'quiet'),
    ...(error ? [refusal(error)] : []),
    table(['Stage', 'State', 'Attempt', 'Took', 'Counted'], stages.map(stageRow)),
    ...(quality.length === 0 ? [] : [table(['Rule', 'Outcome', 'Measured', 'Expected'], quality.map(qualityRow))]),
  ];
}

function refusal({ code, message, findings }) {
  const said = findings.map((finding) =>
    element(
      'li',
      `${finding.file ? `${finding.file}${finding.line ? `:${finding.line}` : ''}: ` : ''}${finding.message}`,
    ),
  );
  return element('div', [
    element('p', `${code}: ${message}`, 'bad'),
    ...(said.length === 0 ? [] : [element('ul', said)]),
  ]);
}

function stageRow({ name, state, attempt, startedAt, endedAt, detail }) {
  const counted = Object.entries(detail ?? {}).map(
    ([key, value]) => `${key} ${typeof value === 'number' ? value.toLocaleString('en') : value}`,
  );
  return row([
    words(name),
    element('td', words(state), state === 'FAILED' ? 'bad' : undefined),
    String(attempt),
    element('td', lasting(startedAt, endedAt), 'number'),
    counted.join(', '),
  ]);
}

function qualityRow({ rule, severity, outcome, measured, expected, description, samples }) {
  const className =
    outcome === 'FAILED' ? (severity === 'ERROR' ? 'bad' : 'warning') : outcome === 'PASSED' ? 'good' : 'quiet';
  const rows = samples.map((sample) => element('div', JSON.stringify(sample), 'quiet'));
  return row([
    element('td', [element('div', rule), element('div', description ?? '', 'quiet')]),
    element('td', words(outcome), className),
    element('td', [element('div', measured ?? '–'), ...rows]),
    expected ?? '–',
  ]);
}
