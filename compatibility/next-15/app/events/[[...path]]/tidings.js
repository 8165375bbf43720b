import {
  TidingsError,
  array,
  backoffMs,
  channel,
  checkContract,
  command,
  commonHeaders,
  compileContract,
  decodeControlRequest,
  defineContract,
  encodeEventBody,
  encodeSignal,
  eventDataOf,
  eventId,
  eventNameOf,
  eventStreamContentType,
  formatCursor,
  heartbeatFrame,
  isTidingsError,
  isoDate,
  jsonResponse,
  maxTimerMs,
  number,
  object,
  onAbort,
  parseCursor,
  parseTopicKey,
  problemResponse,
  stream,
  string,
  toProblem,
  toPublicError,
  topicKey,
  withId,
  withRetry
} from "./chunk-E2XSQTWR.js";

// ../../../packages/server/src/lib/runtime/after-turn.ts
var runtime = globalThis;
function afterTurn(task) {
  if (runtime.setImmediate) runtime.setImmediate(task);
  else if (runtime.MessageChannel) postTask(task, runtime.MessageChannel);
  else setTimeout(task, 0);
}
var tasks = [];
var port;
function postTask(task, Channel) {
  if (!port) {
    const { port1, port2 } = new Channel();
    port1.onmessage = () => tasks.shift()?.();
    port = port2;
  }
  tasks.push(task);
  port.postMessage(null);
}

// ../../../packages/server/src/lib/runtime/random.ts
var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
function randomName(length) {
  let name = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) name += alphabet[byte & 63];
  return name;
}
function randomUint32() {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value;
}

// ../../../packages/server/src/lib/bus/traced-body.ts
var colon = ":".charCodeAt(0);
function tracedBody(body, tracing, trace) {
  const text = trace && tracing?.encode(trace);
  return text === void 0 ? body : withTrace(body, text);
}
function withTrace(body, trace) {
  const end = body.indexOf("\n");
  return `${body.slice(0, end)}
:${trace}${body.slice(end)}`;
}
function traceOf(body) {
  const start = body.indexOf("\n") + 1;
  if (body.charCodeAt(start) !== colon) return void 0;
  return body.slice(start + 1, body.indexOf("\n", start));
}
function withoutTrace(body) {
  const end = body.indexOf("\n");
  if (body.charCodeAt(end + 1) !== colon) return body;
  return body.slice(0, end) + body.slice(body.indexOf("\n", end + 1));
}

// ../../../packages/server/src/lib/ignorable.ts
function ignorable(promise) {
  promise.catch(() => {
  });
  return promise;
}
function rejected(error) {
  return ignorable(Promise.reject(error));
}

// ../../../packages/server/src/lib/topic-key.ts
var defaultTopicKeyBytes = 4096;
function keyTooLong(key, path, maxKeyBytes) {
  if (key.length <= maxKeyBytes) return void 0;
  return `The key of this topic of "${path}" is ${key.length} bytes long, and the limit is ${maxKeyBytes}. Use shorter params, or raise limits.topicKeyBytes`;
}

// ../../../packages/server/src/lib/emitter.ts
function createEmit(group, deps) {
  const emit = {};
  for (const [name, member] of group.members) {
    if (member.kind === "channel") emit[name] = channelEmitter(member, deps);
    else if (member.kind === "group") emit[name] = createEmit(member, deps);
  }
  return emit;
}
function channelEmitter(channel2, deps) {
  const { publish, maxKeyBytes, onError } = deps;
  const settings = deps.settingsOf(channel2);
  let last;
  return (params = {}) => {
    try {
      const query = channel2.topics.encode(params);
      if (last?.query !== query) {
        const topic2 = new EmittedTopic(channel2, query, settings);
        const problem = keyTooLong(topic2.key, channel2.path, maxKeyBytes);
        if (problem) throw new TidingsError({ code: "bad_request", message: problem });
        last = { query, emitter: topicEmitter(channel2, topic2, publish) };
      }
      return last.emitter;
    } catch (error) {
      if (!isTidingsError(error) || error.code !== "bad_request") throw error;
      return topicEmitter(channel2, new EmittedTopic(channel2, "", settings), () => {
        onError(error, { place: channel2.path });
        return rejected(error);
      });
    }
  };
}
var EmittedTopic = class {
  key;
  channel;
  #topics;
  #query;
  #params;
  constructor({ path, topics }, query, channel2) {
    this.key = topicKey(path, query);
    this.channel = channel2;
    this.#topics = topics;
    this.#query = query;
  }
  get params() {
    this.#params ??= this.#topics.decode(new URLSearchParams(this.#query));
    return this.#params;
  }
};
function topicEmitter(channel2, topic2, publish) {
  const emitter = {};
  for (const [event, payload] of channel2.events) {
    const what = `${channel2.path}.${event}`;
    emitter[event] = (value) => publish(topic2, event, encodeEventBody(event, payload.encode(value, what)));
  }
  return emitter;
}

// ../../../packages/server/src/lib/validate-options.ts
function invalidOptions(message, maker = "createServer") {
  return new TidingsError({ code: "invalid_options", message: `${maker}: ${message}` });
}
function requireKnownKeys(place, given, names, maker) {
  if (typeof given !== "object" || given === null) {
    throw invalidOptions(
      `${place} is ${kindOf(given)}. Give an object with any of ${names.join(", ")}`,
      maker
    );
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === void 0) return;
  throw invalidOptions(`${place} has unknown key "${unknown}". Expected one of ${names.join(", ")}`, maker);
}
function requireFunction(place, given, maker) {
  if (given === void 0 || typeof given === "function") return;
  throw invalidOptions(`${place} is ${kindOf(given)}. Give a function`, maker);
}
function kindOf(value) {
  return value === void 0 ? "missing" : value === null ? "null" : `a value of type ${typeof value}`;
}
function atLeast(name, given, byDefault, minimum, maker) {
  const value = given ?? byDefault;
  if (typeof value === "number" && value >= minimum) return value;
  throw invalidOptions(`${name} is ${String(value)}. Give a number of ${minimum} or more`, maker);
}

// ../../../packages/server/src/lib/history.ts
var defaultHistory = { size: 256, ms: 12e4 };
function resolveHistory(history, defaults, name, maker) {
  if (history !== void 0) requireKnownKeys(name, history, ["size", "ms"], maker);
  return {
    size: wholeNumber(`${name}.size`, history?.size ?? defaults.size, maker),
    ms: atLeast(`${name}.ms`, history?.ms, defaults.ms, 0, maker)
  };
}
function wholeNumber(name, value, maker) {
  if (value === Number.POSITIVE_INFINITY || Number.isInteger(value) && value >= 0) return value;
  throw invalidOptions(`${name} is ${String(value)}. Give a whole number of 0 or more, or Infinity`, maker);
}

// ../../../packages/server/src/lib/hooks.ts
var hookNames = [
  "connected",
  "disconnected",
  "gap",
  "refused"
];
function guarded(hooks, failed) {
  const safe = {};
  for (const name of hookNames) {
    if (!hooks[name]) continue;
    safe[name] = (event) => {
      ;
      (async () => hooks[name]?.(event))().catch((error) => failed(error, name));
    };
  }
  return safe;
}

// ../../../packages/server/src/lib/principal.ts
function requirePrincipal(returned) {
  if (returned === void 0 || typeof returned === "string") return returned;
  const isPromise = typeof returned?.then === "function";
  if (isPromise) Promise.resolve(returned).catch(() => {
  });
  const what = isPromise ? "a promise" : kindOf(returned);
  const advice = isPromise ? ". Await it in `context`, and return its value from `principal`" : "";
  throw new Error(`principal returned ${what}. Return a string, or undefined for an unknown caller${advice}`);
}

// ../../../packages/server/src/lib/resolve-options.ts
var optionNames = [
  "context",
  "principal",
  "bus",
  "history",
  "heartbeatMs",
  "retryMs",
  "stallMs",
  "maxConnectionMs",
  "snapshotMs",
  "lingerMs",
  "idempotencyMs",
  "limits",
  "cors",
  "hooks",
  "tracing",
  "onError"
];
var limitNames = [
  "connections",
  "connectionsPerAddress",
  "connectionsPerPrincipal",
  "subscriptionsPerConnection",
  "topics",
  "topicsPerAddress",
  "topicsPerPrincipal",
  "sources",
  "topicKeyBytes",
  "bodyBytes"
];
function resolveOptions(options) {
  const { limits: limits2 = {}, hooks = {} } = options;
  requireKnownKeys("options", options, optionNames);
  requireKnownKeys("limits", limits2, limitNames);
  requireKnownKeys("hooks", hooks, hookNames);
  for (const name of ["context", "principal", "onError"]) requireFunction(name, options[name]);
  for (const name of hookNames) requireFunction(`hooks.${name}`, hooks[name]);
  const onError = guardedOnError(options);
  const tracing = tracingOf(options.tracing);
  return {
    // Without `context` in the options, the type of Context is inferred to be undefined.
    context: (request) => options.context?.(request),
    principal: (context) => requirePrincipal(options.principal?.(context)),
    bus: busOf(options.bus),
    history: resolveHistory(options.history, defaultHistory, "history"),
    heartbeatMs: timeOf("heartbeatMs", options.heartbeatMs, 15e3, 1),
    retryMs: timeOf("retryMs", options.retryMs, 2e3, 0),
    stallMs: timeOf("stallMs", options.stallMs, 6e4, 1),
    maxConnectionMs: atLeast("maxConnectionMs", options.maxConnectionMs, 36e5, 1),
    snapshotMs: timeOf("snapshotMs", options.snapshotMs, 1e4, 1),
    lingerMs: timeOf("lingerMs", options.lingerMs, 5e3, 0),
    connectionLimits: {
      connections: limitOf("connections", limits2.connections),
      connectionsPerAddress: limitOf("connectionsPerAddress", limits2.connectionsPerAddress),
      connectionsPerPrincipal: limitOf("connectionsPerPrincipal", limits2.connectionsPerPrincipal)
    },
    topicLimits: {
      topics: limitOf("topics", limits2.topics, 1e5),
      topicsPerAddress: limitOf("topicsPerAddress", limits2.topicsPerAddress),
      topicsPerPrincipal: limitOf("topicsPerPrincipal", limits2.topicsPerPrincipal, 5e3),
      sources: limitOf("sources", limits2.sources, 1e4)
    },
    idempotencyMs: atLeast("idempotencyMs", options.idempotencyMs, 3e5, 0),
    subscriptionsPerConnection: atLeast(
      "limits.subscriptionsPerConnection",
      limits2.subscriptionsPerConnection,
      1e3,
      1
    ),
    maxTopicKeyBytes: atLeast("limits.topicKeyBytes", limits2.topicKeyBytes, defaultTopicKeyBytes, 1),
    allowedOrigins: originsOf(options.cors),
    maxBodyBytes: atLeast("limits.bodyBytes", limits2.bodyBytes, 1024 * 1024, 0),
    hooks: guarded(hooks, (error, hook) => onError(error, { place: `hooks.${hook}` })),
    tracing,
    onError: tracing ? (error, at) => {
      tracing.recordError(error, at.place);
      onError(error, at);
    } : onError
  };
}
function guardedOnError(options) {
  return (error, at) => {
    ;
    (async () => options.onError?.(error, at))().catch(() => {
    });
  };
}
function busOf(bus) {
  if (bus === void 0 || typeof bus?.append === "function") return bus;
  throw invalidOptions(`bus is ${kindOf(bus)}. Give the result of redisBus({ url })`);
}
function tracingOf(tracing, maker) {
  if (tracing === void 0 || typeof tracing?.emit === "function") return tracing;
  throw invalidOptions(
    `tracing is ${kindOf(tracing)}. Give the result of tracing() of @tidings/server/tracing`,
    maker
  );
}
function originsOf(cors) {
  if (cors === void 0) return { any: false, listed: /* @__PURE__ */ new Set() };
  requireKnownKeys("cors", cors, ["origins"]);
  if (!Array.isArray(cors.origins)) {
    throw invalidOptions(`cors.origins is ${kindOf(cors.origins)}. Give a list: ['https://app.example.org']`);
  }
  for (const origin of cors.origins) {
    if (origin === "*" || URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw invalidOptions(
      `cors.origins has ${JSON.stringify(origin)}, which is not an origin. Give scheme, host and port as a browser sends them: 'https://app.example.org'`
    );
  }
  return { any: cors.origins.includes("*"), listed: new Set(cors.origins) };
}
function resolveDrainMs(given = 5e3) {
  if (typeof given === "number" && given >= 0 && given <= maxTimerMs) return given;
  const message = `close: drainMs is ${String(given)}. Give a number from 0 to ${maxTimerMs}`;
  throw new TidingsError({ code: "invalid_options", message });
}
function limitOf(name, given, byDefault = Number.POSITIVE_INFINITY) {
  return atLeast(`limits.${name}`, given, byDefault, 1);
}
function timeOf(name, given, byDefault, least) {
  const ms = atLeast(name, given, byDefault, least);
  if (ms <= maxTimerMs) return ms;
  throw invalidOptions(`${name} is ${ms}. Give ${maxTimerMs} or less, which is 24 days`);
}

// ../../../packages/server/src/lib/runtime/timers.ts
function setBackgroundTimeout(task, ms) {
  return unref(setTimeout(task, ms));
}
function setBackgroundInterval(task, ms) {
  return unref(setInterval(task, ms));
}
function unref(timer) {
  const { unref: unref2 } = timer;
  unref2?.call(timer);
  return timer;
}

// ../../../packages/server/src/lib/deadline.ts
async function runWithDeadline(ms, what, body) {
  const controller = new AbortController();
  let timer;
  const timeUp = new Promise((_resolve, reject) => {
    timer = setBackgroundTimeout(() => {
      const message = `${what} took longer than ${ms} ms`;
      const error = new TidingsError({ code: "internal", message });
      reject(error);
      controller.abort(error);
    }, ms);
  });
  try {
    return await Promise.race([body(controller.signal), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
async function waitAtMost(ms, promise) {
  let timer;
  const timeUp = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, timeUp]);
  clearTimeout(timer);
}
var TimeoutError = class extends Error {
  constructor(ms) {
    super(`it did not answer within ${ms} ms`);
    this.name = "TimeoutError";
  }
};
function withTimeout(ms, awaited) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError(ms)), ms);
    awaited.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

// ../../../packages/server/src/lib/bind-handlers.ts
function bindHandlers(group, handlers, deps) {
  const bound = /* @__PURE__ */ new Map();
  bindGroup(group, handlers, "handlers");
  return bound;
  function bindGroup(members, given, at) {
    if (typeof given !== "object" || given === null) {
      throw invalidOptions(
        `${at} is ${kindOf(given)}. Give an object with the handlers of ${listOf(members)}`
      );
    }
    for (const name of Object.keys(given)) {
      if (members.members.has(name)) continue;
      throw invalidOptions(
        `${at}.${name} does not match a procedure or group of the contract. Expected one of ${listOf(members)}`
      );
    }
    for (const [name, member] of members.members) {
      const handler = Object.hasOwn(given, name) ? given[name] : void 0;
      const here = `${at}.${name}`;
      if (member.kind === "group") bindGroup(member, handler ?? {}, here);
      else if (member.kind === "channel") bound.set(member.path, bindChannel(member, handler, deps, here));
      else if (member.kind === "command") bound.set(member.path, bindCommand(member, handler, deps, here));
      else
        bound.set(member.path, {
          kind: "stream",
          compiled: member,
          handler: requireHandler(member, handler, here)
        });
    }
  }
}
function channelOf(procedures, { path }) {
  const procedure = procedures.get(path);
  if (procedure?.kind !== "channel") throw new TypeError(`"${path}" is not a channel of the contract`);
  return procedure;
}
function requireHandler({ kind }, given, at) {
  if (typeof given === "function") return given;
  throw invalidOptions(`${at} is ${kindOf(given)}. The ${kind} needs a handler function`);
}
function bindCommand(compiled, given, deps, at) {
  const bound = { kind: "command", compiled };
  if (typeof given !== "object" || given === null) {
    return { ...bound, handler: requireHandler(compiled, given, at), idempotencyMs: deps.idempotencyMs };
  }
  requireKnownKeys(at, given, ["run", "idempotencyMs"]);
  const { run, idempotencyMs } = given;
  return {
    ...bound,
    handler: requireHandler(compiled, run, `${at}.run`),
    idempotencyMs: atLeast(`${at}.idempotencyMs`, idempotencyMs, deps.idempotencyMs, 0)
  };
}
function bindChannel(compiled, given, deps, at) {
  if (given !== void 0)
    requireKnownKeys(at, given, ["authorize", "snapshot", "source", "history", "delivery"]);
  const handler = given ?? {};
  for (const name of ["authorize", "snapshot", "source"]) {
    requireFunction(`${at}.${name}`, handler[name]);
  }
  const { delivery = "every" } = handler;
  if (delivery !== "every" && delivery !== "latest") {
    throw invalidOptions(`${at}.delivery is ${JSON.stringify(delivery)}. Give 'every' or 'latest'`);
  }
  if (compiled.snapshot && !handler.snapshot) {
    throw invalidOptions(
      `${at}.snapshot is missing. The contract declares a snapshot: give a function that loads it`
    );
  }
  if (!compiled.snapshot && handler.snapshot) {
    throw invalidOptions(`${at}.snapshot has no schema. Declare the channel's snapshot in the contract`);
  }
  return {
    kind: "channel",
    compiled,
    maxKeyBytes: deps.maxTopicKeyBytes,
    // Any result but true is a refusal: an `authorize` without a return statement gives undefined.
    authorize: (request) => handler.authorize ? handler.authorize(request) : true,
    history: resolveHistory(handler.history, deps.history, `${at}.history`),
    delivery,
    loadSnapshot: snapshotLoader(compiled, handler, deps),
    runSource: sourceRunner(compiled, handler, deps)
  };
}
function snapshotLoader({ snapshot: state, path }, handler, { snapshotMs }) {
  if (!state) return void 0;
  return async ({ key, params }) => {
    const loaded = await runWithDeadline(
      snapshotMs,
      `The snapshot of ${key}`,
      async (signal) => handler.snapshot?.({ params, signal })
    );
    return state.encode(loaded, `the snapshot of ${path}`);
  };
}
function sourceRunner(channel2, handler, { publish }) {
  if (!handler.source) return void 0;
  return async (topic2, signal) => {
    const emit = topicEmitter(channel2, topic2, (_, event, body) => {
      return signal.aborted ? rejected(sourceStopped(topic2.key, signal)) : publish(topic2, event, body);
    });
    await handler.source?.({ params: topic2.params, emit, signal });
  };
}
function sourceStopped(key, { reason }) {
  const message = `The source of ${key} was stopped and can no longer emit`;
  return new TidingsError({ code: "aborted", message, cause: reason });
}
function listOf(group) {
  return [...group.members.keys()].join(", ") || "nothing";
}

// ../../../packages/server/src/lib/calls/call-tracker.ts
var abortedMs = 1e3;
var CallTracker = class {
  #running = /* @__PURE__ */ new Map();
  /** Set once no call may begin any more. */
  #closeReason;
  get size() {
    return this.#running.size;
  }
  /** @throws the reason given to {@link drain}, once that was called */
  requireOpen() {
    if (this.#closeReason) throw this.#closeReason;
  }
  /** Runs a call. Its signal fires when one of `signals` does, or by {@link drain}, with the same reason. */
  run(signals, body) {
    if (this.#closeReason) return Promise.reject(this.#closeReason);
    const controller = new AbortController();
    const unfollow = signals.map((signal) => onAbort(signal, () => controller.abort(signal.reason)));
    const done = body(controller.signal).finally(() => {
      for (const stop of unfollow) stop();
      this.#running.delete(controller);
    });
    this.#running.set(controller, done);
    return done;
  }
  /**
   * Refuses new calls and waits for those that are running. After `ms` milliseconds it aborts the rest, and
   * waits a moment longer for their handlers to return.
   */
  async drain(ms, reason) {
    this.#closeReason = reason;
    const settled = Promise.allSettled(this.#running.values());
    if (ms > 0) await waitAtMost(ms, settled);
    for (const controller of this.#running.keys()) controller.abort(reason);
    await waitAtMost(abortedMs, settled);
  }
};

// ../../../packages/server/src/lib/runtime/sha256.ts
var nodeCrypto;
function sha256(text) {
  nodeCrypto ??= globalThis.process?.getBuiltinModule?.("node:crypto") ?? false;
  return nodeCrypto ? nodeCrypto.createHash("sha256").update(text).digest("base64url") : webSha256(text);
}
async function webSha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// ../../../packages/server/src/lib/calls/response-store.ts
var limits = {
  responsesOfAccount: 1e3,
  bytesOfAccount: 2 * 1024 * 1024,
  bytes: 32 * 1024 * 1024,
  overheadBytes: 1024
};
var sweepMs = 1e4;
var ResponseStore = class {
  #onDropped;
  #entries = /* @__PURE__ */ new Map();
  #byAccount = new Groups();
  #byAddress = new Groups();
  #bytes = 0;
  /** Set while the store has entries. */
  #sweepTimer;
  /** @param onDropped called with each response that is dropped before it expires */
  constructor(onDropped) {
    this.#onDropped = onDropped;
  }
  get(id) {
    const entry = this.#entries.get(id);
    return entry && entry.expiresAt > performance.now() ? entry.stored : void 0;
  }
  add(id, stored, { account, address }, ms) {
    this.#remove(id);
    const bytes = (stored.response ? stored.bytes : 0) + limits.overheadBytes;
    this.#entries.set(id, { account, address, stored, bytes, expiresAt: performance.now() + ms });
    this.#bytes += bytes;
    this.#byAddress.add(String(address), id, bytes);
    const own = this.#byAccount.add(account, id, bytes);
    while (own.ids.size > limits.responsesOfAccount || own.bytes > limits.bytesOfAccount)
      this.#dropOldest(own);
    while (this.#bytes > limits.bytes) this.#dropOldest(this.#byAddress.largest());
    this.#sweepTimer ??= setBackgroundInterval(() => this.#sweep(), sweepMs);
  }
  clear() {
    clearInterval(this.#sweepTimer);
    this.#entries.clear();
  }
  #dropOldest({ ids }) {
    const [oldest] = ids;
    if (oldest === void 0) return;
    const { expiresAt } = this.#entries.get(oldest);
    this.#remove(oldest);
    if (expiresAt > performance.now()) this.#onDropped(oldest);
  }
  #sweep() {
    const now = performance.now();
    for (const [id, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#remove(id);
    if (this.#entries.size > 0) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = void 0;
  }
  #remove(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const { account, address, bytes } = entry;
    this.#entries.delete(id);
    this.#bytes -= bytes;
    this.#byAccount.remove(account, id, bytes);
    this.#byAddress.remove(String(address), id, bytes);
  }
};
var Groups = class {
  #byName = /* @__PURE__ */ new Map();
  add(name, id, bytes) {
    const group = this.#byName.get(name) ?? { ids: /* @__PURE__ */ new Set(), bytes: 0 };
    this.#byName.set(name, group);
    group.ids.add(id);
    group.bytes += bytes;
    return group;
  }
  remove(name, id, bytes) {
    const group = this.#byName.get(name);
    if (!group?.ids.delete(id)) return;
    group.bytes -= bytes;
    if (group.ids.size === 0) this.#byName.delete(name);
  }
  /**
   * Returns the group with the most bytes. A scan is enough: a full store has some ten thousand groups at
   * most.
   */
  largest() {
    let largest = { ids: /* @__PURE__ */ new Set(), bytes: 0 };
    for (const group of this.#byName.values()) if (group.bytes > largest.bytes) largest = group;
    return largest;
  }
};

// ../../../packages/server/src/lib/pause.ts
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = Number.isFinite(ms) ? setBackgroundTimeout(done, ms) : void 0;
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done);
  });
}

// ../../../packages/server/src/lib/runtime/utf8.ts
function utf8Length(text) {
  const { Buffer } = globalThis;
  return Buffer ? Buffer.byteLength(text) : countUtf8(text);
}
function countUtf8(text) {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 128) continue;
    bytes += code < 2048 ? 1 : 2;
    if (code >= 55296 && code < 56320 && isLowSurrogate(text.charCodeAt(at + 1))) at += 1;
  }
  return bytes;
}
function isLowSurrogate(code) {
  return code >= 56320 && code < 57344;
}

// ../../../packages/server/src/lib/calls/stored-response.ts
var maxStoredBytes = 64 * 1024;
function toStored(fingerprint, response) {
  const bytes = utf8Length(response.body);
  return bytes <= maxStoredBytes ? { fingerprint, response, bytes } : { fingerprint, bytes };
}
function replay(stored, fingerprint) {
  requireSameRequest(stored.fingerprint, fingerprint);
  if (stored.response) return stored.response;
  const message = `The command has run, but its response of ${stored.bytes} bytes was not kept for retries: the limit is ${maxStoredBytes} bytes`;
  throw new TidingsError({ code: "conflict", message });
}
function requireSameRequest(first, retry4) {
  if (first === retry4) return;
  const message = "This idempotency key was used for another request. Use a new key for each request";
  throw new TidingsError({ code: "conflict", message });
}

// ../../../packages/server/src/lib/calls/run-once.ts
var runningMs = 5e3;
var pollMs = 100;
var minStoredMs = 5e3;
async function runOnceInCluster(bus, name, fingerprint, ms, signal, run) {
  const running = `${name}:running`;
  const holder = crypto.randomUUID();
  for (; ; ) {
    signal.throwIfAborted();
    const isOurs = await bus.acquire(running, holder, runningMs);
    const json = await bus.get(name);
    if (json !== void 0) {
      if (isOurs) await bus.release(running, holder).catch(() => {
      });
      return { response: replay(JSON.parse(json), fingerprint) };
    }
    if (isOurs) break;
    await pause(pollMs, signal);
  }
  const renewing = setBackgroundInterval(() => {
    bus.acquire(running, holder, runningMs).catch(() => {
    });
  }, runningMs / 3);
  try {
    const response = await run(signal);
    if (signal.aborted && response.status === 500) return { response };
    const stored = toStored(fingerprint, response);
    await bus.put(name, JSON.stringify(stored), Math.max(ms, minStoredMs)).catch(() => {
    });
    return { response, stored };
  } finally {
    clearInterval(renewing);
    await bus.release(running, holder).catch(() => {
    });
  }
}

// ../../../packages/server/src/lib/calls/idempotency-cache.ts
var abandonedMs = 2e3;
var IdempotencyCache = class {
  #bus;
  #executions = /* @__PURE__ */ new Map();
  #store;
  /** @param bus shares responses with other nodes */
  constructor(bus) {
    this.#bus = bus;
    this.#store = new ResponseStore((id) => {
      bus?.forget(busName(id)).catch(() => {
      });
    });
  }
  /**
   * Runs a request, joins its current execution, or returns its stored response, whether success or failure.
   *
   * @param execute its signal fires a while after the last caller has left
   * @throws TidingsError `conflict` if the key was used for another request, or the response was too long to
   * be stored; `unavailable` if the execution was cancelled because its callers left, or the bus failed
   */
  async run(request, execute) {
    const id = await hash([request.owner, request.key]);
    const fingerprint = await hash(request.body);
    const stored = this.#store.get(id);
    if (stored) return replay(stored, fingerprint);
    const current = this.#executions.get(id);
    if (current) requireSameRequest(current.fingerprint, fingerprint);
    return join(current ?? this.#start(id, fingerprint, request, execute), request.left);
  }
  /** Aborts every execution and resolves once all have settled. */
  async close(reason) {
    const executions = [...this.#executions.values()];
    for (const { controller } of executions) controller.abort(reason);
    await Promise.allSettled(executions.map(({ response }) => response));
    this.#store.clear();
  }
  #start(id, fingerprint, request, execute) {
    const controller = new AbortController();
    const response = this.#respond(id, fingerprint, request, controller.signal, execute).finally(() => {
      clearTimeout(execution.abandonTimer);
      this.#executions.delete(id);
    });
    request.waitUntil?.(response);
    const execution = {
      fingerprint,
      // Every caller may have left by the time it rejects.
      response: ignorable(response),
      controller,
      callers: 0,
      abandonTimer: void 0
    };
    this.#executions.set(id, execution);
    return execution;
  }
  async #respond(id, fingerprint, request, signal, execute) {
    const { ms } = request;
    if (ms === 0 || !this.#bus) {
      const response2 = await execute(signal);
      requireNotCancelled(signal, response2);
      if (ms > 0) this.#store.add(id, toStored(fingerprint, response2), request, ms);
      return response2;
    }
    const name = busName(id);
    const { response, stored } = await runOnceInCluster(this.#bus, name, fingerprint, ms, signal, execute);
    requireNotCancelled(signal, response);
    if (stored) this.#store.add(id, stored, request, ms);
    return response;
  }
};
function busName(id) {
  return `response:${id}`;
}
async function join(execution, left) {
  clearTimeout(execution.abandonTimer);
  execution.callers += 1;
  const stop = onAbort(left, () => {
    execution.callers -= 1;
    if (execution.callers > 0) return;
    const abandon = () => execution.controller.abort(left.reason);
    execution.abandonTimer = setBackgroundTimeout(abandon, abandonedMs);
  });
  try {
    return await execution.response;
  } finally {
    stop();
  }
}
function hash(value) {
  return sha256(JSON.stringify(value) ?? "");
}
function requireNotCancelled(signal, { status }) {
  if (!signal.aborted || status !== 500) return;
  const message = "The command was cancelled because its caller left; it may or may not have run";
  throw new TidingsError({ code: "unavailable", message });
}

