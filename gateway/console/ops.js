/** The operator's page: what runs, what is wrong, and what can be done about it. */
import { ask, useKey } from './graph.js';
import { element, link, show, table, words } from './page.js';
import { runDetail, runRows } from './ops-runs.js';
import { alertRow, backfillRow, domainRow, figures, productRow } from './ops-tables.js';
import { followActions } from './steering.js';

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
      ...(!linked && hasNextPage ? [pageButton('Older', 'older', endCursor)] : []),
      ...(after ? [pageButton('Newest', 'newest', '')] : []),
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
