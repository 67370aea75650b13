// A manager makes a passkey with a virtual authenticator, signs a decision on a strategic account with it, is refused
// what the page does not show, signs in with it, and revokes it.
//
// BASE (under `localhost`), EMAIL, PASSWORD come from the environment. Prints `ok` lines, exits 1 on the first failure.

import { chromium } from "playwright-core";

const { BASE, EMAIL, PASSWORD } = process.env;
const expect = (truth, words) => {
  if (!truth) throw new Error(words);
  console.log(`ok: ${words}`);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const debug = await context.newCDPSession(page);
  await debug.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await debug.send("WebAuthn.addVirtualAuthenticator", { options });
  const made = async () => (await debug.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length;

  await page.goto(`${BASE}/sign-in`);
  await page.fill("#email", EMAIL);
  await page.fill("#password", PASSWORD);
  await page.click("form[action='/sign-in'] button[type=submit]");
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));

  await page.goto(`${BASE}/desk`);
  expect((await page.textContent("#proposal")).includes("you have none yet"), "without a passkey the desk says how to get one");
  expect((await page.locator("#proposal form[action*='/approve']").count()) === 0, "and offers no way around it");
  await page.click("#proposal .needs-passkey a");
  await page.waitForURL((url) => url.pathname === "/passkeys");
  await page.fill("#name", "Virtual key");
  await page.click("text=Add a passkey");
  await page.waitForURL((url) => url.pathname.startsWith("/desk/"));
  expect((await made()) === 1, "a passkey is made, and one is led back to the decision");
  const first = await page.locator("#proposal[data-proposal]").getAttribute("data-proposal");

  // A page that was tampered with does not get a signature.
  await page.evaluate(() => { document.querySelector("#content .letter .words").append(" Half the price!"); });
  await page.waitForTimeout(1500);
  await page.keyboard.press("a");
  await page.waitForSelector("[data-passkey-trouble]:not([hidden])");
  expect((await page.textContent("[data-passkey-trouble]")).includes("not what this page shows"), "what is not shown is not signed");

  await page.goto(`${BASE}/desk/${first}`);
  await page.waitForTimeout(1500);
  await page.keyboard.press("a");
  await page.waitForURL((url) => url.search.includes(`done=${first}`), { timeout: 15000 });
  expect(true, "an approval is signed and taken");

  // The next one is edited first: what was typed is what is signed.
  const second = await page.locator("#proposal[data-proposal]").getAttribute("data-proposal");
  await page.click("[data-key=e]");
  await page.fill("#edit-text", "Hello,\n\nthank you for your question. I call you tomorrow morning.\n\nDana");
  await page.click("#edit button.strong");
  await page.waitForURL((url) => url.search.includes(`done=${second}`), { timeout: 15000 });
  expect(true, "an edited text is signed and taken");
  const third = await page.locator("#proposal[data-proposal]").getAttribute("data-proposal");
  await page.click("[data-key=r]");
  await page.click("#reject label.choice >> nth=0");
  await page.click("#reject button.grave");
  await page.waitForURL((url) => url.search.includes(`done=${third}`), { timeout: 15000 });
  expect(true, "a rejection is signed and taken");
  console.log(`decided: ${first} ${second} ${third}`);

  await page.goto(`${BASE}/desk/${first}`);
  expect((await page.textContent("#proposal")).includes("signed with a passkey"), "the decision says that it was signed");

  await page.click("text=Sign out");
  await page.waitForURL(/sign-in/);
  await page.click("text=Sign in with a passkey");
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  expect((await page.textContent("header.band")).includes("Dana"), "one signs in with a passkey alone");

  await page.goto(`${BASE}/passkeys`);
  expect((await page.textContent("main")).includes("Virtual key"), "the passkey is listed");
  await page.click("text=Revoke");
  await page.waitForURL(/done=revoked/);
  await page.goto(`${BASE}/desk`);
  expect((await page.textContent("#proposal")).includes("you have none yet"), "a revoked passkey decides nothing");
  await page.click("text=Sign out");
  await page.waitForURL(/sign-in/);
  await page.click("text=Sign in with a passkey");
  await page.waitForSelector("text=not enrolled here, or was revoked");
  expect(page.url().includes("/sign-in"), "and signs nobody in");
  const real = errors.filter((error) => !/409|422/.test(error));
  expect(real.length === 0, `no script fails and no policy is broken ${real.join("; ")}`);
} catch (error) {
  console.error(String(error.stack ?? error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
