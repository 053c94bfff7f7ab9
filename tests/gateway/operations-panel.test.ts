import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test as always } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type ProductId, runId } from '../../schema/ids.ts';
import { raiseAlert } from '../../schema/ledger/alerts.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { chromiumHere, openBrowser } from '../testkit/browser.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { refreshDeps, refreshHere } from '../workflows/refresh-here.ts';
import { smallProduct } from '../workflows/small-product.ts';
import { gatewayHere, type GatewayHere, KEY } from './gateway-here.ts';
import { folderAt } from './product-text.ts';

const chromium = chromiumHere();
/** What a browser shows can be seen where there is one: Debian's `chromium`, or what WEFT_CHROMIUM names. */
const test = chromium === null ? always.skip : always;

const THINGS = 'trial/things' as ProductId;
const COLUMNS = [
  '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
  '{ name: changed, logicalType: timestamp, required: true }',
];
let database: TestDatabase;
let gateway: GatewayHere;
let browser: Browser;
let page: Page;
let faults: string[];

beforeAll(async () => {
  database = await cloneDatabase();
  gateway = await gatewayHere({ database });
  const text = { content: 'id,changed\n1,2026-01-01T00:00:00Z\n', source: COLUMNS, output: COLUMNS.slice(0, 1) };
  const rules = ['{ name: many, metric: rowCount, mustBeGreaterThan: 5, severity: warning }'];
  const broken = ['{ name: none, metric: rowCount, mustBe: 0 }'];
  for (const one of [
    { ...text, name: 'things', quality: rules, load: { loadMode: 'merge', watermark: 'changed' } },
    { ...text, name: 'broken', quality: broken },
  ])
    await gateway.publish([await folderAt(await smallProduct(one))], { refresh: false });
  const deps = await refreshDeps(database);
  await refreshHere(deps, THINGS);
  await refreshHere(deps, 'trial/broken' as ProductId);
  if (chromium !== null) browser = await openBrowser(chromium);
}, 60_000);
afterAll(async () => {
  if (chromium !== null) await browser.close();
  await gateway.close();
  await database.drop();
});
beforeEach(async () => {
  if (chromium === null) return;
  page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(new URL('/ops', gateway.url).href);
});
afterEach(async () => {
  if (chromium === null) return;
  expect(faults).toEqual([]);
  await page.close();
});

async function signIn(key = KEY): Promise<void> {
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('(admin)').waitFor();
}

/** What the page shows of a section once it says so. */
async function shows(section: string, text: string | RegExp): Promise<void> {
  await page.locator(`#${section}`).getByText(text).first().waitFor();
}

test('runs are shown with their stages, and what went wrong; opened, with what each stage counted and each rule measured', async () => {
  await shows('runs', 'trial/things');
  await shows('runs', /found 1, expected = 0/);
  await page.locator('#runs').getByRole('button', { name: 'trial/things', exact: true }).click();
  await shows('runs', /rowsLanded 1/);
  await shows('runs', '> 5');
  const stages = page.locator('#runs tr', { hasText: 'trial/broken' }).first().locator('.stage');
  expect(await stages.evaluateAll((marks) => marks.map(({ className }) => className))).toEqual([
    ...['stage done', 'stage done', 'stage done', 'stage failed', 'stage waits', 'stage waits'],
  ]);
});

test('a filter is in the address, and so is a run', async () => {
  await shows('runs', 'trial/things');
  await page.getByLabel('Phase').selectOption('failed');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.locator('#runs', { hasNotText: 'trial/things' }).waitFor();
  expect(page.url()).toMatch(/\?phase=FAILED$/);
  await page.reload();
  await shows('runs', 'trial/broken');
  const { data } = await gateway.ask('{ runs(product: "trial/things", first: 1) { nodes { id } } }');
  await page.goto(new URL(`/ops?run=${data.runs.nodes[0].id}`, gateway.url).href);
  await shows('runs', /rowsLanded 1/);
  expect(await page.locator('#runs').innerText()).not.toContain('trial/broken');
});

test('who is not signed in reads all and is refused what steers, in the dialog', async () => {
  await shows('products', 'trial/things');
  await page.getByRole('button', { name: 'Pause trial/things' }).click();
  await page.getByLabel('Reason').fill('the source moves');
  await page.locator('#dialog-do').click();
  await page
    .locator('#dialog-refusal')
    .getByText(/UNAUTHENTICATED/)
    .waitFor();
  await page.getByRole('button', { name: 'Leave it' }).click();
  const { data } = await gateway.ask('{ dataProduct(id: "trial/things") { pause { by } } }');
  expect(data.dataProduct.pause).toBeNull();
});

