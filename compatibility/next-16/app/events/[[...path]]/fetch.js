import {
  TidingsError,
  explain,
  onAbort,
  problemResponse
} from "./chunk-E2XSQTWR.js";

// ../../../packages/server/src/lib/http/host-info.ts
function addressFrom(info, request) {
  const known = knownInfo(info);
  const address = typeof known.requestIP === "function" ? known.requestIP(request)?.address : known.remoteAddr?.hostname ?? known.incoming?.socket?.remoteAddress;
  return typeof address === "string" ? address : void 0;
}
function waitUntilFrom(info) {
  const known = knownInfo(info);
  if (typeof known.waitUntil !== "function") return void 0;
  return (promise) => known.waitUntil?.(promise.catch(() => {
  }));
}
function knownInfo(info) {
  return typeof info === "object" && info !== null ? info : {};
}

// ../../../packages/server/src/lib/http/join-bytes.ts
function joinBytes(parts) {
  const [first, ...rest] = parts;
  if (first && rest.length === 0) return first;
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

// ../../../packages/server/src/lib/http/json-body.ts
function parseJsonBody(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const message = `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TidingsError({ code: "bad_request", message, cause });
  }
}
function bodyTooLarge(maxBytes) {
  const message = `The body exceeds the limit of ${maxBytes} bytes. Send a shorter one`;
  return new TidingsError({ code: "payload_too_large", message });
}

// ../../../packages/server/src/lib/http/request-target.ts
var absoluteForm = /^https?:\/\/([^/?#]*)/i;
function originForm(target) {
  const rest = target.replace(absoluteForm, "");
  return rest.startsWith("/") ? rest : `/${rest}`;
}
function authorityOf(target) {
  return absoluteForm.exec(target)?.[1] || void 0;
}
function parseTarget(target) {
  const [pathname = "", ...rest] = originForm(target).split("?");
  return { path: pathname.replace(/^\/|\/$/g, ""), query: new URLSearchParams(rest.join("?")) };
}

// ../../../packages/server/src/lib/http/fetch-request.ts
var FetchRequest = class {
  method;
  path;
  query;
  headers;
  address;
  isEncrypted;
  signal;
  waitUntil;
  #request;
  #left = new AbortController();
  #unfollow;
  /** @param url the part of the request's URL below the mount */
  constructor(request, url, address, info) {
    const { path, query } = parseTarget(url);
    this.method = request.method;
    this.path = path;
    this.query = query;
    this.headers = headersOf(request);
    this.address = address;
    this.isEncrypted = request.url.startsWith("https:");
    this.signal = this.#left.signal;
    const waitUntil = waitUntilFrom(info);
    if (waitUntil) this.waitUntil = waitUntil;
    this.#request = request;
    this.#unfollow = onAbort(request.signal, () => this.onLeft(request.signal.reason));
  }
  /** Called when the client has left. Not every host fires the request's own signal. */
  onLeft(reason) {
    this.#left.abort(reason);
  }
  /** Called when the response is over. The request's own signal may outlive it. */
  onOver() {
    this.#unfollow();
  }
  json(maxBytes) {
    return readJson(this.#request, maxBytes);
  }
};
function headersOf({ headers, url }) {
  const authority = authorityOf(url);
  if (headers.has("host") || !authority) return headers;
  const withHost = new Headers(headers);
  withHost.set("host", authority);
  return withHost;
}
async function readJson(request, maxBytes) {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw bodyTooLarge(maxBytes);
  const { body } = request;
  if (request.bodyUsed || body?.locked) throw alreadyRead();
  const chunks = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (let chunk = await reader?.read().catch(failed); chunk?.value; chunk = await reader?.read().catch(failed)) {
    bytes += chunk.value.byteLength;
    if (bytes > maxBytes) {
      void reader?.cancel().catch(() => {
      });
      throw bodyTooLarge(maxBytes);
    }
    chunks.push(chunk.value);
  }
  return parseJsonBody(joinBytes(chunks));
}
function failed(cause) {
  const message = `The body did not arrive: ${cause instanceof Error ? cause.message : String(cause)}`;
  throw new TidingsError({ code: "bad_request", message, cause });
}
function alreadyRead() {
  const message = "Middleware has read the body of this request. Let it read a copy: request.clone().json()";
  return explain(new TidingsError({ code: "internal", message }));
}

// ../../../packages/server/src/lib/http/mount.ts
var Mount = class {
  #path;
  #prefix;
  constructor(path) {
    this.#path = `/${path.replace(/^\/+|\/+$/g, "")}`;
    this.#prefix = this.#path === "/" ? "" : this.#path;
  }
  /** Returns the part of a request's URL below the mount, or undefined if the URL is outside. */
  below(url) {
    const target = originForm(url);
    const rest = target.slice(this.#prefix.length);
    return target.startsWith(this.#prefix) && /^(?:[/?]|$)/.test(rest) ? rest : void 0;
  }
  /** Returns the response to a request outside the mount. */
  refusal(url) {
    const message = `Tidings serves paths below ${this.#path}, not ${originForm(url).split("?")[0]}`;
    return problemResponse(new TidingsError({ code: "not_found", message }));
  }
};

// ../../../packages/server/src/lib/http/stream-sink.ts
var highWaterMark = 64 * 1024;
function openReadable(response, client) {
  let sink;
  return new ReadableStream(
    {
      start: (controller) => {
        sink = new StreamSink(controller, client);
        sink.listen(response.open(sink));
      },
      pull: () => sink?.onPull(),
      cancel: (reason) => sink?.onCancel(reason)
    },
    new ByteLengthQueuingStrategy({ highWaterMark })
  );
}
var StreamSink = class {
  #controller;
  #client;
  #listener;
  #state = "open";
  /** Whether the server waits for room. */
  #isFull = false;
  /** What was written since `cork`. */
  #corked;
  #corkedBytes = 0;
  #unfollow;
  constructor(controller, client) {
    this.#controller = controller;
    this.#client = client;
    this.#unfollow = onAbort(client.signal, () => this.#finish());
  }
  /** Sets the listener, before any event of the stream is reported. */
  listen(listener) {
    this.#listener = listener;
  }
  write({ bytes }) {
    if (this.#state !== "open") return false;
    if (this.#corked) {
      this.#corked.push(bytes);
      this.#corkedBytes += bytes.byteLength;
    } else {
      this.#controller.enqueue(bytes);
    }
    this.#isFull = this.#room() <= this.#corkedBytes;
    return !this.#isFull;
  }
  cork() {
    this.#corked ??= [];
  }
  uncork() {
    const corked = this.#corked ?? [];
    this.#corked = void 0;
    this.#corkedBytes = 0;
    if (corked.length > 0 && this.#state !== "closed") this.#controller.enqueue(joinBytes(corked));
  }
  end() {
    if (this.#state !== "open") return;
    this.uncork();
    this.#state = "ending";
    if (this.#isEmpty()) this.#finish();
  }
  abort() {
    const error = new TidingsError({ code: "aborted", message: "The server closed the connection" });
    if (this.#close()) this.#controller.error(error);
  }
  /** Called when the host is ready for more. It may still have what was written before. */
  onPull() {
    if (!this.#isEmpty()) return;
    if (this.#state === "ending") this.#finish();
    else if (this.#isFull) {
      this.#isFull = false;
      this.#listener?.onDrained();
    }
  }
  /** Called when the client has left, and the host reports it through the stream. */
  onCancel(reason) {
    this.#close();
    this.#client.onLeft(reason);
  }
  #room() {
    return this.#controller.desiredSize ?? 0;
  }
  #isEmpty() {
    return this.#room() === highWaterMark;
  }
  #finish() {
    if (this.#close()) this.#controller.close();
  }
  /** Reports the end, and returns whether the stream was open until now. */
  #close() {
    if (this.#state === "closed") return false;
    this.#state = "closed";
    this.#unfollow();
    this.#client.onOver();
    queueMicrotask(() => this.#listener?.onClosed());
    return true;
  }
};

// ../../../packages/server/src/fetch.ts
var clientLeftStatus = 499;
function fetchHandler(tidings, { path = "/events", address } = {}) {
  const mount = new Mount(path);
  return async (hostRequest, info) => {
    const target = hostRequest.url.replace(/#.*/s, "");
    const url = mount.below(target);
    if (url === void 0) return toResponse(mount.refusal(target), hostRequest);
    const from = address ? address(hostRequest, info) : addressFrom(info, hostRequest);
    const request = new FetchRequest(hostRequest, url, from, info);
    const response = await tidings.handle(request);
    if (response.kind === "stream" && !request.signal.aborted) {
      return new Response(openReadable(response, request), { headers: toHeaders(response.headers) });
    }
    request.onOver();
    if (response.kind === "complete") return toResponse(response, hostRequest);
    response.drop();
    return new Response(null, { status: clientLeftStatus });
  };
}
function toResponse({ status, headers, body }, { method }) {
  const hasBody = body !== "" && method !== "HEAD";
  return new Response(hasBody ? body : null, { status, headers: toHeaders(headers) });
}
function toHeaders(headers) {
  const result = new Headers();
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) result.append(name, value);
  }
  return result;
}
export {
  fetchHandler
};
