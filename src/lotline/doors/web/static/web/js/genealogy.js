/* The genealogy of a lot: cards, all at once, list. No library, ES2017.
   The server lays out (lotline.core.graph_layout) and folds; this draws what it says. Cards are buttons; lines are one canvas. */
import { Cards } from './genealogy_cards.js';
import { Overview } from './genealogy_overview.js';
import { draw, fill, icon, isLot, make, number, press } from './genealogy_parts.js';

const PHONE = matchMedia('screen and (max-width: 767px)');

class Genealogy {
  constructor(root) {
    this.root = root;
    this.card = root.closest('.genealogy-card');
    this.words = JSON.parse(document.getElementById(root.dataset.words).textContent);
    this.opened = [];
    this.group = '';
    this.cards = new Cards(this);
    this.overview = new Overview(this);
    this.views = this.card.querySelector('[data-genealogy-views]');
    this.views.addEventListener('click', event => { const button = event.target.closest('[data-view]'); if (button) { this.group = ''; this.show(button.dataset.view); } });
    this.width = 0;
    new ResizeObserver(() => { if (this.data && this.root.clientWidth !== this.width) this.render(); }).observe(root);
    PHONE.addEventListener('change', () => this.data && this.render());
    this.show(new URLSearchParams(location.search).get('view') || 'cards');
  }

  /* ── what to show ── */
  async show(view, offset) {
    if (!['cards', 'overview', 'list'].includes(view)) view = 'cards';
    const url = new URL(this.root.dataset.src, location.href), asked = this.asked = {};
    url.searchParams.set('view', view);
    if (view === 'cards') this.opened.forEach(id => url.searchParams.append('open', id));
    if (view === 'list' && this.group) url.searchParams.set('group', this.group);
    if (offset) url.searchParams.set('offset', offset);
    this.marks().forEach(id => url.searchParams.append('suspect', id));
    let data;
    try {
      const answer = await fetch(url, { headers: { Accept: 'application/json' }, credentials: 'same-origin' });
      if (!answer.ok) throw new Error(answer.status);
      data = await answer.json();
    } catch (error) {
      if (asked === this.asked) this.fail(view, error);
      return;
    }
    if (asked !== this.asked) return;
    if (data.too_many) return this.decline(data.text);
    if (offset) { data.rows = this.data.rows.concat(data.rows); }
    this.data = data;
    for (const button of this.views.children) button.setAttribute('aria-pressed', String(button.dataset.view === view));
    const address = new URL(location.href);
    if (view === 'cards') address.searchParams.delete('view'); else address.searchParams.set('view', view);
    history.replaceState(history.state, '', address);
    this.render();
  }

  fail(view, error) {
    const box = make('div', 'empty');
    box.append(make('h3', '', this.words.failed), make('p', 't12', String(error.message)), press('button', this.words.retry, () => this.show(view)));
    this.root.replaceChildren(box);
  }

  decline(text) {
    const box = make('div', 'empty');
    box.append(make('p', '', text));
    this.views.hidden = true;
    this.root.replaceChildren(box);
  }

  render() {
    const began = performance.now(), data = this.data, held = document.activeElement && document.activeElement.dataset.id;
    this.width = this.root.clientWidth;
    this.root.className = 'genealogy ' + data.view;
    this.root.style.height = '';
    if (data.view === 'list') this.renderList();
    else if (PHONE.matches && data.view === 'cards') this.renderPhone();
    else if (data.view === 'overview') this.overview.render();
    else this.cards.render();
    if (held) { const again = this.root.querySelector(`[data-id="${CSS.escape(held)}"]`); if (again) again.focus({ preventScroll: true }); }
    this.tellCounts(performance.now() - began);
  }

  tellCounts(ms) {
    const data = this.data, words = this.words, parts = [this.count(words.lots, data.lots), this.count(words.links, data.links)];
    if (data.grouped) parts.splice(1, 0, fill(words.groups, { n: number(data.cards.length) }));
    this.card.querySelector('[data-genealogy-count]').textContent = parts.join(' · ');
    const time = this.card.querySelector('[data-genealogy-time]');
    if (time) time.textContent = fill(words.drawn, { n: Math.max(1, Math.round(ms)) });
  }

  count(forms, n) { return fill(n === 1 ? forms[0] : forms[1], { n: number(n) }); }

  stageName(at) {
    const stage = this.data.stages[at];
    if (!stage.labels.length) return fill(this.words.stage, { n: at + 1 });
    return stage.labels.join(' · ') + (stage.more ? ' ' + fill(this.words.moreStages, { n: stage.more }) : '');
  }

