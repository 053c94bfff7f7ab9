import { Refusal } from '../../schema/errors.ts';

/** The refusal of a database that was asked for longer than its server's `timeoutSeconds`. */
export function tookTooLong(
  { label, source }: { readonly label: string; readonly source: { readonly timeoutSeconds: number } },
  cause: unknown,
): Refusal {
  return new Refusal(
    'SOURCE_FAILED',
    `The source ${JSON.stringify(label)} took longer than ${source.timeoutSeconds} s: the server's setting timeoutSeconds allows more.`,
    { cause },
  );
}
