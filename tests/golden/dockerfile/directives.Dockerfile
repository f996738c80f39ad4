# syntax=docker/dockerfile:1.7
#  Check = skip=JSONArgsRecommended;error=true
# escape=`
# a comment ends the directives
# escape=\
FROM registry.example.org/base:1
RUN dir `
    C:\
WORKDIR C:\app
