/** With WEFT_FAULTS=all every fault strikes everywhere, and servers are away for as long as an hour's work would notice; else a part of it, in less time. */
export const THOROUGH = process.env['WEFT_FAULTS'] === 'all';
