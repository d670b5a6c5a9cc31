// The numbers beside the navigation's links stay true while a page is open: {key: number} once a minute.
const EVERY = 60_000; // milliseconds
const address = document.documentElement.dataset.counters;

async function refresh() {
  if (document.hidden) return;
  // A failure here is nobody's concern: the numbers are simply older, and the next click will tell.
  const answer = await fetch(address, { headers: { Accept: 'application/json' }, redirect: 'error' }).catch(() => null);
  if (!answer?.ok) return;
  for (const [key, number] of Object.entries(await answer.json())) {
    for (const place of document.querySelectorAll(`[data-counter="${CSS.escape(key)}"]`)) {
      place.textContent = number;
      place.hidden = !number;
    }
  }
}

if (address) setInterval(refresh, EVERY);
