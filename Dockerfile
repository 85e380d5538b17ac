# An image of gclean alone, for use in other builds:
#
#   COPY --from=gclean /gclean /usr/local/bin/gclean
#   RUN --mount=type=bind,from=gclean,source=/gclean,target=/usr/local/bin/gclean ...
#
# Any image that contains Go can build it: --build-arg GO_IMAGE=...
ARG GO_IMAGE=golang:1.26
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY . .
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags="-s -w" -o /gclean ./cmd/gclean

FROM scratch
COPY --from=build /gclean /gclean
ENTRYPOINT ["/gclean"]
