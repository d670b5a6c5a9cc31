// Runs before the first paint: "auto" follows the system. Everything else the server has already written.
const root = document.documentElement;
if (root.dataset.theme === 'auto') root.dataset.bsTheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
root.classList.add('js');
