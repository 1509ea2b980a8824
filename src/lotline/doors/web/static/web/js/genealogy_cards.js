/* The lots as cards in columns: buttons on top, one canvas of lines underneath, hover and focus light the lineage. */
import { PAD, colour, findLineage, isLot, make, takePen } from './genealogy_parts.js';

const TOP = 12, LEAST_CARD = 118, LEAST_WHERE_TIGHT = 100, MOST_CARD = 192, WIDEST_CARD = 296, LEAST_GAP = 13, MOST_GAP = 44, EDGE = 12;
/* A code is shown whole: the width of its letters (Chinese ones are wider), its sign, padding. The name of a place may be cut. */
const lettersOf = text => [...text].reduce((sum, one) => sum + (one > '\u2e80' ? 12.2 : 6.8), 0);
const hasSign = item => item.source || item.suspect || item.possible || !['released', 'consumed', 'wip'].includes(item.state);
const roomForCode = (cards, least = LEAST_CARD) => cards.reduce((most, item) => Math.max(most, item.code && isLot(item.id) ? Math.ceil(lettersOf(item.code)) + 19 + (hasSign(item) ? 18 : 0) : 0), least);

export class Cards {
  constructor(owner) { this.owner = owner; this.zoom = 1; this.hot = null; }

  get words() { return this.owner.words; }
  get root() { return this.owner.root; }
  get width() { return this.owner.width; }

  render() {
    const data = this.data = this.owner.data;
    this.placeColumns(data.cards, data.stages.length || 1);
    this.worldHeight = TOP * 2 + data.height;
    this.lines = make('canvas', 'genealogy-lines');
    this.scroll = make('div', 'genealogy-scroll');
    this.world = make('div', 'genealogy-world');
    this.layer = make('div', 'genealogy-cards');
    this.buttons = data.cards.map(item => {
      const button = this.owner.cardButton(item);
      Object.assign(button.style, { left: this.columns[item.x].x + 'px', top: TOP + item.y + 'px', width: this.columns[item.x].wide + 'px', height: item.h + 'px' });
      button.tabIndex = -1;
      return button;
    });
    this.layer.append(...this.buttons);
    this.world.append(this.layer);
    this.scroll.append(this.world);
    this.headRow = this.owner.heads(at => [this.columns[at].x, this.columns[at].wide]);
    this.root.replaceChildren(...this.owner.openedBar(), this.headRow, this.lines, this.scroll);
    this.lines.style.top = this.scroll.offsetTop + 'px';
    this.link();
    const start = Math.max(0, data.cards.findIndex(item => item.start));
    if (this.buttons.length) this.buttons[start].tabIndex = 0;
    this.resize();
    this.listen();
    if (this.buttons.length && this.worldWidth > this.width) this.scroll.scrollLeft = this.buttons[start].offsetLeft - this.width / 2;
    if (this.buttons.length && this.worldHeight > this.scroll.clientHeight) this.scroll.scrollTop = this.buttons[start].offsetTop - this.scroll.clientHeight / 2;
    this.drawLines();
  }

  /* All columns are equally wide while that fits; else each is as narrow as its own codes allow, before anything is behind the edge. */
  placeColumns(cards, count) {
    const least = Math.min(WIDEST_CARD, roomForCode(cards)), share = (this.width - EDGE * 2) / count, tight = least + LEAST_GAP > share - 8;
    const equal = tight ? least : Math.max(least, Math.min(MOST_CARD, share - (share > 210 ? MOST_GAP : 26)));
    const own = Array.from({ length: count }, (_, at) => tight ? Math.min(WIDEST_CARD, roomForCode(cards.filter(item => item.x === at), LEAST_WHERE_TIGHT)) : equal);
    this.pad = tight ? EDGE : PAD;
    const room = this.width - this.pad * 2 - own.reduce((sum, wide) => sum + wide, 0), gap = Math.max(LEAST_GAP, Math.min(MOST_GAP, count > 1 ? room / (count - 1) : MOST_GAP));
    /* What the gaps leave over goes to the narrowest columns: names of items are longer than codes. */
    for (let left = tight ? Math.floor(room - Math.max(gap, 20) * (count - 1)) : 0; left > 0; left -= 1) own[own.indexOf(Math.min(...own))] += 1;
    const between = tight ? Math.max(LEAST_GAP, Math.min(gap, (this.width - EDGE * 2 - own.reduce((sum, wide) => sum + wide, 0)) / Math.max(1, count - 1))) : gap;
    let x = this.pad;
    this.columns = own.map(wide => { const column = { x, wide }; x += wide + between; return column; });
    this.worldWidth = x - between + this.pad;
  }

