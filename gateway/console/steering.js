import { ask } from './graph.js';
import { element } from './page.js';

const REASON = { name: 'reason', label: 'Reason, for those who come after you', type: 'text', optional: true };

/** What can be done by hand: what is asked for, and the mutation that does it. Of each the server judges who may. */
const ACTIONS = {
  refresh: {
    title: (id) => `Refresh ${id}`,
    says: 'Joins the run that is under way, if there is one.',
    fields: [
      {
        name: 'priority',
        label: 'Priority, from 1, before all others, to 5',
        type: 'number',
        min: 1,
        max: 5,
        optional: true,
      },
      { name: 'full', label: 'Read all of its sources, whatever was kept of them', type: 'checkbox' },
    ],
    mutation: `mutation ($id: ID!, $priority: Int, $full: Boolean) { refresh(product: $id, priority: $priority, full: $full) { joined } }`,
  },
  pause: {
    title: (id) => `Pause ${id}`,
    says: 'Nothing comes to it by itself until somebody resumes it; by hand it may be refreshed.',
    fields: [REASON],
    mutation: `mutation ($id: ID!, $reason: String) { pause(product: $id, reason: $reason) { id } }`,
  },
  resume: {
    title: (id) => `Resume ${id}`,
    says: 'What it missed of the products that it reads it refreshes at once.',
    fields: [],
    mutation: `mutation ($id: ID!) { resume(product: $id) { id } }`,
  },
  backfill: {
    title: (id) => `Backfill ${id}`,
    says: 'Reads a stretch of its sources again, slice by slice; readers see it whole, when all is merged.',
    fields: [
      { name: 'from', label: 'From: a date, a moment or a number of the watermark', type: 'text' },
      { name: 'to', label: 'To, which is no part of it; now where nothing is said', type: 'text', optional: true },
      {
        name: 'by',
        label: 'Slices of, such as P1D or 100000; one where nothing is said',
        type: 'text',
        optional: true,
      },
      { name: 'atOnce', label: 'Slices at once', type: 'number', min: 1, max: 16, optional: true },
      REASON,
    ],
    mutation: `mutation ($id: ID!, $from: String!, $to: String, $by: String, $atOnce: Int, $reason: String) {
      backfill(product: $id, from: $from, to: $to, by: $by, atOnce: $atOnce, reason: $reason) { id }
    }`,
  },
  rollbackData: {
    title: (id) => `Show an earlier version of ${id}`,
    says: 'At once. The product is paused until somebody resumes it: its next run publishes a new version.',
    fields: [
      {
        name: 'toVersion',
        label: 'Version; the one before where nothing is said',
        type: 'number',
        min: 1,
        optional: true,
      },
      REASON,
    ],
    mutation: `mutation ($id: ID!, $toVersion: Int, $reason: String) { rollbackData(product: $id, toVersion: $toVersion, reason: $reason) { id } }`,
  },
  cancelRun: {
    title: (_id, product) => `Cancel the run of ${product}`,
    says: 'What it made is cleared away; readers go on with the version that they see.',
    fields: [],
    mutation: `mutation ($id: ID!) { cancelRun(id: $id) { id } }`,
  },
  retry: {
    title: (_id, product) => `Retry the run of ${product}`,
    says: 'From the stage that failed, as long as what it landed is kept; else from its first.',
    fields: [],
    mutation: `mutation ($id: ID!) { retry(run: $id) { id } }`,
  },
  cancelBackfill: {
    title: (_id, product) => `Cancel the backfill of ${product}`,
    says: 'What it read is cleared away.',
    fields: [],
    mutation: `mutation ($id: ID!) { cancelBackfill(id: $id) { id } }`,
  },
  retryBackfill: {
    title: (_id, product) => `Let the backfill of ${product} go on`,
    says: 'With the slices that were not read, or with the run that merges them.',
    fields: [],
    mutation: `mutation ($id: ID!) { retryBackfill(id: $id) { id } }`,
  },
  hold: {
    title: (id) => `Hold the domain ${id}`,
    says: 'No run of it starts from now on: what is asked for is queued. Runs under way go on.',
    fields: [REASON],
    mutation: `mutation ($id: ID!, $reason: String) { hold(domain: $id, reason: $reason) { id } }`,
  },
  release: {
    title: (id) => `Release the domain ${id}`,
    says: 'What was queued starts.',
    fields: [],
    mutation: `mutation ($id: ID!) { release(domain: $id) { id } }`,
  },
  acknowledgeAlert: {
    title: (_id, product) => `See to the alert of ${product}`,
    says: 'It does not escalate.',
    fields: [],
    mutation: `mutation ($id: ID!) { acknowledgeAlert(id: $id) { id } }`,
  },
};

/** A button that asks before it acts. `name` is of ACTIONS, `product` what people call its subject by. */
export function actionButton(text, name, id, product = id) {
  const button = element('button', text, 'plain');
  button.type = 'button';
  button.dataset.key = `${name} ${id}`;
  button.setAttribute('aria-label', ACTIONS[name].title(id, product));
  button.dataset.action = name;
  button.dataset.id = id;
  button.dataset.product = product;
  return button;
}

/** Has the buttons of the page ask in its dialog; `done` is called when something was done. */
export function followActions(done) {
  const dialog = document.getElementById('dialog');
  const form = document.getElementById('action');
  const refusal = document.getElementById('dialog-refusal');
  const act = document.getElementById('dialog-do');
  let asked = null;

  document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('button[data-action]');
    if (!button) return;
    const { action: name, id, product } = button.dataset;
    const action = ACTIONS[name];
    asked = { action, id };
    document.getElementById('dialog-title').textContent = action.title(id, product);
    document.getElementById('dialog-says').textContent = action.says;
    document.getElementById('dialog-fields').replaceChildren(...action.fields.flatMap(fieldOf));
    refusal.textContent = '';
    act.textContent = button.textContent.replace('…', '');
    dialog.showModal();
  });
  document.getElementById('dialog-leave').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    act.disabled = true;
    refusal.textContent = '';
    try {
      await ask(asked.action.mutation, { id: asked.id, ...valuesOf(asked.action, form) });
      dialog.close();
      await done();
    } catch (error) {
      refusal.textContent = error.code ? `${error.message} (${error.code})` : error.message;
    } finally {
      act.disabled = false;
    }
  });
}

function fieldOf({ name, label, optional, ...attributes }) {
  const input = element('input');
  Object.assign(input, attributes, {
    id: `field-${name}`,
    name,
    required: !optional && attributes.type !== 'checkbox',
  });
  const caption = element('label', label, attributes.type === 'checkbox' ? 'inline' : undefined);
  caption.htmlFor = input.id;
  return attributes.type === 'checkbox' ? [input, caption] : [caption, input];
}

/** Variables of what was filled in: what was left empty is not said. */
function valuesOf({ fields }, form) {
  return Object.fromEntries(
    fields.flatMap(({ name, type }) => {
      const input = form.elements[name];
      if (type === 'checkbox') return [[name, input.checked]];
      if (input.value.trim() === '') return [];
      return [[name, type === 'number' ? Number(input.value) : input.value.trim()]];
    }),
  );
}
