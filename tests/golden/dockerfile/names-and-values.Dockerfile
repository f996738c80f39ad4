ARG TAG=1.0 OTHER
FROM registry.example.org/base:${TAG}
ARG TAG
ARG MODE="slow and steady" LEVEL
ENV OLD the old form, "with quotes"
ENV NEW=1 QUOTED="a b" SINGLE='c d' ESCAPED=e\ f EMPTY= \
    LAST=$NEW
LABEL "org.example.title"="Churn" version=1
LABEL description the old form