  /* Who is linked with whom, and what belongs to the lineage of the start. */
  link() {
    const { cards, lines } = this.data;
    this.out = cards.map(() => []);
    this.into = cards.map(() => []);
    for (const [a, b] of lines) { this.out[a].push(b); this.into[b].push(a); }
    const starts = cards.map((item, at) => item.start ? at : -1).filter(at => at >= 0);
    this.own = this.data.grouped || !starts.length ? null : this.lineage(starts);
    this.red = cards.map(item => item.suspect || item.source);
  }

  lineage(from) { return findLineage(from, [at => this.out[at], at => this.into[at]]); }

  resize() {
    const zoom = this.zoom, width = this.worldWidth * zoom, left = Math.max(0, (this.width - width) / 2);
    Object.assign(this.world.style, { width: width + 'px', height: this.worldHeight * zoom + 'px', marginLeft: left + 'px' });
    this.layer.style.transform = zoom === 1 ? '' : `scale(${zoom})`;
    this.left = left;
    [...this.headRow.children].forEach((head, at) => { head.style.width = this.columns[at].wide * zoom + 'px'; head.dataset.x = left + this.columns[at].x * zoom; });
    this.followScroll();
  }

  followScroll() {
    const { scrollLeft, clientWidth, scrollWidth } = this.scroll;
    for (const head of this.headRow.children) head.style.left = head.dataset.x - scrollLeft + 'px';
    this.root.classList.toggle('more-left', scrollLeft > 1);
    this.root.classList.toggle('more-right', scrollLeft + clientWidth < scrollWidth - 1);
  }

  drawLines() {
    const { cards, lines } = this.data, zoom = this.zoom, scroll = this.scroll, hot = this.hot, own = this.own, pen = takePen(this.lines, this.width, scroll.clientHeight);
    pen.translate(this.left - scroll.scrollLeft, -scroll.scrollTop);
    pen.scale(zoom, zoom);
    const most = lines.reduce((max, line) => Math.max(max, line[2]), 1);
    const thick = line => line[2] > 1 ? 1.25 + 5 * Math.sqrt(line[2] / most) : 1.5;
    const layers = [[], [], [], []];
    for (const line of lines) {
      const [a, b] = line, red = cards[a].source || cards[a].suspect ? cards[b].suspect || cards[b].source : this.data.grouped && (cards[a].suspect || cards[a].source) && cards[b].suspect;
      const lit = hot && hot.has(a) && hot.has(b);
      layers[lit && !red ? 3 : red ? 2 : own && own.has(a) && own.has(b) ? 1 : 0].push([line, lit]);
    }
    const looks = [['link', 'link-faint', 1.5], ['link-own', 'link-faint', 1.75], ['link-red', 'link-red-faint', 1.75], ['link-hot', 'link-hot', 2]];
    layers.forEach((layer, level) => layer.forEach(([line, lit]) => {
      pen.strokeStyle = colour(hot && !lit ? looks[level][1] : looks[level][0]);
      pen.lineWidth = Math.max(looks[level][2], thick(line) * (level === 2 ? .8 : 1));
      pen.setLineDash(line[3] ? [] : [5, 4]);
      this.stroke(pen, line);
    }));
  }

  stroke(pen, [a, b, , , lanes]) {
    const from = this.data.cards[a], to = this.data.cards[b], column = at => this.columns[at].x, end = at => this.columns[at].x + this.columns[at].wide;
    let x = end(from.x), y = TOP + from.y + from.h / 2;
    pen.beginPath();
    if (to.x <= from.x) return this.strokeBack(pen, from, to);
    pen.moveTo(x, y);
    const curve = (tx, ty) => { const mid = (x + tx) / 2; pen.bezierCurveTo(mid, y, mid, ty, tx, ty); x = tx; y = ty; };
    lanes.forEach((lane, step) => { curve(column(from.x + step + 1), TOP + lane); x = end(from.x + step + 1); pen.lineTo(x, y); });
    curve(column(to.x), TOP + to.y + to.h / 2);
    pen.stroke();
  }

  /* Rework and returns run backwards: out on the left, in on the right, with an arrow head; within a column, a loop on the right. */
  strokeBack(pen, from, to) {
    const loop = from.x === to.x, source = this.columns[from.x], target = this.columns[to.x], x = source.x + (loop ? source.wide : 0), y = TOP + from.y + from.h * .3, tx = target.x + target.wide, ty = TOP + to.y + to.h * .7, bend = loop ? 34 : Math.max(40, (x - tx) / 2);
    pen.moveTo(x, y);
    pen.bezierCurveTo(loop ? x + bend : x - bend, y, tx + bend, ty, tx + 2, ty);
    pen.moveTo(tx + 8, ty - 4);
    pen.lineTo(tx + 2, ty);
    pen.lineTo(tx + 8, ty + 4);
    pen.stroke();
  }

