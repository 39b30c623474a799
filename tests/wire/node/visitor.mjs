// A person with a browser that has no JavaScript: keeps cookies, follows our redirects, fills in our forms, stops elsewhere.

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#34;": '"', "&#39;": "'" };
const plain = (text) => text.replace(/&(amp|lt|gt|quot|#34|#39);/g, (entity) => ENTITIES[entity]);
const attribute = (tag, name) => plain(tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1] ?? "");

export class Visitor {
  #cookies = new Map();

  constructor(origin) {
    this.origin = origin;
  }

  /** Where the visitor stands in the end: `{url, status, text}`; `text` is null where the address is not ours. */
  async open(url, form) {
    url = new URL(url, this.origin);
    for (let redirects = 0; redirects < 10; redirects++) {
      if (url.origin !== this.origin) return { url, status: 302, text: null };
      const headers = { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
      const answer = await fetch(url, {
        method: form ? "POST" : "GET",
        body: form ? new URLSearchParams(form) : undefined,
        headers,
        redirect: "manual",
      });
      this.#keep(answer.headers);
      const location = answer.headers.get("location");
      const text = await answer.text();
      if (!location) return { url, status: answer.status, text };
      url = new URL(location, url);
      form = undefined;
    }
    throw new Error(`too many redirects, the last to ${url}`);
  }

  /** Types the values into the page's form with that button and presses it. */
  async submit(page, action, values) {
    for (const [form] of page.text.matchAll(/<form[^]*?<\/form>/g)) {
      if (!form.includes(`value="${action}"`)) continue;
      const fields = {};
      for (const [input] of form.matchAll(/<input[^>]*>/g)) fields[attribute(input, "name")] = attribute(input, "value");
      const target = attribute(form.match(/<form[^>]*>/)[0], "action");
      return this.open(new URL(target, page.url), { ...fields, ...values, action });
    }
    throw new Error(`${page.url} (${page.status}) has no form for ${action}`);
  }

  #keep(headers) {
    const lines = headers.getSetCookie ? headers.getSetCookie() : (headers.get("set-cookie") ?? "").split(/,(?=\s*[\w-]+=)/);
    for (const line of lines.filter(Boolean)) {
      const [pair] = line.split(";");
      const at = pair.indexOf("=");
      this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1));
    }
  }
}
