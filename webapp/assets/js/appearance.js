// Light, dark, or as the system: kept in a cookie, so that the server writes the next page in the right colours.
import { say } from './messages.js';

const CHOICES = ['auto', 'light', 'dark'];
const YEAR = 365 * 24 * 3600;
const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');

function show() {
  const choice = root.dataset.theme;
  const dark = choice === 'dark' || (choice === 'auto' && system.matches);
  root.dataset.bsTheme = dark ? 'dark' : 'light';
  for (const button of document.querySelectorAll('[data-act=theme]')) {
    button.setAttribute('aria-label', say('theme', { name: say(`theme_${choice}`) }));
    button.title = button.getAttribute('aria-label');
  }
  document.dispatchEvent(new Event('themechange'));
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-act=theme]')) return;
  root.dataset.theme = CHOICES[(CHOICES.indexOf(root.dataset.theme) + 1) % CHOICES.length];
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  show();
});
system.addEventListener('change', show);
show();
