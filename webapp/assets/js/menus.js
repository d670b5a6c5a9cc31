// Menus close when something else is clicked or on Escape; on a phone the navigation slides in.
const shell = document.querySelector('.shell');

function closeMenus(except) {
  for (const menu of document.querySelectorAll('details[data-menu][open]')) if (menu !== except) menu.open = false;
}

function slide(open) {
  shell.classList.toggle('nav-open', open);
  for (const button of document.querySelectorAll('[data-act=menu][aria-expanded]')) button.setAttribute('aria-expanded', String(open));
  if (open) document.querySelector('.side a')?.focus();
}

document.addEventListener('click', (event) => {
  closeMenus(event.target.closest('details[data-menu]'));
  if (!shell) return;
  if (event.target.closest('[data-act=menu]')) slide(!shell.classList.contains('nav-open'));
  else if (shell.classList.contains('nav-open') && !event.target.closest('.side')) slide(false);
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const open = document.querySelector('details[data-menu][open]');
  closeMenus();
  open?.querySelector('summary').focus();
  if (shell?.classList.contains('nav-open')) {
    slide(false);
    document.querySelector('.bottom [data-act=menu]')?.focus();
  }
});
