// A made-up corpus of pages with junk in them, the same at every run.

const PLACES = ['Lindholm', 'the north bank', 'Ansgar Island', 'the upper valley', 'Marsh End', 'the old harbour', 'Kiel Road', 'the ropewalk'];
const THINGS = ['mill', 'ferry', 'granary', 'sluice', 'weir', 'tannery', 'kiln', 'lighthouse', 'smokehouse', 'brickworks'];
const PEOPLE = ['Anna Lund', 'the miller', 'a surveyor', 'Josef Brandt', 'the parish clerk', 'two sisters from the coast', 'an engineer', 'the last tenant'];
const PROSE = [
  (p) => `The ${p.thing} at ${p.place} ran until the spring of ${p.year}, when ${p.person} sold the wheel to a brewer and let the race fall dry.`,
  (p) => `${cap(p.person)} measured the tide there for eleven years and wrote each figure into a ledger that the parish still keeps in its chest.`,
  (p) => `What is left of the ${p.thing} is a wall of dry stone, which needs no mortar because its own weight holds it in place.`,
  (p) => `In ${p.year} the lower fields of ${p.place} stood under water until October, so rye was sown late and the ${p.thing} lay idle all winter.`,
  (p) => `A letter of ${p.year} says that ${p.person} crossed on foot when the ice had come, with a rope and in single file behind the priest.`,
  (p) => `The council bought the ${p.thing} for a tenth of what it had cost, and for want of money nothing was done to its roof for forty years.`,
  (p) => `Visitors who come to ${p.place} today find a bench, a sign with two mistakes in it, and a very good view of the ${p.thing}.`,
];
const JUNK = [
  () => 'We use cookies to improve your experience on our website. By continuing you agree to our use of cookies.',
  () => "Don't forget to share this article with your friends!",
  () => 'Subscribe to our newsletter for more articles like this.',
  () => '© 2024 The Tide Mill Trust. All rights reserved.',
  () => 'Leave a comment below and tell us what you think!',
  () => 'What are your thoughts on the mill? Let us know in the comments below.',
  () => '- [Home](https://mills.example/)\n- [News](https://mills.example/news)\n- [Shop](https://mills.example/shop)\n- [Contact](https://mills.example/contact)',
  () => 'You might also like:\n\n- [Ten mills you must see](https://mills.example/ten)\n- [The best bread of the coast](https://mills.example/bread)\n- [Our guide to cheap flights](https://mills.example/flights)',
  () => 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.',
  () => 'Home | About | Contact | Privacy policy | Terms of use',
  () => 'You must be logged in to post a comment.',
  () => 'Share this: Facebook Twitter Pinterest WhatsApp',
  () => '<script>window.stolen = 1; document.title = "stolen"</script><img src=x onerror="window.stolen = 1">',
  () => 'BEST CHEAP TICKETS ONLINE BUY CHEAP TICKETS BEST PRICE TICKETS ONLINE CHEAP BUY TICKETS ONLINE',
  () => 'Posted on 3 March 2021 by admin in Uncategorized',
  () => 'Read more',
];

const cap = (text) => text[0].toUpperCase() + text.slice(1);

/** Numbers that look random and are not. */
function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 48271) >>> 0) % 2147483647 || 1;
    return state % below;
  };
}

/** So many documents, as JSON Lines. */
export const corpus = (documents) => lines(documents, false);

/** The same documents with labels, as JSON Lines. */
export const labels = (documents) => lines(documents, true);

function lines(documents, labelled) {
  const roll = dice(20261123);
  const pick = (list) => list[roll(list.length)];
  const out = [];
  for (let n = 0; n < documents; n++) {
    const blocks = [];
    const junk = new Set();
    const add = (text) => { junk.add(blocks.length); blocks.push(text); };
    const p = () => ({ place: pick(PLACES), thing: pick(THINGS), person: pick(PEOPLE), year: 1780 + roll(190) });
    const title = p();
    blocks.push(`# The ${title.thing} at ${title.place}, part ${n + 1}`);
    if (roll(3) === 0) add(JUNK[roll(JUNK.length)]());
    const paragraphs = roll(12) === 0 ? 1 : 3 + roll(9);
    for (let at = 0; at < paragraphs; at++) {
      const sentences = 1 + roll(4);
      blocks.push(Array.from({ length: sentences }, () => pick(PROSE)(p())).join(' '));
      if (roll(5) === 0) add(JUNK[roll(JUNK.length)]());
    }
    for (let end = roll(4); end > 0; end--) add(JUNK[roll(JUNK.length)]());
    if (n % 97 === 5) blocks.push('Die Mühle 😀 steht seit 1957 still, und niemand weiß, wem das Rad gehört.');
    const record = { id: `page-${String(n).padStart(4, '0')}`, url: `https://mills.example/pages/${n}`, lang: 'en', text: blocks.join('\n\n') };
    if (labelled) {
      let start = 0;
      record.doc_label = junk.size > 0 ? 'clean' : 'keep';
      record.spans = blocks.map((text, place) => {
        const span = { start, end: start + [...text].length, category: junk.has(place) ? 'junk' : 'content', action: junk.has(place) ? 'remove' : 'keep' };
        start = span.end + 2;
        return span;
      });
    }
    out.push(JSON.stringify(record));
  }
  return out.join('\n') + '\n';
}
