import type { FileFormat } from '../../../schema/contract/file-format.ts';
import type { SourceObject } from '../../../schema/contract/model.ts';
import type { OpenSource, SourceRows } from '../source.ts';
import type { FoundFile } from './found-files.ts';

/** What a format says of files: their columns, and how their rows are read. */
export interface FileTable extends Pick<OpenSource, 'columns' | 'typed'> {
  /** What a look at the files told besides; kept with the stage. */
  readonly facts?: Readonly<Record<string, string>>;
  read(): Promise<Omit<SourceRows, 'verify'>>;
}

/** What a format reads: files of one source, of which the contract declares `object`. */
export interface FileAsk<Kind extends FileFormat['kind'] = FileFormat['kind']> {
  readonly label: string;
  readonly files: readonly FoundFile[];
  readonly format: Extract<FileFormat, { readonly kind: Kind }>;
  readonly object: SourceObject;
}
