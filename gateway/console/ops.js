/** The operator's page: what runs, what is wrong, and what can be done about it. */
import { ask, useKey } from './graph.js';
import { ago, element, link, row, show, table, words } from './page.js';
import { runDetail, runRows } from './ops-runs.js';
import { actionButton, followActions } from './steering.js';

const OPERATIONS = `query Operations($phase: RunPhase, $product: ID, $after: String) {
  me { name role }
  running: runs(phase: RUNNING, first: 100) { nodes { id } }
  queued: runs(phase: QUEUED, first: 100) { nodes { id } }
  alerts(first: 100) {
    nodes {
      id cause severity state message level openedAt escalatesAt acknowledgedBy returned
      product { id }
      run { id }
      follows { product { id } }
    }
  }
  runs(phase: $phase, product: $product, first: 25, after: $after) {
    nodes {
      id trigger phase outcome priority fullLoad requestedBy requestedAt startedAt endedAt keptUntil datasetVersion temporalUrl
      product { id }
      error { code message }
      stages { name state startedAt endedAt }
    }
    pageInfo { hasNextPage endCursor }
  }
  domains { id hold { by at reason } products { id } }
  dataProducts(first: 200, filter: { kind: MANAGED }) {
    totalCount
    nodes {
      id
      pause { by at reason }
      datasetVersion { version publishedAt confirmedAt withinSlo }
      slos { property promised withinObjective dueAt errorBudget { left } }
      runs(first: 1) { phase }
      backfills(first: 2) { id phase from to by slices slicesRead rowsRead requestedBy requestedAt error { message } }
    }
  }
}`;

// A stage of a small product takes a fraction of a second: whoever watches should see it pass.
const LOOK_MS = 3_000;

const address = new URLSearchParams(location.search);
/** Runs that are open, and what was read of them. */
const opened = new Set(address.get('run') ? [address.get('run')] : []);
const details = new Map();
let after = null;

/** How many, of a list that ends with 100. */
function count(nodes) {
  return nodes.length === 100 ? '100 or more' : String(nodes.length);
}

function figures({ running, queued, alerts, dataProducts }) {
  const late = dataProducts.nodes.filter(({ datasetVersion: data }) => data?.withinSlo === false);
  const open = alerts.nodes.filter(({ state }) => state === 'OPEN');
  return [
    ['Running', count(running.nodes), ''],
    ['Queued', count(queued.nodes), ''],
    ['Late products', String(late.length), late.length > 0 ? 'bad' : 'good'],
    ['Alerts that nobody sees to', count(open), open.length > 0 ? 'bad' : 'good'],
  ].map(([name, value, className]) => element('div', [element('dt', name), element('dd', value, className)]));
}

function alertRow({
  id,
  cause,
  severity,
  state,
  message,
  level,
  openedAt,
  escalatesAt,
  acknowledgedBy,
  returned,
  ...of
}) {
  const notes = [
    of.follows ? `follows from ${of.follows.product.id}` : null,
    returned > 0 ? `came back ${returned} times` : null,
    acknowledgedBy ? `${acknowledgedBy} sees to it` : null,
    state === 'OPEN' && escalatesAt ? `level ${level}, escalates ${new Date(escalatesAt).toLocaleTimeString()}` : null,
  ].filter((note) => note !== null);
  const said = element('td', [element('div', message), element('div', notes.join('; '), 'quiet')]);
  return row([
    of.product.id,
    element('td', words(cause), severity === 'ERROR' ? 'bad' : undefined),
    said,
    ago(openedAt),
    element('td', [
      state === 'OPEN' ? actionButton('See to it', 'acknowledgeAlert', id, of.product.id) : null,
      of.run ? link(`ops?run=${encodeURIComponent(of.run.id)}`, 'Run') : null,
    ]),
  ]);
}

function backfillRow(
  product,
  { id, phase, from, to, by, slices, slicesRead, rowsRead, requestedBy, requestedAt, error },
) {
  const done = element('progress');
  Object.assign(done, { max: slices, value: slicesRead, ariaLabel: 'Slices read' });
  const stands = ['READING', 'MERGING'].includes(phase);
  return row([
    product,
    element('td', [element('div', `${from} to ${to}`), element('div', `by ${by}`, 'quiet')]),
    element('td', [
      element('div', words(phase), phase === 'FAILED' ? 'bad' : undefined),
      error ? element('div', error.message, 'quiet') : null,
    ]),
    element('td', [
      done,
      element('div', `${slicesRead} of ${slices} slices, ${Number(rowsRead).toLocaleString('en')} rows`, 'quiet'),
    ]),
    `${requestedBy}, ${ago(requestedAt)}`,
    element('td', [
      stands ? actionButton('Cancel', 'cancelBackfill', id, product) : null,
      phase === 'FAILED' ? actionButton('Retry', 'retryBackfill', id, product) : null,
    ]),
  ]);
}