// ../../../packages/server/src/lib/jitter.ts
function jittered(ms) {
  return ms * (0.5 + Math.random());
}

// ../../../packages/server/src/lib/connections/admission.ts
var countLifetimeMs = 6e4;
var roomMs = 500;
var Admission = class {
  #limits;
  #retryMs;
  #shared;
  #sharing;
  #byAddress = /* @__PURE__ */ new Map();
  #byPrincipal = /* @__PURE__ */ new Map();
  #total = 0;
  constructor(limits2, retryMs, shared) {
    this.#limits = limits2;
    this.#retryMs = retryMs;
    if (!shared || limits2.connectionsPerPrincipal === Number.POSITIVE_INFINITY) return;
    this.#shared = shared;
    this.#sharing = setBackgroundInterval(() => {
      for (const principal of this.#byPrincipal.keys()) void this.#shareCount(principal);
    }, countLifetimeMs / 3);
  }
  /** Admits a connection, which counts until it is released, or returns the limit that refuses it. */
  async admit(connection) {
    const { connections, connectionsPerAddress, connectionsPerPrincipal } = this.#limits;
    const { address, principal } = connection;
    if (this.#total >= connections) return "connections";
    if (isFull(this.#byAddress, address, connectionsPerAddress)) return "connectionsPerAddress";
    if (isFull(this.#byPrincipal, principal, connectionsPerPrincipal)) return "connectionsPerPrincipal";
    this.#count(1, connection);
    if (await this.#shareCount(principal)) return void 0;
    this.#count(-1, connection);
    return "connectionsPerPrincipal";
  }
  /** Stops counting a connection that has ended. */
  release(connection) {
    this.#count(-1, connection);
    void this.#shareCount(connection.principal);
  }
  close() {
    clearInterval(this.#sharing);
  }
  /** 429 for a limit of one client (RFC 6585 section 4), 503 for the total (RFC 9110 section 15.6.4). */
  refusal(limit, roomInMs) {
    const waitMs = roomInMs === void 0 ? jittered(this.#retryMs) : roomInMs + jittered(roomMs);
    const retryAfterMs = Math.ceil(waitMs);
    if (limit === "connections") {
      const message2 = "The server has reached its limit of connections. Try again later";
      return new TidingsError({ code: "unavailable", message: message2, retryAfterMs });
    }
    const whose = limit === "connectionsPerAddress" ? "Connections from your address" : "Your connections";
    const message = `${whose} have reached their limit of ${this.#limits[limit]}. Close one, or try again later`;
    return new TidingsError({ code: "too_many_requests", message, retryAfterMs });
  }
  /** Records a principal's connections on this node on the bus. Returns whether all nodes stay within the limit. */
  async #shareCount(principal) {
    if (!this.#shared || principal === void 0) return true;
    const { bus, nodeId } = this.#shared;
    const count = this.#byPrincipal.get(principal) ?? 0;
    const most = this.#limits.connectionsPerPrincipal;
    return bus.count(`principal:${principal}`, nodeId, count, most, countLifetimeMs).catch(() => true);
  }
  #count(change, { address, principal }) {
    this.#total += change;
    add(this.#byAddress, address, change);
    add(this.#byPrincipal, principal, change);
  }
};
function isFull(counts, key, limit) {
  return key !== void 0 && (counts.get(key) ?? 0) >= limit;
}
function add(counts, key, change) {
  if (key === void 0) return;
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

// ../../../packages/server/src/lib/connections/connection-ids.ts
var skewMs = 6e4;
var form = /^([\w-]{8})\.([\da-z]{1,10})\.[\w-]{22}$/;
var ConnectionIds = class {
  #createNodeId;
  #knownNodeId;
  #beganAt = Date.now();
  /** @param nodeId called once, on first use, because some runtimes have no random values while a module loads */
  constructor(nodeId) {
    this.#createNodeId = nodeId;
  }
  create() {
    return `${this.#nodeId}.${Date.now().toString(36)}.${randomName(22)}`;
  }
  /**
   * Whether another process opened the connection while this process was running. After a restart, clients still name
   * connections of the previous process, which are older.
   */
  isOfConcurrentProcess(id) {
    const [, nodeId, time = ""] = form.exec(id) ?? [];
    if (nodeId === void 0 || nodeId === this.#nodeId) return false;
    this.#beganAt ||= Date.now();
    const openedAt = Number.parseInt(time, 36);
    return openedAt >= this.#beganAt && openedAt <= Date.now() + skewMs;
  }
  get #nodeId() {
    this.#knownNodeId ??= this.#createNodeId();
    return this.#knownNodeId;
  }
};
function nodeOf(id) {
  return form.exec(id)?.[1];
}

// ../../../packages/server/src/lib/connections/foreign-connections.ts
function foreignConnectionReporter(ids, report) {
  let isReported = false;
  return (id) => {
    if (isReported || !ids.isOfConcurrentProcess(id)) return;
    isReported = true;
    const message = "A control request names a connection that another process opened after this one started: several processes serve one address. Without a bus, they share neither connections nor events. Give each process a bus (`bus: redisBus({ url })` of @tidings/server/redis), or run only one process. This is expected while one process takes over from another";
    report(new Error(message));
  };
}

// ../../../packages/server/src/lib/connections/presence-checks.ts
var responseMs = 5e3;
var intervalMs = 3e4;
var PresenceChecks = class {
  #deps;
  /** When each principal was checked, oldest first. */
  #checkedAt = /* @__PURE__ */ new Map();
  constructor(deps) {
    this.#deps = deps;
  }
  /** Checks on all nodes. Returns the milliseconds until absent clients have made room; undefined if they have. */
  checkAllNodes(principal) {
    if (this.check(principal)) this.#deps.checkOtherNodes(principal);
    const left = (this.#checkedAt.get(principal) ?? 0) + responseMs - performance.now();
    return left > 0 ? left : void 0;
  }
  /** Checks on this node. Returns false, without a check, if the last one was recent. */
  check(principal) {
    const now = performance.now();
    for (const [checked, at] of this.#checkedAt) {
      if (now - at < intervalMs) break;
      this.#checkedAt.delete(checked);
    }
    if (this.#checkedAt.has(principal)) return false;
    this.#checkedAt.set(principal, now);
    for (const shared of this.#deps.shared.values()) {
      if (shared.connection.identity.principal === principal) shared.requestReauthorization(responseMs);
    }
    return true;
  }
};

// ../../../packages/server/src/lib/connections/token-bucket.ts
var TokenBucket = class {
  #most;
  #perMs;
  #left;
  #at = performance.now();
  /** @param most the size of a burst */
  constructor(most, perSecond) {
    this.#most = most;
    this.#perMs = perSecond / 1e3;
    this.#left = most;
  }
  get isFull() {
    this.#refill();
    return this.#left === this.#most;
  }
  /** Takes tokens, or returns the milliseconds until there are enough. */
  take(times = 1) {
    const waitMs = this.waitMs(times);
    if (waitMs === 0) this.#left -= times;
    return waitMs;
  }
  /** Returns the milliseconds until there are enough tokens: 0 for now. */
  waitMs(times = 1) {
    this.#refill();
    return this.#left < times ? Math.ceil((times - this.#left) / this.#perMs) : 0;
  }
  #refill() {
    const now = performance.now();
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
};

// ../../../packages/server/src/lib/connections/shared-token-buckets.ts
var sweptAtOnce = 2;
var SharedTokenBuckets = class {
  #most;
  #shared = /* @__PURE__ */ new Map();
  /** @param most the size of a burst; a twentieth of it is refilled each second. Infinity sets no limit */
  constructor(most) {
    this.#most = most;
  }
  /** Returns the bucket of a client, until it is released; undefined for an unknown client. */
  acquire(client) {
    if (client === void 0 || this.#most === Number.POSITIVE_INFINITY) return void 0;
    this.#forgetUnused();
    let shared = this.#shared.get(client);
    if (!shared) {
      shared = { bucket: new TokenBucket(this.#most, this.#most / 20), users: 0 };
      this.#shared.set(client, shared);
    }
    shared.users += 1;
    return shared.bucket;
  }
  release(client) {
    const shared = client === void 0 ? void 0 : this.#shared.get(client);
    if (shared) shared.users -= 1;
  }
  /** Discards buckets that are unused and full, which a new bucket equals. Moves the others to the end. */
  #forgetUnused() {
    let count = 0;
    for (const [client, shared] of this.#shared) {
      this.#shared.delete(client);
      if (shared.users > 0 || !shared.bucket.isFull) this.#shared.set(client, shared);
      count += 1;
      if (count === sweptAtOnce) return;
    }
  }
};

// ../../../packages/server/src/lib/duplicate-server-check.ts
var registryKey = /* @__PURE__ */ Symbol.for("@tidings/server.registry.1");
function registry() {
  const global = globalThis;
  global[registryKey] ??= /* @__PURE__ */ new Set();
  return global[registryKey];
}
var DuplicateServerCheck = class {
  #registry = registry();
  // A strong reference: the registry has only a weak one.
  #own;
  /** Undefined if servers cannot or should not find each other. */
  #ref;
  #onDuplicate;
  #isReported = false;
  constructor(contract2, hasSubscribers, onDuplicate) {
    this.#own = { shape: shapeOf(contract2), hasSubscribers };
    this.#ref = isProcessShared() ? void 0 : new WeakRef(this.#own);
    this.#onDuplicate = onDuplicate;
    if (this.#ref) this.#registry.add(this.#ref);
  }
  /** Checks an emitted event. With one server in the process, that costs two comparisons. */
  checkEmit(topicKey2) {
    if (this.#registry.size < 2 || this.#isReported || this.#own.hasSubscribers(topicKey2)) return;
    for (const ref of this.#registry) {
      const server = ref.deref();
      if (!server) this.#registry.delete(ref);
      else if (server !== this.#own && server.shape === this.#own.shape && server.hasSubscribers(topicKey2)) {
        this.#report(topicKey2);
        return;
      }
    }
  }
  close() {
    if (this.#ref) this.#registry.delete(this.#ref);
  }
  #report(topicKey2) {
    this.#isReported = true;
    const message = `An event of "${topicKey2}" was emitted on a server that has no subscribers for it, while another server of the same contract in this process has some. If modules are loaded twice, as Next.js does in development, keep the server in \`globalThis\`; otherwise give both a bus: memoryBus()`;
    this.#onDuplicate(new Error(message), topicKey2);
  }
};
function isProcessShared() {
  const { navigator } = globalThis;
  return typeof WeakRef === "undefined" || navigator?.userAgent === "Cloudflare-Workers";
}
function shapeOf({ procedures }) {
  const shape = [...procedures].map(([path, procedure]) => [
    path,
    procedure.kind,
    procedure.kind === "command" ? [] : [...procedure.events.keys()].sort()
  ]);
  return JSON.stringify(shape.sort());
}

// ../../../packages/server/src/lib/http/reserved-paths.ts
var healthPath = "$health";
var controlPrefix = "$connections/";

// ../../../packages/server/src/lib/endpoints/health.ts
async function handleHealth(request, bus, isOpen) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const message = `"${healthPath}" does not accept ${request.method}. Use GET or HEAD`;
    return problemResponse(new TidingsError({ code: "method_not_allowed", message }), { Allow: "GET, HEAD" });
  }
  const ready = isOpen && await isUsable(bus);
  const health = { live: true, ready };
  const response = jsonResponse(health);
  return ready || request.query.has("live") ? response : { ...response, status: 503 };
}
async function isUsable(bus) {
  try {
    await bus?.ping();
    return true;
  } catch {
    return false;
  }
}

// ../../../packages/server/src/lib/endpoints/node-query.ts
async function answerNodeQuery({ presence, revocationLog }, query) {
  const { revoked, present } = query;
  if (typeof present === "string") return presence.check(present);
  if (typeof revoked !== "string") throw new Error("This node does not understand the query");
  return revocationLog?.countOf(revoked);
}

// ../../../packages/server/src/lib/connections/authorization-attempts.ts
var maxAuthorizations = 3;
function revokedTooOften() {
  const message = "Access was revoked repeatedly while this request was being authorised. Try again";
  return new TidingsError({ code: "unavailable", message, retryAfterMs: 1e3 });
}

// ../../../packages/server/src/lib/connections/context-expiry.ts
function expiryOf(context) {
  if (typeof context !== "object" || context === null) return Number.POSITIVE_INFINITY;
  const { expiresAt } = context;
  if (expiresAt === void 0 || expiresAt === null) return Number.POSITIVE_INFINITY;
  const ms = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt;
  if (typeof ms === "number" && !Number.isNaN(ms)) return ms;
  throw new Error(
    `The context has an expiresAt that is not a time: ${String(expiresAt)}. Give a Date or milliseconds since the epoch`
  );
}
function requireUnexpired(context) {
  if (expiryOf(context) > Date.now()) return;
  throw new TidingsError({ code: "unauthorized", message: "Your credentials have expired. Send new ones" });
}

// ../../../packages/server/src/lib/endpoints/authenticate.ts
async function authenticate({ options }, request) {
  const context = await options.context(request);
  requireUnexpired(context);
  return context;
}
async function authenticateAndRead(server, request, read) {
  const { address } = request;
  const pending = server.revocations.begin();
  const authenticateAgain = async () => {
    pending.restart();
    const context = await authenticate(server, request);
    const principal = server.options.principal(context);
    pending.identify({ kind: "call", principal, address, topics: [] });
    return context;
  };
  try {
    let context = await authenticateAgain();
    const body = await read();
    requireUnexpired(context);
    for (let count = 1; pending.isRevoked; count += 1) {
      if (count === maxAuthorizations) throw revokedTooOften();
      context = await authenticateAgain();
    }
    return { context, body };
  } finally {
    pending.finish();
  }
}

// ../../../packages/server/src/lib/http/media-type.ts
var parameter = /\s*;\s*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)"))?/y;
function parseMediaType(text) {
  const [essence = ""] = text.split(";", 1);
  const parameters = /* @__PURE__ */ new Map();
  const rest = text.trimEnd();
  parameter.lastIndex = essence.length;
  while (parameter.lastIndex < rest.length) {
    const match = parameter.exec(rest);
    if (!match) return void 0;
    const [, name, token, quoted] = match;
    const value = token ?? quoted?.replace(/\\(.)/g, "$1");
    if (name !== void 0 && value !== void 0) parameters.set(name.toLowerCase(), value);
  }
  return { essence: essence.trim().toLowerCase(), parameters };
}

// ../../../packages/server/src/lib/http/nesting.ts
var maxDepth = 200;
var bytesPerValue = 20;
function requireModest(value, what, maxBytes) {
  walk(value, what, Math.max(1e3, Math.floor(maxBytes / bytesPerValue)));
}
function requireShallow(value, what) {
  walk(value, what, Number.POSITIVE_INFINITY);
}
function walk(value, what, maxValues) {
  let level = objectsOf([value]);
  let count = 0;
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxDepth) {
      const message = `${what} is nested more than ${maxDepth} levels deep. Flatten it`;
      throw new TidingsError({ code: "bad_request", message });
    }
    const values = level.flatMap((each) => Object.values(each));
    count += values.length;
    if (count > maxValues) {
      const message = `${what} has more than ${maxValues} values in it. Send fewer at a time, or raise limits.bodyBytes`;
      throw new TidingsError({ code: "bad_request", message });
    }
    level = objectsOf(values);
  }
}
function objectsOf(values) {
  return values.filter((value) => typeof value === "object" && value !== null);
}

// ../../../packages/server/src/lib/endpoints/request-body.ts
async function readJsonBody(request, maxBytes, what) {
  requireJson(request, what);
  const json = await request.json(maxBytes);
  requireModest(json, `The body of ${what}`, maxBytes);
  return json;
}
async function readInput(procedure, request, maxBytes) {
  const what = `"${procedure.path}"`;
  if (!procedure.takesInput) {
    requireJson(request, what);
    return { json: void 0, input: void 0 };
  }
  const json = await readJsonBody(request, maxBytes, what);
  return { json, input: procedure.input.decode(json, `the input of ${procedure.path}`) };
}
function requireJson(request, what) {
  const contentType = request.headers.get("content-type");
  const given = parseMediaType(contentType ?? "");
  const charset = given?.parameters.get("charset") ?? "utf-8";
  const isJson = given?.essence === "application/json";
  if (isJson && charset.toLowerCase() === "utf-8") return;
  const is = isJson ? `in "${charset}"` : contentType ? `"${contentType}"` : "nothing";
  const message = `The Content-Type of ${what} is ${is}. Send application/json in UTF-8`;
  throw new TidingsError({ code: "unsupported_media_type", message });
}
function fail(code, data, message = `Refused: ${code}`) {
  return new TidingsError({ code, data, message });
}

// ../../../packages/server/src/lib/endpoints/command.ts
var maxKeyLength = 255;
async function handleCommand(server, command2, request) {
  const { path } = command2.compiled;
  const { context, body } = await authenticateAndRead(server, request, async () => {
    const key2 = idempotencyKeyOf(request);
    return { key: key2, ...await readInput(command2.compiled, request, server.options.maxBodyBytes) };
  });
  const { key, json, input } = body;
  const run = (signal) => runCommand(server, command2, input, context, signal);
  if (key === void 0) {
    const response = run(request.signal);
    request.waitUntil?.(response);
    return response;
  }
  const keyed = {
    ...callerOf(server, request, context),
    key: JSON.stringify([path, key]),
    body: json,
    ms: command2.idempotencyMs,
    left: request.signal,
    waitUntil: (promise) => request.waitUntil?.(promise)
  };
  return server.idempotency.run(keyed, run);
}
function idempotencyKeyOf({ headers }) {
  const key = headers.get("idempotency-key");
  if (key === null) return void 0;
  if (key !== "" && key.length <= maxKeyLength) return key;
  const given = key === "" ? "is empty" : `has ${key.length} characters`;
  const message = `The Idempotency-Key ${given}. Send a new key of 1 to ${maxKeyLength} characters for each command`;
  throw new TidingsError({ code: "bad_request", message });
}
function callerOf({ options }, { headers, address }, context) {
  const principal = options.principal(context);
  const credentials = [headers.get("authorization"), headers.get("cookie")];
  const owner = JSON.stringify(principal ?? credentials);
  const isKnown = principal !== void 0 || credentials.some((given) => given !== null);
  return { owner, account: isKnown ? owner : JSON.stringify({ address }), address };
}
async function runCommand(server, { compiled, handler }, input, context, left) {
  const { emit, options, calls } = server;
  calls.requireOpen();
  try {
    const output = await calls.run([left], async (signal) => handler({ input, context, emit, fail, signal }));
    return jsonResponse(compiled.output.encode(output, `the output of ${compiled.path}`));
  } catch (error) {
    const report = (unexpected) => {
      if (!left.aborted) options.onError(unexpected, { place: compiled.path });
    };
    return problemResponse(toPublicError(error, compiled, report));
  }
}

// ../../../packages/server/src/lib/connections/connection-identity.ts
function connectionInfo({ topic: topic2, principal, address }, fields, topics = () => topic2 === void 0 ? [] : [topic2]) {
  return {
    kind: topic2 === void 0 ? "shared" : "topic",
    principal,
    address,
    get topics() {
      return topics();
    },
    ...fields
  };
}

// ../../../packages/server/src/lib/http/chunk.ts
var encoder = new TextEncoder();
var Chunk = class {
  text;
  /** The number of {@link bytes}. */
  byteLength;
  /** The bytes as the Node adapters write them to a socket; see `framedBytes`. Undefined until then. */
  framed = void 0;
  #bytes = void 0;
  constructor(text) {
    this.text = text;
    this.byteLength = utf8Length(text);
  }
  /** The text in UTF-8. */
  get bytes() {
    this.#bytes ??= encoder.encode(this.text);
    return this.#bytes;
  }
};

// ../../../packages/server/src/lib/log/pending-frames.ts
var PendingFrames = class {
  /** The frame that begins the subscription. */
  open;
  gap;
  /** The snapshot that the subscription begins with, or goes on with after a gap. */
  snapshot;
  /** The events that were emitted while the snapshot loaded. */
  meanwhile;
  /** A snapshot that was requested between events. */
  refreshed;
  get isEmpty() {
    return !(this.open || this.gap || this.snapshot || this.meanwhile || this.refreshed);
  }
  /** The size of the snapshots and of the events that come with them. */
  get heldBytes() {
    return sizeOf(this.snapshot) + sizeOf(this.meanwhile) + sizeOf(this.refreshed);
  }
  /** Removes and returns the next frame. */
  take() {
    const { open, gap, snapshot, meanwhile, refreshed } = this;
    if (open) this.open = void 0;
    else if (gap) this.gap = void 0;
    else if (snapshot) this.snapshot = void 0;
    else if (meanwhile) this.meanwhile = void 0;
    else this.refreshed = void 0;
    return open ?? gap ?? snapshot ?? meanwhile ?? refreshed;
  }
  /** Replaces the gap, and drops every snapshot. Returns the size of what was dropped. */
  replaceByGap(gap) {
    const { heldBytes } = this;
    this.gap = gap;
    this.snapshot = void 0;
    this.meanwhile = void 0;
    this.refreshed = void 0;
    return heldBytes;
  }
  /** Drops the snapshot that was requested between events. Returns its size. */
  dropRefreshed() {
    const bytes = sizeOf(this.refreshed);
    this.refreshed = void 0;
    return bytes;
  }
};
function sizeOf(piece) {
  return piece?.chunk.byteLength ?? 0;
}

// ../../../packages/server/src/lib/log/subscription.ts
function cursorOf(start) {
  return start.kind === "resume" ? start.cursor : void 0;
}
function gapAtStart({ log }, start) {
  if (start.kind === "head") return void 0;
  return start.cursor ? log.gapAt(start.cursor) : "invalid";
}
var Subscription = class {
  topic;
  /** The key of the topic as the client spelled it, on a shared connection. */
  label;
  isReady = false;
  nextReady;
  connection;
  /** The frames that precede the events after the cursor. */
  #pending;
  #seq;
  /** `dropped`: there was no room for the snapshot, which is to be loaded again. */
  #phase = "reading";
  /** The load of the snapshot with which the subscription begins, or continues after a gap. */
  #loading;
  /**
   * The load of a snapshot that was requested between events, until it is loaded or superseded. See decision
   * 003.
   */
  #refreshing;
  /** @param open the frame that begins the subscription, without an id */
  constructor(topic2, connection, start, open, label) {
    this.topic = topic2;
    this.label = label;
    this.connection = connection;
    this.#seq = topic2.log.head;
    this.#begin(start, open);
  }
  get holder() {
    return this.connection.identity;
  }
  /** Whether there is something to take. */
  get hasMore() {
    return this.#pending !== void 0 || this.#phase === "reading" && this.#seq < this.topic.log.head;
  }
  /** Whether the client has something left to read, including a snapshot that was dropped. */
  get isPending() {
    return this.hasMore || this.#phase === "dropped" || this.#refreshing === "dropped";
  }
  /** Whether a snapshot that was requested between events is still to be written. */
  get isRefreshing() {
    return this.#refreshing !== void 0 || this.#pending?.refreshed !== void 0;
  }
  /** Voids the cursor, and a snapshot that is being loaded: the log has begun another epoch. */
  onRestarted() {
    if (this.#phase === "ended") return;
    this.#gap("history_lost", this.topic.log.head);
    this.connection.onReady(this);
  }
  /** Removes and returns the next frames, and moves the cursor past them. */
  take() {
    const pending = this.#takePending();
    if (pending) return pending;
    if (this.#phase !== "reading") return void 0;
    const { log } = this.topic;
    if (!log.reaches(this.#seq)) {
      this.#gap("expired");
      return this.take();
    }
    const batch = log.readFrom(this.#seq);
    if (batch) this.#seq = batch.seq;
    return batch;
  }
  /**
   * Loads another snapshot, which is written between events without delaying them. Does nothing if a snapshot
   * is being loaded anyway, or the channel has none. See decision 003.
   */
  refresh() {
    if (this.#phase !== "reading" || !this.topic.hasSnapshot) return;
    const refreshing = this.topic.loadSnapshot(this.#seq);
    this.#refreshing = refreshing;
    refreshing.then(
      ({ chunk }) => {
        if (this.#refreshing !== refreshing) return;
        this.#release(this.#pending?.dropRefreshed() ?? 0);
        this.#refreshing = this.connection.hold(this, chunk.byteLength) ? void 0 : "dropped";
        if (this.#refreshing) {
          if (this.#pending?.isEmpty) this.#pending = void 0;
          return;
        }
        this.#pend().refreshed = { chunk, count: 0 };
        this.connection.onReady(this);
      },
      (error) => {
        if (this.#refreshing !== refreshing) return;
        this.#refreshing = void 0;
        this.connection.onNotRefreshed(this, error);
      }
    );
  }
  /** Loads a snapshot again for which there was no room. Returns whether there is one. */
  reload() {
    if (this.#phase === "dropped") {
      if (this.topic.log.head > this.#seq) {
        this.#gap("expired");
        this.connection.onReady(this);
      } else this.#load(this.#seq);
      return true;
    }
    if (this.#refreshing !== "dropped") return false;
    this.refresh();
    return true;
  }
  /** Ends the subscription, which has nothing more to take. */
  end() {
    this.#phase = "ended";
    this.#release(this.#pending?.heldBytes ?? 0);
    this.#pending = void 0;
    this.#loading = void 0;
    this.#refreshing = void 0;
  }
  #begin(start, open) {
    const reason = gapAtStart(this.topic, start);
    if (start.kind === "resume" && start.cursor && !reason) {
      this.#seq = start.cursor.seq;
      this.#pend().open = { chunk: this.#withCursor(open), count: 0 };
      return;
    }
    const chunk = reason || this.topic.hasSnapshot ? new Chunk(open) : this.#withCursor(open);
    this.#pend().open = { chunk, count: 0 };
    if (reason) this.#gap(reason);
    else if (this.topic.hasSnapshot) this.#load();
  }
  /**
   * Continues from the head after a gap, which a snapshot at `missedAt` or later heals. Drops an earlier gap
   * or snapshot that the client has not read.
   */
  #gap(reason, missedAt = this.#seq) {
    const { log, hasSnapshot } = this.topic;
    this.#seq = log.head;
    this.#refreshing = void 0;
    const cursor = formatCursor(log.cursorAt(this.#seq));
    const about = this.label === void 0 ? void 0 : { topic: this.label };
    const body = encodeSignal("$gap", { reason, cursor, ...about });
    const pending = this.#pend();
    const isFirst = pending.gap === void 0;
    this.#release(
      pending.replaceByGap({ chunk: hasSnapshot ? new Chunk(body) : this.#withCursor(body), count: 0 })
    );
    if (isFirst) this.connection.onGap(this, reason);
    if (hasSnapshot) this.#load(missedAt);
  }
  #load(atLeast2 = 0) {
    this.#phase = "loading";
    const loading = this.topic.loadSnapshot(atLeast2);
    this.#loading = loading;
    loading.then(
      ({ seq, chunk }) => {
        if (this.#loading !== loading) return;
        this.#loading = void 0;
        const meanwhile = this.topic.log.reaches(seq) ? this.topic.log.readFrom(seq, "all") : void 0;
        if (this.connection.hold(this, chunk.byteLength + (meanwhile?.chunk.byteLength ?? 0))) {
          this.#phase = "reading";
          this.#seq = meanwhile?.seq ?? seq;
          const pending = this.#pend();
          pending.snapshot = { chunk, count: 0 };
          pending.meanwhile = meanwhile;
          this.connection.onReady(this);
        } else {
          this.#phase = "dropped";
          this.#seq = seq;
        }
      },
      (error) => {
        if (this.#loading === loading) this.connection.onFailed(this, error);
      }
    );
  }
  #pend() {
    this.#pending ??= new PendingFrames();
    return this.#pending;
  }
  #takePending() {
    const pending = this.#pending;
    if (!pending) return void 0;
    const held = pending.heldBytes;
    const piece = pending.take();
    this.#release(held - pending.heldBytes);
    if (pending.isEmpty) this.#pending = void 0;
    return piece;
  }
  #release(bytes) {
    if (bytes > 0) this.connection.release(bytes);
  }
  #withCursor(body) {
    return new Chunk(withId(formatCursor(this.topic.log.cursorAt(this.#seq)), body));
  }
};

// ../../../packages/server/src/lib/http/monitored-sink.ts
var heartbeatComment = new Chunk(heartbeatFrame);
var maxOverfullBytes = 1024 * 1024;
var MonitoredSink = class {
  #deps;
  #sink;
  #callbacks;
  #state = "writable";
  /** The beat of the last write. */
  #writtenBeat;
  /** The beat since which the sink has been full or ending. */
  #waitingBeat = 0;
  /** The bytes of {@link writeUnbuffered} since the client had room. */
  #overfullBytes = 0;
  constructor(deps, sink, callbacks) {
    this.#deps = deps;
    this.#sink = sink;
    this.#callbacks = callbacks;
    this.#writtenBeat = deps.heartbeat.count;
    deps.heartbeat.add(this);
  }
  get isWritable() {
    return this.#state === "writable";
  }
  get isFull() {
    return this.#state === "full";
  }
  /**
   * Writes a chunk, even if the client has no room: a last frame, or the event of a stream that does not
   * wait.
   */
  write(chunk) {
    if (this.#state === "ending" || this.#state === "closed") return;
    const { heartbeat, counters } = this.#deps;
    counters.bytes += chunk.byteLength;
    this.#writtenBeat = heartbeat.count;
    let hasRoom = false;
    try {
      hasRoom = this.#sink.write(chunk);
    } catch (error) {
      this.#cut("failed", error);
      return;
    }
    if (!hasRoom && this.#state === "writable") this.#wait("full");
  }
  /**
   * Writes a chunk that cannot wait until the client has room. A client that reads none of too many is
   * disconnected.
   */
  writeUnbuffered(chunk) {
    if (this.isFull) this.#overfullBytes += chunk.byteLength;
    if (this.#overfullBytes > maxOverfullBytes) this.#cut("stalled");
    else this.write(chunk);
  }
  /** Sends the chunks that `write` writes together. */
  together(write) {
    this.#sink.cork();
    try {
      write();
    } finally {
      this.#sink.uncork();
    }
  }
  /** Returns whether the sink was full. */
  onDrained() {
    if (this.#state !== "full") return false;
    this.#state = "writable";
    this.#overfullBytes = 0;
    return true;
  }
  end() {
    if (this.#state === "ending" || this.#state === "closed") return;
    this.#wait("ending");
    try {
      this.#sink.end();
    } catch (error) {
      this.#cut("failed", error);
    }
  }
  /** Closes the connection, and discards what the client has not read. */
  abort() {
    if (this.#state === "closed") return;
    this.onClosed();
    this.#sink.abort();
  }
  onClosed() {
    this.#state = "closed";
    this.#deps.heartbeat.remove(this);
  }
  onBeat() {
    if (this.#state !== "ending") this.#callbacks.onBeat?.();
    const { heartbeat, options } = this.#deps;
    if (this.#state === "writable") {
      if (heartbeat.isNearly(options.heartbeatMs, this.#writtenBeat)) {
        this.write(this.#callbacks.heartbeat ?? heartbeatComment);
      }
    } else if (this.#state !== "closed" && heartbeat.isPast(options.stallMs, this.#waitingBeat)) {
      this.#cut("stalled");
    }
  }
  #wait(state) {
    this.#state = state;
    this.#waitingBeat = this.#deps.heartbeat.count;
  }
  #cut(reason, error) {
    if (reason === "stalled") this.#deps.counters.stalled += 1;
    this.abort();
    this.#callbacks.onCut(reason, error);
  }
};

// ../../../packages/server/src/lib/connections/ready-list.ts
var ReadyList = class {
  #first;
  #last;
  get first() {
    return this.#first;
  }
  append(item) {
    item.isReady = true;
    if (this.#last) this.#last.nextReady = item;
    else this.#first = item;
    this.#last = item;
  }
  /** Removes the first item, and returns it. */
  shift() {
    const first = this.#first;
    if (!first) return void 0;
    first.isReady = false;
    this.#first = first.nextReady;
    first.nextReady = void 0;
    if (!this.#first) this.#last = void 0;
    return first;
  }
  /** Empties the list. Its items stay marked as ready. */
  clear() {
    this.#first = void 0;
    this.#last = void 0;
  }
};

// ../../../packages/server/src/lib/connections/snapshot-room.ts
var maxSnapshotBytes = { ofConnection: 1024 * 1024, ofServer: 64 * 1024 * 1024 };
var SnapshotRoom = class {
  #ofServer;
  #dropped = /* @__PURE__ */ new Set();
  #held = 0;
  #reloading;
  constructor(ofServer) {
    this.#ofServer = ofServer;
  }
  /**
   * Reserves bytes, or notes that the subscription has to be reloaded. Returns whether there was room.
   *
   * @param isWritable whether the client has room now: the first snapshot then always fits, since it is
   * written at once
   */
  hold(subscription, bytes, isWritable) {
    this.#settled(subscription);
    const { ofConnection, ofServer } = maxSnapshotBytes;
    const fits = this.#held + bytes <= ofConnection && this.#ofServer.held + bytes <= ofServer;
    if (!fits && !(isWritable && this.#held === 0)) {
      this.#dropped.add(subscription);
      return false;
    }
    this.#held += bytes;
    this.#ofServer.held += bytes;
    return true;
  }
  release(bytes) {
    this.#held -= bytes;
    this.#ofServer.held -= bytes;
  }
  /** Loads the next snapshot that was dropped: the client has room. */
  reloadNext() {
    if (this.#reloading || this.#held > 0) return;
    for (const subscription of this.#dropped) {
      this.#dropped.delete(subscription);
      if (!subscription.reload()) continue;
      this.#reloading = subscription;
      return;
    }
  }
  /** Forgets a subscription that is over or failed to load. Returns whether others have to be reloaded. */
  forget(subscription) {
    this.#settled(subscription);
    this.#dropped.delete(subscription);
    return this.#dropped.size > 0;
  }
  #settled(subscription) {
    if (this.#reloading === subscription) this.#reloading = void 0;
  }
};

// ../../../packages/server/src/lib/connections/connection.ts
var Connection = class {
  identity;
  #deps;
  #callbacks;
  #sink;
  #subscriptions = /* @__PURE__ */ new Set();
  /** The subscriptions that have something to write. */
  #ready = new ReadyList();
  #openedAt = performance.now();
  #lifeMs;
  #expiry;
  #isOver = false;
  /** The topics of a shared connection when it ended. */
  #lastTopics;
  /** Whether a flush is scheduled or under way that includes the connection. */
  #isFlushDue = false;
  /** Present once a snapshot was loaded. */
  #room;
  /** @param expiresAt when the client's credentials expire, in milliseconds since the epoch, or Infinity */
  constructor(deps, sink, identity, expiresAt, callbacks) {
    this.#deps = deps;
    this.identity = identity;
    this.#callbacks = callbacks;
    this.#lifeMs = deps.options.maxConnectionMs * (1 - Math.random() / 5);
    if (expiresAt !== Number.POSITIVE_INFINITY) this.#endAt(expiresAt);
    this.#sink = new MonitoredSink(deps, sink, this);
    deps.connections.add(this);
    deps.hooks.connected?.(this.describe());
  }
  /** The number of subscriptions with something to write that the client has no room for. */
  get laggingCount() {
    if (!this.#sink.isFull) return 0;
    let count = 0;
    for (const subscription of this.#subscriptions) if (subscription.isPending) count += 1;
    return count;
  }
  get subscriptions() {
    return this.#subscriptions;
  }
  /** Returns the connection as hooks and predicates receive it. */
  describe() {
    return connectionInfo(this.identity, {}, () => this.#topics());
  }
  get isOver() {
    return this.#isOver;
  }
  get heartbeat() {
    return this.#callbacks?.heartbeat;
  }
  /** Adds a subscription, or ends it if the connection is over. */
  add(subscription) {
    if (this.#isOver) {
      subscription.end();
      return;
    }
    this.#subscriptions.add(subscription);
    this.#deps.topics.join(subscription.topic, subscription);
    this.onReady(subscription);
  }
  /** Ends a subscription. The connection continues without it. */
  remove(subscription) {
    subscription.end();
    if (this.#room?.forget(subscription)) this.#flushSoon();
    if (this.#subscriptions.delete(subscription)) this.#deps.topics.leave(subscription.topic, subscription);
  }
  enqueue(subscription) {
    if (this.#isOver || subscription.isReady) return false;
    this.#ready.append(subscription);
    if (this.#isFlushDue) return false;
    this.#isFlushDue = true;
    return true;
  }
  onReady(subscription) {
    if (this.enqueue(subscription)) this.#deps.writes.flushSoon(this);
  }
  onGap({ topic: topic2 }, reason) {
    this.#deps.counters.gaps += 1;
    this.#deps.hooks.gap?.(connectionInfo(this.identity, { topic: topic2.key, reason }, () => this.#topics()));
  }
  onFailed(subscription, error) {
    if (this.#isOver) return;
    if (this.#callbacks) {
      this.#callbacks.onFailed(subscription, error);
      return;
    }
    const problem = toProblem(this.#deps.publicError(error, subscription.topic.key));
    this.end("failed", encodeSignal("$error", problem));
  }
  onNotRefreshed(subscription, error) {
    if (this.#room?.forget(subscription)) this.#flushSoon();
    this.#callbacks?.onNotRefreshed(subscription, error);
  }
  hold(subscription, bytes) {
    this.#room ??= new SnapshotRoom(this.#deps.snapshotBytes);
    const isHeld = this.#room.hold(subscription, bytes, this.#sink.isWritable);
    if (!isHeld) this.#flushSoon();
    return isHeld;
  }
  release(bytes) {
    this.#room?.release(bytes);
  }
  /**
   * Has the client authenticate again within so many milliseconds, or ends the connection. A connection of a
   * single topic ends at once, and its client authenticates when it reconnects.
   */
  reauthorize(withinMs) {
    if (this.#callbacks) this.#callbacks.requestReauthorization(withinMs);
    else this.end("unauthorized");
  }
  /** Writes a signal about the connection itself; see {@link MonitoredSink.writeUnbuffered}. */
  writeSignal(text) {
    this.#sink.writeUnbuffered(new Chunk(text));
  }
  flush() {
    this.#isFlushDue = false;
    this.#write();
    if (this.#room && this.#sink.isWritable) this.#room.reloadNext();
  }
  #write() {
    const sink = this.#sink;
    if (!sink.isWritable) return;
    const piece = this.#take();
    if (!piece) return;
    if (!this.#ready.first) {
      sink.write(piece.chunk);
      return;
    }
    sink.together(() => {
      for (let next = piece; next; next = sink.isWritable ? this.#take() : void 0) {
        sink.write(next.chunk);
      }
    });
  }
  onBeat() {
    const { beatMs } = this.#deps.heartbeat;
    if (performance.now() - this.#openedAt + beatMs >= this.#lifeMs) this.end("expired");
  }
  onCut(reason, error) {
    this.#release(reason);
    if (error !== void 0) this.#deps.publicError(error, this.identity.topic ?? "the shared connection");
  }
  /** Ends the response, after a last frame if one is given. */
  end(reason, lastFrame) {
    if (this.#isOver) return;
    this.flush();
    if (lastFrame) this.writeSignal(lastFrame);
    this.#release(reason);
    this.#sink.end();
  }
  onDrained() {
    if (this.#sink.onDrained()) this.flush();
  }
  onClosed() {
    this.#sink.onClosed();
    this.#release("left");
  }
  /** Takes frames of the first subscription that is ready. If it has more, it goes behind the others. */
  #take() {
    for (let first = this.#ready.first; first; first = this.#ready.first) {
      const piece = first.take();
      this.#ready.shift();
      if (first.hasMore) this.#ready.append(first);
      if (!piece) continue;
      this.#deps.counters.deliveries += piece.count;
      return piece;
    }
    return void 0;
  }
  /** The keys of the topics that the connection carries, or that its client is subscribing to. */
  #topics() {
    const { topic: topic2 } = this.identity;
    if (topic2 !== void 0) return [topic2];
    if (this.#lastTopics) return this.#lastTopics;
    const keys = new Set(this.#callbacks?.entering);
    for (const subscription of this.#subscriptions) keys.add(subscription.topic.key);
    return [...keys];
  }
  #flushSoon() {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#deps.writes.flushSoon(this);
  }
  /** Ends the connection at a time, in milliseconds since the epoch. */
  #endAt(time) {
    const left = time - Date.now();
    const act = left > maxTimerMs ? () => this.#endAt(time) : () => this.end("unauthorized");
    this.#expiry = setBackgroundTimeout(act, Math.min(Math.max(left, 0), maxTimerMs));
  }
  #release(reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#expiry);
    this.#lastTopics = this.#topics();
    for (const subscription of this.#subscriptions) {
      subscription.end();
      this.#deps.topics.leave(subscription.topic, subscription);
    }
    this.#subscriptions.clear();
    this.#ready.clear();
    this.#deps.connections.delete(this);
    this.#deps.admission.release(this.identity);
    const durationMs = performance.now() - this.#openedAt;
    this.#deps.hooks.disconnected?.(
      connectionInfo(this.identity, { reason, durationMs }, () => this.#topics())
    );
    this.#callbacks?.onReleased();
  }
};

// ../../../packages/server/src/lib/connections/credential-expiry.ts
var leadMs = 3e4;
var leastMs = 100;
var CredentialExpiry = class {
  #callbacks;
  #timer;
  #expiresAt;
  #challenges = 0;
  /** Whether the newest challenge is still unanswered. */
  #isChallenged = false;
  #renewal;
  /** @param expiresAt in milliseconds since the epoch, or Infinity */
  constructor(expiresAt, callbacks) {
    this.#callbacks = callbacks;
    this.#expiresAt = expiresAt;
    this.#schedule();
  }
  /** The number of times the client was challenged. */
  get challenges() {
    return this.#challenges;
  }
  /** Moves the expiry earlier, for a subscription whose credentials expire then. */
  shorten(expiresAt) {
    if (this.#renewal) this.#renewal.expiresAt = Math.min(this.#renewal.expiresAt, expiresAt);
    if (expiresAt >= this.#expiresAt) return;
    this.#expiresAt = expiresAt;
    this.#schedule();
  }
  /**
   * Begins a renewal. Returns undefined if no challenge is pending, a renewal has begun, or the credentials are older
   * than the newest challenge.
   *
   * @param challenge the value of {@link challenges} before the credentials were created
   */
  beginRenewal(expiresAt, challenge) {
    if (!this.#isChallenged || this.#renewal || challenge < this.#challenges) return void 0;
    this.#renewal = { expiresAt };
    return this.#renewal;
  }
  /** Moves the expiry, now that every topic is authorised. Without effect if the client was challenged again since. */
  finishRenewal(renewal) {
    if (this.#renewal !== renewal) return;
    this.#renewal = void 0;
    this.#isChallenged = false;
    this.#expiresAt = renewal.expiresAt;
    this.#schedule();
  }
  /** Challenges the client: the connection expires within a number of milliseconds unless it is renewed. */
  endWithin(ms) {
    this.#challenges += 1;
    this.#isChallenged = true;
    this.#renewal = void 0;
    this.#expiresAt = Math.min(this.#expiresAt, Date.now() + ms);
    this.#schedule();
  }
  close() {
    clearTimeout(this.#timer);
  }
  #schedule() {
    const left = this.#expiresAt - Date.now();
    if (left === Number.POSITIVE_INFINITY) {
      clearTimeout(this.#timer);
    } else if (this.#isChallenged || left < leastMs) {
      if (left > maxTimerMs) this.#setTimer(maxTimerMs, () => this.#schedule());
      else this.#setTimer(left, () => this.#callbacks.onExpired());
    } else {
      const wait = left - Math.min(leadMs, left / 2);
      if (wait > maxTimerMs) this.#setTimer(maxTimerMs, () => this.#schedule());
      else this.#setTimer(wait, () => this.#callbacks.onExpiring(this.#expiresAt - Date.now()));
    }
  }
  #setTimer(ms, act) {
    clearTimeout(this.#timer);
    this.#timer = setBackgroundTimeout(act, Math.max(ms, 0));
  }
};

// ../../../packages/server/src/lib/connections/connection-auth.ts
var ConnectionAuth = class {
  #callbacks;
  #expiry;
  /** The credentials of the last renewal. */
  #renewed;
  constructor(expiresAt, callbacks) {
    this.#callbacks = callbacks;
    this.#expiry = new CredentialExpiry(expiresAt, {
      onExpiring: (withinMs) => this.challenge(withinMs),
      onExpired: () => callbacks.onExpired()
    });
  }
  /** The number of times the client was asked to authenticate again. */
  get challenges() {
    return this.#expiry.challenges;
  }
  get renewed() {
    return this.#renewed;
  }
  /** Asks the client to authenticate again, and ends the connection unless it does. */
  challenge(withinMs) {
    this.#expiry.endWithin(withinMs);
    this.#callbacks.onChallenged(withinMs);
  }
  /**
   * Renews the credentials if the client was challenged before these were created. The connection continues while
   * its topics are authorised again; the later expiry counts once all of them are.
   */
  renew(credentials) {
    const renewal = this.#expiry.beginRenewal(credentials.expiresAt, credentials.challenge);
    if (!renewal) return;
    this.#renewed = credentials;
    void this.#callbacks.authorizeTopics(credentials.context).then(() => this.#expiry.finishRenewal(renewal));
  }
  /** Ends the connection no later than the credentials that authorise one of its topics. */
  shorten(expiresAt) {
    this.#expiry.shorten(expiresAt);
  }
  authorize(credentials) {
    return new TopicAuthorization(this, credentials);
  }
  close() {
    this.#expiry.close();
  }
};
var TopicAuthorization = class {
  #auth;
  #credentials;
  #challenges;
  #count = 1;
  constructor(auth, credentials) {
    this.#auth = auth;
    this.#credentials = credentials;
    this.#challenges = auth.challenges;
  }
  /** The credentials to authorise the topic with. */
  get credentials() {
    return this.#credentials;
  }
  /**
   * Returns whether the topic has to be authorised again because the client was challenged meanwhile: it may have
   * authenticated with fewer rights since.
   *
   * @throws TidingsError `unavailable` if that happens again and again
   */
  isOutdated() {
    const { challenges, renewed } = this.#auth;
    if (renewed && renewed.challenge > this.#credentials.challenge) this.#credentials = renewed;
    else if (challenges === this.#challenges) return false;
    if (this.#count === maxAuthorizations) throw revokedTooOften();
    this.#count += 1;
    this.#challenges = challenges;
    return true;
  }
};

// ../../../packages/server/src/lib/connections/control-rates.ts
var ControlRates = class {
  #shared;
  #client;
  /** Of topics: on this connection, and on all connections of its principal and of its address. */
  #topics;
  /** Of operations, whatever their results. */
  #operations;
  constructor(shared, client, subscriptionsPerConnection) {
    this.#shared = shared;
    this.#client = client;
    const own = new TokenBucket(2 * subscriptionsPerConnection, subscriptionsPerConnection / 10);
    const ofPrincipal = shared.ofPrincipals.acquire(client.principal);
    const ofAddress = shared.ofAddresses.acquire(client.address);
    this.#topics = [own, ofPrincipal, ofAddress].filter((bucket) => bucket !== void 0);
    const perSecond = Math.max(subscriptionsPerConnection, 1e3);
    this.#operations = new TokenBucket(20 * perSecond, perSecond);
  }
  /**
   * Counts the operations of a control request. Refused operations and operations without effect count too.
   *
   * @throws TidingsError `too_many_requests`
   */
  requireOperations(count) {
    const retryAfterMs = this.#operations.take(count + 1);
    if (retryAfterMs === 0) return;
    const message = "You are sending control requests too often. Try again later";
    throw new TidingsError({ code: "too_many_requests", message, retryAfterMs });
  }
  /** Counts a subscription or a snapshot. @throws TidingsError `too_many_requests` */
  requireTopic() {
    const retryAfterMs = Math.max(...this.#topics.map((bucket) => bucket.waitMs()));
    if (retryAfterMs === 0) {
      for (const bucket of this.#topics) bucket.take();
      return;
    }
    const message = "You are requesting topics too often. Try again later";
    throw new TidingsError({ code: "too_many_requests", message, retryAfterMs });
  }
  release() {
    this.#shared.ofPrincipals.release(this.#client.principal);
    this.#shared.ofAddresses.release(this.#client.address);
  }
};

// ../../../packages/server/src/lib/connections/open-frame.ts
function openFrame(options, id) {
  const { heartbeatMs } = options;
  const retryMs = Math.round(jittered(options.retryMs));
  const shared = id === void 0 ? void 0 : { id };
  return withRetry(retryMs, encodeSignal("$open", { heartbeatMs, retryMs, ...shared }));
}

// ../../../packages/server/src/lib/connections/topic-access.ts
var repeatedLength = 100;
var authorizeMs = 1e4;
function topicOf(channel2, given) {
  const { topics, path } = channel2.compiled;
  const params = topics.decode(given);
  requireShallow(params, `The params of "${path}"`);
  const key = topicKey(path, topics.encode(params));
  requireShort(key, channel2);
  return { key, params, channel: channel2 };
}
function topicByKey(procedures, key) {
  const { path, query } = parseTopicKey(key);
  const procedure = procedures.get(path);
  if (procedure?.kind !== "channel") {
    const message = `The contract has no channel "${path.slice(0, repeatedLength)}"`;
    throw new TidingsError({ code: "not_found", message });
  }
  requireShort(key, procedure);
  return topicOf(procedure, new URLSearchParams(query));
}
function requireShort(key, { compiled, maxKeyBytes }) {
  const problem = keyTooLong(key, compiled.path, maxKeyBytes);
  if (problem) throw new TidingsError({ code: "bad_request", message: problem });
}
async function requireAuthorized({ channel: channel2, params }, context) {
  const what = `authorize of "${channel2.compiled.path}"`;
  const verdict = await runWithDeadline(authorizeMs, what, async () => channel2.authorize({ params, context }));
  if (verdict === true) return;
  const message = `You may not subscribe to this topic of "${channel2.compiled.path}"`;
  throw new TidingsError({ code: "forbidden", message });
}

// ../../../packages/server/src/lib/connections/shared-connection.ts
var heartbeatEvent = new Chunk(encodeSignal("$heartbeat", 0));
var SharedConnection = class {
  /** Contains a secret: only the connection's client knows it. */
  id;
  connection;
  rates;
  auth;
  heartbeat = heartbeatEvent;
  #deps;
  #identity;
  /** By the key of the topic. */
  #subscriptions = /* @__PURE__ */ new Map();
  /** The topics being subscribed to, each with its newest request. */
  #entering = /* @__PURE__ */ new Map();
  /** The number of the newest control request. */
  #sequence = 0;
  constructor(deps, sink, identity, expiresAt) {
    this.#deps = deps;
    this.#identity = identity;
    this.id = deps.connectionIds.create();
    this.rates = new ControlRates(deps.rates, identity, deps.options.subscriptionsPerConnection);
    this.auth = new ConnectionAuth(expiresAt, {
      authorizeTopics: (context) => this.#authorizeTopics(context),
      onChallenged: (withinMs) => this.#writeChallenge(withinMs),
      onExpired: () => this.#onExpired()
    });
    deps.shared.set(this.id, this);
    this.connection = new Connection(deps, sink, identity, Number.POSITIVE_INFINITY, this);
    this.connection.writeSignal(openFrame(deps.options, this.id));
  }
  /**
   * Begins a control request. Each request has an HTTP connection of its own, so requests may arrive out of order.
   *
   * @throws TidingsError `conflict` if a newer request has begun
   */
  advance(sequence) {
    if (sequence <= this.#sequence) {
      const message = `Control request ${sequence} arrived after ${this.#sequence}, which supersedes it. Give newer requests higher numbers`;
      throw new TidingsError({ code: "conflict", message });
    }
    this.#sequence = sequence;
  }
  get entering() {
    return this.#entering.keys();
  }
  /** Returns whether the connection has the principal of a context. */
  belongsTo(context) {
    return this.#identity.principal === this.#deps.options.principal(context);
  }
  /** Asks the client to authenticate again, and ends the connection unless it does. */
  requestReauthorization(withinMs) {
    this.auth.challenge(withinMs);
  }
  /**
   * Performs an operation of a control request, authorised by the context of that request. Never rejects: a failure
   * is a result. A topic whose subscription is refused is no longer carried.
   */
  async perform(operation, request) {
    const name = nameIn(operation);
    try {
      const topic2 = topicByKey(this.#deps.procedures, name);
      if ("unsubscribe" in operation) return this.#unsubscribe(topic2.key);
      if ("snapshot" in operation) return this.#refresh(topic2.key);
      const { tracing } = this.#deps.options;
      const subscribe = () => this.#subscribe(topic2, name, startOf(operation.cursor), request);
      return await (tracing ? tracing.subscribe(topic2.key, subscribe) : subscribe());
    } catch (error) {
      return { status: "refused", problem: toProblem(this.#deps.publicError(error, name)) };
    }
  }
  onFailed(subscription, error) {
    const { topic: topic2 } = subscription;
    if (this.#subscriptions.get(topic2.key) !== subscription) return;
    this.#drop(topic2.key);
    this.#writeFailure(subscription, error, {});
  }
  onNotRefreshed(subscription, error) {
    this.#writeFailure(subscription, error, { snapshot: true });
  }
  onReleased() {
    this.#deps.shared.delete(this.id);
    this.rates.release();
    this.auth.close();
    this.#subscriptions.clear();
    this.#entering.clear();
  }
  async #subscribe(topic2, label, start, request) {
    const { key } = topic2;
    this.#requireOneName(key, label);
    this.#requireRoom(key);
    const entry = { label };
    this.#entering.set(key, entry);
    try {
      this.rates.requireTopic();
      const authorization = this.auth.authorize(request);
      await requireAuthorized(topic2, request.context);
      await this.#deps.topics.prepare(topic2, this.#identity, cursorOf(start));
      while (authorization.isOutdated()) await requireAuthorized(topic2, authorization.credentials.context);
      if (this.connection.isOver) throw gone();
      if (this.#entering.get(key) !== entry) throw superseded(label);
      this.auth.shorten(authorization.credentials.expiresAt);
      return this.#begin(topic2, label, start, request.sequence);
    } catch (error) {
      if (this.#entering.get(key) === entry) this.#drop(key);
      throw error;
    } finally {
      if (this.#entering.get(key) === entry) this.#entering.delete(key);
    }
  }
  #begin(ref, label, start, sequence) {
    const isRefreshing = this.#subscriptions.get(ref.key)?.isRefreshing ?? false;
    this.#drop(ref.key);
    const topic2 = this.#deps.topics.getOrCreate(ref, this.#identity);
    const { log } = topic2;
    const { epoch } = log;
    const reason = gapAtStart(topic2, start);
    const isResumed = start.kind === "resume" && !reason;
    const startsAt = isResumed ? start.cursor : topic2.hasSnapshot ? void 0 : log.cursorAt(log.head);
    const cursor = startsAt && { cursor: formatCursor(startsAt) };
    const open = encodeSignal("$subscribed", {
      topic: label,
      epoch,
      ...reason ? void 0 : cursor,
      ...sequence !== void 0 && { request: sequence }
    });
    const name = label === topic2.key ? topic2.key : label;
    const subscription = new Subscription(topic2, this.connection, start, open, name);
    this.#subscriptions.set(topic2.key, subscription);
    this.connection.add(subscription);
    if (isRefreshing) subscription.refresh();
    return reason ? { status: "gap", reason, epoch, ...cursor } : { status: "accepted", epoch, ...cursor };
  }
  #unsubscribe(key) {
    this.#entering.delete(key);
    this.#drop(key);
    return { status: "done" };
  }
  #refresh(key) {
    this.rates.requireTopic();
    const subscription = this.#subscriptions.get(key);
    if (!subscription) {
      const message = `This connection is not subscribed to "${key}". Subscribe to it to receive its snapshot`;
      throw new TidingsError({ code: "bad_request", message });
    }
    subscription.refresh();
    return { status: "done" };
  }
  #drop(key) {
    const subscription = this.#subscriptions.get(key);
    if (!subscription) return;
    this.#subscriptions.delete(key);
    this.connection.remove(subscription);
  }
  /** @throws TidingsError `bad_request` for a topic that the connection carries under another name */
  #requireOneName(key, label) {
    const known = this.#subscriptions.get(key)?.label ?? this.#entering.get(key)?.label;
    if (known === void 0 || known === label) return;
    const message = `This connection is already subscribed to "${label}" as "${known}". Use one name for a topic`;
    throw new TidingsError({ code: "bad_request", message });
  }
  /** @throws TidingsError `too_many_requests` for a subscription beyond the limit */
  #requireRoom(key) {
    if (this.#subscriptions.has(key) || this.#entering.has(key)) return;
    const most = this.#deps.options.subscriptionsPerConnection;
    if (this.#subscriptions.size + this.#entering.size < most) return;
    let count = this.#subscriptions.size;
    for (const entering of this.#entering.keys()) if (!this.#subscriptions.has(entering)) count += 1;
    if (count < most) return;
    const message = `This connection has reached its limit of ${most} subscriptions. Unsubscribe from one, or open another connection`;
    throw new TidingsError({
      code: "too_many_requests",
      message,
      retryAfterMs: this.#deps.options.retryMs
    });
  }
  /** Authorises every topic again. A refused topic is no longer carried. */
  #authorizeTopics(context) {
    return Promise.all(
      [...this.#subscriptions].map(
        ([key, subscription]) => requireAuthorized(topicByKey(this.#deps.procedures, key), context).catch(
          (error) => this.onFailed(subscription, error)
        )
      )
    );
  }
  #writeChallenge(withinMs) {
    this.connection.writeSignal(encodeSignal("$reauthorize", { withinMs: Math.floor(withinMs) }));
  }
  #writeFailure({ topic: topic2, label }, error, about) {
    const problem = toProblem(this.#deps.publicError(error, topic2.key));
    this.connection.writeSignal(encodeSignal("$error", { ...problem, topic: label ?? topic2.key, ...about }));
  }
  #onExpired() {
    const message = "This connection's credentials expired and were not renewed in time";
    const problem = toProblem(new TidingsError({ code: "unauthorized", message }));
    this.connection.end("unauthorized", encodeSignal("$error", problem));
  }
};
function nameIn(operation) {
  if ("subscribe" in operation) return operation.subscribe;
  return "snapshot" in operation ? operation.snapshot : operation.unsubscribe;
}
function startOf(cursor) {
  return cursor === void 0 ? { kind: "head" } : { kind: "resume", cursor: parseCursor(cursor) };
}
function superseded(topic2) {
  const message = `A newer request for "${topic2}" superseded this one`;
  return new TidingsError({ code: "conflict", message });
}
function gone() {
  return new TidingsError({ code: "gone", message: "You have no such connection here. Open a new one" });
}

// ../../../packages/server/src/lib/http/event-stream.ts
var eventStreamHeaders = {
  "Content-Type": eventStreamContentType,
  // `no-transform` (RFC 9111 section 5.2.2.6) keeps compressing middleware from buffering events. `private`
  // keeps a shared cache that collapses equal requests from giving one user another's stream. Not `no-store`,
  // which keeps a page out of Chromium's back-forward cache.
  "Cache-Control": "private, no-cache, no-transform",
  ...commonHeaders,
  // nginx buffers a response without it.
  "X-Accel-Buffering": "no"
};
function eventStream(open, drop = () => {
}) {
  return { kind: "stream", headers: eventStreamHeaders, open, drop };
}

// ../../../packages/server/src/lib/revocations/revocations.ts
var reauthorizeMs = 3e4;
var maxKept = 1e3;
function revoke(connection, kind) {
  if (kind === "reauthorize") connection.reauthorize(reauthorizeMs);
  else connection.end("disconnected", disconnected());
}
function disconnected() {
  const message = "The server closed this connection. Authenticate again to reconnect";
  return encodeSignal("$error", toProblem(new TidingsError({ code: "unauthorized", message })));
}
var Revocations = class {
  #connections;
  #requests = /* @__PURE__ */ new Set();
  /** The revocations to compare unidentified requests with, once they are identified. */
  #kept = [];
  #unidentified = 0;
  constructor(connections) {
    this.#connections = connections;
  }
  /** Revokes the connections that a predicate selects. Returns their number, pending requests included. */
  revoke(kind, predicate) {
    const open = [...this.#connections].filter((connection) => predicate(connection.describe()));
    const pending = [...this.#requests].filter(({ info }) => info && predicate(info));
    if (this.#unidentified > 0) this.#keep({ kind, predicate });
    for (const request of pending) request.onRevoked(kind);
    for (const connection of open) revoke(connection, kind);
    return open.length + pending.length;
  }
  /** Returns a request that is about to be authenticated. */
  begin() {
    return new PendingRequest(this);
  }
  /** For pending requests. Returns the number of kept revocations, all of which are older than the request. */
  register(request) {
    this.#requests.add(request);
    this.#unidentified += 1;
    return this.#kept.length;
  }
  /** For pending requests. Returns the revocations since a request was registered. */
  after(count) {
    return this.#kept.slice(count);
  }
  /** For pending requests. */
  identified() {
    this.#unidentified -= 1;
    if (this.#unidentified === 0) this.#kept = [];
  }
  /** For pending requests. */
  unregister(request) {
    this.#requests.delete(request);
  }
  #keep(revocation) {
    this.#kept.push(revocation);
    if (this.#kept.length < maxKept) return;
    this.#kept = [];
    for (const request of this.#requests) request.onForgotten();
  }
};
var PendingRequest = class {
  #revocations;
  #state = "over";
  #info;
  /** The number of kept revocations that are older than the request. */
  #since = 0;
  #revoked;
  constructor(revocations) {
    this.#revocations = revocations;
  }
  /** The connection of the request, once it is identified. */
  get info() {
    return this.#info;
  }
  /** Whether the request was revoked since it was authenticated, so that it has to be authenticated again. */
  get isRevoked() {
    return this.#revoked !== void 0;
  }
  /** Begins to authenticate the request, again or for the first time. Later revocations apply to it. */
  restart() {
    this.finish();
    this.#state = "unidentified";
    this.#revoked = void 0;
    this.#since = this.#revocations.register(this);
  }
  /** Compares the request with the revocations since {@link restart}, now that its connection is known. */
  identify(info) {
    if (this.#state !== "unidentified") return;
    this.#state = "identified";
    this.#info = info;
    const revocations = this.#revocations.after(this.#since);
    this.#revocations.identified();
    for (const { kind, predicate } of revocations) if (predicate(info)) this.onRevoked(kind);
  }
  /** Ends the request. Returns the revocation to apply to the connection that it opens. */
  finish() {
    if (this.#state === "unidentified") this.#revocations.identified();
    this.#state = "over";
    this.#info = void 0;
    this.#revocations.unregister(this);
    return this.#revoked;
  }
  /** For revocations. */
  onRevoked(kind) {
    if (this.#revoked !== "disconnect") this.#revoked = kind;
  }
  /** For revocations: too many to keep. Any of them may have selected this request. */
  onForgotten() {
    if (this.#state !== "unidentified") return;
    this.#since = 0;
    this.onRevoked("reauthorize");
  }
};

// ../../../packages/server/src/lib/endpoints/admit.ts
function identityOf({ options }, { address }, context, topic2) {
  return { topic: topic2, address, principal: options.principal(context) };
}
async function admit({ admission, presence, counters, hooks }, identity) {
  const limit = await admission.admit(identity);
  if (!limit) return;
  counters.refused += 1;
  hooks.refused?.(connectionInfo(identity, { limit }));
  const { principal } = identity;
  const isOwn = limit === "connectionsPerPrincipal" && principal !== void 0;
  throw admission.refusal(limit, isOwn ? presence.checkAllNodes(principal) : void 0);
}

// ../../../packages/server/src/lib/endpoints/connection.ts
async function handleConnection(server, request, context, pending) {
  const identity = identityOf(server, request, context, void 0);
  pending.identify(connectionInfo(identity, {}));
  const expiresAt = expiryOf(context);
  await admit(server, identity);
  return sharedStream(server, identity, expiresAt, pending);
}
function sharedStream(server, identity, expiresAt, pending) {
  return eventStream(
    (sink) => {
      const revoked = pending.finish();
      const { connection } = new SharedConnection(server, sink, identity, expiresAt);
      const shutdownFrame = server.shutdownFrame();
      if (shutdownFrame) connection.end("closed", shutdownFrame);
      else if (revoked) revoke(connection, revoked);
      return connection;
    },
    () => {
      pending.finish();
      server.admission.release(identity);
    }
  );
}
async function handleControl(server, id, request, given, pending) {
  const json = await readJsonBody(request, server.options.maxBodyBytes, "a control request");
  requireUnexpired(given.context);
  const known = server.shared.get(id);
  if (!known) return forwardToNode(server, id, request, json);
  if (!known.belongsTo(given.context)) throw gone();
  known.rates.requireOperations(operationCount(json));
  const body = decodeControlRequest(json);
  const { sequence, operations } = body;
  const { connection, context, challenge } = await authorize(server, id, request, given, body, pending);
  if (sequence !== void 0) connection.advance(sequence);
  const origin = { context, expiresAt: expiryOf(context), challenge, sequence };
  connection.auth.renew(origin);
  const results = await Promise.all(operations.map((operation) => connection.perform(operation, origin)));
  const response = { results };
  return jsonResponse(response);
}
var maxOperations = 1e3;
function operationCount(json) {
  const { operations } = json ?? {};
  const count = Array.isArray(operations) ? operations.length : 0;
  if (count <= maxOperations) return count;
  const message = `The control request has ${count} operations; the limit is ${maxOperations}. Split it into several requests`;
  throw new TidingsError({ code: "bad_request", message });
}
async function authorize(server, id, request, given, { operations }, pending) {
  let topics;
  const readTopics = () => {
    topics ??= operations.flatMap((operation) => keyOf(server, operation));
    return topics;
  };
  for (let current = given, count = 1; ; count += 1) {
    const connection = server.shared.get(id);
    if (!connection?.belongsTo(current.context)) throw gone();
    pending.identify(connectionInfo(connection.connection.identity, {}, readTopics));
    if (!pending.isRevoked) {
      pending.finish();
      return { ...current, connection };
    }
    if (count === maxAuthorizations) throw revokedTooOften();
    pending.restart();
    current = { challenge: connection.auth.challenges, context: await authenticate(server, request) };
  }
}
function keyOf({ procedures }, operation) {
  if (!("subscribe" in operation)) return [];
  try {
    return [topicByKey(procedures, operation.subscribe).key];
  } catch {
    return [];
  }
}
async function forwardToNode(server, id, request, json) {
  const nodeId = nodeOf(id);
  const headers = server.options.tracing?.forward(request.headers) ?? request.headers;
  const response = nodeId !== void 0 && await server.nodes?.forward(nodeId, request, headers, json);
  if (response) return response;
  server.reportForeignConnection(id);
  throw gone();
}

// ../../../packages/server/src/lib/endpoints/topic.ts
async function handleTopic(server, channel2, request, context, pending) {
  const topic2 = topicOf(channel2, request.query);
  const start = positionOf(request);
  const identity = identityOf(server, request, context, topic2.key);
  pending.identify(connectionInfo(identity, {}));
  await admit(server, identity);
  const { tracing } = server.options;
  const prepare = async () => {
    await requireAuthorized(topic2, context);
    await server.topics.prepare(topic2, identity, cursorOf(start));
  };
  try {
    await (tracing ? tracing.subscribe(topic2.key, prepare) : prepare());
  } catch (error) {
    server.admission.release(identity);
    throw error;
  }
  return topicStream(server, topic2, identity, start, expiryOf(context), pending);
}
function topicStream(server, ref, identity, start, expiresAt, pending) {
  const begin = (connection) => {
    if (connection.isOver) return;
    try {
      const topic2 = server.topics.getOrCreate(ref, identity);
      connection.add(new Subscription(topic2, connection, start, openFrame(server.options)));
      connection.flush();
    } catch (error) {
      const problem = toProblem(server.publicError(error, ref.key));
      connection.end("failed", encodeSignal("$error", problem));
    }
  };
  const open = (sink) => {
    const revoked = pending.finish();
    const connection = new Connection(server, sink, identity, expiresAt);
    const shutdownFrame = server.shutdownFrame();
    if (shutdownFrame) {
      connection.end("closed", shutdownFrame);
    } else if (revoked) {
      revoke(connection, revoked);
    } else {
      begin(connection);
    }
    return connection;
  };
  return eventStream(open, () => {
    pending.finish();
    server.admission.release(identity);
  });
}
function positionOf(request) {
  if (request.query.getAll("lastEventId").length > 1) {
    const message = 'The query parameter "lastEventId" is repeated. Send it once';
    throw new TidingsError({ code: "bad_request", message });
  }
  const lastEventId = request.headers.get("last-event-id") || request.query.get("lastEventId");
  if (!lastEventId) return { kind: "head" };
  return { kind: "resume", cursor: parseCursor(lastEventId) };
}

// ../../../packages/server/src/lib/endpoints/head.ts
async function handleHead(server, request, channel2) {
  const context = await authenticate(server, request);
  if (channel2) {
    positionOf(request);
    await requireAuthorized(topicOf(channel2, request.query), context);
  }
  return { kind: "complete", status: 200, headers: eventStreamHeaders, body: "" };
}

// ../../../packages/server/src/lib/calls/stream-writer.ts
var maxBacklogBytes = 1024 * 1024;
var StreamWriter = class {
  #compiled;
  #deps;
  #sink;
  #overflowed = new AbortController();
  failure;
  #lastId = 0;
  /** Rejects each emit once the run is over. */
  #endReason;
  #backlogBytes = 0;
  /** Set while the client reads slowly. */
  #drain;
  constructor(compiled, sink, deps) {
    this.#compiled = compiled;
    this.#deps = deps;
    this.#sink = new MonitoredSink(deps, sink, this);
  }
  get isOver() {
    return this.#endReason !== void 0;
  }
  /** Fires when the run ends because its client reads too slowly. */
  get overflowed() {
    return this.#overflowed.signal;
  }
  /**
   * Validates and writes one of the stream's events. Resolves when the client is ready for more.
   *
   * Rejects if the event was not written: with `aborted` after the client left, `too_large` if the backlog is
   * full, which ends the run, or `closed` after its end. The promise is safe to ignore.
   *
   * @throws TidingsError `invalid_output` if the stream has no such event or its payload is invalid
   */
  event(type, payload) {
    const { events, path } = this.#compiled;
    const codec = events.get(String(type));
    if (!codec) {
      const message = `The stream ${path} has no event "${String(type)}". It has: ${[...events.keys()].join(", ")}`;
      throw new TidingsError({ code: "invalid_output", message });
    }
    return this.#write(encodeEventBody(String(type), codec.encode(payload, `${path}.${String(type)}`)));
  }
  /** Returns the `emit` of a handler that is an async function. */
  emitters() {
    const emitters = {};
    for (const type of this.#compiled.events.keys()) emitters[type] = (payload) => this.event(type, payload);
    return emitters;
  }
  /** Writes the output and ends the run. */
  finish(output) {
    if (this.isOver) return;
    const json = this.#compiled.output.encode(output, `the output of ${this.#compiled.path}`);
    this.#drain?.resolve();
    this.#end(encodeSignal("$output", json), ended(this.#compiled.path));
  }
  /** Writes a public error and ends the run. Later emits reject with `reason`. */
  fail(error, reason = ended(this.#compiled.path)) {
    if (this.isOver) return;
    this.failure = error;
    this.#end(encodeSignal("$error", toProblem(error)), reason);
  }
  onCut(_reason, error) {
    this.#leave();
    if (error !== void 0) this.#deps.publicError(error, this.#compiled.path);
  }
  onDrained() {
    this.#sink.onDrained();
    this.#backlogBytes = 0;
    this.#drain?.resolve();
    this.#drain = void 0;
  }
  onClosed() {
    this.#sink.onClosed();
    this.#leave();
  }
  #leave() {
    if (this.isOver) return;
    this.failure = clientLeft();
    this.#close(this.failure);
  }
  #write(body) {
    if (this.#endReason) return rejected(this.#endReason);
    if (this.#drain && this.#backlogBytes > maxBacklogBytes) return rejected(this.#overflow());
    const frame = this.#frame(body);
    if (this.#drain) this.#backlogBytes += frame.byteLength;
    this.#sink.write(frame);
    if (this.isOver) return rejected(this.#endReason);
    if (this.#sink.isFull) this.#drain ??= deferred();
    return this.#drain?.promise ?? Promise.resolve();
  }
  /** Ends the run: continuing without the event would leave a gap that the client cannot see. */
  #overflow() {
    const { path } = this.#compiled;
    const message = `The events of ${path} arrived faster than this client read them. The run was ended`;
    const detail = `More than ${maxBacklogBytes} bytes of ${path} are waiting for the client to read them. The run was ended. Await each emit`;
    const overflow = new TidingsError({ code: "too_large", message: detail });
    this.fail(new TidingsError({ code: "too_large", message }), overflow);
    this.#deps.publicError(overflow, path);
    this.#overflowed.abort(overflow);
    return overflow;
  }
  #end(body, reason) {
    this.#sink.write(this.#frame(body));
    this.#sink.end();
    this.#close(reason);
  }
  #close(reason) {
    this.#endReason ??= reason;
    this.#drain?.reject(this.#endReason);
    this.#drain = void 0;
  }
  #frame(body) {
    this.#lastId += 1;
    return new Chunk(withId(String(this.#lastId), body));
  }
};
function clientLeft() {
  return new TidingsError({ code: "aborted", message: "The client left" });
}
function ended(path) {
  const message = `The run of ${path} is over. Emit before the handler returns or throws`;
  return new TidingsError({ code: "closed", message });
}
function deferred() {
  let resolve = () => {
  };
  let reject = () => {
  };
  const promise = new Promise((resolver, rejecter) => {
    resolve = resolver;
    reject = rejecter;
  });
  return { promise: ignorable(promise), resolve, reject };
}

// ../../../packages/server/src/lib/endpoints/stream.ts
async function handleStream(server, stream2, request) {
  const { compiled, handler } = stream2;
  const { context, body } = await authenticateAndRead(
    server,
    request,
    () => readInput(compiled, request, server.options.maxBodyBytes)
  );
  const { input } = body;
  return eventStream((sink) => {
    const writer = new StreamWriter(compiled, sink, server);
    const run = server.calls.run([request.signal, writer.overflowed], async (signal) => {
      const closing2 = () => {
        if (isTidingsError(signal.reason)) writer.fail(signal.reason, signal.reason);
      };
      signal.addEventListener("abort", closing2, { once: true });
      const emit = writer.emitters();
      const { emit: broadcast } = server;
      writer.finish(await outputOf(handler({ input, context, emit, broadcast, fail, signal }), writer));
    }).catch((error) => {
      if (writer.isOver) return;
      const report = (unexpected) => server.options.onError(unexpected, { place: compiled.path });
      writer.fail(toPublicError(error, compiled, report));
    });
    request.waitUntil?.(run);
    return writer;
  });
}
async function outputOf(handled, writer) {
  if (!isGenerator(handled)) return handled;
  let step = await handled.next();
  while (!step.done) {
    if (writer.isOver) {
      await handled.return(void 0);
      return void 0;
    }
    try {
      await writer.event(step.value.type, step.value.data);
    } catch (error) {
      if (writer.isOver) continue;
      step = await handled.throw(error);
      continue;
    }
    step = await handled.next();
  }
  return step.value;
}
function isGenerator(value) {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "throw" in value;
}

// ../../../packages/server/src/lib/endpoints/router.ts
function route(server, request) {
  const endpoint = endpointOf(server, request);
  const { tracing } = server.options;
  if (!tracing) return respond(server, request, endpoint);
  return tracing.handle(request, endpoint?.procedure, () => respond(server, request, endpoint));
}
async function respond(server, request, endpoint) {
  try {
    if (!endpoint) throw notFound(request.path);
    if (request.method === "HEAD" && endpoint.head) return await endpoint.head();
    if (request.method !== endpoint.method) return methodNotAllowed(request, endpoint);
    return await endpoint.handle();
  } catch (error) {
    const report = (unexpected) => {
      if (!request.signal.aborted) server.options.onError(unexpected, { place: request.path });
    };
    return problemResponse(toPublicError(error, endpoint?.procedure, report));
  }
}
function endpointOf(server, request) {
  const { path } = request;
  if (path === "") {
    return {
      method: "GET",
      head: () => handleHead(server, request),
      handle: () => openStream(
        server,
        request,
        (...authenticated) => handleConnection(server, request, ...authenticated)
      )
    };
  }
  if (path.startsWith(controlPrefix)) {
    const id = path.slice(controlPrefix.length);
    return { method: "POST", handle: () => control(server, id, request) };
  }
  const procedure = server.procedures.get(path);
  if (!procedure) return void 0;
  const { kind, compiled } = procedure;
  if (kind === "channel") {
    return {
      method: "GET",
      procedure: compiled,
      head: () => handleHead(server, request, procedure),
      handle: () => openStream(
        server,
        request,
        (...authenticated) => handleTopic(server, procedure, request, ...authenticated)
      )
    };
  }
  return {
    method: "POST",
    procedure: compiled,
    handle: () => kind === "command" ? handleCommand(server, procedure, request) : handleStream(server, procedure, request)
  };
}
async function openStream(server, request, open) {
  const { starting } = server.revocationLog ?? {};
  if (starting) await starting;
  const pending = server.revocations.begin();
  try {
    for (let count = 1; ; count += 1) {
      pending.restart();
      const response = await open(await authenticate(server, request), pending);
      if (!pending.isRevoked || count === maxAuthorizations) return response;
      response.drop();
    }
  } catch (error) {
    pending.finish();
    throw error;
  }
}
async function control(server, id, request) {
  const pending = server.revocations.begin();
  try {
    pending.restart();
    const challenge = server.shared.get(id)?.auth.challenges ?? 0;
    const context = await authenticate(server, request);
    return await handleControl(server, id, request, { context, challenge }, pending);
  } finally {
    pending.finish();
  }
}
function notFound(path) {
  return new TidingsError({ code: "not_found", message: `The contract has no "${path}"` });
}
function methodNotAllowed(request, { method, head }) {
  const allowed = head ? [method, "HEAD"] : [method];
  const what = request.path === "" ? "The shared connection" : `"${request.path}"`;
  const message = `${what} does not accept ${request.method}. Use ${allowed.join(" or ")}`;
  return problemResponse(new TidingsError({ code: "method_not_allowed", message }), {
    Allow: allowed.join(", ")
  });
}

// ../../../packages/server/src/lib/http/counters.ts
var Counters = class {
  emits = 0;
  deliveries = 0;
  bytes = 0;
  gaps = 0;
  refused = 0;
  stalled = 0;
};

// ../../../packages/server/src/lib/http/heartbeat.ts
var sliceSize = 500;
var Heartbeat = class {
  beatMs;
  #listeners = /* @__PURE__ */ new Set();
  #timer;
  #count = 0;
  #emptied;
  /** @param shortestMs the shortest time that a stream is checked for */
  constructor(shortestMs) {
    this.beatMs = Math.max(Math.floor(shortestMs / 4), 1);
  }
  /** The number of the current beat. */
  get count() {
    return this.#count;
  }
  /** Whether, at the next beat, so many milliseconds may have passed since a beat. */
  isNearly(ms, since) {
    return (this.#count - since + 1) * this.beatMs >= ms;
  }
  /** Whether so many milliseconds have passed since a beat. */
  isPast(ms, since) {
    return (this.#count - since - 1) * this.beatMs >= ms;
  }
  add(listener) {
    this.#listeners.add(listener);
    this.#timer ??= setBackgroundInterval(() => this.#beat(), this.beatMs);
  }
  remove(listener) {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = void 0;
    this.#emptied?.();
  }
  /** Waits until every stream is closed, and closes those that are still open after so many milliseconds. */
  async empty(ms) {
    if (this.#listeners.size === 0) return;
    const emptied = new Promise((resolve) => {
      this.#emptied = resolve;
    });
    await waitAtMost(ms, emptied);
    for (const listener of this.#listeners) listener.abort();
  }
  #beat() {
    this.#count += 1;
    this.#notify(this.#listeners.values());
  }
  #notify(rest) {
    for (let count = 0; count < sliceSize; count += 1) {
      const { done, value } = rest.next();
      if (done) return;
      value.onBeat();
    }
    afterTurn(() => this.#notify(rest));
  }
};

// ../../../packages/server/src/lib/http/origin.ts
var preflightSeconds = 7200;
async function guardOrigin(allowed, request, handle) {
  const origin = request.headers.get("origin");
  if (origin === null) return isForeign(request) ? refusal("Another site", foreignAdvice) : handle();
  if (isSameOrigin(origin, request)) return handle();
  const isListed = allowed.listed.has(origin);
  if (!isListed && !allowed.any) {
    return refusal(`The origin ${origin}`, `. Its owner can allow it: cors: { origins: ['${origin}'] }`);
  }
  const headers = {
    "Access-Control-Allow-Origin": isListed ? origin : "*",
    ...isListed ? { "Access-Control-Allow-Credentials": "true" } : {},
    Vary: "Origin"
  };
  if (request.method === "OPTIONS") return preflight(request, headers);
  const response = await handle();
  const exposed = { "Access-Control-Expose-Headers": "Retry-After" };
  return { ...response, headers: { ...response.headers, ...headers, ...exposed } };
}
function refusal(subject, advice) {
  const message = `${subject} may not use this server${advice}`;
  return problemResponse(new TidingsError({ code: "forbidden", message }), { Vary: "Origin" });
}
var foreignAdvice = " through an image, frame or link, for which browsers do not send `Origin`. Use fetch or an EventSource";
function isForeign({ headers, path }) {
  const fetchSite = headers.get("sec-fetch-site");
  return (fetchSite === "cross-site" || fetchSite === "same-site") && path !== healthPath;
}
function preflight(request, headers) {
  const requested = request.headers.get("access-control-request-headers");
  return {
    kind: "complete",
    status: 204,
    headers: {
      ...headers,
      ...commonHeaders,
      "Access-Control-Allow-Methods": "GET, POST",
      // A server's `context` may read any header.
      ...requested === null ? {} : { "Access-Control-Allow-Headers": requested },
      "Access-Control-Max-Age": String(preflightSeconds)
    },
    body: ""
  };
}
function isSameOrigin(origin, request) {
  const { headers } = request;
  const fetchSite = headers.get("sec-fetch-site");
  if (fetchSite !== null) return fetchSite === "same-origin";
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (host !== headers.get("host")) return false;
  return protocol === "https:" || protocol === "http:" && !isOverTls(request);
}
function isOverTls({ isEncrypted, headers }) {
  const forwarded = `${headers.get("x-forwarded-proto") ?? ""},${headers.get("forwarded") ?? ""}`;
  return isEncrypted === true || /(?:^|[\s,;="])https(?:$|[\s,;"])/i.test(forwarded);
}

// ../../../packages/server/src/lib/log/bus-check.ts
var checkMs = 15e3;
var maxConcurrent = 500;
var BusCheck = class {
  #followers;
  #stopListening;
  #timer;
  #checking;
  /** Whether updates may have been lost since the check under way began. */
  #isDoubtful = false;
  constructor(bus, followers) {
    this.#followers = followers;
    this.#stopListening = bus.onPossibleLoss(() => this.#check());
    this.#timer = setBackgroundInterval(() => this.#check(), Math.min(checkMs, bus.keepAliveMs));
  }
  stop() {
    this.#stopListening();
    clearInterval(this.#timer);
  }
  #check() {
    this.#isDoubtful = true;
    this.#checking ??= this.#checkAll().finally(() => {
      this.#checking = void 0;
    });
  }
  async #checkAll() {
    while (this.#isDoubtful) {
      this.#isDoubtful = false;
      const followers = [...this.#followers()];
      for (let n = 0; n < followers.length; n += maxConcurrent) {
        await Promise.all(followers.slice(n, n + maxConcurrent).map((follower) => follower.check()));
      }
    }
  }
};

// ../../../packages/server/src/lib/log/eventless-epochs.ts
var maxTopics = 5e4;
var EventlessEpochs = class {
  #seed;
  /** By the hashes of keys, oldest first. */
  #epochs = /* @__PURE__ */ new Map();
  get isEmpty() {
    return this.#epochs.size === 0;
  }
  remember(key, epoch) {
    const hash2 = this.#hashOf(key);
    this.#epochs.delete(hash2);
    this.#epochs.set(hash2, epoch);
    if (this.#epochs.size <= maxTopics) return;
    for (const oldest of this.#epochs.keys()) {
      this.#epochs.delete(oldest);
      return;
    }
  }
  /** Returns the epoch of a topic, and forgets it. */
  take(key) {
    if (this.isEmpty) return void 0;
    const hash2 = this.#hashOf(key);
    const epoch = this.#epochs.get(hash2);
    this.#epochs.delete(hash2);
    return epoch;
  }
  clear() {
    this.#epochs.clear();
  }
  #hashOf(key) {
    this.#seed ??= randomUint32();
    return hashOf(key, this.#seed);
  }
};
function hashOf(text, seed) {
  let high = 3735928559 ^ seed;
  let low = 1103547991 ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ high >>> 16, 2246822507) ^ Math.imul(low ^ low >>> 13, 3266489909);
  low = Math.imul(low ^ low >>> 16, 2246822507) ^ Math.imul(high ^ high >>> 13, 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

// ../../../packages/server/src/lib/log/pending-updates.ts
var maxLength = 1024 * 1024;
var PendingUpdates = class {
  updates = [];
  #length = 0;
  /** Whether no update has arrived. */
  get isEmpty() {
    return this.#length === 0;
  }
  /**
   * Keeps an update, and returns whether there was room. After the first update without room, every other is
   * refused: their events can be read from the bus.
   */
  add(update) {
    this.#length += update.events.reduce((sum, { body }) => sum + body.length, 0);
    if (this.#length > maxLength) return false;
    this.updates.push(update);
    return true;
  }
};

// ../../../packages/server/src/lib/log/follower.ts
var retry = { minMs: 100, maxMs: 5e3 };
var updatePatience = { totalMs: 1e3, intervalMs: 10 };
var Follower = class {
  #deps;
  #callbacks;
  #state = "new";
  #stopListening;
  #started;
  /** Whether the bus may have events that the read under way does not return. */
  #isDoubtful = false;
  /** The updates that arrive during a read; absent between reads. */
  #pending;
  #catchingUp;
  #retry;
  #linger;
  #failures = 0;
  constructor(deps, callbacks) {
    this.#deps = deps;
    this.#callbacks = callbacks;
  }
  /**
   * Starts following. Resolves when the log is at the position of the bus' log.
   *
   * @throws TidingsError `unavailable`, after which it can be started again
   */
  start() {
    this.#started ??= this.#start().catch((error) => {
      this.#started = void 0;
      throw error;
    });
    return this.#started;
  }
  get isStarted() {
    return this.#state === "started";
  }
  /** Cancels {@link scheduleRelease}. */
  retain() {
    clearTimeout(this.#linger);
  }
  /** Calls `onUnused` after a while, unless the log is needed before. */
  scheduleRelease(ms) {
    clearTimeout(this.#linger);
    this.#linger = setBackgroundTimeout(() => this.#callbacks.onUnused(), ms);
  }
  stop() {
    this.#state = "stopped";
    clearTimeout(this.#linger);
    clearTimeout(this.#retry);
    this.#stopListening?.();
    this.#stopListening = void 0;
  }
  /** Reads the events that may have been missed. Resolves when they are read, or will be tried again. */
  async check() {
    this.#isDoubtful = true;
    if (this.isStarted) await this.#catchUp().catch(() => {
    });
  }
  /**
   * Extends the log to a client's cursor, if the bus' log reaches as far. The cursor may be newer than the
   * last update that this node has received, or older than its log.
   *
   * @throws TidingsError `unavailable` if the bus cannot be read
   */
  async ensureCovers(cursor) {
    const { log } = this.#deps;
    if (this.#isBehind(cursor)) await this.#catchUp();
    if (this.#isBehind(cursor)) await this.#catchUp();
    if (cursor.epoch === log.epoch && cursor.seq < log.floor) await this.#readBack(cursor);
  }
  #isBehind({ epoch, seq }) {
    const { log } = this.#deps;
    return epoch !== log.epoch || seq > log.head;
  }
  async #readBack(cursor) {
    const { bus, log, key, history } = this.#deps;
    let { seq } = cursor;
    const events = [];
    while (seq < log.floor) {
      const page = await bus.read(key, history, { epoch: cursor.epoch, seq });
      const [first] = page.events;
      if (page.epoch !== log.epoch || first?.seq !== seq + 1) return;
      events.push(...page.events);
      seq = page.events.at(-1)?.seq ?? seq;
    }
    if (cursor.epoch === log.epoch) log.prepend(events.filter((event) => event.seq <= log.floor).map(toEntry));
  }
  async #start() {
    const { bus, log, key } = this.#deps;
    this.#stopListening ??= await bus.listen(key, (update) => this.#onUpdate(update));
    if (this.#isStopped) {
      this.stop();
      return;
    }
    const [{ epoch, head }, pending] = await this.#read();
    if (this.#isStopped) return;
    log.restart(epoch, head);
    this.#state = "started";
    const isComplete = this.#applyPending(pending);
    if (!isComplete || this.#isDoubtful) await this.#catchUp().catch(() => {
    });
  }
  #onUpdate(update) {
    if (this.#isStopped || this.#tryAppend(update) || this.#pending?.add(update)) return;
    this.#isDoubtful = true;
    if (this.isStarted && !this.#retry) this.#catchUpWithRetry();
  }
  /**
   * Appends the events that continue from the log's head. Returns whether the log has every event of the
   * update now.
   */
  #tryAppend({ epoch, events }) {
    const { log } = this.#deps;
    if (!this.isStarted || epoch !== log.epoch) return false;
    const now = performance.now();
    this.#append(events, () => now);
    return (events.at(-1)?.seq ?? 0) <= log.head;
  }
  /** Appends the updates that arrived during a read, as {@link #tryAppend} does. */
  #applyPending({ updates }) {
    let isComplete = true;
    for (const update of updates) isComplete = this.#tryAppend(update) && isComplete;
    return isComplete;
  }
  #append(events, timeOf2) {
    const { log } = this.#deps;
    let length = 0;
    for (const event of events) {
      if (event.seq !== log.head + 1) continue;
      const trace = traceOf(event.body);
      const body = trace === void 0 ? event.body : withoutTrace(event.body);
      length += log.append(eventNameOf(body), body, timeOf2(event));
      if (trace !== void 0) this.#callbacks.onTraced(trace);
    }
    if (length > 0) this.#callbacks.onAppended(length);
  }
  /** Reads from the log's head until there is nothing more. Calls share a read that is under way. */
  #catchUp() {
    this.#catchingUp ??= this.#readToHead();
    return this.#catchingUp;
  }
  /** Catches up without a caller that waits. A failed read is tried again until it succeeds. */
  #catchUpWithRetry() {
    this.#catchUp().catch(() => {
    });
  }
  async #readToHead() {
    clearTimeout(this.#retry);
    this.#retry = void 0;
    try {
      do {
        this.#isDoubtful = false;
        while (await this.#readPage()) ;
      } while (this.#isDoubtful);
      this.#failures = 0;
    } catch (error) {
      if (!this.#isStopped) {
        this.#retry = setBackgroundTimeout(() => this.#catchUpWithRetry(), backoffMs(retry, this.#failures));
        this.#failures += 1;
      }
      throw error;
    } finally {
      this.#catchingUp = void 0;
    }
  }
  /** Reads one page. Returns whether there is more. */
  async #readPage() {
    const { log } = this.#deps;
    const after = log.cursorAt(log.head);
    const [{ epoch, head, events }, pending] = await this.#read(after);
    if (this.#isStopped) return false;
    if (epoch !== after.epoch || head < after.seq) {
      log.restart(epoch, head);
      this.#callbacks.onRestarted();
    } else if (events[0]?.seq === after.seq + 1) {
      this.#append(events, ({ at }) => monotonic(at));
    } else if (log.head < head) {
      log.skipTo(head);
      this.#callbacks.onAppended(0);
    }
    return log.head < head || !this.#applyPending(pending);
  }
  /** Reads the events after a position. Returns them with the updates that arrived meanwhile. */
  async #read(after) {
    const { bus, log, key, history } = this.#deps;
    const pending = new PendingUpdates();
    this.#pending = pending;
    try {
      const page = await bus.read(key, history, after);
      const until = performance.now() + updatePatience.totalMs;
      const isAwaited = () => page.epoch === after?.epoch && page.events.length === 0 && log.head < page.head;
      while (isAwaited() && pending.isEmpty && !this.#isStopped && performance.now() < until) {
        await pause(updatePatience.intervalMs);
      }
      return [page, pending];
    } finally {
      this.#pending = void 0;
    }
  }
  get #isStopped() {
    return this.#state === "stopped";
  }
};
function toEntry({ seq, at, body }) {
  return { seq, event: eventNameOf(body), body: withoutTrace(body), at: monotonic(at) };
}
function monotonic(at) {
  return Math.min(performance.now(), performance.now() - (Date.now() - at));
}

// ../../../packages/server/src/lib/log/log.ts
var catchUpLength = 64 * 1024;
var maxHeldLength = 16 * 1024 * 1024;
var Log = class {
  #bounds;
  #delivery;
  #entries = [];
  #epoch;
  #head;
  /** Every event after this position is kept. */
  #floor;
  /** The position of readers that keep up, when the current turn of the event loop began. */
  #turnStart = 0;
  /** The positions of the snapshots that are being loaded. */
  #heldPositions = [];
  /** The total length of the frames. */
  #length = 0;
  #lastBatch;
  constructor(epoch, bounds, delivery) {
    this.#epoch = epoch;
    this.#head = 0;
    this.#floor = 0;
    this.#bounds = bounds;
    this.#delivery = delivery;
  }
  /** Identifies one lifetime of the log. A position is valid only in its epoch. */
  get epoch() {
    return this.#epoch;
  }
  /** The position of the newest event. */
  get head() {
    return this.#head;
  }
  /** The position after which every event is kept. */
  get floor() {
    return this.#floor;
  }
  /** Begins another epoch at a position, without events. */
  restart(epoch, head) {
    this.#epoch = epoch;
    this.skipTo(head);
  }
  /** Moves the head to a position, and drops every event. */
  skipTo(head) {
    this.#drop(0, this.#entries.length);
    this.#head = head;
    this.#floor = head;
    this.#turnStart = head;
    this.#lastBatch = void 0;
  }
  /** Puts events before the oldest one. They end at the floor, without holes. */
  prepend(events) {
    const [oldest] = events;
    if (!oldest) return;
    const superseded2 = new Set(this.#entries.map(({ event }) => event));
    const entries = [];
    for (const { seq, event, body, at } of [...events].reverse()) {
      if (this.#delivery === "latest" && superseded2.has(event)) continue;
      superseded2.add(event);
      const frame = withId(eventId(this.#epoch, seq), body);
      entries.push({ seq, event, frame, at });
      this.#length += frame.length;
    }
    this.#entries.unshift(...entries.reverse());
    this.#floor = oldest.seq - 1;
    this.#lastBatch = void 0;
  }
  cursorAt(seq) {
    return { epoch: this.#epoch, seq };
  }
  /** Appends an event. Returns the length of its frame. */
  append(event, body, now) {
    this.#head += 1;
    const frame = withId(eventId(this.#epoch, this.#head), body);
    if (this.#delivery === "latest") {
      const superseded2 = this.#entries.findIndex((entry) => entry.event === event);
      if (superseded2 >= 0) this.#drop(superseded2, 1);
    }
    this.#entries.push({ seq: this.#head, event, frame, at: now });
    this.#length += frame.length;
    this.#lastBatch = void 0;
    return frame.length;
  }
  /**
   * Keeps the events after the position of a snapshot, beyond the bounds, until it is released. Otherwise a
   * busy topic would outrun every snapshot that loads. See decision 007.
   */
  hold(seq) {
    this.#heldPositions.push(seq);
  }
  release(seq) {
    this.#heldPositions.splice(this.#heldPositions.indexOf(seq), 1);
  }
  /** Drops the events beyond the bounds. */
  trim(now) {
    this.#turnStart = this.#head;
    this.#lastBatch = void 0;
    let surplus = Math.max(0, this.#entries.length - this.#bounds.size);
    const oldest = now - this.#bounds.ms;
    for (let entry = this.#entries[surplus]; entry && entry.at < oldest; entry = this.#entries[surplus]) {
      surplus += 1;
    }
    const held = this.#heldPositions.filter((seq) => this.reaches(seq));
    if (held.length > 0 && this.#length <= maxHeldLength) {
      surplus = Math.min(surplus, this.#indexAfter(Math.min(...held)));
    }
    this.#floor = this.#entries[surplus - 1]?.seq ?? this.#floor;
    this.#drop(0, surplus);
  }
  /** Returns why a reader cannot continue from a cursor, or undefined if it can. */
  gapAt(cursor) {
    if (cursor.epoch !== this.#epoch) return "history_lost";
    if (cursor.seq > this.#head) return "invalid";
    return this.reaches(cursor.seq) ? void 0 : "expired";
  }
  /** Whether every event after a position is kept. */
  reaches(seq) {
    return seq >= this.#floor;
  }
  /**
   * Returns the events after a position, or undefined at the head. Readers at the same position share the
   * bytes.
   *
   * A reader that was at the head when this turn of the event loop began gets all of them: what is emitted in
   * one turn is bounded. A reader further behind gets some at a time, or `all`.
   */
  readFrom(seq, amount = "some") {
    if (seq >= this.#head) return void 0;
    const last = this.#lastBatch;
    if (last?.from === seq && (amount === "some" || last.batch.seq === this.#head)) return last.batch;
    const entries = this.#entries;
    const isWhole = amount === "all" || seq >= this.#turnStart;
    const most = isWhole ? Number.POSITIVE_INFINITY : catchUpLength;
    const first = this.#indexAfter(seq);
    let end = first;
    let text = "";
    for (let entry = entries[end]; entry && text.length < most; entry = entries[end]) {
      text += entry.frame;
      end += 1;
    }
    const batch = { chunk: new Chunk(text), count: end - first, seq: entries[end - 1]?.seq ?? this.#head };
    this.#lastBatch = { from: seq, batch };
    return batch;
  }
  /** Returns the index of the first event after a position. */
  #indexAfter(seq) {
    if (this.#delivery === "every") return Math.max(0, this.#entries.length - (this.#head - seq));
    const index = this.#entries.findIndex((entry) => entry.seq > seq);
    return index < 0 ? this.#entries.length : index;
  }
  #drop(start, count) {
    if (count === 0) return;
    for (let n = start; n < start + count; n += 1) this.#length -= this.#entries[n]?.frame.length ?? 0;
    this.#entries.splice(start, count);
  }
};

// ../../../packages/server/src/lib/log/retention.ts
var sweepMs2 = 1e4;
var sliceSize2 = 1e4;
var Retention = class {
  #byMs = /* @__PURE__ */ new Map();
  #onDue;
  // Runs only while there are topics, so that an unused server can be garbage-collected.
  #timer;
  /** @param onDue called with the topics that were last used longer ago than they keep history */
  constructor(onDue) {
    this.#onDue = onDue;
  }
  /** Notes that a topic is used now. */
  touch(topic2, now) {
    const { ms } = topic2.channel.history;
    let topics = this.#byMs.get(ms);
    if (!topics) {
      topics = /* @__PURE__ */ new Set();
      this.#byMs.set(ms, topics);
    }
    topic2.usedAt = now;
    topics.delete(topic2);
    topics.add(topic2);
    this.#timer ??= setBackgroundInterval(() => this.sweep(performance.now()), sweepMs2);
  }
  /** Removes a topic that was dropped. */
  forget(topic2) {
    const { ms } = topic2.channel.history;
    const topics = this.#byMs.get(ms);
    topics?.delete(topic2);
    if (topics?.size === 0) this.#byMs.delete(ms);
    if (this.#byMs.size === 0) this.clear();
  }
  sweep(now) {
    for (const [ms, topics] of this.#byMs) {
      const due = [];
      for (const topic2 of topics) {
        if (now - topic2.usedAt <= ms || due.length === sliceSize2) break;
        due.push(topic2);
        topics.delete(topic2);
      }
      if (topics.size === 0) this.#byMs.delete(ms);
      if (due.length > 0) this.#onDue(due, now);
      if (due.length === sliceSize2) afterTurn(() => this.sweep(now));
    }
    if (this.#byMs.size === 0) this.clear();
  }
  clear() {
    this.#byMs.clear();
    clearInterval(this.#timer);
    this.#timer = void 0;
  }
};

// ../../../packages/server/src/lib/log/source-run.ts
var restart = { minMs: 1e3, maxMs: 3e4 };
var SourceRun = class {
  #topic;
  #runSource;
  #deps;
  #callbacks;
  #running;
  /** Resolves when another node may run the source. */
  #over = Promise.resolve();
  #linger;
  constructor(topic2, runSource, deps, callbacks) {
    this.#topic = topic2;
    this.#runSource = runSource;
    this.#deps = deps;
    this.#callbacks = callbacks;
  }
  get isRunning() {
    return this.#running !== void 0;
  }
  /** Starts the source, or keeps it running: the topic has a subscriber. */
  start() {
    clearTimeout(this.#linger);
    if (this.#running) return;
    this.#running = new AbortController();
    const { key } = this.#topic;
    this.#over = this.#deps.runOnOneNode(key, this.#running.signal, (signal) => this.#run(signal));
  }
  /**
   * Calls `stop` after `lingerMs`, unless the source is started before: the topic's last subscriber has left.
   */
  stopSoon(stop) {
    clearTimeout(this.#linger);
    this.#linger = setBackgroundTimeout(stop, this.#deps.lingerMs);
  }
  /** Stops the source. Resolves when another node may run it. */
  stop() {
    clearTimeout(this.#linger);
    this.#running?.abort();
    this.#running = void 0;
    return this.#over;
  }
  async #run(signal) {
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.#runSource(this.#topic, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#callbacks.onSourceFailed(error, this.#topic.key);
      }
      if (performance.now() - startedAt > restart.maxMs) failures = 0;
      await pause(backoffMs(restart, failures, restart.minMs / 2), signal);
      failures += 1;
    }
  }
};

// ../../../packages/server/src/lib/log/sources.ts
var Sources = class {
  #deps;
  #limit;
  #callbacks;
  /**
   * The topics with a running source and without subscribers, in the order in which their last subscriber
   * left.
   */
  #lingering = /* @__PURE__ */ new Set();
  #count = 0;
  /** @param limit how many sources may run */
  constructor(deps, limit, callbacks) {
    this.#deps = deps;
    this.#limit = limit;
    this.#callbacks = callbacks;
  }
  /** Makes room for a source, and returns whether there is. */
  makeRoom() {
    if (this.#count < this.#limit) return true;
    for (const topic2 of this.#lingering) {
      this.#stopLingering(topic2);
      return true;
    }
    return false;
  }
  /** Starts the source of a topic that has a subscriber. */
  start(topic2) {
    const { runSource } = topic2.channel;
    if (!runSource) return;
    topic2.source ??= new SourceRun(topic2, runSource, this.#deps, this.#callbacks);
    this.#lingering.delete(topic2);
    if (!topic2.source.isRunning) this.#count += 1;
    topic2.source.start();
  }
  /** Stops the source of a topic after a while: its last subscriber has left. */
  stopSoon(topic2) {
    if (!topic2.source?.isRunning) return;
    this.#lingering.add(topic2);
    topic2.source.stopSoon(() => this.#stopLingering(topic2));
  }
  /** Stops the source of a topic. Resolves when another node may run it. */
  async stop(topic2) {
    const { source } = topic2;
    if (!source?.isRunning) return;
    this.#lingering.delete(topic2);
    this.#count -= 1;
    await source.stop();
  }
  #stopLingering(topic2) {
    void this.stop(topic2);
    this.#callbacks.onStopped(topic2);
  }
};

// ../../../packages/server/src/lib/log/topic.ts
var Topic = class {
  key;
  channel;
  log;
  /** In the order in which they came. */
  readers = /* @__PURE__ */ new Set();
  /** Present once it was started; see {@link ChannelSettings.runSource}. */
  source;
  /** Keeps the log in step with the bus'; absent without a bus. */
  follower;
  /** The client that the topic counts for, while it has readers. */
  holder;
  /** Whether the registry has released the topic: it may have another with the same key. */
  isDropped = false;
  /** When the topic was last emitted to or left, in milliseconds of a monotonic clock. */
  usedAt = 0;
  #ref;
  #onLoaded;
  #loading;
  /** @param onLoaded called when a snapshot has loaded or failed to */
  constructor(ref, log, onLoaded) {
    this.key = ref.key;
    this.channel = ref.channel;
    this.log = log;
    this.#ref = ref;
    this.#onLoaded = onLoaded;
  }
  get params() {
    return this.#ref.params;
  }
  /** Whether a snapshot is being loaded. */
  get isLoading() {
    return this.#loading !== void 0;
  }
  get hasSnapshot() {
    return this.channel.loadSnapshot !== void 0;
  }
  /** Notifies the readers that the log has begun another epoch. */
  restart() {
    this.#loading = void 0;
    for (const reader of this.readers) reader.onRestarted();
  }
  /**
   * Loads the current state. The position is taken before the load begins, so an event emitted meanwhile
   * follows the snapshot, even if the snapshot includes it.
   *
   * Calls share a load that is under way if its position is `atLeast` or later.
   */
  loadSnapshot(atLeast2) {
    if (this.#loading && this.#loading.seq >= atLeast2 && this.log.reaches(this.#loading.seq)) {
      return this.#loading.snapshot;
    }
    const seq = this.log.head;
    this.log.hold(seq);
    const snapshot = this.#load(seq).finally(() => {
      this.log.release(seq);
      if (this.#loading?.snapshot === snapshot) this.#loading = void 0;
      this.#onLoaded(this);
    });
    this.#loading = { seq, snapshot };
    return snapshot;
  }
  async #load(seq) {
    const cursor = formatCursor(this.log.cursorAt(seq));
    const state = await this.channel.loadSnapshot?.(this);
    return { seq, chunk: new Chunk(withId(cursor, encodeSignal("$snapshot", state))) };
  }
};

// ../../../packages/server/src/lib/log/topic-limits.ts
var HeldTopics = class {
  #limits;
  #byAddress = /* @__PURE__ */ new Map();
  #byPrincipal = /* @__PURE__ */ new Map();
  constructor(limits2) {
    this.#limits = limits2;
  }
  /** Makes a client the holder of a topic. Without a client, the topic counts for none. */
  assign(topic2, holder) {
    if (topic2.holder === holder) return;
    this.#count(topic2.holder, -1);
    topic2.holder = holder;
    this.#count(holder, 1);
  }
  /** @throws TidingsError `too_many_requests` for a client that has reached its limit */
  requireRoom({ address, principal }, retryAfterMs) {
    const { topicsPerAddress, topicsPerPrincipal } = this.#limits;
    const ofAddress = countOf(this.#byAddress, address);
    if (ofAddress >= topicsPerAddress) {
      throw tooMany("Clients from your address have", ofAddress, retryAfterMs);
    }
    const ofPrincipal = countOf(this.#byPrincipal, principal);
    if (ofPrincipal >= topicsPerPrincipal) throw tooMany("You have", ofPrincipal, retryAfterMs);
  }
  #count(holder, change) {
    if (!holder) return;
    add2(this.#byAddress, holder.address, change);
    add2(this.#byPrincipal, holder.principal, change);
  }
};
function tooMany(whose, count, retryAfterMs) {
  const message = `${whose} ${count} topics, which is the limit. Unsubscribe from one, or try again later`;
  return new TidingsError({ code: "too_many_requests", message, retryAfterMs });
}
function countOf(counts, key) {
  return key === void 0 ? 0 : counts.get(key) ?? 0;
}
function add2(counts, key, change) {
  if (key === void 0) return;
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

// ../../../packages/server/src/lib/log/write-batcher.ts
var maxTurnLength = 1024 * 1024;
var WriteBatcher = class {
  #onWritten;
  #tracing;
  /** The topics whose readers have not been queued for what was appended. */
  #changed = /* @__PURE__ */ new Set();
  /** The connections that have something to write apart from those topics. */
  #connections = [];
  /** The events of this turn that carry a trace. */
  #traced;
  #turnLength = 0;
  #turnStartedAt;
  #isScheduled = false;
  /** @param onWritten called with each topic that changed, when its readers have been written to */
  constructor(onWritten, tracing) {
    this.#onWritten = onWritten;
    this.#tracing = tracing;
  }
  /** The time of this turn of the event loop, which all events of the turn share. */
  get turnTime() {
    this.#turnStartedAt ??= performance.now();
    return this.#turnStartedAt;
  }
  /** Has the delivery of a topic's newest event traced. Called before {@link add}, which may flush at once. */
  trace(topic2, trace) {
    this.#traced ??= [];
    this.#traced.push({ topic: topic2, id: eventId(topic2.log.epoch, topic2.log.head), trace });
  }
  /** Schedules a flush for a topic whose log has grown by so many characters. */
  add(topic2, length) {
    this.#turnLength += length;
    this.#changed.add(topic2);
    if (this.#turnLength >= maxTurnLength) this.flush();
    else this.#schedule();
  }
  /** Has a connection flushed at the end of this turn of the event loop. */
  flushSoon(connection) {
    this.#connections.push(connection);
    this.#schedule();
  }
  /** Writes to every connection that has something new. */
  flush() {
    const now = this.turnTime;
    const changed = this.#changed;
    const connections = this.#connections;
    const endTraces = this.#traced && this.#tracing?.deliver(this.#traced);
    this.clear();
    for (const topic2 of changed) {
      for (const reader of topic2.readers) {
        if (reader.hasMore && reader.connection.enqueue(reader)) connections.push(reader.connection);
      }
    }
    for (const connection of connections) connection.flush();
    endTraces?.();
    for (const topic2 of changed) this.#onWritten(topic2, now);
  }
  /** Forgets what is to be written. */
  clear() {
    this.#changed = /* @__PURE__ */ new Set();
    this.#connections = [];
    this.#traced = void 0;
    this.#turnLength = 0;
    this.#turnStartedAt = void 0;
  }
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (this.#tracing) this.#tracing.detach(() => this.#flushAfterTurn());
    else this.#flushAfterTurn();
  }
  #flushAfterTurn() {
    afterTurn(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
};

// ../../../packages/server/src/lib/log/topic-registry.ts
var joinMs = 1e3;
var TopicRegistry = class {
  /** Writes what is emitted to the subscribers. */
  writes;
  #deps;
  #topics = /* @__PURE__ */ new Map();
  /** The topics without readers, in the order in which their last reader left. */
  #unread = /* @__PURE__ */ new Set();
  #eventless = new EventlessEpochs();
  #held;
  #sources;
  #retention = new Retention((due, now) => this.#onDue(due, now));
  #busCheck;
  #processName;
  #logCount = 0;
  constructor(deps, callbacks) {
    this.#deps = deps;
    this.writes = new WriteBatcher((topic2, now) => this.#onWritten(topic2, now), deps.tracing);
    this.#held = new HeldTopics(deps.limits);
    this.#sources = new Sources(deps, deps.limits.sources, {
      onSourceFailed: (error, topicKey2) => callbacks.onSourceFailed(error, topicKey2),
      onStopped: (topic2) => this.#dropIfEventless(topic2)
    });
    this.#busCheck = deps.bus && new BusCheck(deps.bus, () => this.#followers());
  }
  /** Part of every epoch, which has to be unique: this process, and the number of the log in it. */
  get #process() {
    this.#processName ??= randomName(8);
    return this.#processName;
  }
  get topicCount() {
    return this.#topics.size;
  }
  /** Whether this process has a subscriber of a topic. */
  hasReaders(key) {
    return (this.#topics.get(key)?.readers.size ?? 0) > 0;
  }
  /**
   * Prepares a topic for a subscriber: brings its log to the position of the bus' log, and back to a cursor
   * if the bus still keeps the events after it. Without a bus there is nothing to wait for.
   *
   * @param holder the client that is to subscribe
   * @throws TidingsError `unavailable` if the bus cannot be read, and as {@link getOrCreate} does where there
   * is no room
   */
  async prepare(ref, holder, cursor) {
    const known = this.#requireRoom(ref, holder);
    if (!this.#deps.bus) return;
    const topic2 = known ?? this.#create(ref);
    if (topic2.follower) await this.#follow(topic2, topic2.follower, cursor);
  }
  /**
   * Returns a topic with its log. The caller has prepared the topic, and joins it in the same turn of the
   * event loop.
   *
   * @throws TidingsError `unavailable` if the topic was released since it was prepared, or there are too many
   * topics or sources; `too_many_requests` if the client has too many topics
   */
  getOrCreate(ref, holder) {
    const topic2 = this.#requireRoom(ref, holder) ?? this.#create(ref);
    if (topic2.follower && !topic2.follower.isStarted) {
      const message = "The topic was released while you were subscribing. Try again";
      throw new TidingsError({ code: "unavailable", message, retryAfterMs: 0 });
    }
    return topic2;
  }
  /** Adds a reader to a topic. */
  join(topic2, reader) {
    topic2.readers.add(reader);
    if (topic2.readers.size === 1) this.#held.assign(topic2, reader.holder);
    this.#unread.delete(topic2);
    topic2.follower?.retain();
    this.#sources.start(topic2);
  }
  leave(topic2, reader) {
    topic2.readers.delete(reader);
    const [longest] = topic2.readers;
    this.#held.assign(topic2, longest?.holder);
    if (longest) return;
    this.#unread.add(topic2);
    this.#sources.stopSoon(topic2);
    topic2.follower?.scheduleRelease(this.#lingerMsOf(topic2));
    if (!this.#dropIfEventless(topic2)) this.#retention.touch(topic2, performance.now());
  }
  /**
   * Appends an event to a topic's log, and has it written to the readers at the end of this turn of the event
   * loop.
   *
   * A topic without a log discards the event. See decision 006.
   */
  publish(ref, event, body, trace) {
    const topic2 = this.#topics.get(ref.key) ?? this.#revive(ref);
    if (!topic2) return;
    const length = topic2.log.append(event, body, this.writes.turnTime);
    if (trace) this.writes.trace(topic2, trace);
    this.writes.add(topic2, length);
  }
  /** Stops every source and releases every topic. Resolves when other nodes may run the sources. */
  async close() {
    this.#busCheck?.stop();
    const stopped = [...this.#topics.values()].map((topic2) => {
      topic2.follower?.stop();
      return this.#sources.stop(topic2);
    });
    this.writes.clear();
    this.#topics.clear();
    this.#unread.clear();
    this.#eventless.clear();
    this.#retention.clear();
    await Promise.all(stopped);
  }
  /**
   * Creates the log again of a topic whose subscribers left before its first event: they may return for this
   * event.
   */
  #revive(ref) {
    if (this.#eventless.isEmpty) return void 0;
    const epoch = this.#eventless.take(ref.key);
    if (!epoch || performance.now() - epoch.leftAt > ref.channel.history.ms || !this.#makeRoom()) {
      return void 0;
    }
    return this.#create(ref, epoch.number);
  }
  /** Returns the number of the epoch for a new log: that of the log before it if that had no event. */
  #nextEpoch(key) {
    const known = this.#eventless.take(key);
    if (known) return known.number;
    this.#logCount += 1;
    return this.#logCount;
  }
  #create(ref, epoch = this.#nextEpoch(ref.key)) {
    const { history, delivery } = ref.channel;
    const log = new Log(`${this.#process}-${epoch.toString(36)}`, history, delivery);
    const topic2 = new Topic(ref, log, (loaded) => {
      if (!loaded.isDropped && !this.#dropIfEventless(loaded)) this.writes.add(loaded, 0);
    });
    this.#topics.set(topic2.key, topic2);
    this.#unread.add(topic2);
    this.#retention.touch(topic2, performance.now());
    const { bus } = this.#deps;
    if (bus) {
      topic2.follower = new Follower(
        { bus, log, key: topic2.key, history },
        {
          onTraced: (text) => this.#onTraced(topic2, text),
          onAppended: (length) => this.writes.add(topic2, length),
          onRestarted: () => topic2.restart(),
          onUnused: () => this.#drop(topic2)
        }
      );
    }
    return topic2;
  }
  async #follow(topic2, follower, cursor) {
    follower.retain();
    try {
      await follower.start();
      if (cursor) await follower.ensureCovers(cursor);
    } finally {
      if (topic2.readers.size === 0) follower.scheduleRelease(Math.max(this.#deps.lingerMs, joinMs));
    }
  }
  #onTraced(topic2, text) {
    const trace = this.#deps.tracing?.decode(text);
    if (trace) this.writes.trace(topic2, trace);
  }
  /**
   * Returns how long a topic on a bus is followed after its last subscriber has left. A topic without events
   * is quick to read again, and a client that subscribes to made-up topics must not have thousands of them
   * followed.
   */
  #lingerMsOf({ log }) {
    const { lingerMs } = this.#deps;
    return log.head > 0 ? lingerMs : Math.min(lingerMs, joinMs);
  }
  *#followers() {
    for (const { follower } of this.#topics.values()) if (follower) yield follower;
  }
  /**
   * Returns a topic if it exists. Checks that one more subscriber may have the topic and its source.
   *
   * @throws TidingsError as {@link getOrCreate} does where there is no room
   */
  #requireRoom({ key, channel: channel2 }, holder) {
    const topic2 = this.#topics.get(key);
    const { limits: limits2, retryMs } = this.#deps;
    if (!topic2 || topic2.readers.size === 0) this.#held.requireRoom(holder, Math.ceil(jittered(retryMs)));
    if (!topic2 && !this.#makeRoom()) throw this.#full(`${limits2.topics} topics`);
    if (channel2.runSource && !topic2?.source?.isRunning && !this.#sources.makeRoom()) {
      throw this.#full(`${limits2.sources} running sources`);
    }
    return topic2;
  }
  #full(what) {
    const message = `The server has reached its limit of ${what}. Try again later`;
    return new TidingsError({
      code: "unavailable",
      message,
      retryAfterMs: Math.ceil(jittered(this.#deps.retryMs))
    });
  }
  /**
   * Makes room for a topic, and returns whether there is. At the limit, the topic without readers for longest
   * is dropped.
   */
  #makeRoom() {
    if (this.#topics.size < this.#deps.limits.topics) return true;
    for (const topic2 of this.#unread) {
      this.#drop(topic2);
      return true;
    }
    return false;
  }
  /**
   * Drops a topic without readers and events, and remembers its epoch. Returns whether it did. See
   * decision 006.
   */
  #dropIfEventless(topic2) {
    const { readers, log, source, follower, isLoading } = topic2;
    if (readers.size > 0 || log.head > 0 || isLoading || source?.isRunning || follower) return false;
    this.#drop(topic2);
    const number2 = Number.parseInt(log.epoch.slice(this.#process.length + 1), 36);
    this.#eventless.remember(topic2.key, { number: number2, leftAt: performance.now() });
    return true;
  }
  #drop(topic2) {
    if (topic2.readers.size > 0 || topic2.isDropped) return;
    topic2.isDropped = true;
    void this.#sources.stop(topic2);
    topic2.follower?.stop();
    this.#unread.delete(topic2);
    this.#retention.forget(topic2);
    this.#topics.delete(topic2.key);
  }
  #onWritten(topic2, now) {
    if (topic2.isDropped) return;
    topic2.log.trim(now);
    this.#retention.touch(topic2, now);
  }
  #onDue(topics, now) {
    this.writes.flush();
    for (const topic2 of topics) {
      if (now - topic2.usedAt <= topic2.channel.history.ms) continue;
      topic2.log.trim(now);
      if (topic2.readers.size > 0) continue;
      if (topic2.source?.isRunning) this.#retention.touch(topic2, now);
      else this.#drop(topic2);
    }
  }
};

// ../../../packages/server/src/lib/nodes/lease.ts
var leaseMs = 1e4;
var renewMs = leaseMs / 4;
async function whileHeld(bus, name, holder, signal, body) {
  while (!signal.aborted) {
    const requestedAt = performance.now();
    const isHeld = await bus.acquire(name, holder, leaseMs).catch(() => false);
    if (isHeld) await hold(bus, name, holder, requestedAt, signal, body);
    else await pause(renewMs * (0.5 + Math.random()), signal);
  }
}
async function hold(bus, name, holder, acquiredAt, signal, body) {
  const held = new AbortController();
  let isLost = false;
  let heldUntil = acquiredAt + leaseMs;
  const renew = async () => {
    const requestedAt = performance.now();
    const isHeld = await bus.acquire(name, holder, leaseMs).catch(() => void 0);
    if (isHeld) heldUntil = requestedAt + leaseMs;
    if (isHeld === false || performance.now() >= heldUntil - renewMs) {
      isLost = true;
      held.abort(new Error("Another node may have taken over"));
    }
  };
  const renewing = setBackgroundInterval(() => void renew(), renewMs);
  const unfollow = onAbort(signal, () => held.abort(signal.reason));
  try {
    void body(held.signal);
    await pause(Number.POSITIVE_INFINITY, held.signal);
  } finally {
    unfollow();
    clearInterval(renewing);
    if (!isLost) await bus.release(name, holder).catch(() => {
    });
  }
}

// ../../../packages/server/src/lib/nodes/exclusive-sources.ts
function exclusiveSources(bus, nodeId) {
  let count = 0;
  return (topicKey2, signal, body) => {
    count += 1;
    return whileHeld(bus, `source:${topicKey2}`, `${nodeId}.${count}`, signal, body);
  };
}

// ../../../packages/server/src/lib/nodes/node-id.ts
function newNodeId() {
  return randomName(8);
}

// ../../../packages/server/src/lib/nodes/node-rpc.ts
var responseMs2 = 5e3;
var retry2 = { minMs: 100, maxMs: 5e3 };
var allNodes = "nodes";
var NodeRpc = class {
  nodeId = newNodeId();
  #bus;
  #deps;
  #requests = /* @__PURE__ */ new Map();
  #queries = /* @__PURE__ */ new Map();
  #count = 0;
  #stops = [];
  /** Resolves when this node receives messages. */
  #receiving;
  #retry;
  #isClosed = false;
  constructor(bus, deps) {
    this.#bus = bus;
    this.#deps = deps;
    this.#receiving = new Promise((resolve) => void this.#receive(0, resolve));
  }
  /**
   * Forwards a request, with these headers. Resolves with undefined if the node does not exist, or does not respond in time.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async forward(nodeId, request, headers, json) {
    if (nodeId === this.nodeId) return void 0;
    this.#count += 1;
    const ask = this.#count;
    let timer;
    const answered = new Promise((resolve) => {
      this.#requests.set(ask, resolve);
      timer = setTimeout(() => resolve(void 0), responseMs2);
    });
    try {
      const there = await this.#send(nodeId, {
        ask,
        from: this.nodeId,
        request: serializeRequest(request, headers, json)
      });
      return there > 0 ? await answered : void 0;
    } finally {
      clearTimeout(timer);
      this.#requests.delete(ask);
    }
  }
  /**
   * Sends a query to all reachable nodes, this one included. Resolves with the replies that arrive in time.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async queryAll(query) {
    await withTimeout(responseMs2, this.#receiving).catch((cause) => {
      const message = "This node is not receiving from the bus yet. Try again later";
      throw new TidingsError({ code: "unavailable", message, cause, retryAfterMs: responseMs2 });
    });
    this.#count += 1;
    const ask = this.#count;
    let complete = () => {
    };
    const completed = new Promise((resolve) => {
      complete = resolve;
    });
    const pending = { replies: /* @__PURE__ */ new Map(), nodes: Number.POSITIVE_INFINITY, complete };
    this.#queries.set(ask, pending);
    try {
      pending.nodes = await this.#sendToAll({ question: query, ask, from: this.nodeId });
      if (pending.replies.size < pending.nodes) await waitAtMost(responseMs2, completed);
      return { nodes: pending.nodes, replies: pending.replies };
    } finally {
      this.#queries.delete(ask);
    }
  }
  /** Sends a query that needs no reply. Has no effect if the bus cannot be used. */
  notifyAll(query) {
    this.#sendToAll({ question: query, from: this.nodeId }).catch(() => {
    });
  }
  close() {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const stop of this.#stops) stop();
  }
  async #receive(failures, done) {
    try {
      for (const name of [inboxOf(this.nodeId), allNodes].slice(this.#stops.length)) {
        this.#stops.push(await this.#bus.receive(name, (text) => this.#onMessage(text)));
      }
      if (this.#isClosed) this.close();
      else done();
    } catch {
      if (this.#isClosed) return;
      const again = () => void this.#receive(failures + 1, done);
      this.#retry = setBackgroundTimeout(again, backoffMs(retry2, failures));
    }
  }
  /** Ignores a message that fails, as one of another version may. Its sender has a time limit. */
  #onMessage(text) {
    this.#handle(text).catch(() => {
    });
  }
  async #handle(text) {
    const message = JSON.parse(text);
    if ("reply" in message) {
      this.#onReply(message);
      return;
    }
    if ("to" in message) {
      this.#requests.get(message.to)?.(message.answer);
      return;
    }
    if ("question" in message) {
      const { question, ask, from } = message;
      const reply = await this.#deps.answerQuery(question) ?? null;
      if (ask !== void 0) await this.#send(from, { reply, to: ask, from: this.nodeId });
      return;
    }
    const answer = await this.#deps.answer(deserializeRequest(message.request));
    if (answer.kind === "complete") await this.#send(message.from, { to: message.ask, answer });
    else answer.drop();
  }
  #onReply({ reply, to, from }) {
    const pending = this.#queries.get(to);
    pending?.replies.set(from, reply);
    if (pending && pending.replies.size >= pending.nodes) pending.complete();
  }
  /** Resolves with the number of receivers. */
  #send(nodeId, message) {
    return this.#bus.send(inboxOf(nodeId), JSON.stringify(message));
  }
  #sendToAll(message) {
    return this.#bus.send(allNodes, JSON.stringify(message));
  }
};
function inboxOf(nodeId) {
  return `node:${nodeId}`;
}
function serializeRequest({ method, path, query, address }, headers, json) {
  return { method, path, query: query.toString(), headers: [...headers], address, json };
}
function deserializeRequest({
  method,
  path,
  query,
  headers,
  address,
  json
}) {
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Headers(headers.map(([name, value]) => [name, value])),
    address,
    signal: new AbortController().signal,
    json: async () => json
  };
}

// ../../../packages/server/src/lib/publisher.ts
var published = Promise.resolve();
function createPublish(deps) {
  const { bus, topics, counters, duplicates, life, tracing, onError } = deps;
  const publish = (topic2, event, body, trace) => {
    if (life.isClosed) {
      const message = "The server is closed and can no longer emit";
      return rejected(new TidingsError({ code: "closed", message }));
    }
    counters.emits += 1;
    if (bus) {
      const appended = bus.append(topic2.key, tracedBody(body, tracing, trace), topic2.channel.history);
      appended.catch((error) => onError(error, { place: topic2.key }));
      return appended;
    }
    topics.publish(topic2, event, body, trace);
    duplicates?.checkEmit(topic2.key);
    return published;
  };
  if (!tracing) return publish;
  return (topic2, event, body) => tracing.emit(topic2.key, event, (trace) => publish(topic2, event, body, trace));
}

// ../../../packages/server/src/lib/report-once.ts
function reportOnce(report) {
  const reported = /* @__PURE__ */ new WeakSet();
  return (error, at) => {
    if (typeof error === "object" && error !== null) {
      if (reported.has(error)) return;
      reported.add(error);
    }
    report(error, at);
  };
}

// ../../../packages/server/src/lib/revocations/connection-filter.ts
function requireFilter(given, procedures, maker) {
  if (typeof given !== "object" || given === null) {
    throw invalidOptions(
      `the filter is ${kindOf(given)}. Give { principal }, { topic }, both, or a predicate`,
      maker
    );
  }
  requireKnownKeys("the filter", given, ["principal", "topic"], maker);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "string") throw invalidOptions(`${name} is ${kindOf(value)}. Give a string`, maker);
  }
  const { principal, topic: topic2 } = given;
  const filter = {
    ...principal !== void 0 && { principal },
    ...topic2 !== void 0 && { topic: topicByKey(procedures, topic2).key }
  };
  if (Object.keys(filter).length > 0) return filter;
  throw invalidOptions("the filter is empty. Give { principal }, { topic }, or both", maker);
}
function predicateOf({ principal, topic: topic2 }) {
  return (connection) => (principal === void 0 || connection.principal === principal) && (topic2 === void 0 || connection.topics.includes(topic2));
}

// ../../../packages/server/src/lib/revocations/revocation-log.ts
var topic = "$revocations";
var keep = { size: 1e3, ms: 6e5 };
var checkMs2 = 15e3;
var retry3 = { minMs: 100, maxMs: 5e3 };
var RevocationLog = class {
  #deps;
  /** The applied revocations by id, oldest first: a revocation may be in the log twice. */
  #known = /* @__PURE__ */ new Map();
  /** The position up to which the log was read. */
  #cursor;
  #count = 0;
  #stopListening;
  #stopWatching;
  #checking;
  #retry;
  #failures = 0;
  #reading;
  #isBehind = false;
  #mustAddAgain = false;
  #isClosed = false;
  /** Pending until the first read of the log: a connection opened before might miss a revocation. */
  starting;
  constructor(deps) {
    this.#deps = deps;
    const { bus } = deps;
    this.#stopWatching = bus.onPossibleLoss(() => this.#check());
    this.#checking = setBackgroundInterval(() => this.#check(), Math.min(checkMs2, bus.keepAliveMs));
    this.starting = this.#start().finally(() => {
      this.starting = void 0;
    });
  }
  /**
   * Revokes on all nodes.
   *
   * @throws TidingsError `unavailable` if a reachable node does not confirm it
   */
  async revoke(kind, filter) {
    const { bus, nodes } = this.#deps;
    this.#count += 1;
    const record = { id: `${nodes.nodeId}-${this.#count}`, kind, filter };
    const connections = this.#apply(record, true);
    await bus.append(topic, encodeEventBody("revoked", record), keep);
    const { nodes: nodeCount, replies } = await nodes.queryAll({ revoked: record.id });
    if (replies.size < nodeCount) {
      const message = `${kind} completed on ${replies.size} of ${nodeCount} nodes; the others apply it when they can read the bus. Call it again to be sure`;
      throw new TidingsError({ code: "unavailable", message, retryAfterMs: retry3.maxMs });
    }
    const counts = new Map([...replies, [nodes.nodeId, connections]]);
    let total = 0;
    for (const count of counts.values()) total += Number(count);
    return { connections: total, nodes: counts.size };
  }
  /** Resolves with the number of connections that a revocation selected here. Rejects if the bus cannot be read. */
  async countOf(id) {
    await this.#catchUp();
    return this.#known.get(id)?.connections ?? 0;
  }
  close() {
    this.#isClosed = true;
    clearInterval(this.#checking);
    clearTimeout(this.#retry);
    this.#stopWatching();
    this.#stopListening?.();
  }
  async #start() {
    try {
      const { epoch, head } = await this.#deps.bus.read(topic, keep);
      this.#cursor = { epoch, seq: head };
    } catch {
    }
    this.#check();
  }
  /** Reads the log; a failed read is repeated later. */
  #check() {
    if (!this.#isClosed) this.#catchUp().catch(() => {
    });
  }
  /** Reads every revocation that the log has when it is called. */
  #catchUp() {
    this.#isBehind = true;
    this.#reading ??= this.#readToHead().finally(() => {
      this.#reading = void 0;
    });
    return this.#reading;
  }
  async #readToHead() {
    clearTimeout(this.#retry);
    try {
      await this.#listen();
      while (this.#isBehind) {
        this.#isBehind = false;
        while (await this.#readOn()) ;
        if (this.#mustAddAgain) await this.#addAgain();
      }
      this.#failures = 0;
    } catch (error) {
      if (!this.#isClosed) {
        this.#retry = setBackgroundTimeout(() => this.#check(), backoffMs(retry3, this.#failures));
        this.#failures += 1;
      }
      throw error;
    }
  }
  async #listen() {
    if (this.#stopListening) return;
    const stop = await this.#deps.bus.listen(topic, () => this.#check());
    this.#stopListening = stop;
    if (this.#isClosed) stop();
  }
  /** Reads one page. Returns whether there may be another. */
  async #readOn() {
    const after = this.#cursor;
    const { epoch, head, events } = await this.#deps.bus.read(topic, keep, after);
    if (this.#isClosed) return false;
    if (epoch !== after?.epoch) {
      this.#cursor = { epoch, seq: 0 };
      this.#mustAddAgain = true;
      return true;
    }
    if (events[0]?.seq === after.seq + 1) {
      for (const event of events) this.#read(event);
      this.#cursor = { epoch, seq: events.at(-1)?.seq ?? after.seq };
      return true;
    }
    if (head > after.seq) {
      this.#cursor = { epoch, seq: head };
      this.#deps.onLost();
    }
    return false;
  }
  #read({ body }) {
    const record = recordOf(body);
    if (record && !this.#known.has(record.id)) this.#apply(record, false);
  }
  #apply(record, isOwn) {
    const connections = this.#deps.revoke(record.kind, record.filter);
    const now = performance.now();
    this.#known.set(record.id, { record, isOwn, at: now, connections });
    for (const [id, { at }] of this.#known) {
      if (this.#known.size <= keep.size && now - at <= keep.ms) break;
      this.#known.delete(id);
    }
    return connections;
  }
  /** Adds this node's revocations to a new epoch of the log, for nodes that were cut off. */
  async #addAgain() {
    const since = performance.now() - keep.ms;
    for (const { record, isOwn, at } of [...this.#known.values()]) {
      if (isOwn && at > since) await this.#deps.bus.append(topic, encodeEventBody("revoked", record), keep);
    }
    this.#mustAddAgain = false;
  }
};
function recordOf(body) {
  try {
    const { id, kind, filter } = JSON.parse(eventDataOf(body));
    const isKnown = typeof id === "string" && (kind === "disconnect" || kind === "reauthorize");
    return isKnown && typeof filter === "object" ? { id, kind, filter } : void 0;
  } catch {
    return void 0;
  }
}

// ../../../packages/server/src/lib/revocations/revoker.ts
function revoker(deps) {
  const { revocations, revocationLog, procedures } = deps;
  async function everywhere(kind, which) {
    const filter = requireFilter(which, procedures, kind);
    if (deps.isClosed()) {
      throw new TidingsError({ code: "closed", message: "The server is closed and has no connections" });
    }
    if (revocationLog) return revocationLog.revoke(kind, filter);
    return { connections: revocations.revoke(kind, predicateOf(filter)), nodes: 1 };
  }
  function of(kind) {
    function revoke2(which) {
      return typeof which === "function" ? revocations.revoke(kind, which) : everywhere(kind, which);
    }
    return revoke2;
  }
  return { disconnect: of("disconnect"), reauthorize: of("reauthorize") };
}

// ../../../packages/server/src/lib/server-life.ts
var ServerLife = class {
  #retryMs;
  #state = { kind: "open" };
  constructor(retryMs) {
    this.#retryMs = retryMs;
  }
  get isOpen() {
    return this.#state.kind === "open";
  }
  get isClosed() {
    return this.#state.kind === "closed";
  }
  /** Begins to drain. Resolves when `shutDown` has; a second call returns the same promise. */
  close(drainMs, shutDown2) {
    if (this.#state.kind !== "open") return this.#state.done;
    const done = Promise.resolve().then(shutDown2);
    this.#state = { kind: "draining", drainMs, done };
    return done;
  }
  /** Ends draining: no call may emit any more. */
  finish() {
    if (this.#state.kind === "draining") this.#state = { ...this.#state, kind: "closed" };
  }
  /** Returns the error for a request that is refused because the server is closing. */
  refusal() {
    return closing(jittered(this.#retryMs));
  }
  /**
   * Returns the last frame of a connection; undefined while the server is open.
   *
   * Both an EventSource and Tidings' own client read from it when to reconnect. An EventSource keeps that time until
   * the next one, so each connection gets its own.
   */
  shutdownFrame() {
    if (this.#state.kind === "open") return void 0;
    const waitMs = Math.round(jittered(this.#retryMs) + Math.random() * this.#state.drainMs);
    return withRetry(waitMs, encodeSignal("$error", toProblem(closing(waitMs))));
  }
};
function closing(retryAfterMs) {
  return new TidingsError({ code: "unavailable", message: "The server is closing", retryAfterMs });
}

// ../../../packages/server/src/lib/shutdown.ts
var unreadMs = 1e3;
async function shutDown({ context, life, duplicates }, drainMs) {
  const { topics, nodes, options } = context;
  topics.writes.flush();
  for (const connection of context.connections) connection.end("closed", life.shutdownFrame());
  const sourcesStopped = topics.close();
  const reason = life.refusal();
  await context.calls.drain(drainMs, reason);
  await context.idempotency.close(reason);
  life.finish();
  nodes?.close();
  context.revocationLog?.close();
  duplicates?.close();
  context.admission.close();
  await sourcesStopped;
  await options.bus?.close();
  await context.heartbeat.empty(unreadMs);
}

// ../../../packages/server/src/lib/stats.ts
function statsOf({ connections, topics, calls, counters }) {
  let subscriptions = 0;
  let lagging = 0;
  for (const connection of connections) {
    subscriptions += connection.subscriptions.size;
    lagging += connection.laggingCount;
  }
  return {
    connections: connections.size,
    subscriptions,
    lagging,
    topics: topics.topicCount,
    running: calls.size,
    ...counters
  };
}

// ../../../packages/server/src/lib/server.ts
function createServer(contract2, ...rest) {
  const [given, handlers] = rest.length === 2 ? rest : [{}, rest[0]];
  checkContract(contract2);
  const compiled = compileContract(contract2);
  const options = resolveOptions(given);
  const { bus, onError, topicLimits, tracing } = options;
  const life = new ServerLife(options.retryMs);
  const nodes = bus && new NodeRpc(bus, {
    // A message of the bus has no context, except the one in which its connection was made.
    answer: (request) => tracing ? tracing.detach(() => answer(request)) : answer(request),
    answerQuery: (query) => answerNodeQuery(context, query)
  });
  const runOnOneNode = bus && nodes ? exclusiveSources(bus, nodes.nodeId) : async (_key, signal, body) => void body(signal);
  const topics = new TopicRegistry(
    {
      lingerMs: options.lingerMs,
      bus,
      limits: topicLimits,
      tracing,
      retryMs: options.retryMs,
      // A source outlives the request that started it.
      runOnOneNode: tracing ? (...source) => tracing.detach(() => runOnOneNode(...source)) : runOnOneNode
    },
    { onSourceFailed: (error, topicKey2) => onError(error, { place: topicKey2 }) }
  );
  const duplicates = bus ? void 0 : new DuplicateServerCheck(
    compiled,
    (key) => topics.hasReaders(key),
    (error, key) => onError(error, { place: key })
  );
  const counters = new Counters();
  const publish = createPublish({ bus, topics, counters, duplicates, life, tracing, onError });
  const procedures = bindHandlers(compiled, handlers, { ...options, publish });
  const emit = createEmit(compiled, {
    publish,
    settingsOf: (channel2) => channelOf(procedures, channel2),
    maxKeyBytes: options.maxTopicKeyBytes,
    onError
  });
  const connections = /* @__PURE__ */ new Set();
  const shared = /* @__PURE__ */ new Map();
  const connectionIds = new ConnectionIds(() => nodes?.nodeId ?? newNodeId());
  const revocations = new Revocations(connections);
  const revocationLog = bus && nodes && new RevocationLog({
    bus,
    nodes,
    revoke: (kind, filter) => revocations.revoke(kind, predicateOf(filter)),
    onLost: () => void revocations.revoke("reauthorize", () => true)
  });
  const report = reportOnce(onError);
  const context = {
    options,
    hooks: options.hooks,
    procedures,
    emit,
    topics,
    writes: topics.writes,
    counters,
    heartbeat: new Heartbeat(Math.min(options.heartbeatMs, options.stallMs, options.maxConnectionMs)),
    admission: new Admission(
      options.connectionLimits,
      options.retryMs,
      bus && nodes && { bus, nodeId: nodes.nodeId }
    ),
    rates: {
      ofPrincipals: new SharedTokenBuckets(2 * topicLimits.topicsPerPrincipal),
      ofAddresses: new SharedTokenBuckets(2 * topicLimits.topicsPerAddress)
    },
    connections,
    shared,
    connectionIds,
    snapshotBytes: { held: 0 },
    presence: new PresenceChecks({
      shared,
      checkOtherNodes: (principal) => nodes?.notifyAll({ present: principal })
    }),
    revocations,
    revocationLog,
    nodes,
    reportForeignConnection: bus ? () => {
    } : foreignConnectionReporter(connectionIds, (error) => onError(error, { place: "$connections" })),
    idempotency: new IdempotencyCache(bus),
    calls: new CallTracker(),
    shutdownFrame: () => life.shutdownFrame(),
    publicError: (error, place) => toPublicError(error, void 0, (unexpected) => report(unexpected, { place }))
  };
  async function answer(request) {
    if (request.path === healthPath) return handleHealth(request, bus, life.isOpen);
    return life.isOpen ? route(context, request) : problemResponse(life.refusal());
  }
  async function close({ drainMs } = {}) {
    const ms = resolveDrainMs(drainMs);
    return life.close(ms, () => shutDown({ context, life, duplicates }, ms));
  }
  return {
    emit,
    get isClosing() {
      return !life.isOpen;
    },
    handle: (request) => guardOrigin(options.allowedOrigins, request, () => answer(request)),
    ...revoker({ revocations, revocationLog, procedures, isClosed: () => life.isClosed }),
    stats: () => statsOf(context),
    close,
    [Symbol.asyncDispose]: () => close()
  };
}

// contract.ts
var contract = defineContract({
  room: channel({
    params: { roomId: string().min(1) },
    snapshot: object({ messages: array(string()) }),
    events: { message: object({ text: string(), sentAt: isoDate }) }
  }),
  flood: channel({ events: { piece: object({ n: number().int(), padding: string() }) } }),
  send: command({
    input: object({ roomId: string(), text: string() }),
    output: object({ text: string(), sentAt: isoDate }),
    errors: { muted: object({ until: isoDate }) }
  }),
  count: stream({
    input: object({ to: number().int(), hold: string().optional() }),
    events: { number: number() },
    output: object({ total: number(), at: isoDate })
  }),
  control: {
    /** Returns how the server sees its clients. */
    stats: command({
      output: object({ connections: number(), lagging: number(), running: number() })
    }),
    /** Returns how the server sees the caller. */
    caller: command({ output: object({ address: string().optional(), user: string() }) }),
    /** Returns the runs of `count` that were held and whose clients left. */
    left: command({ output: array(string()) }),
    /** Emits pieces of 64 KiB. */
    flood: command({ input: object({ pieces: number().int() }), output: object({ last: number() }) }),
    /** Ends the connections of the caller. */
    disconnect: command({}),
    /** Closes the server, after this command has returned. */
    shutDown: command({})
  }
});

// create-tidings.ts
function createTidings() {
  const messages = /* @__PURE__ */ new Map();
  const left = [];
  let lastPiece = 0;
  const tidings2 = createServer(
    contract,
    {
      context: ({ headers, address }) => ({ user: headers.get("authorization") ?? "anonymous", address }),
      principal: ({ user }) => user,
      history: { size: 16 },
      retryMs: 1,
      limits: { connectionsPerPrincipal: 3, bodyBytes: 1e5 }
    },
    {
      room: {
        authorize: ({ params }) => params.roomId !== "staff",
        snapshot: ({ params }) => ({ messages: messages.get(params.roomId) ?? [] })
      },
      send: async ({ input: { roomId, text }, emit, fail: fail2 }) => {
        if (text === "spam") throw fail2("muted", { until: /* @__PURE__ */ new Date(6e4) });
        const message = { text, sentAt: /* @__PURE__ */ new Date(0) };
        messages.set(roomId, [...messages.get(roomId) ?? [], text]);
        await emit.room({ roomId }).message(message);
        return message;
      },
      count: async ({ input: { to, hold: hold2 }, emit, signal }) => {
        for (let n = 1; n <= to; n += 1) await emit.number(n);
        if (hold2 !== void 0) {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          left.push(hold2);
        }
        return { total: to, at: /* @__PURE__ */ new Date(0) };
      },
      control: {
        stats: () => tidings2.stats(),
        caller: ({ context }) => context,
        left: () => left,
        flood: async ({ input: { pieces }, emit }) => {
          const padding = "x".repeat(64 * 1024);
          for (let count = 0; count < pieces; count += 1) {
            lastPiece += 1;
            await emit.flood().piece({ n: lastPiece, padding });
          }
          return { last: lastPiece };
        },
        disconnect: async ({ context }) => {
          await tidings2.disconnect({ principal: context.user });
        },
        shutDown: () => {
          setTimeout(() => tidings2.close({ drainMs: 1e3 }));
        }
      }
    }
  );
  return tidings2;
}

// tidings.ts
var tidings = createTidings();
export {
  tidings
};
