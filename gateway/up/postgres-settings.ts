import { statfs } from 'node:fs/promises';

/** Below this, parallel queries run out of /dev/shm: containers have 64 MB by default. */
const SHARED_MEMORY_NEEDED_BYTES = 256 * 1024 * 1024;

/**
 * What differs from PostgreSQL's defaults, for a development machine that loads millions of rows.
 * Given on the command line, so that a newer Weft brings its own and no file has to be migrated.
 */
export async function postgresSettings(options: { readonly durable: boolean }): Promise<Record<string, string>> {
  return {
    listen_addresses: '127.0.0.1',
    // A socket's path may have 107 bytes, and WEFT_HOME more; TCP on loopback serves all.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The flights with their key are 250 MB. More takes memory from DuckDB and the page cache, less reads them twice.
    shared_buffers: '256MB',
    // Sorts and hashes of the examples' transformations stay in memory; times 100 connections it must stay small.
    work_mem: '16MB',
    // Three million index entries are sorted in one go; only a few builds run at a time.
    maintenance_work_mem: '256MB',
    // A load writes some 400 MB of log: at the default of 1 GB two loads force a checkpoint in their midst, with
    // full-page images after it. More makes recovery after a crash longer and the folder larger.
    max_wal_size: '3GB',
    checkpoint_timeout: '15min',
    // The example mesh needs no replica, and standbys and logical slots belong to a real server: see DATABASE_URL.
    // Then a COPY into a table of the same transaction is synced as a file and not logged row by row.
    wal_level: 'minimal',
    max_wal_senders: '0',
    log_line_prefix: '%m [%p] %q%u@%d ',
    ...(await sharedMemory()),
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
}

async function sharedMemory(): Promise<Record<string, string>> {
  if (process.platform !== 'linux') return {};
  try {
    const { bavail, bsize } = await statfs('/dev/shm');
    return bavail * bsize < SHARED_MEMORY_NEEDED_BYTES ? { dynamic_shared_memory_type: 'mmap' } : {};
  } catch {
    return { dynamic_shared_memory_type: 'mmap' };
  }
}
