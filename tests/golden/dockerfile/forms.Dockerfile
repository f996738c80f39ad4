FROM registry.example.org/base:1
shell ["/bin/bash", "-o", "pipefail", "-c"]
RUN ["python", "-c", "print('a b')"]
RUN ['python', '-c']
Run python -c "print(1)"
ENTRYPOINT ["python", "-m", "contoso"]
CMD serve --port 8080
HEALTHCHECK --interval=5m --timeout=3s CMD curl -f http://localhost/ || exit 1
HEALTHCHECK CMD ["curl", "-f", "http://localhost/"]
HEALTHCHECK NONE
ONBUILD COPY --chown=app . /app
ONBUILD RUN ["make"]
EXPOSE 80/tcp 8080-8090
VOLUME ["/data", "/more data"]
VOLUME /one /two
USER app:app
WORKDIR /my app
STOPSIGNAL SIGTERM
MAINTAINER The Contoso team
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://files.example.org/a.tgz /tmp/
COPY ["a file.txt", "another.txt", "/data/"]
