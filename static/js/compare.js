/** Two pictures over each other or side by side: the line between them, the other one while one holds, and all of it in the address. */
import { all, find, plain, say, shortcut } from './studio.js';

const radios = find('.looks');
const range = find('.slide input');
const swap = find('[data-swap]');
const USUAL = 'slider';

const look = () => find(':checked', radios).value;
const slide = () => find('.both').style.setProperty('--x', `${range.value}%`);
const hold = (on) => find('.both').classList.toggle('is-flipped', on);

/** How one looks stands in the address of the page, and in that of the two exchanged. */
function remember() {
  const [here, there] = [location, swap].map(({ href }) => {
    const url = new URL(href);
    url.searchParams.delete('look');
    if (look() !== USUAL) url.searchParams.set('look', look());
    return url;
  });
  history.replaceState(history.state, '', here);
  swap.href = there;
}

function choose(name) {
  if (look() === name) return;
  find(`[value="${name}"]`, radios).checked = true;
  remember();
}

/** Exchange the two where they are: the line stays where one has put it. */
function exchange(event) {
  if (!event.target.closest('[data-swap]') || !plain(event)) return;
  event.preventDefault();
  const before = location.href;
  history.replaceState(history.state, '', swap.href);
  swap.href = before;
  const [first, second] = all('.both > figure');
  first.before(second);
  all('.both .letter').forEach((letter, place) => { letter.textContent = 'AABB'[place]; });
  say('A and B are exchanged.');
}

const STEPS = { arrowleft: -1, arrowright: 1, home: -100, end: 100 };

function press(event) {
  const key = shortcut(event);
  if (event.target.closest?.('.flip') && [' ', 'Enter'].includes(event.key)) hold(true);
  else if (STEPS[key] && look() === USUAL) {
    event.preventDefault();
    range.valueAsNumber += STEPS[key];
    slide();
  } else if (key === 's' && !event.repeat) choose(look() === 'side' ? USUAL : 'side');
  else if (key === 'f') {
    choose('flip');
    hold(true);
  }
}

/** Where one came from, as it was left: with what was chosen there. */
function back(event) {
  const came = document.referrer && new URL(document.referrer);
  const near = came && came.origin === location.origin && /^\/(gallery|albums|images)\//.test(came.pathname);
  if (!event.target.closest('[data-back]') || !plain(event) || !near || history.length < 2) return;
  event.preventDefault();
  history.back();
}

document.addEventListener('click', exchange);
document.addEventListener('click', back);
document.addEventListener('keydown', press);
document.addEventListener('keyup', () => hold(false));
document.addEventListener('pointerdown', (event) => event.target.closest('.flip') && !event.button && hold(true));
for (const name of ['pointerup', 'pointercancel', 'blur']) addEventListener(name, () => hold(false));
// A long press has a meaning here already.
document.addEventListener('contextmenu', (event) => event.target.closest('.flip') && event.preventDefault());
radios.addEventListener('change', remember);
range.addEventListener('input', slide);
// Browsers put back what was set before a reload: of that the line may stay, but how one looks is what the address says.
for (const radio of all('input', radios)) radio.checked = radio.defaultChecked;
slide();