  /* For paper: everything at once, nothing behind a scroll bar. */
  spread() {
    this.zoom = 1;
    this.hot = null;
    this.owner.width = this.width > this.worldWidth ? this.width : this.worldWidth;
    this.scroll.style.maxHeight = 'none';
    this.scroll.style.height = this.worldHeight + 'px';
    this.scroll.style.overflow = 'visible';
    this.scroll.scrollTo(0, 0);
    this.resize();
    this.drawLines();
  }

  light(at) {
    this.hot = at === null ? null : this.lineage([at]);
    this.buttons.forEach((button, other) => button.classList.toggle('dim', this.hot !== null && !this.hot.has(other)));
    this.drawLines();
  }

  listen() {
    const at = event => { const button = event.target.closest('.lot-card'); return button ? this.buttons.indexOf(button) : -1; };
    for (const name of ['mouseover', 'focusin']) this.layer.addEventListener(name, event => { const found = at(event); if (found >= 0) this.light(found); });
    for (const name of ['mouseout', 'focusout']) this.layer.addEventListener(name, () => this.light(null));
    this.layer.addEventListener('click', event => { const found = at(event); if (found >= 0) this.owner.open(this.data.cards[found]); });
    this.layer.addEventListener('keydown', event => { const found = at(event); if (found >= 0) this.step(event, found); });
    this.scroll.addEventListener('scroll', () => { this.followScroll(); this.drawLines(); }, { passive: true });
    this.scroll.addEventListener('wheel', event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoomTo(this.zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1), event.clientX, event.clientY);
    }, { passive: false });
    this.listenPointers();
  }

  /* One pointer on the ground pans (the mouse; a finger scrolls by itself), two pinch. */
  listenPointers() {
    const down = new Map();
    let before = 0, from = null;
    const spread = () => { const [a, b] = [...down.values()]; return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY); };
    this.scroll.addEventListener('pointerdown', event => {
      down.set(event.pointerId, event);
      if (down.size === 2) before = spread();
      if (event.pointerType === 'mouse' && event.button === 0 && !event.target.closest('.lot-card')) {
        from = [event.clientX + this.scroll.scrollLeft, event.clientY + this.scroll.scrollTop];
        this.scroll.setPointerCapture(event.pointerId);
        this.scroll.classList.add('dragging');
      }
    });
    this.scroll.addEventListener('pointermove', event => {
      if (down.has(event.pointerId)) down.set(event.pointerId, event);
      if (down.size === 2) {
        const now = spread(), [a, b] = [...down.values()];
        if (before) this.zoomTo(this.zoom * now / before, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
        before = now;
      } else if (from) this.scroll.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
    });
    const end = event => { down.delete(event.pointerId); from = null; this.scroll.classList.remove('dragging'); };
    this.scroll.addEventListener('pointerup', end);
    this.scroll.addEventListener('pointercancel', end);
  }

  zoomTo(zoom, clientX, clientY) {
    zoom = Math.min(1.6, Math.max(.4, zoom));
    const box = this.scroll.getBoundingClientRect(), x = clientX - box.left + this.scroll.scrollLeft, y = clientY - box.top + this.scroll.scrollTop, share = zoom / this.zoom;
    this.zoom = zoom;
    this.resize();
    this.scroll.scrollTo(x * share - (clientX - box.left), y * share - (clientY - box.top));
    this.followScroll();
    this.drawLines();
  }

  /* Arrows: up and down within a column, left and right to the nearest linked card, else to the nearest. */
  step(event, at) {
    const cards = this.data.cards, here = cards[at], way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (event.key === 'Escape' && here.of) { event.preventDefault(); return this.owner.fold(here.of); }
    if (!way) return;
    event.preventDefault();
    const far = other => Math.abs(cards[other].y - here.y), all = cards.map((_, other) => other);
    const linked = way[0] < 0 ? this.into[at] : this.out[at];
    const pool = way[1] ? all.filter(other => cards[other].x === here.x && Math.sign(cards[other].y - here.y) === way[1])
      : linked.length ? linked.filter(other => Math.sign(cards[other].x - here.x) === way[0]) : all.filter(other => cards[other].x === here.x + way[0]);
    const next = pool.sort((a, b) => far(a) - far(b))[0];
    if (next === undefined) return;
    this.buttons[at].tabIndex = -1;
    this.buttons[next].tabIndex = 0;
    this.buttons[next].focus();
  }
}
