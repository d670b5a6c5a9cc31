// Short messages in a corner. A server sends one with the header HX-Trigger: {"toast": {"text": "…", "tone": "ok"}}.
const LASTS = 6000; // milliseconds

export function toast(text, tone = 'info') {
  const place = document.getElementById('toasts');
  if (!place) return;
  const box = document.createElement('div');
  box.className = `toast-box tone-${tone}`;
  box.textContent = text;
  place.append(box);
  // Errors stay until they are clicked away; people must be able to read them.
  box.addEventListener('click', () => box.remove());
  if (tone !== 'late') setTimeout(() => box.remove(), LASTS);
}

document.addEventListener('toast', (event) => toast(event.detail.text, event.detail.tone));
