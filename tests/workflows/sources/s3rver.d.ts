declare module '@20minutes/s3rver' {
  import type { Server } from 'node:http';

  /** A store in memory's stead: objects lie in `directory`, and requests are held to their signatures. */
  // eslint-disable-next-line no-restricted-syntax -- It is how the package exports it.
  export default class S3rver {
    constructor(options: {
      address: string;
      port: number;
      silent: boolean;
      directory: string;
      configureBuckets: { name: string }[];
    });
    run(): Promise<{ address: string; port: number }>;
    close(): Promise<void>;
    httpServer: Server;
  }
}
