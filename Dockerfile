# syntax=docker/dockerfile:1
# One image for every process of Pawl; the command says which:
#   docker run pawl                                      the api
#   docker run pawl node apps/worker/src/main.ts         a worker
#   docker run pawl node apps/simulator/src/main.ts      the stand-in for the model
# Only the console is built; everything else has no build step: Node runs the TypeScript source. Node is process 1 and gets the signals itself; all our
# processes heed SIGTERM, and with REDIS_URL set none starts children that it would have to reap.

# The manifests alone, so that a change of source does not install everything again.
FROM node:24-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

FROM node:24-slim AS dependencies
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

FROM node:24-slim AS console
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node apps/cli/bootstrap/build-console.mjs

FROM node:24-slim
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/var/cache/pawl \
    HOST=0.0.0.0 \
    PORT=3000 \
    PAWL_DATA_DIR=/var/lib/pawl
RUN install -d -o node -g node /var/cache/pawl /var/lib/pawl
WORKDIR /app
COPY --from=dependencies /app ./
COPY . .
COPY --from=console /app/apps/console/dist ./apps/console/dist
# The source belongs to root: a process can read it and not change it.
USER node
# Warms the compile cache, which saves each start about a second, and as the user who will run (the cache is kept
# per user). Each process loads all its modules, finds its environment at fault, and exits with 1.
RUN for app in api worker simulator; do \
      timeout 60 env PORT=none WORKER_PORT=none REDIS_URL=none node "apps/$app/src/main.ts" >/dev/null 2>&1; \
      test $? -eq 1 || { echo "apps/$app did not refuse a faulty environment" >&2; exit 1; }; \
    done && test -n "$(ls /var/cache/pawl)"
EXPOSE 3000
# A worker has WORKER_PORT, the api and the simulator PORT.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.WORKER_PORT || process.env.PORT) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/api/src/main.ts"]
