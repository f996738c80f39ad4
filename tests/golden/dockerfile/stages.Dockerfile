ARG REGISTRY=registry.example.org
ARG TAG
FROM --platform=$BUILDPLATFORM ${REGISTRY}/python:${TAG:-3.11} AS Build
COPY requirements.txt pyproject.toml ./
RUN --mount=type=cache,target=/cache --mount=type=bind,source=wheels,target=/wheels pip install -r requirements.txt
FROM build AS test
ARG NAME=contoso
COPY tests/$NAME tests/${UNKNOWN}/x ./tests/
FROM scratch as empty
FROM test
COPY --from=build --link /app /app
COPY --from=0 /lib /lib
COPY --from=registry.example.org/tools:1 /bin/tool /bin/
ADD https://git.example.org/contoso/nlp.git#v1 /src
ADD data.tar.gz https://files.example.org/model.bin /data/