function productRow({ id, pause, datasetVersion: data, slos, runs }) {
  const late = data?.withinSlo === false;
  const promises = slos.map(({ property, promised, withinObjective, dueAt, errorBudget }) => {
    const { left: share } = errorBudget;
    const left =
      share === null ? '' : share < 0 ? ', budget overspent' : `, ${Math.round(share * 100)} % of its budget left`;
    const due = dueAt ? `, due ${new Date(dueAt).toLocaleString()}` : '';
    return element('div', `${property} ${promised}${left}${due}`, withinObjective === false ? 'bad' : 'quiet');
  });
  const paused = pause ? `paused by ${pause.by}${pause.reason ? `: ${pause.reason}` : ''}` : null;
  return row([
    element('td', [element('strong', id), paused ? element('div', paused, 'quiet') : null]),
    element(
      'td',
      data
        ? `version ${data.version}, ${ago(data.confirmedAt ?? data.publishedAt)}${late ? ', late' : ''}`
        : 'no data yet',
      late ? 'bad' : undefined,
    ),
    element('td', promises),
    runs[0] ? words(runs[0].phase) : '–',
    element(
      'td',
      [
        actionButton('Refresh…', 'refresh', id),
        pause ? actionButton('Resume', 'resume', id) : actionButton('Pause…', 'pause', id),
        actionButton('Backfill…', 'backfill', id),
        data && data.version > 1 ? actionButton('Roll back…', 'rollbackData', id) : null,
      ],
      'actions',
    ),
  ]);
}

function domainRow({ id, hold, products }) {
  return row([
    id,
    `${products.length} products`,
    hold
      ? element('td', `held by ${hold.by}, ${ago(hold.at)}${hold.reason ? `: ${hold.reason}` : ''}`, 'bad')
      : 'runs start',
    element('td', [hold ? actionButton('Release', 'release', id) : actionButton('Hold…', 'hold', id)]),
  ]);
}

function tableOr(nothing, heads, rows) {
  return rows.length === 0 ? [element('p', nothing, 'quiet')] : [table(heads, rows)];
}

/** Reads what is to be said of the runs that are open. */
async function readDetails() {
  for (const id of opened) details.set(id, await runDetail(id));
}

async function look() {
  const state = document.getElementById('state');
  try {
    await readDetails();
    const linked = address.get('run');
    const answer = await ask(OPERATIONS, {
      phase: address.get('phase') || null,
      product: address.get('product') || null,
      after,
    });
    const shown = linked ? [details.get(linked)].filter(Boolean) : answer.runs.nodes;
    const { hasNextPage, endCursor } = answer.runs.pageInfo;
    const { nodes: products, totalCount } = answer.dataProducts;
    const backfills = products.flatMap(({ id, backfills: some }) => some.map((one) => backfillRow(id, one)));
    document.getElementById('me').textContent =
      answer.me.role === null ? 'Not signed in: to steer needs a key.' : `${answer.me.name} (${words(answer.me.role)})`;
    show('now', figures(answer));
    show(
      'alerts',
      tableOr('Nothing is wrong.', ['Product', 'What', 'Says', 'Since', ''], answer.alerts.nodes.map(alertRow)),
    );
    show('runs', [
      ...(linked ? [element('p', [link('ops', 'All runs')])] : []),
      ...tableOr(
        'No run is like that.',
        ['Run', 'Phase', 'Stages', 'Took', ''],
        shown.flatMap((run) => runRows(run, { open: opened.has(run.id), detail: details.get(run.id) })),
      ),
      ...(!linked && hasNextPage ? [olderButton(endCursor)] : []),
      ...(after ? [newestButton()] : []),
    ]);
    show(
      'backfills',
      tableOr('None was asked for.', ['Product', 'Stretch', 'Phase', 'Read', 'Asked for by', ''], backfills),
    );
    show('products', [
      ...tableOr(
        'Nothing is published yet.',
        ['Product', 'Data', 'Promises', 'Last run', ''],
        products.map(productRow),
      ),
      ...(totalCount > products.length
        ? [element('p', `The first ${products.length} of ${totalCount}.`, 'quiet')]
        : []),
    ]);
    show('domains', tableOr('There is none.', ['Domain', 'Products', 'Runs', ''], answer.domains.map(domainRow)));
    state.textContent = '';
  } catch (error) {
    state.textContent = `The ledger cannot be read: ${error.message}`;
  }
}

function olderButton(cursor) {
  return pageButton('Older', 'older', cursor);
}

function newestButton() {
  return pageButton('Newest', 'newest', '');
}

function pageButton(text, name, cursor) {
  const button = element('button', text, 'plain');
  button.type = 'button';
  Object.assign(button.dataset, { key: name, cursor });
  return button;
}

/** One look after another: a slow gateway is not asked twice. */
let looking = Promise.resolve();
function lookAgain() {
  looking = looking.then(look);
  return looking;
}

document.getElementById('runs').addEventListener('click', ({ target }) => {
  const { cursor, run } = target.closest?.('button')?.dataset ?? {};
  if (cursor !== undefined) after = cursor === '' ? null : cursor;
  else if (run === undefined) return;
  else if (!opened.delete(run)) opened.add(run);
  void lookAgain();
});
document.getElementById('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = document.getElementById('key');
  useKey(input.value.trim());
  input.value = '';
  void lookAgain();
});
const filter = document.getElementById('filter');
for (const name of ['phase', 'product']) filter.elements[name].value = address.get(name) ?? '';
filter.addEventListener('submit', (event) => {
  event.preventDefault();
  address.delete('run');
  after = null;
  for (const name of ['phase', 'product']) {
    const value = filter.elements[name].value.trim();
    if (value === '') address.delete(name);
    else address.set(name, value);
  }
  history.replaceState(null, '', address.size === 0 ? 'ops' : `ops?${address}`);
  void lookAgain();
});
followActions(lookAgain);
await lookAgain();
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  if (!document.hidden) await lookAgain();
}
