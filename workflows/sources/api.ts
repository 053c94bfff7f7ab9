import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readApiSource } from '../../schema/contract/api-source.ts';
import type { SourceProperty } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import { pagesOf } from './api-pages.ts';
import { at } from './exact-json.ts';
import { openExchange } from './http-exchange.ts';
import { ROW_NUMBER } from './files/row-number.ts';
import { settingsOf } from './settings-of.ts';
import type { Connector, OpenSource, SourceColumn } from './source.ts';
import { type Item, spooledRecords } from './spooled-records.ts';

/** An API that is asked page by page, by REST or by GraphQL. To look at it is to ask for the first page, with which reading goes on. */
export const openApi: Connector = async (ask, db): Promise<OpenSource> => {
  const source = settingsOf(ask, readApiSource);
  const label = `${source.name}: ${ask.object.physicalName ?? ask.object.name}`;
  const { limits, timeoutSeconds } = source;
  const exchange = openExchange(ask, { label, timeoutSeconds, answerSeconds: limits.answerSeconds });
  const spool = join(db.folder, `${randomUUID()}.ndjson`);
  const pages = pagesOf(source, ask, { exchange, label });
  const close = async (): Promise<void> => {
    await exchange.close();
    await rm(spool, { force: true });
  };
  try {
    const first = await pages.next();
    const found = first.done === true ? [] : first.value;
    const columns = columnsOf(found, ask.object.properties);
    return {
      label,
      columns,
      typed: false,
      facts: { source: label },
      read: async () => {
        const read = columns.filter(({ name }) =>
          ask.object.properties.some(({ sourceColumn }) => sourceColumn === name),
        );
        const { rows, count, never } = await spooledRecords(spool, read, withFirst(found, pages));
        // Of a few rows that are new, none need have a value.
        if (ask.since === null && count > 0 && never.length > 0)
          throw new Refusal(
            'SOURCE_DRIFTED',
            `No record of ${JSON.stringify(label)} has ${never.join(', ')}. Publish a contract that says what it has now.`,
          );
        return rows;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** What the first records have. A key may be left out where it has no value: only one that must have a value is missed here. */
function columnsOf(found: readonly Item[], properties: readonly SourceProperty[]): SourceColumn[] {
  const keys = new Set(found.flatMap((item) => Object.keys(item)));
  const declared = properties.filter(
    ({ sourceColumn, required }) =>
      sourceColumn !== ROW_NUMBER &&
      (!required || found.length === 0 || found.some((item) => at(item, sourceColumn) !== undefined)),
  );
  // What a path leads into is known.
  const known = new Set(properties.flatMap(({ sourceColumn }) => [sourceColumn, sourceColumn.split('.')[0]!]));
  return [
    ...declared.map(({ sourceColumn, list }) => ({ name: sourceColumn, type: list ? 'JSON' : 'VARCHAR' })),
    ...[...keys].filter((key) => !known.has(key)).map((name) => ({ name, type: 'VARCHAR' })),
  ];
}

async function* withFirst(
  first: readonly Item[],
  later: AsyncIterable<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  yield first;
  yield* later;
}
