import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import type { VariantRule } from './variant-supergraph.ts';

const tags = z.array(z.string().regex(/^[A-Za-z0-9_/-]{1,128}$/, 'is no name that a tag can have')).default([]);

const variants = z.record(
  z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'is no name of a variant: lower case letters, digits and -'),
  z
    .strictObject({ include: tags, exclude: tags })
    .refine(
      ({ include, exclude }) => include.length + exclude.length > 0,
      'names no tags: it would be the whole graph',
    ),
);

/** Variants of the graph by their names: of each, the tags of what is in it, and of what is not. */
export type VariantRules = Readonly<Record<string, VariantRule>>;

/** Reads the file that WEFT_VARIANTS names: YAML, `partner: { include: [public, partner], exclude: [internal] }`. Throws what names every fault. */
export function readVariants(file: string): VariantRules {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8')) as unknown;
  } catch (cause) {
    const why = cause instanceof YAMLParseError ? `is no YAML: ${cause.message}` : 'cannot be read';
    throw new Error(`${file}, which WEFT_VARIANTS names, ${why}.`, { cause });
  }
  const read = variants.safeParse(document);
  if (read.success) return read.data;
  const faults = read.error.issues.map((issue) => {
    const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
    return `${issue.path.join('.')}: ${message ?? issue.message}`;
  });
  throw new Error(`${file} is not as variants are written. ${faults.join('; ')}.`);
}
