// What tests of pages have in common: the program, a browser, and a page that tells what goes wrong.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = resolve(fileURLToPath(import.meta.url), "../../..");

/** The program that is tested: TAMIS says which, else the one that `cargo build --release` made. */
export const tamis = process.env.TAMIS ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "release/tamis");

/** Runs the program; its standard output. Exit codes other than those named are an error. */
export function run(args, { codes = [0], ...options } = {}) {
  try {
    return execFileSync(tamis, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
  } catch (error) {
    if (codes.includes(error.status)) return error.stdout;
    throw new Error(`tamis ${args.join(" ")}: exit code ${error.status}: ${error.stderr}`);
  }
}

/** A folder that is gone after the tests of a file. */
export function folder() {
  const made = mkdtempSync(join(tmpdir(), "tamis-browser-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A browser: CHROMIUM says which. */
export async function launch() {
  const known = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = known.find((path) => path && existsSync(path));
  assert.ok(executablePath, "no Chromium: install Debian's package chromium, or name one with CHROMIUM");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
}

/**
 * A page that notes all that must not happen: `faults` holds errors and warnings on the console,
 * exceptions, what the policy of the page refused, and requests to anywhere but addresses that begin
 * with one of `allowed`.
 */
export async function watchedPage(browser, { allowed = ["file://"], ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => allowed.some((begin) => request.url().startsWith(begin)) || faults.push(`request: ${request.url()}`));
  await page.exposeFunction("__refused", (what) => faults.push(`policy: ${what}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.__refused(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  return { context, page, faults };
}

/** Nothing went wrong so far. */
export function assertFine(faults) {
  assert.deepEqual(faults, []);
}
