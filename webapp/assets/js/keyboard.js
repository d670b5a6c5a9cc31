// Keys: / search, j and k move through the rows, Enter opens, ? shows the list of keys. And rows can be clicked.
const rows = () => [...document.querySelectorAll('[data-row]')].filter((row) => row.querySelector('a[href]'));
const link = (row) => row.querySelector('[data-row-link]') ?? row.querySelector('a[href]');

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement.closest('[data-row]'));
  const next = here < 0 ? 0 : Math.max(0, Math.min(all.length - 1, here + step));
  link(all[next]).focus();
  all[next].scrollIntoView({ block: 'nearest' });
}

const KEYS = {
  '/': () => document.querySelector('.search [data-search]')?.select(),
  '?': () => document.getElementById('keys')?.showModal(),
  j: () => move(1),
  k: () => move(-1),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest('input, textarea, select, [contenteditable], dialog')) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener('click', (event) => {
  const row = event.target.closest('[data-row]');
  if (!row || event.target.closest('a, button, input, select, label, summary') || String(getSelection())) return;
  link(row)?.click();
});
