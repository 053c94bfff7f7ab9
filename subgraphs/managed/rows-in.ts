/** Objects that are members of lists in a JSON text: the rows that a statement brought, those of lists within rows too. */
export function rowsIn(json: string): number {
  let rows = 0;
  /** Of what is open here, whether it is a list. */
  const open: boolean[] = [];
  for (let at = 0; at < json.length; at++)
    switch (json.charAt(at)) {
      case '"':
        at = endOfText(json, at);
        break;
      case '{':
        if (open.at(-1) === true) rows += 1;
        open.push(false);
        break;
      case '[':
        open.push(true);
        break;
      case '}':
      case ']':
        open.pop();
    }
  return rows;
}

/** Where the quote is that closes the text whose quote is at `start`. */
function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++)
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at;
  return json.length;
}
