import { IncomingMessage } from 'node:http';

/**
 * A request that Node takes for an upgrade only where it is to a WebSocket. Once a server has a listener for upgrades, Node would
 * leave to it those to HTTP/2 too, which Java's client asks for with every request: they are answered as if they had not asked.
 */
export class UpgradableRequest extends IncomingMessage {
  // Set from within the constructor of IncomingMessage, before a field of this class would be there.
  declare asksForUpgrade: unknown;

  get upgrade(): boolean {
    if (this.asksForUpgrade !== true) return false;
    return this.method === 'CONNECT' || this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(asked: unknown) {
    this.asksForUpgrade = asked;
  }
}
