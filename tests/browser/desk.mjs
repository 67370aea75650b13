// A rep at the desk, in a real browser: signs in, reads, approves with a key; what somebody else decided leaves the open
// desk; every page is looked at by axe-core, at desk and phone size, light and dark.
//
// BASE, EMAIL, PASSWORD, OTHER_EMAIL, OTHER_PASSWORD, SHOTS come from the environment. Prints `ok` lines, exits 1 on the first failure.

import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { BASE, EMAIL, PASSWORD, OTHER_EMAIL, OTHER_PASSWORD, SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const expect = (truth, words) => {
  if (!truth) throw new Error(words);
  console.log(`ok: ${words}`);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const signedIn = async (email, password, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(`${BASE}/sign-in`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  return { page, errors, context };
};

const serious = async (page) => {
  // The content policy rightly refuses injected scripts; the tester's own comes in by the debugger's door.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
};

try {
  const wrong = await browser.newPage();
  await wrong.goto(`${BASE}/sign-in`);
  await wrong.fill("#email", EMAIL);
  await wrong.fill("#password", "not the password");
  await wrong.click("button[type=submit]");
  expect((await wrong.textContent("body")).length > 0 && wrong.url().includes("/sign-in"), "a wrong password signs nobody in");
  await wrong.goto(`${BASE}/desk`);
  expect(wrong.url().includes("/sign-in"), "the desk asks a stranger to sign in");

  const { page, errors } = await signedIn(EMAIL, PASSWORD);
  await page.goto(`${BASE}/desk`);
  const proposals = () => page.locator("#proposal[data-proposal]").getAttribute("data-proposal");
  const first = await proposals();
  expect(first, "the desk opens with a proposal");
  expect((await page.textContent("#proposal")).includes("cannot be taken back"), "it says what happens on approval");

  // Somebody else decides on what lies in the list: it leaves by itself.
  const other = await signedIn(OTHER_EMAIL, OTHER_PASSWORD);
  const inList = async (id) => (await page.locator(`#queue-${id}`).count()) > 0;
  await other.page.goto(`${BASE}/desk`);
  const theirs = await other.page.locator("#proposal[data-proposal]").getAttribute("data-proposal");
  await page.waitForTimeout(1500);
  await other.page.waitForTimeout(1500);
  await other.page.keyboard.press("a");
  await other.page.waitForURL((url) => !url.pathname.includes(theirs) || url.search.length > 0, { timeout: 10000 }).catch(() => {});
  await page.waitForFunction((id) => !document.querySelector(`#queue-${CSS.escape(id)}`), theirs, { timeout: 5000 });
  expect(true, "what somebody else decided leaves the open desk");

  await page.goto(`${BASE}/desk`);
  const next = await proposals();
  await page.waitForTimeout(1500);
  await page.keyboard.press("a");
  await page.waitForFunction((id) => document.querySelector("#proposal[data-proposal]")?.dataset.proposal !== id, next, { timeout: 10000 });
  expect(!(await inList(next)), "a approves with one key, and the next proposal opens");

  mkdirSync(SHOTS, { recursive: true });
  const paths = { desk: "/desk", board: "/leads", promises: "/promises", gate: "/gate", record: "/record" };
  await page.goto(`${BASE}/leads`);
  const lead = await page.locator('a[href^="/leads/"]').first().getAttribute("href");
  paths.lead = lead;
  await page.goto(`${BASE}/record?kind=approval.decided`);
  paths.fact = await page.locator(".fact-list .index a").first().getAttribute("href");
  paths.message = "/record/message?id=none%40example.com";
  paths.passkeys = "/passkeys";
  for (const [name, path] of Object.entries(paths)) {
    for (const [size, viewport] of [["desk", { width: 1280, height: 900 }], ["phone", { width: 390, height: 844 }]]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await page.goto(`${BASE}${path}`);
        await page.screenshot({ path: `${SHOTS}/${name}-${size}-${colorScheme}.png` });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1);
        expect(!wide, `${name} fits the ${size} in ${colorScheme}`);
        const found = await serious(page);
        expect(found.length === 0, `axe-core finds nothing serious on ${name}, ${size}, ${colorScheme} ${found.join("; ")}`);
      }
    }
  }
  const real = errors.filter((error) => !/409|422/.test(error));
  expect(real.length === 0, `no script fails and no policy is broken ${real.join("; ")}`);
} catch (error) {
  console.error(String(error.stack ?? error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
