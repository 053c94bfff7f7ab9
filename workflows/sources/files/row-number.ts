/** The row number that a contract may name as a source's column. */
export const ROW_NUMBER = 'file_row_number';

/** The number of a row of text files, from 0: they are read in their order, and the rows of each in its own. */
export const COUNTED_ROWS = '(row_number() over () - 1)';
