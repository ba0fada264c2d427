# Builds the package and installs what was packed, as a user would; the image holds Node, that and nothing of the build.
# docs/containers.md says how to run it. Node 26 needs libatomic, which minimal images lack: this base has it today; where
# one has not, it is installed.
FROM node:26.10.0-slim AS base
RUN node --version || (apt-get update && apt-get install -y --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*)

FROM base AS build
WORKDIR /build
COPY . .
RUN npm ci --include=dev --include=optional && npm pack --pack-destination /tmp

FROM base AS install
WORKDIR /app
COPY --from=build /tmp/fairlead-*.tgz /tmp/
RUN npm init --yes > /dev/null && npm install --omit=dev --omit=optional --omit=peer /tmp/fairlead-*.tgz

FROM base
ENV NODE_ENV=production
COPY --from=install /app/node_modules /app/node_modules
WORKDIR /etc/fairlead
USER node
EXPOSE 8080
# SIGTERM drains; Fairlead itself gets it, with no shell and no npm in front.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/node_modules/fairlead/bin/fairlead.js"]
CMD ["run", "-c", "/etc/fairlead/fairlead.yaml"]
