/*
 * Keeps the pages that show what is owed for a time without a connection.
 *
 * The server says which pages may be kept, and for whom (dashu/web/offline.py): X-Keep-Copy, X-Reader. Copies of one
 * reader are kept at a time, beside lessons and what else is for everybody. They go when somebody signs out, when another person reads, and when a page comes that
 * nobody is signed in to. Forms are never kept and never sent later. SETTINGS stands before this when it is served.
 */
const FILES = `dashu-files-${SETTINGS.version}`;
const COPIES = "dashu-copies";
const READING = "dashu-reading";
const READER = "/offline/reader";
const KEPT_AT = "X-Kept-At";
const NOBODY = "nobody";
const BY_CONTENT = /\.[0-9a-f]{12}\.[a-z0-9]+$/;

self.addEventListener("install", (event) => event.waitUntil(prepare()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || SETTINGS.others.some((start) => url.pathname.startsWith(start))) return;
  if (request.mode === "navigate") event.respondWith(request.method === "GET" ? read(event, url) : send(event, url));
  else if (request.method === "GET" && url.pathname.startsWith(SETTINGS.static)) event.respondWith(file(request));
});

async function prepare() {
  const cache = await caches.open(FILES);
  // Without cookies: these pages are the same for everybody and must hold nothing of whoever is signed in.
  await cache.addAll(SETTINGS.files.map((address) => new Request(address, { credentials: "omit", cache: "reload" })));
  await self.skipWaiting();
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("dashu-files-") && name !== FILES).map((name) => caches.delete(name)));
  if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
  await self.clients.claim();
}

async function read(event, url) {
  try {
    const answer = (await event.preloadResponse) || (await fetch(event.request));
    // A second reading of the body only where it is needed: a download may be large.
    event.waitUntil(answer.headers.get("X-Keep-Copy") ? keep(url, answer.clone()) : known(answer));
    return answer;
  } catch {
    return (await copyOf(url)) || offline(false);
  }
}

async function send(event, url) {
  if (SETTINGS.signing_out.includes(url.pathname)) await forget();
  try {
    const answer = await fetch(event.request);
    await known(answer);
    return answer;
  } catch {
    return offline(true);
  }
}

/* A file that is named by its content is the same for good; another one is only for when there is no connection. */
async function file(request) {
  const isForGood = BY_CONTENT.test(new URL(request.url).pathname);
  const kept = await caches.match(request, { cacheName: FILES });
  if (kept && isForGood) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok && isForGood) await (await caches.open(FILES)).put(request, answer.clone());
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/* Note who reads; whatever is kept of somebody else goes. Answers that do not say, such as redirects, change nothing. */
async function known(answer) {
  const reader = answer.headers.get("X-Reader");
  if (reader === null) return null;
  const cache = await caches.open(COPIES);
  const before = await cache.match(READER);
  const noted = before ? await before.json() : {};
  if (noted.reader && noted.reader !== reader) await forget();
  const language = answer.headers.get("Content-Language") || noted.language;
  if (noted.reader !== reader || noted.language !== language)
    await (await caches.open(COPIES)).put(READER, new Response(JSON.stringify({ reader, language })));
  return reader;
}

async function keep(url, answer) {
  const reader = await known(answer);
  const isForAll = answer.headers.get("X-Keep-Copy") === "reading";
  if (reader === null || (reader === NOBODY && !isForAll) || !answer.ok) return;
  const page = (await answer.text())
    .replaceAll(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1")
    .replace(" hidden data-copy", " data-copy");
  const headers = { "Content-Type": "text/html; charset=utf-8", [KEPT_AT]: String(Date.now()) };
  for (const name of ["Content-Security-Policy", "Content-Language", "Referrer-Policy"])
    if (answer.headers.get(name)) headers[name] = answer.headers.get(name);
  const cache = await caches.open(isForAll ? READING : COPIES);
  await cache.put(url.pathname, new Response(page, { headers }));
  const addresses = (await cache.keys()).filter((kept) => new URL(kept.url).pathname !== READER);
  const most = isForAll ? SETTINGS.most_to_read : SETTINGS.most_copies;
  await Promise.all(addresses.slice(0, -most).map((kept) => cache.delete(kept)));
}

async function copyOf(url) {
  const kept = (await caches.match(url.pathname, { cacheName: COPIES })) || (await caches.match(url.pathname, { cacheName: READING }));
  const isYoung = kept && Date.now() - Number(kept.headers.get(KEPT_AT)) < SETTINGS.keep_days * 86400000;
  return isYoung ? kept : null;
}

async function offline(wasSent) {
  const noted = await caches.match(READER, { cacheName: COPIES });
  const language = noted ? (await noted.json()).language : "";
  const address = SETTINGS.offline[language] || SETTINGS.offline[SETTINGS.language];
  const kept = await caches.match(address, { cacheName: FILES });
  if (!kept) return Response.error();
  let page = await kept.text();
  if (wasSent) page = page.replace(" hidden data-sending", " data-sending");
  else if (await copyOf({ pathname: "/" })) page = page.replace(" hidden data-kept", " data-kept");
  return new Response(page, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

async function forget() {
  await Promise.all([COPIES, READING].map((name) => caches.delete(name)));
}
