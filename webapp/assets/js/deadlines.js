// Deadline badges go on counting while a page stays open, by the server's clock, in the words of webapp/time_words.py.
import { count, say } from './messages.js';

const EVERY = 20_000; // milliseconds
const SECOND = 1000;
const given = document.documentElement.dataset.now;
const shift = given ? Date.parse(given) - Date.now() : 0;

export function words(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60 / SECOND);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  const parts = [];
  if (days) parts.push(count('day', days));
  if (hours) parts.push(count('hour', hours));
  if (rest && !days) parts.push(count('minute', rest));
  return parts.slice(0, 2).join(' ') || say('moment');
}

function refresh() {
  const now = Date.now() + shift;
  for (const badge of document.querySelectorAll('[data-due]')) {
    const left = Date.parse(badge.dataset.due) - now;
    badge.querySelector('.due-words').textContent = say(left < 0 ? 'late' : 'left', { time: words(left) });
    const tone = left < 0 ? 'late' : left < Number(badge.dataset.soon) * SECOND ? 'soon' : 'ok';
    if (badge.classList.contains(`due-${tone}`)) continue;
    badge.classList.remove('due-late', 'due-soon', 'due-ok');
    badge.classList.add(`due-${tone}`);
    const use = badge.querySelector('use');
    const icon = { late: 'alert-triangle', soon: 'hourglass', ok: 'clock' }[tone];
    use.setAttribute('href', use.getAttribute('href').replace(/#.*/, `#${icon}`));
    if (tone === 'late') badge.closest('[data-row]')?.classList.add('late');
  }
}

setInterval(() => document.hidden || refresh(), EVERY);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
