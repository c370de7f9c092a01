# The same image for a machine that has only Docker: builds the program first. From the project's directory:
#
#   docker build -f images/emissary/from-source.Dockerfile -t multiflexi-emissary .
#
# BASE is any Debian-like image with Node 20 or later and npm. The program takes its loader and libraries from it, so
# it is the processor of BASE that it is for.
ARG BASE=node:22-bookworm-slim
FROM ${BASE} AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY build build
COPY src src
RUN (dpkg-query -s libatomic1 >/dev/null 2>&1 || (apt-get update && apt-get install -y --no-install-recommends libatomic1)) \
 && npm run build && mv dist/image/* dist/tree

FROM scratch
ARG VERSION=development
LABEL org.opencontainers.image.title="multiflexi-emissary" \
      org.opencontainers.image.description="In-container job wrapper of MultiFlexi: init, run, wait" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT AND Apache-2.0 AND BSD-3-Clause AND BlueOak-1.0.0 AND GPL-3.0-or-later WITH GCC-exception-3.1 AND ISC AND LGPL-2.1-or-later AND Unicode-3.0 AND Zlib AND blessing"
COPY --from=build /source/dist/tree/ /
USER 65532:65532
ENTRYPOINT ["/emissary"]
