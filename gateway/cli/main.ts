import { cli } from './cli.ts';
import { wantsColor } from './config.ts';

const { env, stdin, stdout, stderr } = process;

// `weft products | head -1`: who reads has enough, and that is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await cli(process.argv.slice(2), {
  env,
  cwd: process.cwd(),
  // Either may be a file, and both get paint of one pot.
  color: stdout.isTTY && stderr.isTTY && wantsColor(env),
  streams: { in: stdin, out: stdout, err: stderr },
});
