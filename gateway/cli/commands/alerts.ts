import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { plural, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

export interface AlertsOptions {
  readonly product?: string;
  readonly all?: boolean;
  readonly limit: number;
}

/** Lists what is wrong with products, newest first. */
export async function alerts(terminal: Terminal, { product, all = false, limit }: AlertsOptions): Promise<number> {
  const asked = { ...(product !== undefined && { product }), ended: all, first: limit };
  const { nodes: found } = (await terminal.ask(OPERATIONS.alerts, asked)).alerts;
  terminal.show({ alerts: found }, () =>
    table(
      ['ALERT', 'PRODUCT', 'CAUSE', 'SEVERITY', 'STATE', 'SINCE', 'FOLLOWS', 'MESSAGE'],
      found.map((alert) => [
        alert.id,
        alert.product.id,
        alert.cause.replace('_', ' '),
        alert.severity,
        alert.acknowledgedBy === null ? alert.state : `${alert.state} by ${alert.acknowledgedBy}`,
        alert.openedAt.slice(0, 19).replace('T', ' '),
        alert.follows?.product.id ?? '',
        alert.message,
      ]),
    ),
  );
  const open = found.find(({ state }) => state === 'open');
  terminal.say(`${plural(found.length, 'alert')}.${open === undefined ? '' : ` Next: weft alerts ack ${open.id}`}`);
  return EXIT.done;
}

/** Says that whoever asks sees to an alert: it does not escalate. */
export async function acknowledge(terminal: Terminal, id: string): Promise<number> {
  const { acknowledgeAlert: alert } = await terminal.ask(OPERATIONS.acknowledge, { id });
  terminal.show({ alert }, () => safeLine(`${alert.id}  ${alert.state} by ${alert.acknowledgedBy ?? ''}`));
  return EXIT.done;
}
