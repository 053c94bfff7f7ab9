import type { ApiSource, Pagination } from '../../schema/contract/api-source.ts';
import { Refusal } from '../../schema/errors.ts';
import { openCredentials } from './api-credentials.ts';
import { at, textOf } from './exact-json.ts';
import { type HttpAnswer, type HttpExchange, SaidNo, TryAgain } from './http-exchange.ts';
import type { SourceAsk } from './source.ts';
import type { Item } from './spooled-records.ts';

/** What the next page is asked by: nothing at first, then an address or a value of the pagination's parameter. */
type Turn = { readonly url: string } | { readonly value: string | number } | null;

/**
 * The pages of an object, each whole. Refuses with SOURCE_INCOMPLETE where they go around in a circle, are more than the contract
 * allows, or go on where it says that they do not; with SOURCE_DRIFTED where the records are not where it says.
 */
export async function* pagesOf(
  source: ApiSource,
  { since, secrets }: Pick<SourceAsk, 'since' | 'secrets'>,
  { exchange, label }: { exchange: HttpExchange; label: string },
): AsyncGenerator<readonly Item[]> {
  const credentials = openCredentials(source, secrets, exchange);
  const asked = new Set<string>();
  let turn: Turn = firstTurn(source.pagination);
  let [pages, items, bytes, former] = [0, 0, 0, ''];
  for (;;) {
    const key = JSON.stringify(turn);
    if (asked.has(key))
      throw incomplete(label, `comes to a page twice (${key.slice(0, 100)}): it goes around in a circle`);
    asked.add(key);
    const answer = await ask(source, since, turn, { credentials, exchange, label });
    const found = recordsOf(source, answer.json, label);
    pages += 1;
    items += found.length;
    bytes += Buffer.byteLength(answer.text);
    if (found.length > 0 && answer.text === former)
      throw incomplete(label, 'answers with the same page again and again');
    former = source.pagination?.by === 'page' || source.pagination?.by === 'offset' ? answer.text : '';
    yield found;
    turn = nextTurn(source, { answer, found, items, pages, label });
    if (turn === null) return;
    if (pages >= source.limits.pages)
      throw incomplete(label, `has more than the ${pages} pages that limits.pages allows`);
    if (bytes > source.limits.megabytes * 1024 * 1024)
      throw incomplete(label, `has more than the ${source.limits.megabytes} MiB that limits.megabytes allows`);
  }
}

function firstTurn(pagination: Pagination | null): Turn {
  if (pagination?.by === 'page') return { value: pagination.first };
  return pagination?.by === 'offset' ? { value: 0 } : null;
}

async function ask(
  source: ApiSource,
  since: SourceAsk['since'],
  turn: Turn,
  by: { credentials: ReturnType<typeof openCredentials>; exchange: HttpExchange; label: string },
): Promise<HttpAnswer> {
  for (let renewed = false; ;) {
    const { headers, params } = await by.credentials.current();
    const given: Record<string, string | number> = {
      ...(source.since !== null && since !== null && { [source.since]: since.value }),
      ...(source.until !== null && since?.until !== undefined && { [source.until]: since.until }),
      ...(turn !== null && 'value' in turn && source.pagination !== null && 'param' in source.pagination
        ? { [source.pagination.param]: turn.value }
        : {}),
    };
    const url = new URL(turn !== null && 'url' in turn ? turn.url : source.url);
    // An address that the server gave has its own; but whoever asks must say so again.
    const isOwn = url.origin === new URL(source.url).origin;
    const asParams = source.graphql === null ? given : {};
    for (const [name, value] of Object.entries({ ...(isOwn ? params : {}), ...asParams }))
      if (turn === null || 'value' in turn || !url.searchParams.has(name)) url.searchParams.set(name, String(value));
    const body =
      source.graphql === null
        ? null
        : JSON.stringify({ query: source.graphql.query, variables: { ...source.graphql.variables, ...given } });
    const request = {
      url: url.href,
      headers: { ...(isOwn ? headers : {}), ...(body !== null && { 'content-type': 'application/json' }) },
      body,
    };
    try {
      return await by.exchange.ask(
        request,
        source.graphql === null ? undefined : (answer) => judge(answer.json, by.label),
      );
    } catch (error) {
      if (!(error instanceof SaidNo)) throw error;
      if (error.status === 401 && !renewed && by.credentials.renew()) {
        renewed = true;
        continue;
      }
      const code = [401, 403, 404, 410].includes(error.status) ? 'SOURCE_MISSING' : 'SOURCE_FAILED';
      throw new Refusal(code, `The source ${JSON.stringify(by.label)} cannot be read: ${error.message}.`, {
        cause: error,
      });
    }
  }
}

/** Words by which GraphQL services say that a moment later may do. */
const PASSING = /thrott|rate.?limit|time.?out|unavailable|internal/i;

