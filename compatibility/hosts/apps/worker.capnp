using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "events", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:3000", http = (), service = "events")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "Events", uniqueKey = "events", preventEviction = true)],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "EVENTS", durableObjectNamespace = "Events")],
);
