FROM a
RUN true

COPY onlyone
