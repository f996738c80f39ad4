ARG X
RUN true
FROM a
