# syntax=docker/dockerfile:1

FROM node:24-slim AS source
WORKDIR /app
COPY package.json package-lock.json ./

# The dashboard and the guides, which are built with the development dependencies.
FROM source AS dashboard
RUN npm ci --no-audit --no-fund
COPY openapi.yaml tsconfig.json ./
COPY src ./src
COPY docs ./docs
COPY sdk ./sdk
COPY scripts ./scripts
RUN npm run build

# What the service needs at run time. The development dependencies bring a Node of their own and the
# optional ones a Postgres; the image has the first and is given the second.
FROM source AS dependencies
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
# Half of what V8 would let the heap grow to on a small machine: it collects sooner and costs no more.
# One arena for malloc instead of eight per core: 30 MB less, and as fast.
ENV HOST=0.0.0.0 PORT=3000 NODE_OPTIONS=--max-old-space-size=768 MALLOC_ARENA_MAX=1
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dashboard /app/dist ./dist
COPY package.json openapi.yaml ./
COPY sql ./sql
COPY bin ./bin
COPY src ./src
# The user `node` of the image, by number, so that a host can tell that it is not root.
USER 1000:1000
EXPOSE 3000
# For the roles that listen. Whether workers are alive is for /ready to say, which asks the database.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node becomes process 1 and handles SIGTERM itself. Give it longer to stop than SHUTDOWN_TIMEOUT_MS.
CMD ["node", "src/main.ts", "all"]
