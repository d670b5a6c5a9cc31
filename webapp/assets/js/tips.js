// A small text beside what it explains: on hover, on focus and on touch; Escape closes it. [data-tip] is followed by its [role=tooltip].
let open = null;
let number = 0;

function tipOf(button) {
  const tip = button.parentElement.querySelector('[role=tooltip]');
  if (tip && !tip.id) {
    number += 1;
    tip.id = `tip-${number}`;
    button.setAttribute('aria-describedby', tip.id);
  }
  return tip;
}

function hide() {
  if (open) open.hidden = true;
  open = null;
}

function show(button) {
  const tip = tipOf(button);
  if (!tip || tip === open) return;
  hide();
  tip.hidden = false;
  open = tip;
  // Fixed to the window, so that no list can cut it off; kept inside the window on every side.
  const at = button.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const below = at.bottom + size.height + 8 < innerHeight;
  tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  tip.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)}px`;
}

const buttonAt = (event) => event.target.closest?.('[data-tip]');
document.addEventListener('pointerover', (event) => {
  const button = buttonAt(event);
  if (button) show(button);
  else if (open && !event.target.closest('[role=tooltip]') && !open.parentElement.contains(document.activeElement)) hide();
});
document.addEventListener('focusin', (event) => (buttonAt(event) ? show(buttonAt(event)) : hide()));
document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
addEventListener('scroll', hide, { capture: true, passive: true });