/** GraphQL says its errors in an answer of status 200: part of the data is none. */
function judge(json: unknown, label: string): void {
  const errors = at(json, 'errors');
  if (!Array.isArray(errors) || errors.length === 0) return;
  const [first] = errors as unknown[];
  const said = `it answered with an error: ${(textOf(at(first, 'message')) ?? 'of no message').slice(0, 300)}`;
  if (PASSING.test(`${textOf(at(first, 'type'))} ${textOf(at(first, 'extensions.code'))}`)) throw new TryAgain(said);
  throw new Refusal('SOURCE_FAILED', `The source ${JSON.stringify(label)} cannot be read: ${said}.`);
}

function recordsOf({ records, pagination }: ApiSource, json: unknown, label: string): Item[] {
  const list = at(json, records ?? '');
  const isEdges = pagination?.by === 'relay' && records?.split('.').at(-1) === 'edges';
  const items: unknown = isEdges && Array.isArray(list) ? list.map((edge) => at(edge, 'node')) : list;
  if (!Array.isArray(items))
    throw drifted(label, records === null ? 'is no list: say in records where it lies' : `has no list at ${records}`);
  if (!items.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item)))
    throw drifted(label, 'has a list of what are no records');
  return items as Item[];
}

interface Page {
  readonly answer: HttpAnswer;
  readonly found: readonly Item[];
  /** So far, with these. */
  readonly items: number;
  readonly pages: number;
  readonly label: string;
}

function nextTurn(source: ApiSource, page: Page): Turn {
  const { pagination } = source;
  const { answer, found, label } = page;
  switch (pagination?.by) {
    case undefined:
      if (linkOf(answer) !== null || at(answer.json, pageInfoPlace(source, 'hasNextPage')) === true)
        throw incomplete(label, 'has further pages, and the contract does not say in pagination how to come to them');
      return null;
    case 'link': {
      const next = pagination.next === undefined ? linkOf(answer) : (at(answer.json, pagination.next) ?? null);
      if (next === null || next === '') return null;
      if (typeof next !== 'string' || !URL.canParse(next, answer.url))
        throw incomplete(label, 'names a next page by what is no address');
      return { url: new URL(next, answer.url).href };
    }
    case 'cursor': {
      const more = pagination.more === undefined ? undefined : at(answer.json, pagination.more);
      if (pagination.more !== undefined && typeof more !== 'boolean')
        throw drifted(label, `does not say at ${pagination.more} whether there is more`);
      if (more === false) return null;
      const last = found.at(-1);
      if (pagination.lastRecord !== undefined && last === undefined) return null;
      const cursor =
        pagination.lastRecord === undefined
          ? at(answer.json, pagination.cursor ?? '')
          : at(last, pagination.lastRecord);
      return cursorTurn(cursor, more === true || pagination.lastRecord !== undefined, label);
    }
    case 'relay': {
      const more = at(answer.json, pageInfoPlace(source, 'hasNextPage'));
      if (typeof more !== 'boolean') throw drifted(label, 'has no pageInfo.hasNextPage beside its records');
      return more ? cursorTurn(at(answer.json, pageInfoPlace(source, 'endCursor')), true, label) : null;
    }
    case 'page': {
      const number = pagination.first + page.pages;
      if (pagination.pages === undefined) return found.length === 0 ? null : { value: number };
      return page.pages >= numberAt(answer.json, pagination.pages, label) ? null : { value: number };
    }
    case 'offset': {
      if (pagination.total === undefined) return found.length === 0 ? null : { value: page.items };
      if (page.items >= numberAt(answer.json, pagination.total, label)) return null;
      if (found.length === 0)
        throw incomplete(
          label,
          `ends after ${page.items} records, which are fewer than it says at ${pagination.total}`,
        );
      return { value: page.items };
    }
  }
}

function cursorTurn(cursor: unknown, isNeeded: boolean, label: string): Turn {
  const value = cursor === false ? null : textOf(cursor);
  if (value !== null && value !== '') return { value };
  if (isNeeded) throw incomplete(label, 'says that there is more, and gives no cursor to come to it');
  return null;
}

function numberAt(json: unknown, place: string, label: string): number {
  const number = Number(textOf(at(json, place)) ?? NaN);
  if (Number.isFinite(number)) return number;
  throw drifted(label, `has no number at ${place}`);
}

/** Relay's: beside the nodes or edges. */
function pageInfoPlace({ records }: ApiSource, key: string): string {
  const parent = (records ?? '').split('.').slice(0, -1);
  return [...parent, 'pageInfo', key].join('.');
}

/** RFC 8288: `Link: <…>; rel="next"`. */
function linkOf({ headers, url }: HttpAnswer): string | null {
  for (const [, target = '', params = ''] of (headers.get('link') ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;="]+(?:=(?:"[^"]*"|[^,;"]*))?)*)/g,
  ))
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i.test(params))
      return URL.canParse(target, url) ? target : null;
  return null;
}

function incomplete(label: string, found: string): Refusal {
  return new Refusal('SOURCE_INCOMPLETE', `The source ${JSON.stringify(label)} ${found}.`);
}

function drifted(label: string, found: string): Refusal {
  return new Refusal('SOURCE_DRIFTED', `The answer of ${JSON.stringify(label)} ${found}.`);
}
