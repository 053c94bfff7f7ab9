/** Makes an element. What comes from outside is set as text, never as markup. */
export function element(name, content, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (Array.isArray(content)) made.append(...content.filter((part) => part !== null));
  else if (content !== undefined && content !== null) made.append(content);
  return made;
}

/** A link to the web, or else to nothing. */
export function link(href, text) {
  const made = element('a', text);
  const url = new URL(href, location.href);
  // Nothing but the web: an address from the catalog must not become a script.
  if (url.protocol === 'http:' || url.protocol === 'https:') made.href = url.href;
  return made;
}

/** `3 min ago`. */
export function ago(time) {
  const minutes = Math.round((Date.now() - new Date(time).getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1_440)} days ago`;
}

/** How long something took, or takes until now. */
export function lasting(from, to) {
  const seconds = (new Date(to ?? Date.now()).getTime() - new Date(from).getTime()) / 1000;
  if (seconds < 60) return `${Math.max(0, seconds).toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Since when data is known to be what there is; that it is late. */
export function freshness({ publishedAt, confirmedAt, withinSlo }) {
  return `${ago(confirmedAt ?? publishedAt)}${withinSlo === false ? ', late' : ''}`;
}

/** Who paused a product, and why. */
export function pausedBy({ by, reason }) {
  return `paused by ${by}${reason ? `: ${reason}` : ''}`;
}

/** `RUN_FAILED` as people say it. */
export function words(constant) {
  return constant.toLowerCase().replaceAll('_', ' ');
}

/** A table with its heads. */
export function table(heads, rows) {
  const head = element('thead', [
    element(
      'tr',
      heads.map((text) => element('th', text)),
    ),
  ]);
  return element('table', [head, element('tbody', rows)]);
}

/** A row of cells, each a text, an element, or a cell itself. */
export function row(cells) {
  return element(
    'tr',
    cells.map((cell) => (cell?.tagName === 'TD' ? cell : element('td', cell))),
  );
}

/** Puts content in place of what an element has, if it is another: what has the focus keeps it, as far as it is there still (`data-key`). */
export function show(id, content) {
  const place = document.getElementById(id);
  const draft = element('div', content);
  if (draft.innerHTML === place.innerHTML) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...draft.childNodes);
  if (focused) [...place.querySelectorAll('[data-key]')].find(({ dataset }) => dataset.key === focused)?.focus();
}