  heads(place) {
    const heads = make('div', 'genealogy-heads');
    this.data.stages.forEach((stage, at) => {
      const head = make('div', '', this.stageName(at)), spot = place(at);
      head.title = head.textContent;
      head.append(make('b', 'number', number(stage.lots)));
      if (this.data.view === 'overview') {
        const small = make('small');
        if (stage.suspect) small.append(make('span', 'is-red', this.words.states.suspect[0] + ' ' + number(stage.suspect)));
        if (stage.hold) small.append(make('span', 'is-violet', this.words.states.hold[0] + ' ' + number(stage.hold)));
        head.append(small);
      }
      head.style.left = spot[0] + 'px';
      head.style.width = spot[1] + 'px';
      heads.append(head);
    });
    return heads;
  }

  /* ── cards ── */
  cardButton(item) {
    const words = this.words, button = make('button'), first = make('span'), second = make('span', 'second-line');
    button.type = 'button';
    button.dataset.id = item.id;
    if (!item.kind && isLot(item.id)) button.dataset.lot = item.id;
    if (item.kind) {
      const name = this.groupName(item), normal = item.lots - (item.suspect || 0) - (item.hold || 0);
      button.className = 'lot-card group' + (item.suspect ? ' has-suspect' : '') + (item.start ? ' start' : '');
      first.append(make('b', '', name), make('em', 'times', '×' + number(item.lots)));
      const loud = item.suspect ? ['suspect', 'is-red'] : item.hold ? ['hold', 'is-violet'] : null;
      if (loud) second.append(make('em', loud[1], words.states[loud[0]][0] + ' ' + number(item[loud[0]])));
      second.append(make('i', '', item.caption));
      button.append(first, this.mix([['', normal], ['hold', item.hold || 0], ['suspect', item.suspect || 0]], item.lots), second);
      if (item.start) button.append(make('span', 'sr-only', words.thisLot));
      button.setAttribute('aria-expanded', 'false');
      button.title = name + ' · ' + (item.opens ? words.openGroup : words.openList);
      return button;
    }
    const flags = ['start', 'source', 'suspect', 'possible'].filter(flag => item[flag]), state = words.states[item.state];
    button.className = ['lot-card', item.state, ...flags, item.of ? 'opened' : '', isLot(item.id) ? '' : 'place'].join(' ');
    first.append(make('b', '', item.code));
    const sign = item.source ? 'alert-triangle' : item.suspect ? 'focus-2' : item.possible ? 'help-circle' : item.state === 'released' || item.state === 'consumed' || item.state === 'wip' ? '' : state && state[1];
    if (sign) first.append(icon(sign));
    second.append(make('i', '', item.item), make('em', '', item.quantity));
    const told = [state && state[0], item.start && words.thisLot, item.source && words.source, item.suspect && words.states.suspect[0], item.possible && words.states.possible[0]].filter(Boolean);
    button.append(first, second, make('span', 'sr-only', told.join(', ')));
    button.title = [item.code, item.item, item.quantity, ...told].filter(Boolean).join(' · ');
    return button;
  }

  groupName(group) { return group.kind === 'other' ? this.words.other : group.kind === 'all' ? this.words.all : group.label || this.words.unnamed; }

  mix(parts, total) {
    const bar = draw('svg', { class: 'mix', 'aria-hidden': 'true' });
    let x = 0;
    for (const [name, amount] of parts) {
      if (!amount) continue;
      const width = Math.max(2, amount / total * 100);
      bar.append(draw('rect', { class: name, x: Math.min(x, 98) + '%', width: width + '%', height: 4 }));
      x += width;
    }
    return bar;
  }

  openedBar() {
    const marks = this.marks();
    if (!(this.data.opened || []).length && !marks.length) return [];
    const bar = make('div', 'genealogy-opened');
    if (marks.length) {
      const lift = press('button small', fill(this.words.unmark, { n: number(marks.length) }), () => this.unmark());
      lift.prepend(icon('focus-2'));
      bar.append(lift);
    }
    for (const group of this.data.opened || []) {
      const button = press('button small', this.words.close + ' · ' + this.groupName(group), () => this.fold(group.id));
      button.prepend(icon('minus'));
      bar.append(button);
    }
    return [bar];
  }

  /* ── what somebody marks as suspect stands in the address of the page, so that it can be sent and survives a reload ── */
  marks() { return new URLSearchParams(location.search).getAll('suspect'); }

  mark(id) {
    const marks = this.marks(), address = new URL(location.href);
    address.searchParams.delete('suspect');
    for (const one of marks.includes(id) ? marks.filter(other => other !== id) : [...marks, id]) address.searchParams.append('suspect', one);
    history.replaceState(history.state, '', address);
    this.show(this.data ? this.data.view : 'cards');
  }

  unmark() {
    const address = new URL(location.href);
    address.searchParams.delete('suspect');
    history.replaceState(history.state, '', address);
    this.show(this.data.view);
  }

  startId() {
    const start = this.data && (this.data.cards || this.data.rows || []).filter(item => item.start && !item.kind);
    return start && start.length === 1 ? start[0].id : '';
  }

