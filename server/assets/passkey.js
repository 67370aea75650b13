// Passkeys: adding one, signing in with one, signing a decision with one. Before a decision is signed, what it would let
// out is compared with what stands on the page, and its commitment is computed here, from those words.

"use strict";

(() => {
  const toBytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const fromUrl = (text) => toBytes(text.replaceAll("-", "+").replaceAll("_", "/"));
  const toBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(parts)));
  const utf8 = (text) => new TextEncoder().encode(text);

  const join = (parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { whole.set(part, at); at += part.length; }
    return whole;
  };

  const length = (bytes) => {
    const eight = new Uint8Array(8);
    new DataView(eight.buffer).setBigUint64(0, BigInt(bytes.length));
    return eight;
  };

  const commitment = async (r, payload) => {
    const label = utf8("content");
    const parts = [utf8("lockkeeper/commit/v1\0"), length(label), label, length(r), r, length(payload), payload];
    return toBase64(await sha256(...parts));
  };

  // Words as they are read: without the numbers of findings, and with white space as one sees it.
  const read = (element) => {
    if (!element) return "";
    const copy = element.cloneNode(true);
    copy.querySelectorAll("sup").forEach((number) => number.remove());
    return copy.textContent;
  };
  const plain = (text) => text.replace(/\s+/g, " ").trim();

  const shown = (form, decision) => {
    if (decision === "edit" || decision === "respond") {
      return { subject: form.elements.subject?.value ?? "", text: form.elements.text.value, to: null };
    }
    const letter = document.querySelector("#content .letter");
    return {
      subject: read(letter?.querySelector(".subject")),
      text: read(letter?.querySelector(".words")),
      to: read(letter?.querySelector(".envelope dd")),
    };
  };

  const ask = async (path, form, extra = {}) => {
    const fields = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(extra)) fields.set(name, value);
    const answer = await fetch(path, { method: "POST", body: fields, headers: { accept: "application/json" } });
    const options = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(options.next ?? options.what ?? "The server did not answer; try again.");
    return options;
  };

  const fill = (form, fields) => {
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  };

  const used = (answer, nonce) => ({
    nonce,
    credential: toBase64(answer.rawId),
    client_data: toBase64(answer.response.clientDataJSON),
    authenticator_data: toBase64(answer.response.authenticatorData),
    signature: toBase64(answer.response.signature),
  });

  const use = (challenge, rp, credentials = []) => navigator.credentials.get({
    publicKey: {
      challenge,
      rpId: rp,
      allowCredentials: credentials.map((id) => ({ type: "public-key", id: fromUrl(id) })),
      userVerification: "required",
    },
  });

  const enrol = async (form) => {
    const options = await ask("/passkeys/options", form);
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: fromUrl(options.challenge),
        rp: options.rp,
        user: { ...options.user, id: fromUrl(options.user.id) },
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        excludeCredentials: options.known.map((id) => ({ type: "public-key", id: fromUrl(id) })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
      },
    });
    fill(form, {
      nonce: options.nonce,
      client_data: toBase64(made.response.clientDataJSON),
      authenticator_data: toBase64(made.response.getAuthenticatorData()),
    });
  };

  const signIn = async (form) => {
    const options = await ask("/sign-in/passkey/options", form);
    fill(form, used(await use(fromUrl(options.challenge), options.rp), options.nonce));
  };

  const sign = async (form) => {
    const path = new URL(form.action).pathname;
    const at = path.lastIndexOf("/");
    const decision = path.slice(at + 1);
    const options = await ask(`${path.slice(0, at)}/sign/${decision}`, form);
    let content = null;
    if (options.content) {
      const [r, payload] = [toBytes(options.content.r), toBytes(options.content.payload)];
      const words = JSON.parse(new TextDecoder().decode(payload));
      const seen = shown(form, decision);
      const same = plain(words.text ?? "") === plain(seen.text)
        && (plain(seen.subject) === "" || plain(words.subject ?? "") === plain(seen.subject))
        && (seen.to === null || plain(words.to.join(", ")) === plain(seen.to));
      content = await commitment(r, payload);
      if (!same || content !== options.content.commitment) {
        throw new Error("What would go out is not what this page shows. Nothing was signed; load the page again.");
      }
    }
    if (options.decision !== decision || !path.includes(options.proposal)) throw new Error("The server asked to sign something else.");
    // Keys in the order of RFC 8785; none of the values needs an escape that JSON would write otherwise.
    const { lead, nonce, proposal, workspace } = options;
    const signed = JSON.stringify({ content, decision, lead, nonce, proposal, workspace });
    const challenge = await sha256(utf8("lockkeeper/approval/v1\0"), utf8(signed));
    const answer = await use(challenge, options.rp, options.credentials);
    fill(form, {
      ...used(answer, options.nonce),
      signed: content ?? "",
      blinding: options.content?.r ?? "",
    });
  };

  const ways = { enrol, "sign-in": signIn, sign };

  const trouble = (form, error) => {
    const place = form.querySelector("[data-passkey-trouble]") ?? document.querySelector("[data-passkey-trouble]");
    const refused = error.name === "NotAllowedError";
    const words = refused ? "The passkey was not used: it was cancelled, or took too long." : error.message;
    if (place) { place.textContent = words; place.hidden = false; }
  };

  // First of all who hear of it, so that nothing is sent before it is signed.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const way = ways[form.dataset.passkey];
    if (!way || form.dataset.signed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.signing) return;
    form.dataset.signing = "yes";
    try {
      if (!window.PublicKeyCredential) throw new Error("This browser knows no passkeys here; they need https, or localhost.");
      await way(form);
      form.dataset.signed = "yes";
      form.requestSubmit(event.submitter ?? undefined);
    } catch (error) {
      trouble(form, error);
    } finally {
      delete form.dataset.signing;
    }
  }, true);

  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-signed]").forEach((form) => delete form.dataset.signed);
  });
})();
