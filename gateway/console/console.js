/** The console's first page: the catalog in short. */
import { answerTo, ask } from './graph.js';
import { element, freshness, link, pausedBy } from './page.js';

const FIRST_QUERY = `{
  dataProducts {
    nodes {
      id
      purpose
      datasetVersion { version withinSlo objects { name rows } }
    }
  }
}`;

const PRODUCTS = `{
  dataProducts(first: 1000) {
    nodes {
      id
      name
      version
      kind
      purpose
      datasetVersion { publishedAt confirmedAt withinSlo objects { rows } }
      pause { by reason }
      runs(first: 1) { phase outcome temporalUrl error { message } }
    }
  }
}`;

// A refresh of a small product takes a second or two: its end should be seen soon.
const REFRESH_MS = 5_000;

function showAddresses(temporalUrl) {
  const addresses = [
    ['GraphQL', 'graphql'],
    ['Supergraph', 'supergraph.graphql'],
    ['Metrics', 'metrics'],
    ['Ready', 'readyz'],
  ];
  if (temporalUrl) addresses.push(['Temporal Web UI', new URL('/', temporalUrl).href]);
  const rows = addresses.flatMap(([name, href]) => {
    const value = element('dd');
    value.append(link(href, new URL(href, location.href).href));
    return [element('dt', name), value];
  });
  document.getElementById('urls').replaceChildren(...rows);
}

function rowOf(product) {
  const row = element('tr');
  const name = element('td');
  name.append(element('strong', product.id), element('div', product.purpose ?? '', 'quiet'));
  const { datasetVersion: data, pause, runs } = product;
  const rows = data?.objects.map((object) => Number(object.rows).toLocaleString('en')).join(' + ');
  const late = data?.withinSlo === false;
  const run = element('td');
  if (runs[0]) {
    const { phase, outcome, temporalUrl, error } = runs[0];
    const text = (outcome === 'CONFIRMED' ? outcome : phase).toLowerCase();
    const className = phase === 'FAILED' ? 'bad' : phase === 'SUCCEEDED' ? 'good' : 'quiet';
    const shown = temporalUrl ? link(temporalUrl, text) : element('span', text);
    shown.classList.add(className);
    run.append(shown);
    if (error) run.append(element('div', error.message, 'quiet'));
  }
  if (pause) run.append(element('div', pausedBy(pause), 'quiet'));
  row.append(
    name,
    element('td', product.version),
    element('td', product.kind === 'REMOTE' ? 'remote' : (rows ?? 'none yet'), 'number'),
    element('td', data ? freshness(data) : '–', late ? 'bad' : undefined),
    run,
  );
  return row;
}

async function showProducts() {
  const state = document.getElementById('products-state');
  const table = document.getElementById('products');
  try {
    const { nodes } = (await ask(PRODUCTS)).dataProducts;
    table.tBodies[0].replaceChildren(...nodes.map(rowOf));
    table.hidden = nodes.length === 0;
    state.textContent =
      nodes.length === 0 ? 'Nothing is published yet: `npx weft publish <folder>` publishes a product.' : '';
    showAddresses(nodes.flatMap(({ runs }) => runs[0]?.temporalUrl ?? [])[0]);
  } catch (error) {
    state.textContent = `The catalog cannot be read: ${error.message}`;
  }
}

document.getElementById('text').value = FIRST_QUERY;
document.getElementById('query').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = document.getElementById('answer');
  answer.textContent = '…';
  try {
    answer.textContent = JSON.stringify(await answerTo(document.getElementById('text').value), null, 2);
  } catch (error) {
    answer.textContent = `No answer: ${error.message}`;
  }
});
showAddresses();
await showProducts();
setInterval(showProducts, REFRESH_MS);