  hold(id) {
    if (window.htmx) window.htmx.ajax('GET', this.root.dataset.holdAddress.replace('__id__', encodeURIComponent(id)), { target: '#drawer-place', swap: 'innerHTML' });
  }

  fold(id) { this.opened = this.opened.filter(other => other !== id); this.show('cards'); }

  open(item) {
    if (!item.kind) return this.openLot(item.id);
    if (item.opens) { this.opened.push(item.id); return this.show('cards'); }
    this.group = item.id;
    return this.show('list');
  }

  openLot(id) {
    const place = this.root.dataset.drawerAddress, put = text => text.replace('__id__', encodeURIComponent(id));
    if (place && window.htmx) window.htmx.ajax('GET', put(place), { target: '#drawer-place', swap: 'innerHTML' });
    else location.assign(put(this.root.dataset.lotAddress));
  }

  /* ── phone: stages stacked, the important first, three of each ── */
  renderPhone() {
    const box = make('div', 'genealogy-phone'), weight = item => (item.start ? 8 : 0) + (item.source ? 4 : 0) + (item.suspect ? 2 : 0) + (item.kind ? 1 : 0);
    this.data.stages.forEach((stage, at) => {
      const head = make('h3', '', this.stageName(at)), items = this.data.cards.filter(item => item.x === at).sort((a, b) => weight(b) - weight(a) || a.y - b.y);
      head.append(make('b', 'number', number(stage.lots)));
      box.append(head);
      const put = item => { const button = this.cardButton(item); button.addEventListener('click', () => this.open(item)); return button; };
      box.append(...items.slice(0, 3).map(put));
      if (items.length > 3) {
        const more = press('button quiet wide', fill(this.words.more, { n: items.length - 3 }), () => more.replaceWith(...items.slice(3).map(put)));
        box.append(more);
      }
    });
    this.root.replaceChildren(...this.openedBar(), box);
  }

  /* ── list ── */
  renderList() {
    const data = this.data, words = this.words, frame = make('div', 'table-scroll'), table = make('table', 'table rsp'), head = make('thead'), body = make('tbody'), top = make('tr');
    table.append(make('caption', 'sr-only', this.count(words.lots, data.total)));
    words.columns.forEach((word, at) => { const cell = make('th', at === 3 ? 'right' : '', word); cell.scope = 'col'; top.append(cell); });
    head.append(top);
    body.append(...data.rows.map(row => this.listRow(row)));
    table.append(head, body);
    frame.append(table);
    const foot = make('div', 'pager'), shown = make('span', 't13 muted number', fill(words.showing, { shown: number(data.rows.length), total: number(data.total) }));
    foot.append(shown);
    if (data.next !== null) foot.append(press('button small', words.next, () => this.show('list', data.next)));
    if (data.group) foot.append(press('button small quiet', words.allRows, () => { this.group = ''; this.show('list'); }));
    this.root.replaceChildren(...this.openedBar(), frame, foot);
  }

  listRow(row) {
    const tr = make('tr'), name = make('th', 'nowrap'), link = make('a', 'code strong', row.code), states = make('td'), wrap = make('span', 'row wrap');
    tr.dataset.row = '';
    if (isLot(row.id)) tr.dataset.lot = row.id;
    name.scope = 'row';
    link.href = this.root.dataset.lotAddress.replace('__id__', encodeURIComponent(row.id));
    name.append(link);
    for (const code of [row.state, row.suspect && 'suspect', row.possible && 'possible']) {
      const word = code && this.words.states[code];
      if (!word) continue;
      const chip = make('span', 'chip ' + code);
      chip.append(icon(word[1]), word[0]);
      wrap.append(chip);
    }
    states.append(wrap);
    tr.append(name, make('td', 'end', row.item), make('td', 'muted', row.stage || this.stageName(row.column)), make('td', 'right end number', row.quantity), states, make('td', 'end number muted', row.when));
    return tr;
  }
}

/* On paper the picture is as wide as the sheet: all of it is drawn, then made smaller. Steps that are folded are opened. */
const SHEET = 690 / .82;
addEventListener('beforeprint', () => {
  for (const root of document.querySelectorAll('[data-genealogy]')) {
    const genealogy = root.genealogy, cards = genealogy && genealogy.data && genealogy.data.view === 'cards' && !PHONE.matches ? genealogy.cards : null;
    if (cards) cards.spread();
    const wide = cards ? Math.max(genealogy.width, cards.worldWidth) : root.clientWidth;
    root.style.zoom = Math.min(1, SHEET / wide);
    if (cards) root.style.width = wide + 'px';
  }
});
addEventListener('afterprint', () => {
  for (const root of document.querySelectorAll('[data-genealogy]')) { root.style.zoom = root.style.width = ''; if (root.genealogy && root.genealogy.data) root.genealogy.render(); }
});

document.querySelectorAll('[data-genealogy]').forEach(root => { root.genealogy = new Genealogy(root); });
