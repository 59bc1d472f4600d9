// The page of `tamis diff` in a browser: both directions with their samples, and hostile text as text.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { assertFine, folder, launch, run, watchedPage } from "./common.mjs";

const work = folder();
const HOSTILE = "<script>alert(1)</script></script><img src=x onerror=alert(2)>\u202egnp";

const rules = (name, phrase) => `format = 1
category = "boilerplate"
[rules.${name}]
about = "X"
why = "X"
scope = "block"
action = "remove"
when = { phrases = ["${phrase}"] }
hits = ["${phrase}"]
misses = ["Nothing of it"]
`;

let browser;

before(async () => {
  const mill = "The mill at the mouth of the creek ground its last corn in the spring of 1957.";
  const lines = Array.from({ length: 30 }, (_, n) =>
    JSON.stringify({ id: `<b onclick=alert(3)>${n}`, text: `${mill}\n\nalpha ${HOSTILE} ${n}\n\n${mill}\n\nbeta ${n}\n\n${mill}` }));
  writeFileSync(join(work, "in.jsonl"), `${lines.join("\n")}\n`);
  writeFileSync(join(work, "old.toml"), rules("first", "alpha"));
  writeFileSync(join(work, "new.toml"), rules("second", "beta"));
  run(["diff", "old.toml", "new.toml", "in.jsonl", "--html", "diff.html", "--samples", "5"], { codes: [1], cwd: work });
  browser = await launch();
});
after(() => browser?.close());

test("both directions are there, and a rule opens on its samples by keyboard", async () => {
  const { context, page, faults } = await watchedPage(browser);
  await page.goto(pathToFileURL(join(work, "diff.html")).href);
  assert.match(await page.locator("#overview").innerText(), /30/);
  for (const [id, name, tag, word] of [["removed", "new/second", "del", "beta"], ["restored", "old/first", "ins", "alpha"]]) {
    const button = page.locator(`#${id}-rules button.open`, { hasText: name });
    await button.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(`#${id} blockquote ${tag}`).count(), 5);
    assert.ok((await page.locator(`#${id} blockquote ${tag}`).first().innerText()).startsWith(word));
    assert.match(await page.locator(`#${id} blockquote`).first().innerText(), /The mill at the mouth/);
  }
  assert.ok((await page.locator("#restored blockquote").first().innerText()).includes("<script>alert(1)</script></script><img src=x onerror=alert(2)>"));
  assert.equal(await page.locator("main img, main script, b[onclick]").count(), 0);
  assertFine(faults);
  await context.close();
});

test("it fits a narrow window and is read in the dark", async () => {
  const { context, page, faults } = await watchedPage(browser, { viewport: { width: 360, height: 700 }, colorScheme: "dark" });
  await page.goto(pathToFileURL(join(work, "diff.html")).href);
  const [inside, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= window, `${inside} in ${window}`);
  assertFine(faults);
  await context.close();
});
