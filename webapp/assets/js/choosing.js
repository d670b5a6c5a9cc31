// A box that ticks all others of its form: <input type="checkbox" data-all="name of the others">.
const others = (all) => [...all.form.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`)];

function show(all) {
  const boxes = others(all);
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
}

for (const all of document.querySelectorAll('[data-all]')) {
  all.closest('[hidden]')?.removeAttribute('hidden'); // without a script it could do nothing
  show(all); // after going back the browser has ticked some again
}

document.addEventListener('change', (event) => {
  const box = event.target;
  if (box.dataset?.all) for (const other of others(box)) other.checked = box.checked;
  else if (box.form) for (const all of box.form.querySelectorAll('[data-all]')) show(all);
});
