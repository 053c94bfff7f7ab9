import { ago, element, freshness, link, pausedBy, row, words } from './page.js';
import { actionButton } from './steering.js';

/** How many, of a list that ends with 100. */
function count(nodes) {
  return nodes.length === 100 ? '100 or more' : String(nodes.length);
}

/** The figures on top: what runs, and what is wrong. */
export function figures({ running, queued, alerts, dataProducts }) {
  const late = dataProducts.nodes.filter(({ datasetVersion: data }) => data?.withinSlo === false);
  const open = alerts.nodes.filter(({ state }) => state === 'OPEN');
  return [
    ['Running', count(running.nodes), ''],
    ['Queued', count(queued.nodes), ''],
    ['Late products', String(late.length), late.length > 0 ? 'bad' : 'good'],
    ['Alerts that nobody sees to', count(open), open.length > 0 ? 'bad' : 'good'],
  ].map(([name, value, className]) => element('div', [element('dt', name), element('dd', value, className)]));
}

/** An alert, with what can be done about it. */
export function alertRow({
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

/** A backfill of a product, and how far it is. */
export function backfillRow(
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

/** A product: its data, its promises, and all that is done by hand. */
export function productRow({ id, pause, datasetVersion: data, slos, runs }) {
  const late = data?.withinSlo === false;
  const promises = slos.map(({ property, promised, withinObjective, dueAt, errorBudget }) => {
    const { left: share } = errorBudget;
    const left =
      share === null ? '' : share < 0 ? ', budget overspent' : `, ${Math.round(share * 100)} % of its budget left`;
    const due = dueAt ? `, due ${new Date(dueAt).toLocaleString()}` : '';
    return element('div', `${property} ${promised}${left}${due}`, withinObjective === false ? 'bad' : 'quiet');
  });
  const paused = pause ? pausedBy(pause) : null;
  return row([
    element('td', [element('strong', id), paused ? element('div', paused, 'quiet') : null]),
    element('td', data ? `version ${data.version}, ${freshness(data)}` : 'no data yet', late ? 'bad' : undefined),
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

/** A domain, and whether its runs start. */
export function domainRow({ id, hold, products }) {
  return row([
    id,
    `${products.length} products`,
    hold
      ? element('td', `held by ${hold.by}, ${ago(hold.at)}${hold.reason ? `: ${hold.reason}` : ''}`, 'bad')
      : 'runs start',
    element('td', [hold ? actionButton('Release', 'release', id) : actionButton('Hold…', 'hold', id)]),
  ]);
}