test('a product is paused and resumed, with a reason that others see', async () => {
  await signIn();
  await page.getByRole('button', { name: 'Pause trial/things' }).click();
  await page.getByLabel('Reason').fill('the source moves');
  await page.locator('#dialog-do').click();
  await shows('products', 'paused by admin: the source moves');
  await page.getByRole('button', { name: 'Resume trial/things' }).click();
  await page.locator('#dialog-do').click();
  await page.getByRole('button', { name: 'Pause trial/things' }).waitFor();
});

test('a domain is held; a refresh that is asked for meanwhile is queued with its priority, and called off', async () => {
  await signIn();
  await page.getByRole('button', { name: 'Hold the domain trial' }).click();
  await page.getByLabel('Reason').fill('migration');
  await page.locator('#dialog-do').click();
  await shows('domains', /held by admin.*migration/);
  await page.getByRole('button', { name: 'Refresh trial/things' }).click();
  await page.getByLabel('Priority').fill('1');
  await page.locator('#dialog-do').click();
  const line = page.locator('#runs tr', { hasText: 'queued' }).first();
  await line.waitFor();
  const { data } = await gateway.ask('{ runs(phase: QUEUED) { nodes { id priority } } }');
  expect(data.runs.nodes).toMatchObject([{ priority: 1 }]);
  await line.getByRole('button', { name: 'Cancel the run of trial/things' }).click();
  await page.locator('#dialog-do').click();
  await page.locator('#runs tr', { hasText: 'cancelled' }).first().waitFor();
  await page.getByRole('button', { name: 'Release the domain trial' }).click();
  await page.locator('#dialog-do').click();
  await shows('domains', 'runs start');
});

test('a failed run is retried', async () => {
  await signIn();
  await page.getByRole('button', { name: 'Retry the run of trial/broken' }).first().click();
  await page.locator('#dialog-do').click();
  await shows('runs', /retry by admin/);
});

test('what is wrong stands on top until somebody sees to it, with its run', async () => {
  const { data } = await gateway.ask('{ runs(product: "trial/broken", phase: FAILED, first: 1) { nodes { id } } }');
  const alert = {
    productId: 'trial/broken' as ProductId,
    cause: 'run_failed',
    severity: 'error',
    follows: null,
  } as const;
  const run = runId(data.runs.nodes[0].id as string);
  await transaction(database.pool, (trx) =>
    raiseAlert(trx, { ...alert, id: randomUUID(), message: 'A rule is broken.', runId: run }),
  );
  await signIn();
  await shows('alerts', 'A rule is broken.');
  expect(await page.locator('#now').innerText()).toMatch(/Alerts that nobody sees to\s+1/);
  await page.getByRole('button', { name: 'See to the alert of trial/broken' }).click();
  await page.locator('#dialog-do').click();
  await shows('alerts', 'admin sees to it');
  await page.locator('#alerts').getByRole('link', { name: 'Run' }).click();
  await shows('runs', /found 1, expected = 0/);
});

test('a backfill is asked for and called off; what cannot be is said where it was asked for', async () => {
  await signIn();
  await page.getByRole('button', { name: 'Backfill trial/things' }).click();
  await page.getByLabel('From').fill('yesterday, or so');
  await page.locator('#dialog-do').click();
  await page
    .locator('#dialog-refusal')
    .getByText(/\(BACKFILL_|yesterday/)
    .waitFor();
  await page.getByLabel('From').fill('2026-01-01');
  await page.getByLabel('To, which').fill('2026-01-03');
  await page.getByLabel('Slices of').fill('P1D');
  await page.locator('#dialog-do').click();
  await shows('backfills', '0 of 2 slices, 0 rows');
  await page.getByRole('button', { name: 'Cancel the backfill of trial/things' }).click();
  await page.locator('#dialog-do').click();
  await shows('backfills', 'cancelled');
});

test('texts of products are shown as texts, and what is open stays open while the page follows', async () => {
  const { data } = await gateway.ask('{ runs(product: "trial/things", first: 1) { nodes { id } } }');
  const id = runId(data.runs.nodes[0].id as string);
  await database.pool.query(`update weft.runs set requested_by = '<img src=x onerror=alert(1)>' where id = $1`, [id]);
  await page.locator('#runs').getByRole('button', { name: 'trial/things', exact: true }).first().click();
  await shows('runs', /<img src=x/);
  await database.pool.query(`update weft.runs set requested_by = 'somebody' where id = $1`, [id]);
  await shows('runs', /by somebody/);
  expect(await page.locator('#runs [aria-expanded=true]').count()).toBe(1);
});
