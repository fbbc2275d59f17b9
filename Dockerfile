# The service with Barman, both as the account barman. docs/install.md says how to run it; compose.yaml shows it whole.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm pack --ignore-scripts \
 && mkdir /app && tar -xzf barmanapi-*.tgz -C /app --strip-components=1

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
# The same numbers in every build, for the volumes outlive the image. Slim images leave out manual pages: of barman.conf's
# the service makes the descriptions of its parameters, and dpkg wants the folder that it was told to leave out.
RUN groupadd --system --gid 990 barman \
 && useradd --system --uid 990 --gid barman --home-dir /var/lib/barman --shell /bin/bash barman \
 && echo 'path-include /usr/share/man/man5/barman.5.gz' > /etc/dpkg/dpkg.cfg.d/docker-manual \
 && mkdir -p /usr/share/man/man5 \
 && apt-get update \
 && apt-get install -y --no-install-recommends barman openssh-client postgresql-client tini \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o barman -g barman -m 0700 /var/lib/barmanapi \
 && chown barman: /etc/barman.d
COPY --from=packages /app/node_modules /usr/lib/barmanapi/node_modules
COPY --from=build /app /usr/lib/barmanapi
COPY --chmod=755 packaging/docker/barman-cron /usr/local/bin/
RUN ln -s /usr/lib/barmanapi/dist/cli.js /usr/local/bin/barmanapi

# Within a container loopback reaches nobody: what is published, and where, is said when it is run.
ENV NODE_ENV=production BARMANAPI_APPLICATION_HOST=0.0.0.0 BARMANAPI_APPLICATION_PORT=1935
USER barman
WORKDIR /var/lib/barman
VOLUME ["/var/lib/barman", "/var/lib/barmanapi", "/etc/barman.d"]
EXPOSE 1935
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BARMANAPI_APPLICATION_PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# tini reaps what Barman's daemons leave, also where it is not process 1 (-s).
ENTRYPOINT ["tini", "-s", "--", "barmanapi"]
CMD ["runserver"]
