FROM registry.example.org/base:1
RUN <<EOF
pip install contoso-features
# no comment of the Dockerfile
EOF
RUN python - <<'END' && cat <<-"TWO" > /tmp/$two
print("$HOME")
END
	tabs are taken away
	TWO
COPY <<one.txt <<two.txt /data/
first
one.txt
FROM nowhere
two.txt
COPY --chmod=755 <<-run.sh /usr/bin/run.sh
	#!/bin/sh
	run.sh
RUN ["echo", "<<EOF"]
RUN cat <<< here && echo $((1<<2)) "<<EOF"
ONBUILD RUN <<EOF
put off
EOF
USER 1000
