import { readdirSync, readFileSync } from 'node:fs';

// USER_HZ: what the kernel counts in /proc in, on every architecture that Node runs on.
const MS_PER_TICK = 10;

/** CPU milliseconds that a process and all below it have used, those that have ended and were waited for included. */
export function treeCpuMs(root: number): number {
  const children = childrenOfAll();
  let ticks = 0;
  const add = (pid: number): void => {
    ticks += ticksOf(pid);
    for (const child of children.get(pid) ?? []) add(child);
  };
  add(root);
  return ticks * MS_PER_TICK;
}

/** CPU milliseconds of all children of this process that have ended. */
export function childrenCpuMs(): number {
  const fields = statOf(process.pid) ?? [];
  return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
}

function childrenOfAll(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = statOf(pid);
    if (fields === null) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

/** utime, stime, cutime and cstime of proc(5). */
function ticksOf(pid: number): number {
  const fields = statOf(pid);
  return fields === null ? 0 : fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

/** The fields after the command's name, which may have spaces: state, ppid, … */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
